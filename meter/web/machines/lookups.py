"""Asks what may be slow: in threads of their own, few at once, each answer remembered for a while.

A view waits for an answer up to its deadline and no longer; what comes later is there for the next
view. A question that is under way is not asked twice, and costs all who wait for it one deadline
together. Where it is asked anew, the answer before it is in force until the new one has come. Where
as many are under way as there may be, since a server hangs, nothing is asked: no answer is the
answer.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from threading import Event, Lock, Thread
from typing import Generic, NamedTuple, TypeVar

from attrs import define, field

from meter.errors import quoted
from meter.web.errors import told

__all__ = ["Ages", "Lookups", "Patience", "UnknownAnswerError"]

LOG = logging.getLogger("meter.web")

_MOST_TOLD = 100
"""How many questions that fail are logged: strangers may choose them."""

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class UnknownAnswerError(Exception):
    """Somebody has to be asked, and may not be now."""


class Ages(NamedTuple):
    """For how many seconds an answer is remembered: one that found something, none, a failure."""

    found: float
    nothing: float
    failed: float


@define(eq=False)
class _Asked(Generic[T]):
    """One question that was asked; `ends` is infinite until it is answered."""

    at: float
    patience: float
    """Until when views wait for it, by the timer."""
    source: Hashable
    """Whose question it is."""
    before: _Asked[T] | None = None
    """The answer that is in force until this one has come."""
    value: T | None = None
    ends: float = float("inf")
    answered: Event = field(factory=Event)


class Lookups(Generic[K, T]):
    """Answers questions by a function that may hang, raise or be late.

    `ask` is called in a thread, `at_once` of them at most; `most` answers are remembered, for the
    seconds of `ages`. `timer` returns seconds that only grow. `what` stands before a question that
    is logged. `source` says of a question whose it is: `each` of one source are asked at once at
    most, so that nobody uses up all of them alone.
    """

    def __init__(
        self,
        ask: Callable[[K], T | None],
        *,
        what: str,
        ages: Ages,
        most: int,
        at_once: int,
        timer: Callable[[], float],
        source: Callable[[K], Hashable] | None = None,
        each: int = 1,
    ) -> None:
        self._ask = ask
        self._source = source
        self._each = each
        self._under_way: Counter[Hashable] = Counter()
        self._what = what
        self._ages = ages
        self._most = most
        self._free = at_once
        self._timer = timer
        self._lock = Lock()
        self._known: OrderedDict[K, _Asked[T]] = OrderedDict()
        self._told: set[K] = set()

    def answer(self, question: K, until: float | None, younger: float | None = None) -> T | None:
        """Return the answer, or `None` where there is none by `until`, seconds of the timer.

        Without `until` nobody waits: `UnknownAnswerError` where somebody has to be asked. With
        `younger`, what was asked more than so many seconds ago is asked anew.
        """
        asked = self._asked(question, until, younger)
        if asked is None:
            return None
        patience = asked.patience if until is None else min(until, asked.patience)
        left = patience - self._timer()
        if until is None and left > 0 and not asked.answered.is_set():
            raise UnknownAnswerError
        return asked.value if asked.answered.wait(max(0.0, left)) else None

    def _asked(self, question: K, until: float | None, younger: float | None) -> _Asked[T] | None:
        """Return what was asked before and is still good, or is under way; ask where there is none.

        Both under one lock, so that of many who look at once, one asks. `None` where as many are
        under way as there may be.
        """
        source = question if self._source is None else self._source(question)
        with self._lock:
            now = self._timer()
            known = self._good(question, now, younger)
            if known is not None:
                return known
            if until is None:
                raise UnknownAnswerError
            if not self._free or self._under_way[source] >= self._each:
                return None
            self._free -= 1
            self._under_way[source] += 1
            asked: _Asked[T] = _Asked(now, until, source, before=self._in_force(question, now))
            self._known[question] = asked
            self._known.move_to_end(question)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        try:
            Thread(target=self._run, args=(question, asked), daemon=True).start()
        except (RuntimeError, MemoryError) as error:  # the machine has no thread to give
            self._fail(question, asked, error)
        return asked

    def _good(self, question: K, now: float, younger: float | None) -> _Asked[T] | None:
        """Return the answer in force, if it is not too old, or what is under way."""
        known = self._in_force(question, now)
        if known is not None and (younger is None or now - known.at <= younger):
            return known
        asked = self._known.get(question)
        return None if asked is None or asked.answered.is_set() else asked

    def _in_force(self, question: K, now: float) -> _Asked[T] | None:
        """Return the last answer there is, if its time is not over."""
        asked = self._known.get(question)
        if asked is not None and not asked.answered.is_set():
            asked = asked.before
        return None if asked is None or asked.ends <= now else asked

    def _run(self, question: K, asked: _Asked[T]) -> None:
        try:
            found = self._ask(question)
        except Exception as error:  # noqa: BLE001 - somebody else's function
            self._fail(question, asked, error)
        else:
            age = self._ages.nothing if found is None else self._ages.found
            self._end(asked, found, age)

    def _fail(self, question: K, asked: _Asked[T], error: Exception) -> None:
        """Note that a question could not be asked, and log it once: each view could bring it."""
        with self._lock:
            is_new = question not in self._told and len(self._told) < _MOST_TOLD
            if is_new:
                self._told.add(question)
        if is_new:
            what = f"{self._what} {quoted(str(question))}"
            LOG.warning("nobody is proved by %s, which cannot be asked for: %s", what, told(error))
        self._end(asked, None, self._ages.failed)

    def _end(self, asked: _Asked[T], found: T | None, age: float) -> None:
        """Note what came of a question and for how long that holds, and let go of whoever waits.

        Where nothing came of it, the answer before it stays in force until its own time is over.
        """
        with self._lock:
            now = self._timer()
            before, asked.before = asked.before, None
            asked.value, asked.ends = found, now + age
            if found is None and before is not None and before.ends > now:
                asked.value, asked.ends = before.value, before.ends
            self._free += 1
            self._under_way -= Counter([asked.source])
            asked.answered.set()


class Patience:
    """How long one request waits for all that it has to ask: until a time, or not at all."""

    def __init__(self, until: float | None) -> None:
        self.until = until

    def ask(self, lookups: Lookups[K, T], question: K, younger: float | None = None) -> T | None:
        """Return an answer; see `Lookups.answer`."""
        return lookups.answer(question, self.until, younger)
