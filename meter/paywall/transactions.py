"""Count a view, or join a reader to another, as sequences of store calls.

Each transaction is a generator: it yields the store calls it needs, one at a time, and is sent what
came back. Its runner may block, await, or try every order in which several can be interleaved; the
steps are written once.

An answer is only ever given on bytes that the store held during the transaction. Remembered bytes
are a guess at `old`: where a view would be counted, `swap` proves the guess and writes in one trip,
or returns what is really there; where nothing would be counted there is nothing to swap, so the
bytes are loaded.

Of a reader who is not remembered the guess is that nothing is kept. Where it is wrong, all was
decided and written down in vain; so where the last such readers were known to the store, the bytes
are loaded first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen

from meter.errors import CorruptUsageError, StoreContentionError
from meter.paywall.brought import bring, settle
from meter.paywall.operations import Load, StoreOps, Swap
from meter.paywall.records import read_record, usage_record
from meter.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.paywall.identity import ReaderKeys
    from meter.paywall.recent import Recent

__all__ = ["TransactionResult", "join", "transact"]

T = TypeVar("T")


@frozen
class TransactionResult(Generic[T]):
    """The answer of a transaction, and what happened on the way.

    `written` says whether the usage was changed, `retries` how often another change came first.
    """

    answer: T
    written: bool
    retries: int


def transact(
    keys: ReaderKeys,
    change: Callable[[Usage], tuple[T, Usage]],
    recent: Recent,
    *,
    at: int,
    expires: Callable[[Usage], datetime | None],
    attempts: int,
    writes: bool = True,
) -> StoreOps[TransactionResult[T]]:
    """Apply `change` to a reader's usage, again and again until no other change came in between.

    It is done at the instant `at`. Without `writes` the usage is only read. Raises
    `StoreContentionError` if another change came first `attempts` times, and `CorruptUsageError`
    where nothing can be made of what is kept.
    """
    key = keys.current
    record = recent.get(key)
    guesses_nothing = record.raw is None
    # Whether the store has returned the record during this transaction; until then it is a guess.
    sure = False
    was_there = False
    retries = 0
    if guesses_nothing and not keys.old and not (writes and recent.strangers.are_new):
        record = recent.read(key, (yield Load(key)))
        recent.strangers.note(is_new=record.raw is None)
        sure = True
    while True:
        brought = yield from bring(keys, recent, at, old=record.raw is None, writes=writes)
        if was_there and not brought.records:
            # It was there a moment ago, so the reader was just forgotten: this view must not be
            # kept either.
            recent.drop(key)
            return TransactionResult(change(Usage())[0], written=False, retries=retries)
        usage = record.usage.union(brought.usage, at) if brought.found else record.usage
        answer, after = _applied(change, usage, key, recent)
        if not writes or after is record.usage or after == record.usage:
            # Nothing to write that would prove the guess: the bytes are loaded, once.
            if sure:
                if writes and brought.found:
                    yield from settle(brought, record, keys, recent)
                return TransactionResult(answer, written=False, retries=retries)
            found = yield Load(key)
            if found == record.raw and not brought.found:
                # The guess was right, and so is the answer.
                return TransactionResult(answer, written=False, retries=retries)
        else:
            new = usage_record(after)
            until = _applied(expires, after, key, recent)
            found = yield Swap(key, record.raw, new.raw, until)
            if guesses_nothing and not sure:
                recent.strangers.note(is_new=found == new.raw)
            if found == new.raw:
                kept = yield from settle(brought, new, keys, recent)
                return TransactionResult(answer, written=kept, retries=retries)
            was_there = found is None and sure and record.raw is not None
            if sure:  # a wrong guess does not mean that another is writing
                retries += 1
            if retries >= attempts:
                raise StoreContentionError(
                    f"a reader's usage changed {attempts} times while one view was being counted"
                )
        # What is remembered is taken for all there is, which it is not while something is brought.
        record = read_record(found) if brought.records else recent.read(key, found)
        sure = True


def _applied(act: Callable[[Usage], T], usage: Usage, key: str, recent: Recent) -> T:
    """Return what comes of a usage; bytes that could be read, but not used, are corrupt too."""
    try:
        return act(usage)
    except Exception as error:
        act(Usage())  # what fails without a usage as well is not the usage's fault
        recent.distrust(key)
        raise CorruptUsageError(
            "nothing can be decided on the remembered usage: it was changed; put it back, or forget"
            " the reader"
        ) from error


def join(
    source: ReaderKeys,
    target: ReaderKeys,
    brings: Callable[[Usage, Usage], Usage],
    recent: Recent,
    *,
    at: int,
    expires: Callable[[Usage], datetime | None],
    attempts: int,
) -> StoreOps[None]:
    """Replace a target's usage with what `brings` makes of the source's and its own, in one swap.

    The source is only read. What is pending for either takes part. Where the target is forgotten
    meanwhile, it stays so. Raises what `transact` does.
    """
    if source == target:
        return
    record = read_record((yield Load(source.current)))
    beside = yield from bring(source, recent, at, old=True, writes=False)
    usage = record.usage.union(beside.usage, at)
    _applied(lambda counted: brings(counted, Usage()), usage, source.current, recent)
    yield from transact(
        target,
        lambda own: (None, brings(usage, own)),
        recent,
        at=at,
        expires=expires,
        attempts=attempts,
    )
