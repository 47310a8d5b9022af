"""The process that QGIS talks to: one JSON object a line on standard input and output."""
