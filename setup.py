"""What pyproject.toml cannot say: ``resources/`` of the repository lies inside the package.

The same files give the same wheel: time stamps and permissions are fixed, and what an earlier build
left is not taken along.
"""

from __future__ import annotations

import os
import shutil

from setuptools import find_packages, setup

LONG_AGO = "315532800"
"""Time stamp of every file, 1980-01-01: the earliest that a zip can hold."""

os.environ.setdefault("SOURCE_DATE_EPOCH", LONG_AGO)
os.umask(0o022)
shutil.rmtree("build/lib", ignore_errors=True)

setup(
    packages=[*find_packages(include=["model_core", "model_core.*"]), "model_core.resources"],
    package_dir={"model_core.resources": "resources"},
)
