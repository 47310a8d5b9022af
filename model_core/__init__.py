"""SOMA core: dense sub-pixel registration of SAR and optical images, usable without QGIS."""

from model_core.version import __version__

__all__ = ["__version__"]
