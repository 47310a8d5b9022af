"""The Python interface: images as notebooks have them in, arrays and pictures out."""
