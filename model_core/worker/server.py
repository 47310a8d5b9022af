"""The worker's loop: one job at a time, while a second thread listens for cancellation."""

from __future__ import annotations

import os
import queue
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from model_core.errors import (
    BadInputError,
    CancelledError,
    OutOfMemoryError,
    SomaError,
    first_line,
    given,
    user_error,
)
from model_core.feedback import Feedback
from model_core.raster.output import clean_up
from model_core.version import __version__
from model_core.worker.jobs import Job, find_job
from model_core.worker.protocol import (
    LONGEST_LINE,
    ProtocolError,
    decode,
    encode,
    identifier_of,
    lines_of,
)

ORPHAN_GRACE = 5.0
"""Seconds a running job has to stop and clean up after the parent is gone."""

EXIT_ORPHANED = 1

_KINDS: tuple[tuple[type[SomaError], str], ...] = (
    (CancelledError, "cancelled"),
    (ProtocolError, "protocol"),
    (BadInputError, "bad_input"),
    (OutOfMemoryError, "memory"),
)


class Server:
    """Serves jobs from ``source`` to ``sink`` until it is told to stop or ``source`` ends."""

    def __init__(
        self,
        source: BinaryIO,
        sink: BinaryIO,
        find: Callable[[object], Job] = find_job,
        orphan_grace: float = ORPHAN_GRACE,
    ) -> None:
        self._source = source
        self._sink = sink
        self._find = find
        self._orphan_grace = orphan_grace
        self._sending = threading.Lock()
        self._inbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._cancelled: set[str] = set()
        self._closing = threading.Event()
        self._ended = threading.Event()

    def serve(self) -> None:
        """Work until told to stop. The process lives on whatever a job does."""
        self.send("ready", version=__version__, pid=os.getpid())
        threading.Thread(target=self._listen, name="soma-listen", daemon=True).start()
        try:
            while (message := self._inbox.get()) is not None:
                self._work(message)
        finally:
            self._ended.set()

    def send(self, message_type: str, /, **fields: Any) -> None:
        """Send one message; jobs may send from any thread."""
        line = encode(message_type, **fields)
        with self._sending:
            try:
                self._sink.write(line)
                self._sink.flush()
            except (OSError, ValueError):
                # Nobody is left to tell; the running job stops when it next asks whether to.
                self._closing.set()
                self._inbox.put(None)

    def is_cancelled(self, identifier: str) -> bool:
        """Return whether a job was cancelled, or the parent is gone."""
        return identifier in self._cancelled or self._closing.is_set()

    def _listen(self) -> None:
        """Read messages as they come; cancellation takes effect while a job runs."""
        try:
            for line in lines_of(self._source):
                if line is None or line.strip():
                    self._receive(line)
        finally:
            self._closing.set()
            self._inbox.put(None)
            if not self._ended.wait(self._orphan_grace):
                # A computation that never asks whether to stop must not outlive QGIS.
                clean_up()
                os._exit(EXIT_ORPHANED)

    def _receive(self, line: bytes | None) -> None:
        try:
            if line is None:
                raise ProtocolError(
                    f"The worker was sent a line of more than {LONGEST_LINE} bytes; "
                    "send one message a line."
                )
            message = decode(line)
            if message["type"] == "cancel":
                self._cancelled.add(identifier_of(message))
            elif message["type"] == "shutdown":
                self._inbox.put(None)
            else:
                self._inbox.put(message)
        except Exception as error:  # the worker listens on, whatever it was sent
            self._report(None, error)

    def _work(self, message: dict[str, Any]) -> None:
        identifier = None
        try:
            identifier = identifier_of(message)
            if message["type"] != "job":
                raise ProtocolError(
                    f"The worker does not know messages of type {given(message['type'])}; "
                    "use the plugin and the core of one release."
                )
            arguments = message.get("arguments", {})
            if not isinstance(arguments, dict):
                raise ProtocolError(
                    f"The job's arguments are a {type(arguments).__name__}; give each with its "
                    "name, as an object."
                )
            if identifier in self._cancelled:
                raise CancelledError("Cancelled before it began; nothing was written.")
            # A job that needs no time, such as ping, is answered even when the input has ended.
            result = self._find(message.get("job"))(arguments, JobFeedback(self, identifier))
            self.send("result", id=identifier, result=result)
        except Exception as error:  # whatever a job raises is its error; the worker lives on
            self._report(identifier, error)
        finally:
            self._cancelled.discard(identifier or "")

    def _report(self, identifier: str | None, error: Exception) -> None:
        details = ""
        if not isinstance(error, SomaError):
            details = "".join(traceback.format_exception(error))
        error = user_error(error) or error
        kind = next((name for cls, name in _KINDS if isinstance(error, cls)), "unexpected")
        self.send(
            "error",
            id=identifier,
            kind="environment" if isinstance(error, ImportError) else kind,
            sentence=_sentence(error),
            exit_code=error.exit_code if isinstance(error, SomaError) else 1,
            details=details,
        )


class JobFeedback(Feedback):
    """Passes a job's progress and log on as messages."""

    def __init__(self, server: Server, identifier: str) -> None:
        self._server = server
        self._identifier = identifier

    def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
        """Send the progress."""
        self._server.send(
            "progress",
            id=self._identifier,
            stage=stage,
            done=done,
            total=total,
            fraction=fraction,
        )

    def log(self, message: str) -> None:
        """Send a line for a person."""
        self._server.send("log", id=self._identifier, message=message)

    def cancelled(self) -> bool:
        """Return whether the job was cancelled, or the parent is gone."""
        return self._server.is_cancelled(self._identifier)


def _sentence(error: Exception) -> str:
    if isinstance(error, SomaError):
        return str(error)
    if isinstance(error, ImportError):
        return (
            f"The Python that runs SOMA cannot load what it needs ({first_line(error)}); "
            "install torch, timm, rasterio and safetensors there, or choose another Python."
        )
    return (
        f"Something went wrong that should not have ({type(error).__name__}: "
        f"{first_line(error)}); please report it with the details in the log."
    )
