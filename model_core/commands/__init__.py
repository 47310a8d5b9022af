"""The commands of ``python -m model_core``, one file each."""
