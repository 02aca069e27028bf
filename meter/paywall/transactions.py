"""What is asked of a store, and in which order?

Each question is a generator: it yields the store calls it needs, one at a time, and is sent what
came back. Who runs it may block, await, or try every order in which several of them can be
interleaved; what they do is written once.

An answer is only ever given on bytes that the store held while the question was being asked.
Remembered bytes are a guess at `old`: where a view would be counted, `swap` proves the guess and
writes in one trip, or says what is really there; where nothing would be counted there is nothing to
swap, so the bytes are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from attrs import define, frozen

from meter.errors import CorruptUsageError, StoreContentionError
from meter.paywall.records import NOTHING, Record, alias, kept, read_record
from meter.stores.locks import ForkLock
from meter.usage import Usage

__all__ = [
    "Forget",
    "Load",
    "Lost",
    "Outcome",
    "Recent",
    "Step",
    "Steps",
    "Swap",
    "erase",
    "join",
    "transact",
]

T = TypeVar("T")


class Load(NamedTuple):
    """Ask for the bytes under a key."""

    key: str

    def on(self, store: Any) -> Any:
        return store.load(self.key)


class Swap(NamedTuple):
    """Ask to put `new` in the place of `old`."""

    key: str
    old: bytes | None
    new: bytes | None
    expires: datetime | None = None

    def on(self, store: Any) -> Any:
        return store.swap(self.key, self.old, self.new, expires=self.expires)


class Forget(NamedTuple):
    """Ask to keep nothing under a key."""

    key: str

    def on(self, store: Any) -> Any:
        return store.forget(self.key)


class Lost(NamedTuple):
    """Ask how often the store has lost data so far, where it can tell."""

    def on(self, store: Any) -> Any:
        return lost() if (lost := getattr(store, "lost", None)) else 0


Step = Load | Swap | Forget | Lost
Steps = Generator[Step, Any, T]


_NEVER = (NOTHING, 0)


class Recent:
    """The records seen last, a bounded number of them, and what was read while the store was out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._records: dict[str, tuple[Record, int]] = {}
        self.losses = 0
        """How often the store has lost data, as far as is known here."""
        self._owed: dict[str, Usage] = {}
        self.lock = ForkLock()

    def get(self, key: str) -> Record:
        """Return what was seen under a key last."""
        return self._records.get(key, _NEVER)[0]

    def since(self, key: str) -> int:
        """Return how often the store had lost data when a key was seen last."""
        return self._records.get(key, _NEVER)[1]

    def keep(self, key: str, record: Record) -> None:
        """Remember what is under a key now."""
        with self.lock:
            _put(
                self._records,
                key,
                None if record.raw is None else (record, self.losses),
                self._most,
            )

    def owed(self, key: str) -> Usage | None:
        """Return what was read while the store was out and is not in it yet."""
        return self._owed.get(key)

    def owe(self, key: str, usage: Usage) -> None:
        """Remember what is to be put into the store when it is back.

        The lock is held by who calls.
        """
        _put(self._owed, key, usage, self._most)

    def paid(self, key: str, usage: Usage) -> None:
        """Strike out what has arrived in the store, unless more has come in meanwhile."""
        with self.lock:
            if self._owed.get(key) is usage:
                self._owed.pop(key, None)

    def drop(self, key: str) -> None:
        """Remember nothing of a key."""
        with self.lock:
            self._records.pop(key, None)
            self._owed.pop(key, None)

    def read(self, key: str, raw: bytes | None) -> Record:
        """Return the record of some bytes, without parsing what was parsed before."""
        seen = self.get(key)
        record = seen if seen.raw == raw else read_record(raw)
        if record is not seen:
            self.keep(key, record)
        return record


def _put(table: dict[str, Any], key: str, value: object, most: int) -> None:
    table.pop(key, None)
    if value is not None:
        table[key] = value
        if len(table) > most:
            del table[next(iter(table))]


@frozen
class Outcome:
    """What a question came to.

    The answer, whether something was written for it, and how often it had to start again.
    """

    answer: Any
    written: bool
    retries: int
    lost: bool


@define
class _Place:
    """Where in the store a question is being answered, and how sure we are of what is there."""

    record: Record
    walked: list[str]
    sure: bool = False

    @property
    def key(self) -> str:
        return self.walked[-1]

    def see(self, record: Record) -> None:
        """Take in what the store has just said."""
        self.record, self.sure = record, True


def _settle_aliases(place: _Place, recent: Recent, void: set[bytes | None]) -> Steps[None]:
    """Follow aliases to the root.

    One that the root does not confirm, or that leads in a circle, means nothing: it is `void`.
    """
    while True:
        record = place.record
        if record.into is not None and record.raw not in void and record.into not in place.walked:
            place.walked.append(record.into)
            place.record, place.sure = recent.get(record.into), False
            continue
        aliases = place.walked[:-1]
        if not aliases or (record.into is None and set(aliases) <= set(record.joined)):
            return
        if not place.sure:
            place.see(recent.read(place.key, (yield Load(place.key))))
            continue
        place.walked = place.walked[:1]
        place.see(recent.read(place.key, (yield Load(place.key))))
        if place.record.into is None:
            return
        void.add(place.record.raw)


