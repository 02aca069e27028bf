"""The contract of a store, on which the paywall's guarantees rest.

`check_store` runs a store of your own through what the stores of this project go through: examples
with a plain message, a Hypothesis state machine against a dictionary, and races of threads (or
tasks) for the same key.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from inspect import iscoroutinefunction
from itertools import count
from typing import TYPE_CHECKING, TypeGuard, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from meter.stores.deadline import deadline
from meter.stores.keys import LONGEST_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from meter.stores import AsyncStore, Store

__all__ = ["check_store"]

_RUNS = count()
_FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
_RACERS = 8
_PATIENCE = 600.0
_VALUES = st.sampled_from([None, b"1", b"2", b"3\0\xff"])


def check_store(
    make_store: Callable[[], Store | AsyncStore], *, examples: int = 25, rounds: int = 20
) -> None:
    """Raise `AssertionError` if a store breaks the contract of `meter.stores.Store`.

    Its message is what was asked, what was expected and what came.

    `make_store` is called once, with no arguments (inside a running event loop for an
    `AsyncStore`). The store need not be empty: keys that nobody else uses are taken, and forgotten
    at the end. `examples` is the number of random histories, `rounds` the number of races. Needs
    Hypothesis (`pip install 'meter-paywall[testing]'`).

    >>> from meter.stores import MemoryStore
    >>> check_store(MemoryStore, examples=5, rounds=2)
    """
    # What is checked is whether the answers are right, not how fast they come.
    with deadline(_PATIENCE):
        _check(make_store, examples, rounds)


def _check(make_store: Callable[[], Store | AsyncStore], examples: int, rounds: int) -> None:
    with asyncio.Runner() as runner:
        store = make_store()
        race: Callable[[str], Sequence[int | None]]
        if _is_async(store):
            runner.run(_nothing())  # a store may open its connections in the loop it is used in
            subject: Store = _Awaited(store, runner)
            race = partial(_race_of_tasks, store, runner)
        else:
            subject = cast("Store", store)
            race = partial(_race_of_threads, subject)
        try:
            _check_examples(subject)
            _check_histories(subject, examples)
            for _ in range(rounds):
                _check_race(subject, race)
        finally:
            close = getattr(store, "aclose", None) or getattr(store, "close", None)
            if iscoroutinefunction(close):
                runner.run(close())
            elif close is not None:
                close()


def _is_async(store: Store | AsyncStore) -> TypeGuard[AsyncStore]:
    return iscoroutinefunction(store.load)


async def _nothing() -> None:
    """Start the event loop."""


class _Awaited:
    """An async store whose calls are waited for."""

    def __init__(self, store: AsyncStore, runner: asyncio.Runner) -> None:
        self._store = store
        self._runner = runner

    def load(self, key: str) -> bytes | None:
        return self._runner.run(self._store.load(key))

    def swap(
        self, key: str, old: bytes | None, new: bytes | None, *, expires: datetime | None
    ) -> bytes | None:
        return self._runner.run(self._store.swap(key, old, new, expires=expires))

    def forget(self, key: str) -> None:
        self._runner.run(self._store.forget(key))


def _fresh(name: str = "k") -> str:
    return f"conformance:{name}{next(_RUNS)}-{id(_RUNS):x}"


def _check_examples(store: Store) -> None:
    key = _fresh()
    _same("load of a key never written", None, store.load(key))
    _same("a first swap", b"1", store.swap(key, None, b"1", expires=None))
    _same("load after a swap", b"1", store.load(key))
    _same(
        "a swap whose `old` is not what is kept (it has to say what is)",
        b"1",
        store.swap(key, b"0", b"2", expires=None),
    )
    _same(
        "load after a swap that did not match: a store must compare before it writes",
        b"1",
        store.load(key),
    )
    _same(
        "a swap from nothing where something is kept",
        b"1",
        store.swap(key, None, b"2", expires=None),
    )
    _same("a swap that matches", b"2", store.swap(key, b"1", b"2", expires=_FUTURE))
    _same(
        "the same swap again, as after a lost reply",
        b"2",
        store.swap(key, b"1", b"2", expires=_FUTURE),
    )
    _same("load after that", b"2", store.load(key))
    store.forget(key)
    _same("load after `forget`", None, store.load(key))
    _same(
        "a swap by somebody who had loaded before the `forget`",
        None,
        store.swap(key, b"2", b"3", expires=None),
    )
    _same("load after that: a forgotten reader must not come back", None, store.load(key))
    store.forget(key)
    _same("a swap from nothing after `forget`", b"4", store.swap(key, None, b"4", expires=None))
    _same("a swap to nothing that does not match", b"4", store.swap(key, b"3", None, expires=None))
    _same("a swap to nothing", None, store.swap(key, b"4", None, expires=None))
    _same("load after a swap to nothing", None, store.load(key))
    _check_sizes(store)
    _check_long_keys(store)


def _check_sizes(store: Store) -> None:
    for size in (1, 400, 65_536):
        large = bytes(range(256)) * (size // 256 + 1)
        key = _fresh("x" * 30 if size > 1 else "")
        _same(f"a swap of {len(large)} bytes", large, store.swap(key, None, large, expires=None))
        _same(f"load of {len(large)} bytes", large, store.load(key))
        store.forget(key)


def _check_long_keys(store: Store) -> None:
    first = _fresh("a" * (LONGEST_KEY - 60))
    second = _fresh("a" * (LONGEST_KEY - 60))
    store.swap(first, None, b"1", expires=None)
    _same("load of another long key", None, store.load(second))
    store.forget(first)


def _same(what: str, expected: object, actual: object) -> None:
    if expected != actual:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


class _Histories(RuleBasedStateMachine):
    """What a dictionary would do."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.keys = [_fresh(name) for name in ("a", "b", "~.%7D")]
        self.model: dict[str, bytes | None] = dict.fromkeys(self.keys)

    @rule(
        which=st.integers(0, 2),
        old=_VALUES,
        new=_VALUES,
        right=st.booleans(),
        expires=st.sampled_from([None, _FUTURE]),
    )
    def swap(
        self,
        which: int,
        old: bytes | None,
        new: bytes | None,
        expires: datetime | None,
        *,
        right: bool,
    ) -> None:
        key = self.keys[which]
        if right:
            old = self.model[key]
        if self.model[key] == old:
            self.model[key] = new
        _same(
            f"swap({key!r}, {old!r}, {new!r})",
            self.model[key],
            self.store.swap(key, old, new, expires=expires),
        )

    @rule(which=st.integers(0, 2))
    def forget(self, which: int) -> None:
        self.store.forget(self.keys[which])
        self.model[self.keys[which]] = None

    @invariant()
    def same(self) -> None:
        _same("load", self.model, {key: self.store.load(key) for key in self.keys})

    def teardown(self) -> None:
        for key in self.keys:
            self.store.forget(key)


