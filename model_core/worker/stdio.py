"""Standard input and output, reserved for the protocol."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO


def claim_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Return the real standard input and output, which nobody else in the process has any more.

    Whatever a library prints, from Python or from C, goes to standard error; whatever reads
    standard input finds it empty. That also keeps Windows from hanging: there, loading a library
    asks what kind of file standard input is, and waits while a thread reads from a pipe.
    """
    sys.stdout.flush()
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink
