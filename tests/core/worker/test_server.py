"""The worker's loop: jobs, cancellation, errors and the end."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.worker.jobs import Job
from model_core.worker.protocol import LONGEST_LINE, PROTOCOL, ProtocolError, decode, encode
from model_core.worker.server import Server


def answer(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    feedback.log("working")
    feedback.progress("read", 1, 2, 0.5)
    return {"got": arguments}


def refuse(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    raise BadInputError("That cannot be; give something else.")


def defect(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    raise KeyError("nothing there")


def unlearned(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    raise ModuleNotFoundError("No module named 'torch'")


def too_large(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")


def not_a_number(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    return {"value": float("nan")}


def patient(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    """Run until cancelled, for at most ten seconds."""
    feedback.log("started")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        feedback.raise_if_cancelled()
        time.sleep(0.01)
    return {}


TEST_JOBS: dict[str, Job] = {
    "answer": answer,
    "refuse": refuse,
    "defect": defect,
    "unlearned": unlearned,
    "not_a_number": not_a_number,
    "too_large": too_large,
    "patient": patient,
}


class Client:
    """The other end of the pipes."""

    def __init__(self) -> None:
        to_server, write = os.pipe()
        read, from_server = os.pipe()
        self.writer: BinaryIO = os.fdopen(write, "wb", buffering=0)
        self.reader: BinaryIO = os.fdopen(read, "rb")
        source, self.sink = os.fdopen(to_server, "rb"), os.fdopen(from_server, "wb")
        server = Server(source, self.sink, lambda name: TEST_JOBS[str(name)])
        self.thread = threading.Thread(target=server.serve, daemon=True)
        self.thread.start()
        assert self.receive()["type"] == "ready"

    def job(self, name: str, identifier: str, **arguments: Any) -> None:
        self.writer.write(encode("job", id=identifier, job=name, arguments=arguments))

    def receive(self) -> dict[str, Any]:
        return decode(self.reader.readline())


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.writer.close()
    client.thread.join(5)
    assert not client.thread.is_alive()


def test_a_job_gives_log_progress_and_result_with_its_id(client: Client) -> None:
    client.job("answer", "7", path="a.tif")
    log, progress, result = client.receive(), client.receive(), client.receive()
    assert (log["type"], log["id"], log["message"]) == ("log", "7", "working")
    assert (progress["stage"], progress["fraction"]) == ("read", 0.5)
    assert result == {
        "protocol": PROTOCOL,
        "type": "result",
        "id": "7",
        "result": {"got": {"path": "a.tif"}},
    }


def test_a_users_error_is_its_sentence(client: Client) -> None:
    client.job("refuse", "1")
    error = client.receive()
    assert error["sentence"] == "That cannot be; give something else."
    assert (error["kind"], error["exit_code"], error["details"]) == ("bad_input", 2, "")


@pytest.mark.parametrize("job", ["defect", "not_a_number"])
def test_a_defect_is_reported_with_its_traceback_and_the_worker_lives_on(
    client: Client, job: str
) -> None:
    client.job(job, "1")
    error = client.receive()
    assert (error["type"], error["kind"], error["exit_code"]) == ("error", "unexpected", 1)
    assert "Traceback" in error["details"]
    client.job("answer", "2")
    assert client.receive()["id"] == "2"


def test_memory_that_runs_out_is_no_defect(client: Client) -> None:
    client.job("too_large", "1")
    error = client.receive()
    assert (error["kind"], error["exit_code"]) == ("memory", 2)
    assert error["sentence"].startswith("The memory ran out; ")
    assert "DefaultCPUAllocator" in error["details"]
    client.job("answer", "2")
    assert client.receive()["id"] == "2"


def test_a_missing_library_is_an_environment_to_mend(client: Client) -> None:
    client.job("unlearned", "1")
    error = client.receive()
    assert error["kind"] == "environment"
    assert "No module named 'torch'" in error["sentence"]
    assert "another Python" in error["sentence"]


def test_cancel_stops_the_running_job_and_not_the_next(client: Client) -> None:
    client.job("patient", "1")
    assert client.receive()["message"] == "started"
    started = time.monotonic()
    client.writer.write(encode("cancel", id="1"))
    error = client.receive()
    assert time.monotonic() - started < 1
    assert (error["kind"], error["exit_code"]) == ("cancelled", 130)
    for identifier in ("2", "1"):  # the same id again is another job
        client.job("answer", identifier)
        for expected in ("log", "progress", "result"):
            assert client.receive()["type"] == expected


def test_cancel_reaches_a_job_that_still_waits(client: Client) -> None:
    client.job("patient", "1")
    client.job("answer", "2")
    assert client.receive()["message"] == "started"
    client.writer.write(encode("cancel", id="2"))
    client.writer.write(encode("cancel", id="1"))
    first, second = client.receive(), client.receive()
    assert (first["id"], first["kind"]) == ("1", "cancelled")
    assert (second["id"], second["kind"]) == ("2", "cancelled")


def test_a_parent_that_is_gone_stops_the_running_job(client: Client) -> None:
    client.job("patient", "1")
    client.receive()
    client.writer.close()
    assert client.receive()["kind"] == "cancelled"
    client.thread.join(2)
    assert not client.thread.is_alive()


def test_what_needs_no_time_is_answered_though_the_input_has_ended(client: Client) -> None:
    client.job("answer", "1")
    client.writer.close()
    answers = [client.receive()["type"] for _ in range(3)]
    assert answers == ["log", "progress", "result"]


def test_shutdown_ends_the_loop(client: Client) -> None:
    client.writer.write(encode("shutdown"))
    client.thread.join(2)
    assert not client.thread.is_alive()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"nonsense\n", "not JSON"),
        (b"[1]\n", "not a message"),
        (b'{"protocol": 99, "type": "job"}\n', "one release"),
        (b'{"protocol": "1", "type": "job"}\n', "the message is of '1'"),
        (b'{"protocol": 1, "type": "dance", "id": "1"}\n', "dance"),
        (
            b'{"protocol": 1, "type": "job", "id": "1", "job": "answer", "arguments": [1]}\n',
            "arguments are a list",
        ),
        (
            b'{"protocol": 1, "type": "job", "id": "1", "job": "answer", "arguments": "a"}\n',
            "arguments are a str",
        ),
        (b"[" * 200_000 + b"\n", "not JSON (maximum recursion depth"),
        (b'{"protocol": 1, "type": "job", "id": ' + b"1" * 5000 + b"}\n", "not JSON"),
        (b'{"protocol": 1, "type": "\xff"}\n', "not JSON ('utf-8' codec"),
        (b'{"protocol": 1, "type": ["job"]}\n', "not a message"),
        (b'{"protocol": 1, "type": "job", "job": "answer"}\n', "job with the id None; give a text"),
        (b'{"protocol": 1, "type": "job", "id": true, "job": "answer"}\n', "the id True"),
        (b'{"protocol": 1, "type": "job", "id": {"a": [1]}}\n', "the id {'a': [1]}"),
        (b'{"protocol": 1, "type": "job", "id": "' + b"x" * 10**6 + b'"}\n', "the id 'xxx"),
        (b'{"protocol": 1, "type": "job", "id": NaN}\n', "the id nan"),
        (b'{"protocol": 1, "type": "cancel", "id": []}\n', "cancel with the id []"),
        (b'{"protocol": 1, "type": "job", "id": "1", "arguments": 0}\n', "arguments are a int"),
        (b'{"protocol": 1, "type": "' + b"y" * 10**6 + b'", "id": "1"}\n', "of type 'yyy"),
        (b" " * (LONGEST_LINE + 7) + b"[]\n", "more than 16777216 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_message_is_refused_and_the_worker_lives_on(
    client: Client, line: bytes, says: str
) -> None:
    client.writer.write(line)
    error = client.receive()
    assert (error["type"], error["kind"]) == ("error", "protocol")
    assert says in error["sentence"]
    assert len(error["sentence"]) < 500
    client.job("answer", "2")
    assert client.receive()["id"] == "2"


def test_messages_are_one_line_whatever_is_in_them() -> None:
    line = encode("log", id="1", message="two\nlines, é")
    assert line.count(b"\n") == 1
    assert decode(line)["message"] == "two\nlines, é"


def test_decode_refuses_another_version() -> None:
    with pytest.raises(ProtocolError, match="protocol 1"):
        decode(json.dumps({"protocol": PROTOCOL + 1, "type": "job"}).encode())
