"""Stands in for the core: speaks its protocol, needs no torch, and misbehaves on request.

``register`` does what ``SOMA_STUB`` in the environment says, so that algorithms can be tested.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

cancelled = threading.Event()
PROTOCOL = int(os.environ.get("SOMA_STUB_PROTOCOL", "1"))


def send(message_type: str, /, **fields: Any) -> None:
    print(json.dumps({"protocol": PROTOCOL, "type": message_type, **fields}), flush=True)


def unfinished(path: str) -> Path:
    """Make room for the unfinished form of a file, as the core would, and return its path."""
    target = Path(path)
    folder = target.with_name(f".soma-unfinished-{os.getpid()}-0123abcd") / "new"
    folder.mkdir(parents=True)
    return folder / target.name


def listen(jobs: list[dict[str, Any]]) -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "cancel":
            cancelled.set()
        else:
            jobs.append(message)
    os._exit(0)


def echo(identifier: str, arguments: dict[str, Any]) -> None:
    send("progress", id=identifier, stage="read", done=1, total=2, fraction=0.5)
    send("log", id=identifier, message="hello")
    result = {"pid": os.getpid(), "arguments": arguments, "environment": dict(os.environ)}
    send("result", id=identifier, result=result)


def polite(identifier: str, arguments: dict[str, Any]) -> None:
    """Write until cancelled, then clean up and say so."""
    path = unfinished(arguments["output"])
    path.write_text("half", encoding="utf-8")
    send("log", id=identifier, message="started")
    cancelled.wait(30)
    shutil.rmtree(path.parents[1])
    error(identifier, kind="cancelled", sentence="Cancelled.")


def deaf(identifier: str, arguments: dict[str, Any]) -> None:
    """Write for ever and hear nothing."""
    unfinished(arguments["output"]).write_text("half", encoding="utf-8")
    send("log", id=identifier, message="started")
    time.sleep(30)


def crash(identifier: str, arguments: dict[str, Any]) -> None:
    if "output" in arguments:
        unfinished(arguments["output"]).write_text("half", encoding="utf-8")
    print("some warning", file=sys.stderr)
    print("bad alloc: out of memory", file=sys.stderr, flush=True)
    os._exit(7)


def refuse(identifier: str, arguments: dict[str, Any]) -> None:
    error(identifier, kind="bad_input", sentence="That cannot be.", details="where it happened")


def error(identifier: str, **fields: Any) -> None:
    send("error", **{"id": identifier, "exit_code": 2, "details": "", **fields})


def register(identifier: str, arguments: dict[str, Any]) -> None:
    """Answer with a verdict, or behave as the job that SOMA_STUB names."""
    wanted = os.environ.get("SOMA_STUB", "registered")
    if wanted in JOBS:
        JOBS[wanted](identifier, {"output": arguments["outputs"]["registered"]})
        return
    for done in (0, 1):
        send("progress", id=identifier, stage="coarse", done=done, total=4, fraction=done / 4)
    failed = wanted == "failed"
    result = {
        "verdict": wanted,
        "probability": 0.2 if failed else 0.75,
        "reasons": ["Reason one.", "Reason two."],
        "transformation": "rigid",
        "transformation_probability": {"shift": 0.1, "rigid": 0.9},
        "rmse_before_px": None if failed else 4.0,
        "rmse_after_px": None if failed else 0.5,
        "median_shift_px": None if failed else 3.0,
        "median_shift_m": None if failed else 30.0,
        "inlier_ratio": 0.75,
        "coverage": 0.5,
        "seconds": 1.5,
        "device": "cpu",
        "device_reason": "stub",
        "model": "stub",
        "outputs": arguments["outputs"],
        "settings": arguments,
    }
    request = os.environ.get("SOMA_STUB_REQUEST")
    if request:
        Path(request).write_text(json.dumps(arguments), encoding="utf-8")
    send("result", id=identifier, result=result)


def apply(identifier: str, arguments: dict[str, Any]) -> None:
    request = os.environ.get("SOMA_STUB_REQUEST")
    if request:
        Path(request).write_text(json.dumps(arguments), encoding="utf-8")
    send("result", id=identifier, result={"output": arguments["output"]})


JOBS = {
    "echo": echo,
    "polite": polite,
    "deaf": deaf,
    "crash": crash,
    "refuse": refuse,
    "register": register,
    "apply": apply,
}


def main() -> None:
    jobs: list[dict[str, Any]] = []
    threading.Thread(target=listen, args=(jobs,), daemon=True).start()
    if os.environ.get("SOMA_STUB") != "mute":
        send("ready", version="0", pid=os.getpid())
    while True:
        if jobs:
            message = jobs.pop(0)
            JOBS[message["job"]](message["id"], message["arguments"])
        time.sleep(0.005)


main()
