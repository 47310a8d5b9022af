"""Builds ``dist/soma_qgis.zip``, the plugin as QGIS installs it, the same from the same files."""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

from plugin_files import PLUGIN, PluginIncompleteError, files

LARGEST = 25_000_000
"""Bytes that plugins.qgis.org accepts."""

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Time stamp of every file: the earliest that a zip can hold."""


def build(target: Path) -> None:
    """Write the zip."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in files():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), compresslevel=9)


def main() -> int:
    """Build, check the size and say where the zip is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("dist", f"{PLUGIN}.zip"))
    target: Path = parser.parse_args().out
    try:
        build(target)
    except PluginIncompleteError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    size = target.stat().st_size
    if size > LARGEST:
        target.unlink()
        sys.stderr.write(f"The zip would have {size:,} bytes, more than {LARGEST:,}; not kept.\n")
        return 1
    sys.stdout.write(f"Package: {target}, {size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
