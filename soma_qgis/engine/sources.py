"""From where packages may come: who may add an index to those that the person chose.

Lists with hashes are safe whatever serves them: pip and uv take a file only where it is the very
one that SOMA was released with. Where no hash is known, and where a folder is to be the only
source, no setting of pip or uv may name another: a package of the same name there could be
anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

HASHED = ("--require-hashes", "--no-deps")
"""Options for a list that has the hash of each file."""

UNHASHED = ("--no-deps",)
"""For one without: what else it needs is in the lists with hashes."""

_CONNECTION = ("cert", "client-cert", "proxy", "timeout", "default-timeout", "retries")
"""Settings of pip that say how an index is reached, and not which."""

_SETTING = re.compile(r"^(?:global|install|site|user|:env:)\.([a-z-]+)='(.*)'$", re.MULTILINE)


def chosen_only(variables: Mapping[str, str], pip_settings: str) -> dict[str, str]:
    """Return the variables of a child process in which pip and uv know no index but that named.

    Args:
        variables: what it would get.
        pip_settings: what ``pip config list`` says; how indexes are reached is kept of it.
    """
    kept = {
        name: value
        for name, value in variables.items()
        if not re.match(r"(PIP|UV)_", name, re.IGNORECASE) or _connects(name)
    }
    for name, value in _SETTING.findall(pip_settings):
        if name in _CONNECTION:
            kept.setdefault(f"PIP_{name.upper().replace('-', '_')}", value)
    return kept | {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}


def _connects(name: str) -> bool:
    ours = {"PIP_NO_INPUT", "PIP_USER", "PIP_PROGRESS_BAR", "UV_NATIVE_TLS", "UV_CACHE_DIR"}
    pips = {f"PIP_{setting.upper().replace('-', '_')}" for setting in _CONNECTION}
    return name.upper() in ours | pips | {"PIP_CACHE_DIR"}
