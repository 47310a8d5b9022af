"""The methods SOMA is compared with, each in a file that imports its own dependency."""
