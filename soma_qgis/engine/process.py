"""One worker process: its pipes, its last words and its end."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from soma_qgis.engine.child import child_environment, hidden_window, kill_tree
from soma_qgis.engine.environment import find_python
from soma_qgis.engine.errors import EngineError
from soma_qgis.engine.protocol import decode, encode
from soma_qgis.i18n import tr
from soma_qgis.locations import core_folder

TAIL_LINES = 60
LONGEST_WORDS = 300
"""Characters of the last words that fit into a sentence."""

KILL_WAIT = 0.5
"""Seconds in which the system has removed a killed process."""


@dataclass(frozen=True)
class Launch:
    """How a worker is started; two equal ones may share a worker."""

    command: tuple[str, ...]
    folder: Path = field(default_factory=core_folder)


def core_launch(cancelled: Callable[[], bool]) -> Launch:
    """Return how the core is started as a worker.

    Raises:
        EngineCancelledError: ``cancelled`` returned True while a Python was looked for.
        EngineError: no Python can run it.
    """
    return Launch((find_python(cancelled), "-m", "model_core", "serve"))


class WorkerProcess:
    """A started worker. Messages are read by a thread, so that nobody ever waits on a pipe.

    Attributes:
        launch: how it was started.
        writes_as: the identifier in the names of what it is writing. On Windows the Python of an
            environment starts another one, which says its own.
    """

    def __init__(self, launch: Launch) -> None:
        """Start the process.

        Raises:
            EngineError: the system cannot start it.
        """
        self.launch = launch
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        try:
            self._process = subprocess.Popen(
                list(launch.command),
                cwd=launch.folder,
                env=child_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **hidden_window(),
            )
        except OSError as error:
            raise EngineError(
                tr("{} cannot be started ({}); choose another Python for SOMA.").format(
                    launch.command[0], error.strerror or error
                ),
                "start",
            ) from error
        self.writes_as = self._process.pid
        self._readers = [
            threading.Thread(target=read, name="soma-worker-reader", daemon=True)
            for read in (self._read_messages, self._read_tail)
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The process's identifier."""
        return self._process.pid

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self._process.poll() is None

    def send(self, message_type: str, /, **fields: Any) -> bool:
        """Send a message; return False where the process takes none any more."""
        assert self._process.stdin is not None
        line = encode(message_type, **fields)
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except (OSError, ValueError):  # the process is gone, or its input was closed already
            return False
        return True

    def receive(self, timeout: float) -> dict[str, Any] | None:
        """Return the next message.

        Raises:
            queue.Empty: none came within ``timeout`` seconds.
            EOFError: the process has closed its output: no message comes any more.
        """
        message = self._messages.get(timeout=timeout)
        if message is None:
            self._messages.put(None)  # for whoever asks again
            raise EOFError
        return message

    def last_lines(self) -> Sequence[str]:
        """Return the last lines that the process wrote to standard error."""
        return [line for line in self._tail if line.strip()]

    def last_words(self) -> str:
        """Return the last line that says something: indented ones quote code."""
        said = [line for line in self.last_lines() if not line[0].isspace()]
        return said[-1][-LONGEST_WORDS:].rstrip(".") if said else ""

    def exit_code(self, timeout: float) -> int | None:
        """Wait for the end; return the exit code, or None where the process still runs."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join(timeout)  # so that the last words are complete
        return code

    def close(self, patience: float = 1.0) -> None:
        """End the process: politely, and by force where it has not ended after ``patience``."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it may have gone away with unread input
            self._process.stdin.close()
        if self.exit_code(patience) is None:
            self.kill()

    def kill(self) -> None:
        """End the process and its children now."""
        if self.alive():
            kill_tree(self._process)
        self.exit_code(KILL_WAIT)

    def _read_messages(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                message = decode(line)
                if message is None:
                    self._tail.append(line.decode("utf-8", "replace").rstrip())
                else:
                    self._messages.put(message)
        self._messages.put(None)

    def _read_tail(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._tail.append(line.decode("utf-8", "replace").rstrip())
