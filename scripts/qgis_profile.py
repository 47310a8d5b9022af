"""Makes a QGIS profile of the project's own, in ``build/profile``, with the plugin linked into it.

Nobody's own profile is touched. QGIS and qgis_process use it where ``QGIS_CUSTOM_CONFIG_PATH``
names ``build/profile``; QGIS Desktop also by ``--profiles-path build/profile``.
"""

from __future__ import annotations

import os
import subprocess
import sys

from plugin_files import PLUGIN, ROOT, PluginIncompleteError, entries

PROFILES = ROOT / "build" / "profile"
PROFILE = PROFILES / "profiles" / "default"


def qgis_environment() -> dict[str, str]:
    """Return the environment in which QGIS uses the project's profile, needs no display, and finds
    the project's Python for the worker."""
    runtime = ROOT / "build" / "run"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.environ | {
        "QGIS_CUSTOM_CONFIG_PATH": str(PROFILES),
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(runtime),
        "SOMA_PYTHON": str(ROOT / ".venv" / "bin" / "python"),
    }


def link_plugin() -> None:
    """Link everything that belongs into the plugin's folder, and take away what no longer does."""
    wanted = entries()
    folder = PROFILE / "python" / "plugins" / PLUGIN
    folder.mkdir(parents=True, exist_ok=True)
    for link in folder.iterdir():
        if link.is_symlink() and (link.name not in wanted or link.readlink() != wanted[link.name]):
            link.unlink()
    for name, target in wanted.items():
        if not (folder / name).exists():
            (folder / name).symlink_to(target)


def enable_plugin() -> bool:
    """Switch the plugin on in the profile; whether qgis_process could do so."""
    settings = PROFILE / "QGIS" / "QGIS3.ini"
    if settings.exists() and f"\n{PLUGIN}=true" in settings.read_text(encoding="utf-8"):
        return True
    done = subprocess.run(
        ["qgis_process", "plugins", "enable", PLUGIN],
        env=qgis_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(f"qgis_process does not enable the plugin:\n{done.stderr}{done.stdout}\n")
    return done.returncode == 0


def main() -> int:
    """Make the profile and say where it is."""
    try:
        link_plugin()
    except PluginIncompleteError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not enable_plugin():
        return 1
    sys.stdout.write(f"QGIS profile: {PROFILES.relative_to(ROOT)}, plugin linked and enabled.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
