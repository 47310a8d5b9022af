"""Jobs for the worker: one at a time, cancellable, on a process that stays warm in between."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from soma_qgis.engine.child import POLL
from soma_qgis.engine.clean_up import remove_unfinished
from soma_qgis.engine.errors import EngineCancelledError, EngineError
from soma_qgis.engine.process import Launch, WorkerProcess, core_launch
from soma_qgis.engine.protocol import PROTOCOL
from soma_qgis.i18n import tr
from soma_qgis.settings import Settings

START_TIMEOUT = 60.0
"""Seconds for the worker's first message, which it sends before it loads anything large."""

STARTING = "start"
"""The stage before those of the core."""

CANCEL_PATIENCE = 1.0
"""Seconds a worker has to stop by itself after a cancellation."""

SHUT_DOWN_PATIENCE = 5.0
"""Seconds for which QGIS waits at its end until a run has cleaned up."""


class Listener(Protocol):
    """Who hears of a job; called in the thread that runs it."""

    def progress(self, stage: str, fraction: float) -> None:
        """Take note of the stage and the share done, in [0, 1]."""

    def log(self, message: str) -> None:
        """Take a line for the person."""

    def cancelled(self) -> bool:
        """Return whether the person has cancelled."""


class Engine:
    """Owns at most one worker. May be called from any thread; jobs wait for each other."""

    def __init__(
        self,
        find_launch: Callable[[Callable[[], bool]], Launch] = core_launch,
        keep_warm: Callable[[], float] = lambda: Settings.load().keep_warm,
    ) -> None:
        self._find_launch = find_launch
        self._keep_warm = keep_warm
        self._turn = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._timer: threading.Timer | None = None

    def run(
        self,
        job: str,
        arguments: dict[str, Any],
        listener: Listener,
        outputs: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Run one job and return its result.

        Args:
            job: a name that the worker knows.
            arguments: as JSON.
            listener: hears of the progress.
            outputs: the files that the job writes; none is left half written.

        Raises:
            EngineCancelledError: the listener asked to stop; the worker is gone.
            EngineError: the job failed, the worker crashed, or none could be started.
        """
        self._take_turn(listener)
        try:
            self._stop_timer()
            worker = self._warm_worker(listener)
            return self._run(worker, job, arguments, listener, outputs)
        finally:
            self._start_timer()
            self._turn.release()

    def worker_pid(self) -> int | None:
        """Return the identifier of the worker, or None where none runs."""
        worker = self._worker
        return worker.pid if worker is not None and worker.alive() else None

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        self._stop_timer()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def shut_down(self) -> None:
        """End the worker, and let the run that used it delete what it left half written."""
        self.close()
        if self._turn.acquire(timeout=SHUT_DOWN_PATIENCE):
            self._turn.release()
        self.close()  # a run that was about to start has started a worker

    def _take_turn(self, listener: Listener) -> None:
        if self._turn.acquire(blocking=False):
            return
        listener.log(tr("Waiting for another run of SOMA to end."))
        while not self._turn.acquire(timeout=POLL):
            if listener.cancelled():
                raise EngineCancelledError(tr("Cancelled before it started."))

    def _warm_worker(self, listener: Listener) -> WorkerProcess:
        """Return the waiting worker, or a new one where there is none that fits."""
        worker = self._worker
        if worker is None or not worker.alive():
            listener.progress(STARTING, 0.0)
        launch = self._find_launch(listener.cancelled)
        if worker is not None and worker.alive() and worker.launch == launch:
            return worker
        self.close()
        worker = self._worker = WorkerProcess(launch)
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            message = self._next(worker, listener, "", ())
            if message is None:
                continue
            if message["type"] == "ready":
                self._check_version(worker, message, listener)
                worker.writes_as = int(message["pid"])
                return worker
        self._discard(worker, (), listener)
        raise EngineError(
            tr("The worker did not answer within {:.0f} s; try again.").format(START_TIMEOUT),
            "start",
            "\n".join(worker.last_lines()),
        )

    def _run(
        self,
        worker: WorkerProcess,
        job: str,
        arguments: dict[str, Any],
        listener: Listener,
        outputs: Sequence[str],
    ) -> dict[str, Any]:
        identifier = uuid.uuid4().hex
        worker.send("job", id=identifier, job=job, arguments=arguments)
        while True:
            message = self._next(worker, listener, identifier, outputs)
            if message is None or message.get("id") not in (identifier, None):
                continue
            message_type = message["type"]
            if message_type == "progress":
                listener.progress(str(message["stage"]), float(message["fraction"]))
            elif message_type == "log":
                listener.log(str(message["message"]))
            elif message_type == "result":
                return dict(message["result"])
            elif message_type == "error":
                raise EngineError(
                    str(message["sentence"]), str(message["kind"]), str(message["details"])
                )

    def _next(
        self, worker: WorkerProcess, listener: Listener, identifier: str, outputs: Sequence[str]
    ) -> dict[str, Any] | None:
        """Return the next message, or None where none has come yet.

        Raises:
            EngineCancelledError, EngineError: as :meth:`run`.
        """
        if listener.cancelled():
            self._cancel(worker, identifier)
            self._discard(worker, outputs, listener)
            raise EngineCancelledError(tr("Cancelled; no half-written file is left."))
        try:
            return worker.receive(POLL)
        except queue.Empty:
            return None
        except EOFError:
            code = worker.exit_code(CANCEL_PATIENCE)
            self._discard(worker, outputs, listener)
            raise _crash(worker, code) from None

    def _cancel(self, worker: WorkerProcess, identifier: str) -> None:
        """Give the job a moment to stop by itself, so that it can clean up."""
        worker.send("cancel", id=identifier)
        deadline = time.monotonic() + CANCEL_PATIENCE
        while identifier and time.monotonic() < deadline:
            try:
                message = worker.receive(POLL)
            except queue.Empty:
                continue
            except EOFError:
                return
            if message is not None and message["type"] in ("error", "result"):
                return

    def _check_version(
        self, worker: WorkerProcess, ready: dict[str, Any], listener: Listener
    ) -> None:
        if ready["protocol"] != PROTOCOL:
            self._discard(worker, (), listener)
            raise EngineError(
                tr(
                    "The core speaks protocol {} and the plugin {}; install one release of both."
                ).format(ready["protocol"], PROTOCOL),
                "protocol",
            )

    def _discard(self, worker: WorkerProcess, outputs: Sequence[str], listener: Listener) -> None:
        worker.kill()
        if self._worker is worker:
            self._worker = None
        for left in remove_unfinished(outputs, worker.writes_as):
            listener.log(tr("{} could not be deleted; it may be deleted by hand.").format(left))

    def _start_timer(self) -> None:
        if self._worker is None:
            return
        self._timer = threading.Timer(self._keep_warm(), self._close_idle)
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _close_idle(self) -> None:
        # Where a run holds the turn, that run starts a timer of its own when it ends.
        if self._turn.acquire(blocking=False):
            try:
                self.close()
            finally:
                self._turn.release()


def _crash(worker: WorkerProcess, code: int | None) -> EngineError:
    return EngineError(
        tr(
            "The worker ended unexpectedly ({}; its last words: {}); run again, and close other "
            "programs first where memory is short."
        ).format(_how(code), worker.last_words() or tr("none")),
        "crash",
        "\n".join(worker.last_lines()),
    )


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return tr("killed by signal {}").format(-code)
    return tr("exit code {}").format(code)


_shared = Engine()


def shared_engine() -> Engine:
    """Return the engine of this QGIS."""
    return _shared
