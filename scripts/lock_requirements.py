"""Writes ``resources/requirements``: what the plugin installs into its environment, with hashes.

Run it after a change of ``PINS``, on Linux x86_64 with Python 3.11, with uv on the path::

    python scripts/lock_requirements.py

Hashes are never typed. Those of ``packages.txt`` and ``torch.txt`` are what the package index says
of every wheel of a version, for all systems and Pythons (``uv pip compile --universal``). That of
``torch-cpu-linux-x86_64-cp311.txt`` is from pip's own report on the wheel it would install here;
the index or folder with the CPU build must be in pip's configuration. ``torch-unhashed.txt`` is for
builds that a person's own index gives, of which no hash is known here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "resources" / "requirements"

TORCH = {"torch": "2.13.0", "torchvision": "0.28.0"}
PINS = {
    **TORCH,
    "timm": "1.0.31",
    "rasterio": "1.4.4",
    "safetensors": "0.8.0",
    "huggingface_hub": "2.4.0",
    "pyyaml": "6.0.3",
    "requests": "2.34.2",
}
CPU_TORCH = "torch==2.13.0+cpu"
ANY_TORCHVISION = "torchvision==0.15.2 ; python_version < '3.12'"
"""The last whose Python code, which is all that is used, loads beside any torch: the compiled
operators fit one build of torch only. It is there for the CPU build, and replaced beside others."""

OLDEST_PYTHON = "3.10"
OF_TORCH = re.compile(r"(torch|torchvision|triton|cuda-.*|nvidia-.*)==")
HEADER = "# Written by scripts/lock_requirements.py; do not edit. {}\n"


def lock(wanted: Iterable[str], *options: str) -> str:
    """Return the pins of requirements and of what they need, with the index's hashes."""
    with tempfile.NamedTemporaryFile("w", suffix=".in", encoding="utf-8") as file:
        file.write("\n".join(wanted))
        file.flush()
        quiet = ["--quiet", "--no-annotate", "--no-header", "--only-binary", ":all:"]
        universal = ["--universal", "--generate-hashes", "--python-version", OLDEST_PYTHON]
        return subprocess.run(
            ["uv", "pip", "compile", *universal, *quiet, *options, file.name],
            capture_output=True,
            text=True,
            check=True,
        ).stdout


def lock_cpu() -> str:
    """Return the pin of the CPU build with the hash of pip's report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        options = ["--quiet", "--dry-run", "--ignore-installed", "--no-deps", "--report"]
        pip = [sys.executable, "-m", "pip", "install"]
        subprocess.run([*pip, *options, str(report), CPU_TORCH], check=True)
        (entry,) = json.loads(report.read_text(encoding="utf-8"))["install"]
    digest = entry["download_info"]["archive_info"]["hash"].replace("=", ":", 1)
    return f"{CPU_TORCH} \\\n    --hash={digest}\n"


def main() -> None:
    """Write the four files."""
    pins = lock(f"{name}=={version}" for name, version in PINS.items())
    entries = re.findall(r"^\S.*\n(?:^ .*\n)*", pins, re.MULTILINE)
    torch = [entry for entry in entries if OF_TORCH.match(entry)]
    others = [entry for entry in entries if not OF_TORCH.match(entry)]
    others.append(lock([ANY_TORCHVISION], "--no-deps"))
    unhashed = "".join(f"{name}=={version}\n" for name, version in TORCH.items())
    files = {
        "packages.txt": ("All but torch, for all systems.", "".join(others)),
        "torch.txt": ("torch as the default index has it, for all systems.", "".join(torch)),
        "torch-cpu-linux-x86_64-cp311.txt": ("The CPU build.", lock_cpu()),
        "torch-unhashed.txt": ("Any build; no hashes are known.", unhashed),
    }
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, (what, content) in files.items():
        (TARGET / name).write_text(HEADER.format(what) + content, encoding="utf-8")


if __name__ == "__main__":
    main()
