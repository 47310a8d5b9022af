"""What a registration gives to people: rasters, vectors, ground control points, the report."""
