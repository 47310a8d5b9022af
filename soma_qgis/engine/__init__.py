"""Running the core in a process of its own: its Python, its start, its messages and its end."""
