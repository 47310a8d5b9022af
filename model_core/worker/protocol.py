"""The messages between a program that wants work done (QGIS) and the worker.

One JSON object a line, UTF-8. Every message carries ``protocol`` and ``type``. Rasters travel by
path. The plugin repeats these names in ``soma_qgis/engine/protocol.py``, because it never imports
the core; a test holds the two together.

To the worker:
    ``job``: ``id``, ``job`` (a name in :mod:`model_core.worker.jobs`), ``arguments``.
    ``cancel``: ``id`` of the job to stop.
    ``shutdown``: finish; closing the worker's standard input means the same, at once.
From the worker:
    ``ready``: once, at the start: ``version``, ``pid``.
    ``progress``: ``id``, ``stage``, ``done``, ``total``, ``fraction``.
    ``log``: ``id``, ``message``.
    ``result``: ``id``, ``result``.
    ``error``: ``id`` (null where the message had none), ``kind``, ``sentence``, ``exit_code``,
    ``details``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from model_core.errors import SomaError, first_line, given, shown

LONGEST_LINE = 2**24
"""Bytes of a message to the worker; a request takes some thousands."""

LONGEST_ID = 200
"""Characters of an id."""

PROTOCOL = 1
"""Raised whenever a message changes in a way that the other side must know of."""


class ProtocolError(SomaError):
    """What arrived is no message of this protocol."""


def encode(message_type: str, /, **fields: Any) -> bytes:
    """Return one message as a line.

    Raises:
        ValueError: a field holds NaN or infinity, which JSON does not have.
    """
    message = {"protocol": PROTOCOL, "type": message_type, **fields}
    return (json.dumps(message, allow_nan=False) + "\n").encode("utf-8")


def decode(line: bytes) -> dict[str, Any]:
    """Return the message in a line.

    Raises:
        ProtocolError: it is no JSON object with a ``type``, or belongs to another version.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(
            f"The worker was sent a line that is not JSON ({first_line(error)}); "
            "send one JSON object a line."
        ) from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ProtocolError(
            "The worker was sent a line that is not a message; send an object with a type."
        )
    if message.get("protocol") != PROTOCOL:
        raise ProtocolError(
            f"The worker speaks protocol {PROTOCOL}, the message is of "
            f"{given(message.get('protocol'))}; "
            "use the plugin and the core of one release."
        )
    return message


def identifier_of(message: Mapping[str, Any]) -> str:
    """Return the id of a message.

    Raises:
        ProtocolError: it has none.
    """
    found = message.get("id")
    whole = isinstance(found, int) and not isinstance(found, bool)
    text = str(found) if isinstance(found, str) or whole else ""
    if not 0 < len(text) <= LONGEST_ID:
        raise ProtocolError(
            f"The worker was sent a {shown(message['type'])} with the id {given(found)}; give a "
            f"text of 1 to {LONGEST_ID} characters."
        )
    return text


def lines_of(source: BinaryIO) -> Iterator[bytes | None]:
    """Yield the lines of a stream as they come, None in place of one that is too long to hold."""
    while line := source.readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith(b"\n"):
            yield line
            continue
        while (rest := source.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        yield None
