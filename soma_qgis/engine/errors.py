"""What can go wrong between QGIS and the worker."""

from __future__ import annotations


class EngineError(Exception):
    """``str(error)`` is the sentence for the person; ``details`` is for the log.

    ``kind`` is what the worker said (``bad_input``, ``failed``, ``environment``, ``unexpected``,
    ...), or ``no_python``, ``start``, ``crash`` where the engine itself found it.
    """

    def __init__(self, sentence: str, kind: str, details: str = "") -> None:
        super().__init__(sentence)
        self.kind = kind
        self.details = details


class EngineCancelledError(EngineError):
    """The person cancelled; the worker is gone and left nothing behind."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "cancelled")
