"""Where things lie: affines, grids, fields, and every conversion between pixels and cells."""
