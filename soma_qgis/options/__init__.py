"""The plugin's page among QGIS's options."""

PAGE = "mOptionsPageSoma"
"""Name by which ``iface.showOptionsDialog(currentPage=PAGE)`` opens the page."""
