"""One connection to Redis for all tasks of an event loop.

What the tasks ask in one round of the loop is sent together, and the answers come in the order of
the questions: each goes to the task that asked. A task that is cancelled, or has waited for long
enough, hurts no other: its answer is read and dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import redis
from redis.exceptions import InvalidResponse

from meter.stores.deadline import SLICES, Answers, Slices
from meter.stores.redis.replies import Replies, Reply, packed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LineConnection", "SharedLine"]

_CONNECTING = 2.0
"""After so many seconds a connection that is not made yet is given up, or tried once more."""

_CUT = (redis.ConnectionError, OSError)
_CLOSING = 1.0
"""How many seconds a store that is closed waits for answers."""


class LineConnection(Protocol):
    """What a line needs of a connection."""

    async def connect(self) -> None: ...
    async def disconnect(self, *, nowait: bool = ...) -> None: ...
    def write(self, data: bytes) -> None: ...
    async def read(self) -> bytes: ...
    def refusal(self, said: str) -> Exception: ...


class _LineQuestion:
    """A question: its bytes, when its time is over for good, and the answer to come.

    `once` says that it is not sent again where its line is lost.
    """

    __slots__ = ("answer", "data", "heard", "line", "once", "round", "until")

    def __init__(self, data: bytes, until: float, round_: _Round) -> None:
        self.answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.data = data
        self.until = until
        self.round = round_
        self.once = False
        self.line: _Line | None = None
        self.heard = 0

    def end(self, reply: Reply | BaseException) -> None:
        """Take the answer, the last thing that is heard of this question."""
        self.round.leave()
        self.hand_on(reply)

    def hand_on(self, reply: Reply | BaseException) -> None:
        """Hand an answer to the task that asked, if it still waits."""
        if self.answer.done():
            return
        if isinstance(reply, BaseException):
            self.answer.set_exception(reply)
        else:
            self.answer.set_result(reply)

    def give_up(self) -> None:
        """End the wait: its time is over."""
        self.hand_on(TimeoutError())
        if self.line is not None:
            self.line.suspect(self)


class _Round:
    """Questions of one round of the loop that may take as long, with one timer for all of them.

    `Slices` says what counts as silence. A question that nobody waits for any more takes part:
    that it has no answer says something about the line.
    """

    __slots__ = ("_asked", "_context", "_open", "_slice", "_slices", "_timer")

    def __init__(self, seconds: float, answers: Answers, context: Context) -> None:
        self._asked: list[_LineQuestion] = []
        self._open = 0
        self._slice = seconds / SLICES
        self._slices = Slices(answers)
        self._context = context
        self._timer: asyncio.TimerHandle

    def join(self, asked: _LineQuestion) -> None:
        """Let a question take part."""
        if not self._open:  # the first, or all before it have ended already
            self._timer = self._wait()
        self._asked.append(asked)
        self._open += 1

    def leave(self) -> None:
        """Count a question out that has its answer."""
        self._open -= 1
        if not self._open:
            self._timer.cancel()

    def _wait(self) -> asyncio.TimerHandle:
        # In a context without a deadline: that of whoever asked first is not that of the others.
        loop = asyncio.get_running_loop()
        return loop.call_later(self._slice, self._pass, context=self._context)

    def _pass(self) -> None:
        is_last = self._slices.is_last()
        now = monotonic()
        if not is_last:
            self._timer = self._wait()
        for asked in self._asked:
            if is_last or now >= asked.until:
                asked.give_up()


class _Line:
    """A connection, and the questions on it that have no answer yet.

    One that was silent for too long gets no new questions. It is closed when those that are on it
    have their answers, or nobody waits for them.
    """

    def __init__(self, connection: LineConnection) -> None:
        self.asked: deque[_LineQuestion] = deque()
        self._connection = connection
        self._replies = Replies(connection.refusal)
        self._heard = 0
        self._is_suspect = False
        self.reader = asyncio.get_running_loop().create_task(self._read())

    @property
    def is_sound(self) -> bool:
        """Whether it may have new questions."""
        return not self._is_suspect and not self.reader.done()

    def send(self, questions: list[_LineQuestion]) -> None:
        """Send questions, all at once."""
        for asked in questions:
            asked.line = self
            asked.heard = self._heard
        self.asked.extend(questions)
        self._connection.write(b"".join([asked.data for asked in questions]))

    def suspect(self, asked: _LineQuestion) -> None:
        """Send no more on a line on which nothing was heard since a question was sent."""
        self._is_suspect = self._is_suspect or self._heard == asked.heard
        self._close_if_idle()

    def _close_if_idle(self) -> None:
        if self._is_suspect and all(asked.answer.done() for asked in self.asked):
            self.reader.cancel()

    async def _read(self) -> None:
        """Hand on the answers, until the connection is closed at either end."""
        try:
            while True:
                data = await self._connection.read()
                if not data:
                    raise redis.ConnectionError("the server closed the connection")
                self._heard += 1
                for reply in self._replies.feed(data):
                    self._take().end(reply)
                self._close_if_idle()
        finally:
            await self._connection.disconnect(nowait=True)

    def _take(self) -> _LineQuestion:
        """Take the question that has waited longest."""
        if not self.asked:
            raise InvalidResponse("an answer to no question")
        return self.asked.popleft()


class SharedLine:
    """Ask over one line, and make another where it is lost or silent.

    A line may have been closed at the other end while nobody asked: what is lost with it is sent
    once more on a new one. Every command of the store may be sent twice. `answers` are those of
    the server to this process.
    """

    def __init__(self, make: Callable[[], LineConnection], answers: Answers) -> None:
        self._make = make
        self._answers = answers
        self._nothing = Context()
        self._rounds: dict[float, _Round] = {}
        self._waiting: list[_LineQuestion] = []
        self._line: _Line | None = None
        self._lines: set[_Line] = set()
        self._connecting: asyncio.Task[LineConnection | None] | None = None

    def ask(
        self, command: tuple[bytes, ...], seconds: float, until: float
    ) -> asyncio.Future[Reply]:
        """Send a command with all others of this round, and return its answer to come.

        It ends with a `TimeoutError` after so many seconds of silence, and at `until` (of
        `time.monotonic`) in any case.
        """
        if not self._rounds:
            # Outside of the context of whoever asks first: a line outlives that.
            asyncio.get_running_loop().call_soon(self._end_round, context=self._nothing)
        round_ = self._rounds.get(seconds)
        if round_ is None:
            round_ = self._rounds[seconds] = _Round(seconds, self._answers, self._nothing)
        asked = _LineQuestion(packed(command), until, round_)
        round_.join(asked)
        self._waiting.append(asked)
        return asked.answer

    async def close(self) -> None:
        """Wait for the answers to come, for a moment; fail whoever has none, and disconnect."""
        open_ = [asked.answer for asked in self._all_asked() if not asked.answer.done()]
        if open_:
            await asyncio.wait(open_, timeout=_CLOSING)
        tasks: list[asyncio.Task[LineConnection | None]] = [line.reader for line in self._lines]
        if self._connecting is not None:
            tasks.append(self._connecting)
        for asked in self._all_asked():
            asked.hand_on(redis.ConnectionError("the store was closed"))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _all_asked(self) -> list[_LineQuestion]:
        return [*self._waiting, *(asked for line in self._lines for asked in line.asked)]

    def _end_round(self) -> None:
        self._rounds = {}
        self._send()

    def _send(self, *, is_new: bool = False) -> None:
        """Send what waits, or make a line to send it on."""
        waiting, self._waiting = self._waiting, []
        for asked in waiting:
            if asked.answer.done():
                asked.round.leave()
            else:
                asked.once = asked.once or is_new
                self._waiting.append(asked)
        if not self._waiting:
            return
        if self._line is not None and self._line.is_sound:
            self._line.send(self._waiting)
            self._waiting = []
        elif self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connection())
            self._connecting.add_done_callback(self._connected)

    async def _connection(self) -> LineConnection | None:
        """Return a new connection, or `None` where nobody waits for one any more.

        Whoever waits gives up in a time of his own, and leaves what was begun to the others.
        """
        while any(not asked.answer.done() for asked in self._waiting):
            connection = self._make()
            try:
                async with asyncio.timeout(_CONNECTING):
                    await connection.connect()
            except BaseException as error:
                await connection.disconnect(nowait=True)
                if not isinstance(error, TimeoutError):
                    raise
            else:
                return connection
        return None

    def _connected(self, connecting: asyncio.Task[LineConnection | None]) -> None:
        """Send on a new line what waits for it, or fail it."""
        self._connecting = None
        if connecting.cancelled():
            return
        error = connecting.exception()
        if error is not None:
            waiting, self._waiting = self._waiting, []
            for asked in waiting:
                asked.end(error)
            return
        connection = connecting.result()
        if connection is not None:
            line = self._line = _Line(connection)
            self._lines.add(line)
            line.reader.add_done_callback(lambda reader: self._lost(line, reader))
        self._send(is_new=connection is not None)

    def _lost(self, line: _Line, reader: asyncio.Task[None]) -> None:
        """Send once more what was lost with a line, or fail it."""
        self._lines.discard(line)
        error = None if reader.cancelled() else reader.exception()
        again = []
        for asked in line.asked:
            if asked.answer.done():
                asked.round.leave()
            elif asked.once or not isinstance(error, _CUT):
                asked.end(error or redis.ConnectionError("the store was closed"))
            else:
                asked.once = True
                again.append(asked)
        line.asked.clear()
        self._waiting[:0] = again
        self._send()
