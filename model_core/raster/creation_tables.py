"""What GDAL's creation options of GeoTIFF and COG may be, as far as sentences and safety need it.

GDAL itself is asked in any case (``creation_trial``): it knows which codecs are built in. But it
says no more than that a value is unexpected, and some numbers end the process.
"""

from __future__ import annotations

from dataclasses import dataclass

YES_NO = ("YES", "NO", "TRUE", "FALSE", "ON", "OFF", "1", "0")


@dataclass(frozen=True)
class Choices:
    """One of some words; case does not matter."""

    words: tuple[str, ...]

    def trouble(self, value: str) -> str | None:
        """Return what a value should be instead; None: it may be."""
        if value.upper() in {word.upper() for word in self.words}:
            return None
        shown = ("YES", "NO") if self.words == YES_NO else self.words
        return f"one of {', '.join(shown)}"


@dataclass(frozen=True)
class Number:
    """A number within limits; a whole one, in steps, where ``step`` is not 0."""

    low: float
    high: float
    step: int = 1
    words: tuple[str, ...] = ()

    def trouble(self, value: str) -> str | None:
        """Return what a value should be instead; None: it may be."""
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        fits = self.low <= number <= self.high and (not self.step or number % self.step == 0)
        if fits or value.upper() in self.words:
            return None
        wanted = "a number" if not self.step else "a whole number"
        if self.step > 1:
            wanted = f"a multiple of {self.step}"
        return " or ".join((f"{wanted} from {self.low:g} to {self.high:g}", *self.words))


Kind = Choices | Number

BOOLEAN = Choices(YES_NO)
PERCENT = Number(1, 100)
BLOCK = Number(16, 8192, 16)
THREADS = Number(1, 1024, 1, ("ALL_CPUS",))
COMPRESSIONS = (
    "NONE", "DEFLATE", "LZW", "ZSTD", "LERC", "LERC_DEFLATE", "LERC_ZSTD", "LZMA", "PACKBITS",
    "JPEG", "WEBP", "JXL",
)  # fmt: skip
BIGTIFF = Choices(("YES", "NO", "IF_NEEDED", "IF_SAFER"))
RESAMPLINGS = Choices(
    ("NEAREST", "AVERAGE", "BILINEAR", "CUBIC", "CUBICSPLINE", "LANCZOS", "MODE", "RMS")
)

GTIFF: dict[str, Kind | None] = {
    "ALPHA": Choices((*YES_NO, "PREMULTIPLIED", "NON-PREMULTIPLIED")),
    "APPEND_SUBDATASET": BOOLEAN,
    "BIGTIFF": BIGTIFF,
    "BLOCKXSIZE": BLOCK,
    "BLOCKYSIZE": BLOCK,
    "COMPRESS": Choices(COMPRESSIONS),
    "COPY_SRC_OVERVIEWS": BOOLEAN,
    "DISCARD_LSB": None,
    "ENDIANNESS": Choices(("NATIVE", "INVERTED", "LITTLE", "BIG")),
    "GEOTIFF_KEYS_FLAVOR": Choices(("STANDARD", "ESRI_PE")),
    "GEOTIFF_VERSION": Choices(("AUTO", "1.0", "1.1")),
    "INTERLEAVE": Choices(("BAND", "PIXEL")),
    "JPEG_QUALITY": PERCENT,
    "JPEGTABLESMODE": Number(0, 3),
    "JXL_DISTANCE": Number(0.01, 25, 0),
    "JXL_EFFORT": Number(1, 9),
    "JXL_LOSSLESS": BOOLEAN,
    "LZMA_PRESET": Number(0, 9),
    "MAX_Z_ERROR": Number(0, 1e30, 0),
    "NBITS": Number(1, 32),
    "NUM_THREADS": THREADS,
    "PHOTOMETRIC": Choices(
        (
            "MINISBLACK",
            "MINISWHITE",
            "PALETTE",
            "RGB",
            "CMYK",
            "YCBCR",
            "CIELAB",
            "ICCLAB",
            "ITULAB",
        )
    ),
    "PREDICTOR": Number(1, 3),
    "PROFILE": Choices(("GDALGeoTIFF", "GeoTIFF", "BASELINE")),
    "RPB": BOOLEAN,
    "RPCTXT": BOOLEAN,
    "SPARSE_OK": BOOLEAN,
    "STREAMABLE_OUTPUT": BOOLEAN,
    "TFW": BOOLEAN,
    "TILED": BOOLEAN,
    "WEBP_LEVEL": PERCENT,
    "WEBP_LOSSLESS": BOOLEAN,
    "ZLEVEL": Number(1, 12),
    "ZSTD_LEVEL": Number(1, 22),
}

