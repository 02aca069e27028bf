"""What answers is no Redis server: that is a mistake, and no outage."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

import pytest

from meter import open_store
from meter.errors import StoreSetupError
from meter.stores import open_async_store
from meter.stores.redis.replies import Replies

NO_ANSWERS = [b"$abc\r\n", b"$\r\n", b":x\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"]
NOT_TO_US = [b"*1\r\n$1\r\na\r\n", b"#t\r\n", b",1.5\r\n"]
"""What servers say to other commands: a list, a flag, a fraction."""
NEWS = b">2\r\n$1\r\na\r\n:1\r\n"
"""What a server may say to nobody; the driver passes it by while it greets."""
ANSWERS = b"$4\r\nan\r\n\r\n:-12\r\n$-1\r\n_\r\n+OK\r\n-ERR \xff\r\n$0\r\n\r\n"
"""Bytes with an end of line in them, a number, nothing in both versions, a word, an error, none."""


class Babbler:
    """A server that says the same to whatever it is asked, from the greeting on or after it."""

    def __init__(self, path, says, *, greets):
        self.says = says
        self.greets = greets
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(8)
        self.url = f"unix://{path}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                end, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(end,), daemon=True).start()

    def _talk(self, end):
        with end, suppress(OSError):
            while asked := end.recv(65_536):
                greeting = self.greets and b"meter" not in asked
                end.sendall(b"+OK\r\n" * asked.count(b"*") if greeting else self.says)


@pytest.mark.parametrize("greets", [True, False])
@pytest.mark.parametrize("says", [*NO_ANSWERS, *NOT_TO_US, b"$-1\r\n$-1\r\n"])
def test_what_is_no_answer_is_a_mistake(tmp_path, says, greets):
    """Also two answers to one question: nobody knows whose the second is."""
    server = Babbler(tmp_path / "s", says, greets=greets)
    store = open_store(server.url)
    with pytest.raises(StoreSetupError):
        store.load("k")
    store.close()
    server.listener.close()


@pytest.mark.parametrize("says", [*NO_ANSWERS, *NOT_TO_US, NEWS])
def test_what_is_no_answer_is_a_mistake_where_it_is_awaited(tmp_path, says):
    """Each task that waits for an answer of that server is told so."""
    server = Babbler(tmp_path / "s", says, greets=True)

    async def ask():
        store = open_async_store(server.url)
        told = await asyncio.gather(*map(store.load, "abc"), return_exceptions=True)
        await store.aclose()
        return told

    assert [StoreSetupError] * 3 == [type(error) for error in asyncio.run(ask())]
    server.listener.close()


@pytest.mark.parametrize("cut", range(len(ANSWERS)))
def test_answers_are_whole_wherever_the_bytes_are_cut(cut):
    """As they arrive in two pieces, each is handed on once, as bytes, in order."""
    replies = Replies(ValueError)
    found = replies.feed(ANSWERS[:cut]) + replies.feed(ANSWERS[cut:])
    assert [b"an\r\n", -12, None, None, b"OK"] == found[:5]
    assert ("ValueError('ERR \ufffd')", b"") == (repr(found[5]), found[6])
