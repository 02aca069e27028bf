"""Random changes find no stale 304, and find it at once where a tag leaves something out."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256

import pytest

from tests.web.ofrep_etags import changes


def test_no_answer_is_stale():
    """A tenth of what `python -m tests.web.ofrep_etags --whole` changes."""
    found = asyncio.run(changes(1000))
    assert found["stale"] == 0
    assert found["unchanged"] > 200


class Retagged:
    """A server whose tags cover what they are told to cover, and nothing else."""

    def __init__(self, app, covers):
        self.app = app
        self.covers = covers

    async def __call__(self, scope, receive, send):
        question = await receive()
        told = []

        async def again():
            return question

        async def note(message):
            told.append(message)

        headers = [(name, value) for name, value in scope["headers"] if name != b"if-none-match"]
        await self.app({**scope, "headers": headers}, again, note)
        start, *rest = told
        if scope["path"].startswith("/ofrep") and start["status"] == 200:
            answer = json.loads(b"".join(part["body"] for part in rest))
            covered = self.covers(scope["path"], question["body"].decode(), answer)
            tag = f'"{sha256(repr(covered).encode()).hexdigest()}"'.encode()
            start["headers"] = [(b"etag", tag)]
            if tag in dict(scope["headers"]).get(b"if-none-match", b""):
                start["status"] = 304
        for message in told:
            await send(message)


LEFT_OUT = {
    "the count": lambda path, body, answer: (path, body, answer["metadata"]["policy"]),
    "the context": lambda path, _body, answer: (path, answer["metadata"]["policy"]),
    "the policy": lambda path, body, answer: (
        *(path, body, answer.get("value"), answer["metadata"].get("left")),
        [flag["value"] for flag in answer.get("flags", ())],
    ),
}


@pytest.mark.parametrize("covers", LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_tag_that_leaves_something_out_is_found(covers):
    """Planted: tags without the count, without the context (as others had it), and so on."""
    found = asyncio.run(changes(300, wrap=lambda app: Retagged(app, covers)))
    assert found["stale"] > 0
