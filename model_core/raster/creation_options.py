"""Creation options of the registered raster: read, checked, and refused where GDAL would drop them.

GDAL only warns of an option that it does not know, rasterio keeps the warning to itself, and the
file is written without it. Here every option is honoured or refused, before any work.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rasterio

from model_core.errors import BadInputError, shown
from model_core.raster.creation_tables import (
    MEANINGLESS,
    OF_ONE_BYTE,
    ONLY_WITH,
    TABLES,
)
from model_core.settings import SETTINGS

LARGEST_TIFF = 4_000_000_000
"""Bytes of a TIFF that is no BigTIFF, with room for its tables."""

LARGEST_OTHER = 2_000_000_000
"""Bytes up to which formats other than TIFF keep all in one file."""

HALF_FLOAT = 65504.0
"""The largest number of floating point of 16 bits."""

_DEFAULT_COMPRESSION = {"GTiff": "DEFLATE", "COG": "LZW"}


@dataclass(frozen=True)
class CreationOptions:
    """What is asked of the file format.

    Attributes:
        driver: GDAL's name of the format, as GDAL spells it.
        options: by their names in capitals, without ``DRIVER``.
    """

    driver: str
    options: Mapping[str, str]

    @staticmethod
    def of(options: Iterable[str]) -> CreationOptions:
        """Return options that can be meant together; GDAL has not been asked about them yet.

        Raises:
            BadInputError: an option is not of the form NAME=VALUE, is given twice, is none of the
                format's, or its value is none of the option's; the format is unknown here.
        """
        values: dict[str, str] = {}
        for option in SETTINGS["creation_options"].checked(tuple(options)):
            name, value = (part.strip() for part in option.split("=", 1))
            name = name.upper()
            if values.get(name, value) != value:
                raise BadInputError(
                    f"The creation option {name} is given twice, as {shown(values[name])} and as "
                    f"{shown(value)}; give it once."
                )
            values[name] = value
        driver = _driver(values.pop("DRIVER", "GTiff"))
        values = {
            name: value for name, value in values.items() if not _asks_for_nothing(name, value)
        }
        for name, value in values.items():
            _check_value(driver, name, value)
        _check_together(driver, values)
        return CreationOptions(driver, values)

    @property
    def direct(self) -> bool:
        """Whether the raster is written in its format block by block, not copied at the end."""
        return self.driver == "GTiff"

    def profile(self, usual: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the GeoTIFF is created with that is written block by block.

        Args:
            usual: what it is without options; by the names of rasterio, GDAL's in capitals.
        """
        profile = dict(usual)
        if not self.direct:
            return profile
        if self.compression not in ONLY_WITH["PREDICTOR"] or "NBITS" in self.options:
            profile.pop("PREDICTOR", None)
        if self.options.get("TILED", "YES").upper() in ("NO", "FALSE", "OFF", "0"):
            for name in ("TILED", "BLOCKXSIZE", "BLOCKYSIZE"):
                profile.pop(name, None)
        return profile | dict(self.options)

    @property
    def compression(self) -> str:
        """The compression, in capitals; empty where the format has its own ways."""
        return self.options.get("COMPRESS", _DEFAULT_COMPRESSION.get(self.driver, "")).upper()

    def check_pixels(self, dtype: str, size: int, largest: Callable[[], float]) -> None:
        """Refuse what a raster's pixels cannot have.

        Args:
            dtype: of the pixels.
            size: bytes of all of them, not compressed.
            largest: finds the largest absolute value; called only where it matters.

        Raises:
            BadInputError: the compression is for other types, or the file would be too large for
                the format, or values for their bits.
        """
        if self.driver in TABLES and self.compression in OF_ONE_BYTE and dtype != "uint8":
            raise BadInputError(
                f"COMPRESS={self.compression} is for pixels of 8 bits, and the image has {dtype}; "
                "choose DEFLATE, LZW or ZSTD."
            )
        small = self.options.get("BIGTIFF", "IF_SAFER").upper() in ("NO", "IF_NEEDED")
        if self.driver in TABLES and small and size > LARGEST_TIFF:
            raise BadInputError(
                f"The registered raster has up to {size / 1e9:.1f} GB, which need not fit into a "
                "TIFF that is no BigTIFF; give BIGTIFF=YES or leave it out."
            )
        if self.driver not in TABLES and size > LARGEST_OTHER:
            raise BadInputError(
                f"The registered raster has up to {size / 1e9:.1f} GB, more than {self.driver} "
                "surely holds in one file; leave DRIVER out, or give COG."
            )
        if "NBITS" in self.options:
            self._check_bits(int(self.options["NBITS"]), dtype, largest())

    def _check_bits(self, bits: int, dtype: str, largest: float) -> None:
        most = HALF_FLOAT if dtype.startswith("float") else 2.0**bits - 1
        if largest > most:
            raise BadInputError(
                f"NBITS={bits} holds values up to {most:g}, and the image has some of "
                f"{largest:g}; give more bits, or leave it out."
            )

    def __str__(self) -> str:
        """Name all that was asked for, as the beginning of a sentence."""
        named = [] if self.driver == "GTiff" else [f"DRIVER={self.driver}"]
        named += [f"{name}={value}" for name, value in self.options.items()]
        return f"The creation option{'s' * (len(named) > 1)} {shown(', '.join(named))}"


def nearest(word: str, words: Iterable[str]) -> str:
    """Return " (did you mean X?)" where a known word looks like this one, or nothing."""
    known = {known.upper(): known for known in words}
    close = difflib.get_close_matches(word.upper(), known, 1, 0.78)
    return f" (did you mean {known[close[0]]}?)" if close else ""


def _driver(name: str) -> str:
    """Return a format's name as GDAL spells it."""
    with rasterio.Env() as env:
        drivers: dict[str, str] = {driver.upper(): driver for driver in env.drivers()}
    if name.upper() not in drivers:
        raise BadInputError(
            f"GDAL has no driver {shown(name)} here{nearest(name, drivers.values())}; "
            "leave DRIVER out for a GeoTIFF, or give COG."
        )
    return drivers[name.upper()]


def _asks_for_nothing(name: str, value: str) -> bool:
    return name in MEANINGLESS and value.upper() in ("NO", "FALSE", "OFF", "0")


def _check_value(driver: str, name: str, value: str) -> None:
    if name in MEANINGLESS:
        raise BadInputError(
            f"The creation option {name} cannot be used ({MEANINGLESS[name]}); leave it out."
        )
    kind = TABLES.get(driver, {}).get(name)
    wanted = kind.trouble(value) if kind else None
    if kind and wanted:
        hint = nearest(value, getattr(kind, "words", ()))
        raise BadInputError(
            f"{shown(value)} is no value of the creation option {name}{hint}, which is {wanted}; "
            "give one of these."
        )


def _check_together(driver: str, values: Mapping[str, str]) -> None:
    """Refuse an option that GDAL drops in silence because of the compression."""
    if driver not in TABLES:
        return
    compression = values.get("COMPRESS", _DEFAULT_COMPRESSION[driver]).upper()
    for name, compressions in ONLY_WITH.items():
        neutral = name == "PREDICTOR" and values.get(name, "").upper() in ("1", "NO")
        if name in values and not neutral and compression not in compressions:
            raise BadInputError(
                f"The creation option {name} has no effect with COMPRESS={compression}, only with "
                f"{', '.join(compressions)}; leave it out or choose one of these."
            )
