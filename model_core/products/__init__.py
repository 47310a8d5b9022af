"""The files of a registration: rasters, vectors, ground control points, report, summary."""
