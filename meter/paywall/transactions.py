"""Count a view, join two readers or erase one, as sequences of store calls.

Each transaction is a generator: it yields the store calls it needs, one at a time, and is sent what
came back. Its runner may block, await, or try every order in which several can be interleaved; the
steps are written once.

An answer is only ever given on bytes that the store held during the transaction. Remembered bytes
are a guess at `old`: where a view would be counted, `swap` proves the guess and writes in one trip,
or returns what is really there; where nothing would be counted there is nothing to swap, so the
bytes are loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import define, frozen

from meter.errors import CorruptUsageError, StoreContentionError
from meter.paywall.operations import CheckLosses, Forget, Load, StoreOps, Swap
from meter.paywall.recent import Recent
from meter.paywall.records import NOTHING, Record, alias_record, read_record, usage_record
from meter.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["TransactionResult", "erase", "join", "transact"]

T = TypeVar("T")


@frozen
class TransactionResult(Generic[T]):
    """The answer of a transaction, and what happened on the way.

    `written` says whether the usage was changed, `retries` how often another change came first, and
    `loss` whether the store was found to have lost data.
    """

    answer: T
    written: bool
    retries: int
    loss: bool


@define
class _Place:
    """The record a transaction is working on, and the keys that led to it.

    It is `sure` once the store has returned it during this transaction; until then the record is
    what this process remembers.
    """

    record: Record
    walked: list[str]
    sure: bool = False

    @property
    def key(self) -> str:
        return self.walked[-1]

    def guess(self, record: Record) -> None:
        """Use a remembered record."""
        self.record = record
        self.sure = False

    def see(self, record: Record) -> None:
        """Use a record that the store has just returned."""
        self.record = record
        self.sure = True


def _settle_aliases(place: _Place, recent: Recent, void: set[bytes | None]) -> StoreOps[None]:
    """Follow aliases to the root.

    One that the root does not confirm, or that leads in a circle, means nothing: it is `void`. A
    guess is enough to follow an alias, but not to call it void: the root may list it by now, so it
    is loaded first, and then the alias too, which may have been replaced meanwhile.
    """
    while True:
        record = place.record
        if record.into is not None and record.raw not in void and record.into not in place.walked:
            place.walked.append(record.into)
            place.guess(recent.get(record.into))
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
) -> StoreOps[TransactionResult[T]]:
    """Apply `change` to a reader's usage, again and again until no other change came in between.

    Without `writes` the usage is only read. Raises `StoreContentionError` if another change came
    first `attempts` times.
    """
    place = _Place(recent.get(key), [key])
    void: set[bytes | None] = set()
    retries = 0
    loss = False
    while True:
        if place.record.into is not None or len(place.walked) > 1:
            yield from _settle_aliases(place, recent, void)
        record = place.record
        pending = recent.pending(key)
        usage = record.usage if pending is None else record.usage.merge(pending)
        answer, after = change(usage)
        if not writes or after is record.usage or after == record.usage:
            # Nothing to write that would prove the guess: the bytes are loaded, once.
            if place.sure:
                if writes and pending is not None:
                    recent.remove_pending(key, pending)
                return TransactionResult(answer, written=False, retries=retries, loss=loss)
            found = yield Load(place.key)
            if found == record.raw and pending is None:
                # The guess was right, and so is the answer.
                return TransactionResult(answer, written=False, retries=retries, loss=loss)
        else:
            new = usage_record(after, record.joined, record.turn)
            # A record that others lead to must outlive them, so it never expires.
            until = None if record.joined else expires(after)
            found = yield Swap(place.key, record.raw, new.raw, until)
            if found == new.raw:
                recent.keep(place.key, new)
                if pending is not None:
                    recent.remove_pending(key, pending)
                return TransactionResult(answer, written=True, retries=retries, loss=loss)
            if found is None and place.sure and record.raw is not None:
                # It was there a moment ago, so the reader was just forgotten: this view must not be
                # kept either.
                recent.drop(place.key)
                answer = change(Usage())[0]
                return TransactionResult(answer, written=False, retries=retries, loss=loss)
            if place.sure:  # a wrong guess does not mean that another is writing
                retries += 1
            if retries >= attempts:
                raise StoreContentionError(
                    f"a reader's usage changed {attempts} times while one view was being counted"
                )
        if found is None and record.raw is not None and recent.get(place.key) is record:
            loss = (yield from _look_for_loss(key, place, usage, recent)) or loss
        place.see(recent.read(place.key, found))


def _look_for_loss(key: str, place: _Place, usage: Usage, recent: Recent) -> StoreOps[bool]:
    """Say whether the store has lost a reader that this process remembers.

    If it has, what is remembered is put back by this transaction or the next. If not, somebody has
    forgotten the reader, and this process forgets it too.
    """
    yield CheckLosses(recent)
    if recent.losses > recent.losses_when_seen(place.key):
        with recent.lock:
            recent.add_pending(key, usage)
        return True
    recent.drop(key)
    return False


def _root(key: str) -> StoreOps[_Place]:
    """Return the record that stands for a key, just loaded."""
    place = _Place(NOTHING, [key])
    place.see(read_record((yield Load(key))))
    yield from _settle_aliases(place, Recent(0), set())
    if place.record.into is not None:
        place.record = Record(place.record.raw)
    return place


def join(source_key: str, target_key: str, recent: Recent, *, attempts: int) -> StoreOps[None]:
    """Make two readers one: the target holds the union of what they read, the source leads there.

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
            # Two that join the same readers in opposite directions must not stop each other for
            # ever: from the second attempt on, both go the same way.
            source, target = target, source
        is_there = source.record.raw is not None or target.record.raw is not None
        if known and not is_there:
            return  # forgotten meanwhile
        known = known or is_there
        if (yield from _lead(source, target, recent)):
            return
    raise StoreContentionError(
        f"two readers kept changing while they were being joined ({attempts} attempts); try again"
    )


