"""Between QGIS's layers and the worker's files."""
