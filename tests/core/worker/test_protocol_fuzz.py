"""Random lines to the worker: each job or wrong line gets one answer, and the worker goes on."""

from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from model_core.feedback import Feedback
from model_core.worker.protocol import PROTOCOL, ProtocolError, decode
from model_core.worker.server import Server
from tests.core.fuzzing import VALUES, assert_sentence, examples


def fields(**more: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return messages that are right, with some fields of any kind."""
    right = {"protocol": PROTOCOL, "type": "job", "id": "1", "job": "answer", "arguments": {}}
    wrong = st.dictionaries(st.sampled_from(list(right)), VALUES, max_size=2)
    return wrong.map(lambda some: right | some | more)


def as_line(value: Any) -> bytes:
    return json.dumps(value).encode()


LINES = (
    st.binary(max_size=60).map(lambda some: some.replace(b"\n", b" "))
    | VALUES.map(as_line)
    | fields().map(as_line)
    | fields(type="job").map(lambda some: as_line(some)[:-1])
)


@examples(300)
@given(LINES)
def test_a_line_is_a_message_or_refused(line: bytes) -> None:
    try:
        message = decode(line)
    except ProtocolError as error:
        assert_sentence(str(error))
        return
    assert message["protocol"] == PROTOCOL
    assert isinstance(message["type"], str)


@examples(100)
@given(st.lists(LINES, max_size=4))
def test_every_line_has_one_answer(lines: list[bytes]) -> None:
    def answer(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
        return {}

    sink = io.BytesIO()
    Server(io.BytesIO(b"".join(line + b"\n" for line in lines)), sink, lambda name: answer).serve()
    ready, *answers = map(decode, sink.getvalue().splitlines())
    assert ready["type"] == "ready"
    silent = sum(not line.strip() or _type(line) in ("cancel", "shutdown") for line in lines)
    assert len(answers) == len(lines) - silent
    for message in answers:
        assert message["type"] in ("result", "error")
        if message["type"] == "error":
            assert message["kind"] in ("protocol", "cancelled")
            assert_sentence(message["sentence"])


def _type(line: bytes) -> str:
    try:
        return str(decode(line)["type"])
    except ProtocolError:
        return ""
