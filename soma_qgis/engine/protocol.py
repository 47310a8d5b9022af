"""The messages to and from the worker: the same as in ``model_core/worker/protocol.py``.

That module describes them. It is repeated here, because the core is never imported into QGIS.
"""

from __future__ import annotations

import json
from typing import Any

PROTOCOL = 1


def encode(message_type: str, /, **fields: Any) -> bytes:
    """Return one message as a line."""
    message = {"protocol": PROTOCOL, "type": message_type, **fields}
    return (json.dumps(message, allow_nan=False) + "\n").encode("utf-8")


def decode(line: bytes) -> dict[str, Any] | None:
    """Return the message in a line, or None where the line is no message of any version."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    if not isinstance(message, dict) or not {"protocol", "type"} <= set(message):
        return None
    return message