def _check_histories(store: Store, examples: int) -> None:
    class Histories(_Histories):
        """The histories of one store."""

    Histories.store = store
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _check_race(store: Store, race: Callable[[str], Sequence[int | None]]) -> None:
    key = _fresh("race")
    tries = race(key)
    found = store.load(key) or b""
    _same(
        f"{_RACERS} writers at once that each add one byte: a store must not lose a write",
        bytes(range(_RACERS)),
        bytes(sorted(found)),
    )
    _same("a writer that never got through", 0, sum(1 for tried in tries if tried is None))
    store.forget(key)


def _race_of_threads(store: Store, key: str) -> list[int | None]:
    with _switching_often(), ThreadPoolExecutor(_RACERS) as pool:
        return list(pool.map(lambda racer: _add(store, key, racer), range(_RACERS)))


def _race_of_tasks(store: AsyncStore, runner: asyncio.Runner, key: str) -> list[int | None]:
    return runner.run(_together([_add_async(store, key, racer) for racer in range(_RACERS)]))


def _add(store: Store, key: str, racer: int) -> int | None:
    old: bytes | None = None
    with deadline(_PATIENCE):
        for tried in range(10 * _RACERS):
            new = (old or b"") + bytes([racer])
            found = store.swap(key, old, new, expires=None)
            if found == new:
                return tried
            old = found
    return None


async def _add_async(store: AsyncStore, key: str, racer: int) -> int | None:
    old: bytes | None = None
    for tried in range(10 * _RACERS):
        new = (old or b"") + bytes([racer])
        found = await store.swap(key, old, new, expires=None)
        if found == new:
            return tried
        old = found
    return None


async def _together(racers: list[Coroutine[None, None, int | None]]) -> list[int | None]:
    return list(await asyncio.gather(*racers))


@contextmanager
def _switching_often() -> Iterator[None]:
    """Let threads take turns as often as Python can: a gap between compare and write shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