COG: dict[str, Kind | None] = {
    "BIGTIFF": BIGTIFF,
    "BLOCKSIZE": Number(128, 8192, 16),
    "COMPRESS": Choices(COMPRESSIONS),
    "GEOTIFF_VERSION": Choices(("AUTO", "1.0", "1.1")),
    "LEVEL": Number(1, 22),
    "MAX_Z_ERROR": Number(0, 1e30, 0),
    "NUM_THREADS": THREADS,
    "OVERVIEWS": Choices(("AUTO", "IGNORE_EXISTING", "FORCE_USE_EXISTING", "NONE")),
    "OVERVIEW_COMPRESS": Choices(("AUTO", *COMPRESSIONS)),
    "OVERVIEW_COUNT": Number(0, 30),
    "OVERVIEW_QUALITY": PERCENT,
    "OVERVIEW_RESAMPLING": RESAMPLINGS,
    "PREDICTOR": Choices((*YES_NO, "STANDARD", "FLOATING_POINT")),
    "QUALITY": PERCENT,
    "RESAMPLING": RESAMPLINGS,
    "SPARSE_OK": BOOLEAN,
}

TABLES = {"GTiff": GTIFF, "COG": COG}
"""By GDAL's driver. What is not in here, or None, such as options of a later GDAL, GDAL checks."""

ONLY_WITH: dict[str, tuple[str, ...]] = {
    "PREDICTOR": ("DEFLATE", "LZW", "ZSTD"),
    "ZLEVEL": ("DEFLATE", "LERC_DEFLATE"),
    "ZSTD_LEVEL": ("ZSTD", "LERC_ZSTD"),
    "LZMA_PRESET": ("LZMA",),
    "MAX_Z_ERROR": ("LERC", "LERC_DEFLATE", "LERC_ZSTD"),
    "JPEG_QUALITY": ("JPEG",),
    "JPEGTABLESMODE": ("JPEG",),
    "WEBP_LEVEL": ("WEBP",),
    "WEBP_LOSSLESS": ("WEBP",),
    "JXL_LOSSLESS": ("JXL",),
    "JXL_EFFORT": ("JXL",),
    "JXL_DISTANCE": ("JXL",),
    "LEVEL": ("DEFLATE", "ZSTD", "LZMA", "LERC_DEFLATE", "LERC_ZSTD"),
    "QUALITY": ("JPEG", "WEBP", "JXL"),
}
"""Compressions without which GDAL drops an option in silence."""

LOSSY = ("JPEG", "WEBP", "JXL", "LERC", "LERC_DEFLATE", "LERC_ZSTD")
"""Compressions that may change values, as who asks for them knows."""

OF_ONE_BYTE = ("JPEG", "WEBP")
"""Compressions of values of 8 bits only."""

MEANINGLESS = {
    "RPB": "a registered raster has no rational polynomial any more",
    "RPCTXT": "a registered raster has no rational polynomial any more",
    "COPY_SRC_OVERVIEWS": "a registered raster has no overviews to copy; DRIVER=COG makes some",
    "APPEND_SUBDATASET": "a registered raster has a file of its own",
}
"""Why options that ask for something beside the raster are refused."""
