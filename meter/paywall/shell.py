"""The two paywalls: one whose calls block, one whose calls are awaited.

A reader whose rules need no count is decided without asking the store. Every other reader is
counted exactly, however many ask at once, and gets an answer within the deadline even while the
store is out.
"""

from __future__ import annotations

import logging
from inspect import Signature, isawaitable, iscoroutine, iscoroutinefunction, signature
from typing import TYPE_CHECKING, TypeVar, Unpack

from attrs import define, field

from meter.errors import StoreError, StoreUnavailableError
from meter.paywall.base import PaywallBase
from meter.paywall.operations import MISTAKES, failed
from meter.paywall.settings import PaywallSettings, positive
from meter.paywall.telemetry import StoreDecision
from meter.stores.contract import check_store_protocol, is_awaited
from meter.stores.deadline import deadline, has_passed
from meter.stores.protocol import Store
from meter.stores.queries import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.decision import Decision
    from meter.paywall.base import Counted
    from meter.paywall.operations import StoreOp, StoreOps
    from meter.paywall.settings import PolicySource
    from meter.policy import Policy
    from meter.usage import Usage
    from meter.view import PageView, Reader

__all__ = ["CARE", "HASTE", "HOOK_FAILED", "TOO_LATE", "Paywall", "name_settings"]

T = TypeVar("T")

LOG = logging.getLogger("meter.paywall")

# Joining, forgetting and looking up are rare, and a failure costs more than a wait: they may take
# this many deadlines.
CARE = 20.0
HASTE = 4.0
TOO_LATE = "the store's answers took longer than the deadline"
HOOK_FAILED = "the `on_decision` hook failed; the decision stands"
_AWAITED_HOOK = "`on_decision` has to be awaited, which only an `AsyncPaywall` does"


def _ordinary(store: Store) -> Store:
    """Return a store whose calls block; any other is a `TypeError`."""
    check_store_protocol(store)
    if is_awaited(store):
        raise TypeError(
            f"the calls of `{type(store).__name__}` are awaited: give it to `AsyncPaywall`, or open"
            " one with `open_store`"
        )
    return store


