"""Rasters in and out: opening, radiometry, masks, windows, atomic writing."""