def _lead(source: _Place, target: _Place, recent: Recent) -> StoreOps[bool]:
    """Make the source lead to the target, and say whether that worked.

    It does not where either was changed meanwhile: both have to be loaded again. Where the target
    was forgotten meanwhile, the source is removed too.
    """
    others = dict.fromkeys((*target.record.joined, source.key, *source.record.joined))
    others.pop(target.key, None)
    usage = target.record.usage.merge(source.record.usage)
    union = usage_record(usage, tuple(others), target.record.turn + 1)
    if (yield Swap(target.key, target.record.raw, union.raw)) != union.raw:
        return False
    recent.keep(target.key, union)
    leads = alias_record(target.key)
    if (yield Swap(source.key, source.record.raw, leads.raw)) != leads.raw:
        return False
    recent.keep(source.key, leads)
    now = recent.read(target.key, (yield Load(target.key)))
    if source.key not in now.joined and now.into is None:
        yield Swap(source.key, leads.raw, None)
        recent.drop(source.key)
    return True


def erase(key: str, recent: Recent, *, attempts: int) -> StoreOps[None]:
    """Remove a reader and all who are joined to it.

    After an interruption, doing it again completes it: the root, which lists the others, is removed
    after them.
    """
    for _ in range(attempts):
        try:
            root = yield from _root(key)
        except CorruptUsageError:
            yield Forget(key)
            recent.drop(key)
            return
        group = {root.key, *root.record.joined}
        others = [other for other in root.record.joined if other not in root.walked]
        for other in others:
            yield from _remove_alias(other, group, recent)
        if (yield Swap(root.key, root.record.raw, None)) is None:
            recent.drop(root.key)
            # One that was just being joined may have become an alias since, so all are looked at
            # once more; the one that was asked for goes last.
            for other in (*others, *reversed(root.walked[:-1])):
                yield from _remove_alias(other, group, recent)
            return
    raise StoreContentionError(
        f"a reader kept reading while being forgotten ({attempts} attempts); try again"
    )


def _remove_alias(key: str, group: set[str], recent: Recent) -> StoreOps[None]:
    """Remove an alias if it leads into a group; a reader whose join was never completed stays."""
    record = read_record((yield Load(key)))
    if record.into in group:
        yield Swap(key, record.raw, None)
    recent.drop(key)