@define(slots=False, eq=False, repr=False, init=False)
class Paywall(PaywallBase[Store]):
    """Decide page views by a policy, and keep what each reader has read in a store.

    Safe for threads and forks; one object serves the whole process. Every argument after the first
    two is given by name:

    - `policy`: a `Policy`, or an object whose `policy` may change, such as a `ReloadingPolicy`.
    - `store`: a `Store`, such as `open_store` returns. The caller closes it.
    - `clock`: returns the time where a call gives none, as a `datetime` with a zone. The default is
      this machine's clock, in UTC.
    - `on_outage`: what a reader who would be counted gets while the store does not answer.
      `fallback` (the default) counts on in this process, from what it saw last; `open` gives the
      article; `closed` decides as if nothing were left; `raise` raises the `StoreError`.
    - `deadline`: the seconds that an answer of the store may take before that happens, counted from
      when it is asked. The default is the store's own: 0.05 for one over a network, 2 for a file,
      none for memory.
    - `queue`: the seconds that a check may wait for its turn to ask, where this process asks more
      at once than the store has connections. While the store is out, nobody waits.
    - `attempts`: how often a check may start again because the reader's usage changed meanwhile;
      after that it counts as an outage.
    - `secret`: with one, the store holds digests (HMAC-SHA256) in the place of reader ids. Every
      process needs the same.
    - `old_secrets`: those that were in force before (`None` for none). What is kept under one of
      them is carried over at the reader's next visit, and forgotten with the reader.
    - `namespace`: keeps the readers of several publications apart in one store.
    - `remember`: how many readers this process remembers; a view of one it knows is one call.
    - `article_ids`: how ids of articles are compared. `exact` (the default) as they are; `path` as
      addresses of pages, without host, query, fragment and marks of AMP and page numbers.
    - `on_decision`: called with every decision, as a CloudEvents dictionary; its `data` says which
      `kind` it was: `read`, `peek` or `speculative`. What it raises is logged, and the decision
      stands. An `AsyncPaywall` awaits what has to be awaited. `JsonLines` is a ready one.
    - `shadow`: a second policy (or a `ReloadingPolicy`) that is tried beside the first. It decides
      every `check` and `peek` on the same record at the same instant, is never served, and leaves
      no trace in the store. Only where `show`, `access`, `prompt`, `offers` or the meter's reading
      differ is that told: as a log record, in the counter `meter.differences`, and to `on_decision`
      as an event of type `meter.difference`. A shadow that raises or is slow is told once. It
      cannot know its own counts: what it would have counted otherwise was never written, so each
      view is judged on the record of the policy in force, and where that needs none, as if nothing
      were counted (`record` is `none` in the event).
    - `metrics`: whether decisions are logged and counted (`meter.decisions`). Say `False` where it
      is no page view that is decided; outages are told all the same.

    A mistake raises, and is never taken for an outage: `TypeError` for a setting that is none, or
    for what is no policy and no store; `ValueError` for a `deadline`, a `queue`, an `on_outage` or
    `article_ids` that cannot be, and for an empty secret; `StoreSetupError` from any call, where
    the store cannot work as it is set up.

    >>> from datetime import datetime, UTC
    >>> from meter import Article, PageView, Reader, loads_policy, open_store
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [meters.monthly]
    ... window = { calendar = "month" }
    ... limit = 2
    ... [[rules]]
    ... name = "two a month"
    ... spend = "monthly"
    ... show = "countdown"
    ... [[rules]]
    ... name = "everyone else"
    ... show = "subscription-wall"
    ... ''')
    >>> paywall = Paywall(policy, open_store("memory://"))
    >>> now = datetime(2026, 6, 1, tzinfo=UTC)
    >>> def show(article):
    ...     view = PageView(article=Article(id=article))
    ...     return str(paywall.check(Reader(id="anna"), view, now=now).show)
    >>> [show(article) for article in "abac"]
    ['countdown', 'last-free-article', 'last-free-article', 'subscription-wall']
    >>> [read.id for read in paywall.ledger("anna", now=now)["monthly"].reads]
    ['a', 'b']
    """

    _store: Store = field(converter=_ordinary)

    def __init__(
        self, policy: Policy | PolicySource, store: Store, **settings: Unpack[PaywallSettings]
    ) -> None:
        self._check_settings(settings)
        self.__attrs_init__(policy, store, **settings)
        hook = self._on_decision
        if hook is not None and (
            iscoroutinefunction(hook) or iscoroutinefunction(type(hook).__call__)
        ):
            raise TypeError(_AWAITED_HOOK)

    def ready(self, within: float = 5.0) -> None:
        """Ask the store once before the first view, and change nothing in it.

        It warms up connections and the policy, with its own time: at most `within` seconds. Raises
        `StoreSetupError` (or what the store's own code raises) for a mistake that no waiting mends,
        such as a wrong password, and `StoreUnavailableError` where the store is out.
        """
        with deadline(positive("within", within)):
            self._finish(self._prove())

    def check(self, reader: Reader, view: PageView, *, now: datetime | None = None) -> Decision:
        """Decide what a reader gets for a page view, and count it where a rule says so.

        `now` is a time in any zone; without it the paywall's clock is asked. Raises `ValueError`
        for a time without a zone, `IdentityError` where a reader whose id is empty would have to be
        counted, and `StoreError` only if `on_outage` is `raise`: otherwise the decision is
        `degraded`. A reader whose id is `None` is decided without the store: every meter with a
        limit is closed.
        """
        return self._told(self._decide(reader, view, now, counts=True))

    def peek(self, reader: Reader, view: PageView, *, now: datetime | None = None) -> Decision:
        """Decide what a reader would get, and count nothing.

        `left` is what would be left after this view; `counted` is false. Takes and raises what
        `check` does.
        """
        return self._told(self._decide(reader, view, now, counts=False))

    def join(
        self,
        source_id: str,
        target_id: str,
        *,
        now: datetime | None = None,
        patient: bool = True,
    ) -> None:
        """Bring what one id has counted to another, as when a device signs in to an account.

        It goes one way and once: what the source has counted in windows that still run counts for
        the target too. The source stays what it was, so that the next person who signs in there
        meets nothing of the target; what the source reads later is its own. Repeating it changes
        nothing.

        `now` is the time of the sign-in, in any zone: what the source counted after it takes no
        part. Without it that is the clock's time, or the source's last read where another server's
        clock dated it up to a day ahead. It may take 20 deadlines, and 4 where it is not `patient`,
        such as on the way to a page. Raises `StoreError` if the store
        does not answer, whatever `on_outage` says: do it again then with the first `now`.
        `ValueError` for a time without a zone, `IdentityError` for an empty id.
        """
        self._run(self._join(source_id, target_id, now), CARE if patient else HASTE)

    def carry(
        self, reader: Reader, view: PageView, usage: Usage, *, now: datetime | None = None
    ) -> tuple[Decision, Usage]:
        """Decide on a usage that the caller keeps, and return it as it is after the view.

        For what is counted outside the store for a while, such as a first visit in its cookie:
        `bring` writes it once it comes back. The decision is reported like that of a `check`, and
        the store is not asked. `Usage()` is that of a new reader. Raises what `check` does, but no
        `StoreError`.
        """
        decided, after = self._decide_carried(reader, view, usage, now)
        return self._told(decided), after

    def bring(
        self, usage: Usage, target_id: str, *, now: datetime | None = None, patient: bool = True
    ) -> None:
        """Bring a usage that was kept outside the store to an id, as `join` brings another id's.

        Repeating it changes nothing. It takes as long, and raises, as `join` does.
        """
        self._run(self._bring(usage, target_id, now), CARE if patient else HASTE)

    def forget(self, reader_id: str) -> None:
        """Remove a reader from the store and from this process.

        What `join` has brought to other ids stays with them. For some minutes a mark without ids
        stays, so that other processes bring nothing back that they counted in an outage. It may
        take 20 deadlines. Raises `StoreError` if the store does not answer, or still holds a trace:
        do it again then.
        """
        self._run(self._erase(reader_id), CARE)

    def started(self, reader_id: str, offer: str) -> None:
        """Say that an account has started an offer: one with `once` is not for it any more.

        It is written in one swap, brought along by `join`, kept for good, and removed by `forget`.
        An offer without `once` may be started again, so nothing is written. It may take 20
        deadlines. Raises `MeterError` where the policy has no such offer, `IdentityError` for an
        empty id, and `StoreError` if the store does not answer: do it again then.
        """
        self._run(self._start(reader_id, offer), CARE)

    def dismissed(self, reader_id: str, prompt: str, *, now: datetime | None = None) -> None:
        """Say that a reader has closed a prompt: one that is silent after that is not shown.

        `now` is when, in any zone; without it the paywall's clock is asked. It is written in one
        swap, brought along by `join`, kept as long as it silences anything, and removed by
        `forget`. Where no prompt of the policy has `quiet_after` with `closed`, nothing is written.
        It may take 20 deadlines. Raises `UnknownPromptError` where the policy has no such prompt
        and none that ships is called so, `IdentityError` for an empty id, and `StoreError` if the
        store does not answer: do it again then.
        """
        self._run(self._close(reader_id, prompt, now), CARE)

    def ledger(self, reader_id: str, *, now: datetime | None = None) -> dict[str, Counted]:
        """Return what each meter has counted for a reader in its running window, and write nothing.

        The names of all the policy's meters are its keys. `now` is as for `check`. It may take 20
        deadlines. Raises `StoreError` if the store does not answer.
        """
        return self._run(self._look_up(reader_id, now), CARE)

    def knows(self, reader_id: str) -> bool:
        """Say whether the store keeps anything of a reader, and write nothing.

        That may be more than `ledger` tells: an offer that was started, a prompt that was shown or
        closed, or what was counted in a window that has ended. It may take 20 deadlines. Raises
        `StoreError` if the store does not answer.
        """
        return self._run(self._know(reader_id), CARE)

    def perform(self, operations: StoreOps[T]) -> T:
        """Carry out calls of the store that are not about a reader, as `ledger` does its own.

        They may take 20 deadlines. Raises `StoreError` if the store does not answer.
        """
        return self._run(operations, CARE)

    def _told(self, asked: StoreDecision | StoreOps[StoreDecision]) -> Decision:
        decided = asked if isinstance(asked, StoreDecision) else self._run(asked)
        for event in self._report(decided):
            self._call_hook(event)
        return decided.decision

    def _call_hook(self, event: dict[str, object]) -> None:
        answer: object = None
        try:
            answer = self._on_decision and self._on_decision(event)
        except Exception:  # a hook of the publisher's must not cost a reader the page
            LOG.exception(HOOK_FAILED)
        if isawaitable(answer):
            if iscoroutine(answer):
                answer.close()
            raise TypeError(_AWAITED_HOOK)

    def _run(self, operations: StoreOps[T], deadlines: float = 1.0) -> T:
        with self._within(deadlines):
            return self._finish(operations)

    def _finish(self, operations: StoreOps[T]) -> T:
        return run(operations, self._perform, StoreError)

    def _perform(self, operation: StoreOp) -> bytes | None:
        if has_passed():
            raise StoreUnavailableError(TOO_LATE)
        try:
            return operation.on(self._store)
        except (StoreError, *MISTAKES):
            raise
        except Exception as error:
            raise failed(error) from error


def name_settings(kind: type, made_by: Callable[..., None]) -> None:
    """Let `help` and editors see every setting of a class by its name, with its default."""
    _, *parameters = signature(made_by).parameters.values()
    type.__setattr__(kind, "__signature__", Signature(parameters))


name_settings(Paywall, Paywall.__attrs_init__)