def transact(
    key: str,
    change: Callable[[Usage], tuple[T, Usage]],
    recent: Recent,
    *,
    expires: Callable[[Usage], datetime | None],
    attempts: int,
    writes: bool = True,
) -> Steps[Outcome]:
    """Ask `change` what a reader's usage becomes, and make it so, if it has not changed in between.

    Without `writes` the answer is all that is wanted. Raises `StoreContentionError` if it kept
    changing for `attempts` swaps.
    """
    place, void, retries, lost = _Place(recent.get(key), [key]), set[bytes | None](), 0, False
    while True:
        if place.record.into is not None or len(place.walked) > 1:
            yield from _settle_aliases(place, recent, void)
        record, owed = place.record, recent.owed(key)
        usage = record.usage if owed is None else record.usage.merge(owed)
        answer, after = change(usage)
        if not writes or after is record.usage or after == record.usage:
            if place.sure:
                if writes and owed is not None:
                    recent.paid(key, owed)
                return Outcome(answer, written=False, retries=retries, lost=lost)
            found = yield Load(place.key)
            if found == record.raw and owed is None:  # the guess was right, and so is the answer
                return Outcome(answer, written=False, retries=retries, lost=lost)
        else:
            new = kept(after, record.joined, record.turn)
            until = None if record.joined else expires(after)
            found = yield Swap(place.key, record.raw, new.raw, until)
            if found == new.raw:
                recent.keep(place.key, new)
                if owed is not None:
                    recent.paid(key, owed)
                return Outcome(answer, written=True, retries=retries, lost=lost)
            if found is None and place.sure and record.raw is not None:
                # It was there a moment ago: whoever forgot it meanwhile wants nothing of this view
                # kept either.
                recent.drop(place.key)
                return Outcome(change(Usage())[0], written=False, retries=retries, lost=lost)
            retries += place.sure
            if retries >= attempts:
                raise StoreContentionError(
                    f"a reader's usage changed {attempts} times while one view was being counted"
                )
        if found is None and record.raw is not None and recent.get(place.key) is record:
            recent.losses = yield Lost()
            if recent.losses > recent.since(place.key):
                lost = True
                with recent.lock:
                    recent.owe(key, usage)
            else:
                recent.drop(key)
        place.see(recent.read(place.key, found))


def _root(key: str) -> Steps[_Place]:
    """Return the record that stands for a key, just loaded."""
    place, nothing = _Place(NOTHING, [key]), Recent(0)
    place.see(read_record((yield Load(key))))
    yield from _settle_aliases(place, nothing, set())
    if place.record.into is not None:
        place.record = Record(place.record.raw)
    return place


def join(source_key: str, target_key: str, recent: Recent, *, attempts: int) -> Steps[None]:
    """Make two readers one.

    The union of what they read is kept at the target, and the source leads there.

    First the target lists the source and holds the union, then the source becomes an alias.
    Interrupted in between, nothing is lost, and doing it again completes it.
    """
    known = False
    for attempt in range(attempts):
        source = yield from _root(source_key)
        target = yield from _root(target_key)
        if source.key == target.key:
            return
        if attempt and source.key < target.key:
            source, target = (
                target,
                source,
            )  # two that join the same readers in opposite directions must not stop each other for ever
        if known and source.record.raw is None and target.record.raw is None:
            return  # both were there a moment ago: forgotten meanwhile
        known = known or source.record.raw is not None or target.record.raw is not None
        others = dict.fromkeys((*target.record.joined, source.key, *source.record.joined))
        others.pop(target.key, None)
        union = kept(
            target.record.usage.merge(source.record.usage), tuple(others), target.record.turn + 1
        )
        if (yield Swap(target.key, target.record.raw, union.raw)) != union.raw:
            continue
        recent.keep(target.key, union)
        leads = alias(target.key)
        if (yield Swap(source.key, source.record.raw, leads.raw)) != leads.raw:
            continue
        recent.keep(source.key, leads)
        now = recent.read(target.key, (yield Load(target.key)))
        if source.key in now.joined or now.into is not None:
            return
        yield Swap(
            source.key, leads.raw, None
        )  # the target was forgotten meanwhile, and the source with it
        recent.drop(source.key)
        return
    raise StoreContentionError(
        f"two readers kept changing while they were being joined; try again (after {attempts}"
        " attempts)"
    )


def erase(key: str, recent: Recent, *, attempts: int) -> Steps[None]:
    """Leave nothing of a reader: not of those joined to this one either.

    Interrupted, doing it again completes it.
    """
    for _ in range(attempts):
        try:
            root = yield from _root(key)
        except CorruptUsageError:
            yield Forget(key)
            recent.drop(key)
            return
        group = {root.key, *root.record.joined}
        others = [name for name in root.record.joined if name not in root.walked]
        for name in others:
            yield from _remove_alias(name, group, recent)
        if (yield Swap(root.key, root.record.raw, None)) is None:
            recent.drop(root.key)
            for name in (
                *others,
                *reversed(root.walked[:-1]),
            ):  # one that was just being joined may have become an alias since
                yield from _remove_alias(name, group, recent)
            return
    raise StoreContentionError(
        f"a reader kept reading while being forgotten; try again (after {attempts} attempts)"
    )


def _remove_alias(key: str, group: set[str], recent: Recent) -> Steps[None]:
    """Remove an alias that leads into a group.

    Somebody who was never quite joined to it is left alone.
    """
    record = read_record((yield Load(key)))
    if record.into in group:
        yield Swap(key, record.raw, None)
    recent.drop(key)
