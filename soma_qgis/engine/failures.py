"""Why a step of the installation failed and what to do, by what the programs said."""

from __future__ import annotations

import re

from soma_qgis.i18n import tr

MISSING = r"No matching distribution|Could not find a version|No solution found|was not found"
"""A package index or folder without what is wanted."""


def failure_of(said: str) -> tuple[str, bool] | None:
    """Return what to tell the person, and whether a package was not found; None: not known.

    The first reason that fits counts.
    """
    for pattern, sentence in _reasons().items():
        if re.search(pattern, said, re.IGNORECASE):
            return sentence, pattern == MISSING
    return None


def _reasons() -> dict[str, str]:
    """Return why it is and what to do, by patterns of what programs say."""
    unreachable = (
        r"NewConnectionError|ConnectTimeout|ReadTimeout|name resolution|dns error|timed out|"
        r"Connection refused|Connection reset|unreachable|error sending request|Could not fetch"
    )
    return {
        r"No space left|ENOSPC|not enough space":
        tr("the disk is full; free some space and try again."),
        r"ProxyError|\b407 Proxy|Tunnel connection failed|tunnel error|SOCKS support":
        tr("the proxy let nothing through; correct it in Settings > Options > Network."),
        r"CERTIFICATE_VERIFY_FAILED|SSLError|invalid peer certificate|UnknownIssuer":
        tr("the package index's certificate is not trusted; name yours in pip's setting 'cert'."),
        unreachable:
        tr("the package index cannot be reached; check the network, or use a folder of wheels."),
        r"DO NOT MATCH THE HASHES|Hash mismatch":
        tr("a package is not the one that SOMA was released with; check index or folder."),
        MISSING: tr("no build for this Python and system in index or folder; add it there."),
        r"Permission denied|Access is denied|WinError 5\b|Errno 13\b":
        tr("a file cannot be written; close other QGIS windows and check the virus scanner."),
        r"ensurepip|No module named '?(venv|pip)":
        tr("this Python cannot make environments; install venv (package python3-venv) or uv."),
    }  # fmt: skip
