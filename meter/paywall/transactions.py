"""Count a view, join a reader to another or erase one, as sequences of store calls.

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

from attrs import frozen

from meter.errors import StoreContentionError
from meter.paywall.operations import CheckLosses, Forget, Load, StoreOps, Swap
from meter.paywall.records import read_record, usage_record
from meter.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.paywall.recent import Recent

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
    record = recent.get(key)
    # Whether the store has returned the record during this transaction; until then it is a guess.
    sure = False
    retries = 0
    loss = False
    while True:
        pending = recent.pending(key)
        usage = record.usage if pending is None else record.usage.union(pending)
        answer, after = change(usage)
        if not writes or after is record.usage or after == record.usage:
            # Nothing to write that would prove the guess: the bytes are loaded, once.
            if sure:
                if writes and pending is not None:
                    recent.remove_pending(key, pending)
                return TransactionResult(answer, written=False, retries=retries, loss=loss)
            found = yield Load(key)
            if found == record.raw and pending is None:
                # The guess was right, and so is the answer.
                return TransactionResult(answer, written=False, retries=retries, loss=loss)
        else:
            new = usage_record(after)
            found = yield Swap(key, record.raw, new.raw, expires(after))
            if found == new.raw:
                recent.keep(key, new)
                if pending is not None:
                    recent.remove_pending(key, pending)
                return TransactionResult(answer, written=True, retries=retries, loss=loss)
            if found is None and sure and record.raw is not None:
                # It was there a moment ago, so the reader was just forgotten: this view must not be
                # kept either.
                recent.drop(key)
                answer = change(Usage())[0]
                return TransactionResult(answer, written=False, retries=retries, loss=loss)
            if sure:  # a wrong guess does not mean that another is writing
                retries += 1
            if retries >= attempts:
                raise StoreContentionError(
                    f"a reader's usage changed {attempts} times while one view was being counted"
                )
        if found is None and record.raw is not None and recent.get(key) is record:
            loss = (yield from _look_for_loss(key, usage, recent)) or loss
        record = recent.read(key, found)
        sure = True


def _look_for_loss(key: str, usage: Usage, recent: Recent) -> StoreOps[bool]:
    """Say whether the store has lost a reader that this process remembers.

    If it has, what is remembered is put back by this transaction or the next. If not, somebody has
    forgotten the reader, and this process forgets it too.
    """
    yield CheckLosses(recent)
    if recent.losses > recent.losses_when_seen(key):
        with recent.lock:
            recent.add_pending(key, usage)
        return True
    recent.drop(key)
    return False


def join(
    source_key: str,
    target_key: str,
    bring: Callable[[Usage, Usage], Usage],
    recent: Recent,
    *,
    expires: Callable[[Usage], datetime | None],
    attempts: int,
) -> StoreOps[None]:
    """Replace a target's usage with what `bring` makes of the source's and its own, in one swap.

    The source is only read. What is pending for either takes part. Where the target is forgotten
    meanwhile, it stays so. Raises `StoreContentionError` if another change came first `attempts`
    times.
    """
    if source_key == target_key:
        return
    was_there = False
    for _ in range(attempts):
        source = read_record((yield Load(source_key))).usage
        source = source.union(recent.pending(source_key) or Usage())
        target = read_record((yield Load(target_key)))
        if was_there and target.raw is None:
            return  # forgotten meanwhile
        was_there = target.raw is not None
        pending = recent.pending(target_key)
        usage = target.usage if pending is None else target.usage.union(pending)
        joined = bring(source, usage)
        if joined != target.usage:
            new = usage_record(joined)
            if (yield Swap(target_key, target.raw, new.raw, expires(joined))) != new.raw:
                continue
            recent.keep(target_key, new)
        if pending is not None:
            recent.remove_pending(target_key, pending)
        return
    raise StoreContentionError(
        f"a reader kept reading while another was joined to it ({attempts} attempts); try again"
    )


def erase(key: str, recent: Recent) -> StoreOps[None]:
    """Remove a reader's record, whatever it holds."""
    yield Forget(key)
    recent.drop(key)
