"""What both paywalls share: everything but how a store is called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import define, evolve, field, fields, frozen

from meter import engine
from meter.clock import system_clock
from meter.errors import StoreError, StoreSetupError, StoreUnavailableError, quoted
from meter.loading.article_ids import FORMS, ArticleIds, article_ids, rights_as_compared
from meter.memo import observe
from meter.paywall.fallback import remembered, spent, unspent
from meter.paywall.forgetting import erase
from meter.paywall.identity import ReaderKeys, reader_keys
from meter.paywall.metered_view import MeteredView, store_expiry
from meter.paywall.operations import Load, Swap
from meter.paywall.recent import Recent
from meter.paywall.settings import (
    Hook,
    OnOutage,
    PolicySource,
    at_least,
    called,
    check_names,
    check_policy,
    named,
    outage_word,
    seconds_at_most,
)
from meter.paywall.telemetry import LOG, StoreDecision, Telemetry, ViewKind, decision_event
from meter.paywall.transactions import TransactionResult, join, transact
from meter.policy import Policy
from meter.stores.deadline import deadline
from meter.stores.keys import Secret, checked_secret
from meter.stores.protocol import AsyncStore, LossAware, Store, describe, several_processes
from meter.stores.turns import QUEUE
from meter.usage import Read
from meter.windows import instant

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from meter.decision import Decision
    from meter.paywall.operations import StoreOps
    from meter.rulebook import Rulebook
    from meter.usage import Usage
    from meter.view import PageView, Reader

__all__ = ["MISTAKES", "Counted", "PaywallBase", "failed", "view_kind"]

S = TypeVar("S", Store, AsyncStore)

_NO_SPAN = nullcontext()
_PROOF = "#proof"  # no reader's key: behind a `#` stands a digest
MISTAKES = (TypeError, AttributeError, NameError, NotImplementedError, ImportError)
"""What a store raises where its code is wrong, and no waiting mends it."""


@frozen(kw_only=True)
class Counted:
    """What one meter has counted for a reader in its running window.

    `reads` are the counted articles (or views), oldest first, each with its time in UTC.
    `resets_at` is when the oldest of them stops counting, in the policy's zone; it is `None` where
    nothing is counted, or where that never happens.
    """

    reads: tuple[Read, ...]
    resets_at: datetime | None


def _secrets(old_secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    if isinstance(old_secrets, bytes | str):
        raise TypeError("`old_secrets` is a tuple of secrets; write a comma behind a single one")
    if isinstance(old_secrets, Mapping) or not isinstance(old_secrets, Iterable):
        raise TypeError(f"`old_secrets` is a tuple of secrets, not {quoted(old_secrets)}")
    return tuple(checked_secret(secret) for secret in old_secrets)


@define(slots=False, eq=False, repr=False)
class PaywallBase(Generic[S]):
    """A policy over a store; its fields are the arguments of both paywalls, see `Paywall`."""

    _source: Policy | PolicySource = field(alias="policy")
    _store: S
    _clock: Callable[[], datetime] = field(default=system_clock, converter=called, kw_only=True)
    _on_outage: OnOutage = field(default=OnOutage.FALLBACK, converter=outage_word, kw_only=True)
    _deadline: float | None = field(default=None, kw_only=True)
    _queue: float = field(default=QUEUE, kw_only=True)
    _attempts: int = field(default=64, kw_only=True)
    _secret: Secret = field(default=None, converter=checked_secret, kw_only=True)
    _old_secrets: tuple[Secret, ...] = field(default=(), converter=_secrets, kw_only=True)
    _namespace: str = field(default="", converter=named, kw_only=True)
    _remember: int = field(default=10_000, kw_only=True)
    _article_ids: ArticleIds = field(default=ArticleIds.EXACT, converter=article_ids, kw_only=True)
    _on_decision: Hook | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_policy(self._source)
        info = describe(self._store)
        if self._deadline is None:
            self._deadline = info.deadline
        else:
            seconds_at_most("deadline", self._deadline)
        if self._queue != 0 or isinstance(self._queue, bool):
            seconds_at_most("queue", self._queue)
        at_least("attempts", self._attempts, 1)
        at_least("remember", self._remember, 0)
        if self._on_decision is not None and not callable(self._on_decision):
            raise TypeError(
                f"`on_decision` is called with each decision; {quoted(self._on_decision)} cannot be"
            )
        self._loss_aware: LossAware | None = None
        self._losses = 0
        if isinstance(self._store, LossAware):
            self._loss_aware = self._store
            self._losses = self._store.losses
        # Where a store cannot be out, no other process has anything that it could bring in.
        self._marks = info.deadline is not None or bool(self._old_secrets)
        self._recent = Recent(self._remember, self._clock)
        self._telemetry = Telemetry(info.name)
        if (problem := several_processes(self._store)) is not None:
            LOG.error("%s", problem, extra={"meter": {"processes": "several", "store": info.name}})

    @classmethod
    def _check_settings(cls, settings: Collection[str]) -> None:
        """Raise a `TypeError` for a setting that no paywall has, in the name of the class."""
        known = [attribute.alias or "" for attribute in fields(PaywallBase) if attribute.kw_only]
        check_names(cls.__name__, settings, known)

    @property
    def policy(self) -> Policy:
        """The policy that decides now."""
        source = self._source
        return source if isinstance(source, Policy) else source.policy

    def _keys(self, reader_id: str) -> ReaderKeys:
        return reader_keys(reader_id, self._namespace, self._secret, self._old_secrets)

    def _within(self, deadlines: float) -> AbstractContextManager[None]:
        """Return a context of so many deadlines, and of the wait for a turn."""
        if self._deadline is None:
            return deadline(None)
        return deadline(self._deadline * deadlines, self._queue)

    def _decide(
        self, reader: Reader, view: PageView, now: datetime | None, *, counts: bool
    ) -> StoreDecision | StoreOps[StoreDecision]:
        """Return the decision where no count is needed, else the store calls that lead to it."""
        policy = self.policy
        engine.check_call(policy, reader, view)
        view = self._named(view)
        if now is None:
            now = self._clock()
        reader = self._with_named_rights(reader)
        observed = observe(policy, reader, view, now)
        decision = observed.final
        if decision is not None:
            return StoreDecision(decision, view, view_kind(view, counts=counts))
        keys = self._keys(str(reader.id))  # a reader without an id was decided above
        return self._decide_with_store(
            MeteredView(policy, reader, view, now, keys, counts, observed.decide)
        )

    def _named(self, view: PageView) -> PageView:
        """Return a view whose article has the id it is compared by."""
        name = FORMS[self._article_ids](view.article.id)
        if name == view.article.id:
            return view
        return evolve(view, article=evolve(view.article, id=name))

    def _with_named_rights(self, reader: Reader) -> Reader:
        """Return a reader whose rights name articles by the ids they are compared by."""
        if not reader.entitlements:
            return reader
        rights = rights_as_compared(reader.entitlements, self._article_ids)
        same = rights is reader.entitlements
        return reader if same else evolve(reader, entitlements=rights)

    def _decide_with_store(self, metered: MeteredView) -> StoreOps[StoreDecision]:
        """Decide with the count, or without it where the store does not answer."""
        try:
            with self._span():
                result = yield from transact(
                    metered.keys,
                    metered.decide,
                    self._recent,
                    at=instant(metered.now),
                    expires=metered.expires,
                    attempts=self._attempts,
                    writes=metered.counts,
                )
            if metered.ahead:
                self._telemetry.report_ahead(metered.key)
        except StoreSetupError:
            raise  # a mistake is not an outage
        except StoreError as error:
            kind = view_kind(metered.view, counts=metered.counts)
            self._telemetry.report_outage(error, kind)
            if self._on_outage is OnOutage.RAISE:
                raise
            return StoreDecision(self._decide_degraded(metered), metered.view, kind, metered.key)
        self._telemetry.report_answer()
        return self._conclude(result, metered)

    def _conclude(self, result: TransactionResult[Decision], metered: MeteredView) -> StoreDecision:
        if self._loss_aware is not None and self._loss_aware.losses > self._losses:
            self._losses = self._loss_aware.losses
            self._telemetry.report_loss()
        decision = result.answer
        if decision.counted and not result.written:
            decision = evolve(decision, counted=False)
        kind = view_kind(metered.view, counts=metered.counts)
        return StoreDecision(decision, metered.view, kind, metered.key, result.retries)

    def _decide_degraded(self, metered: MeteredView) -> Decision:
        """Decide by the same rules on another count, as `on_outage` says."""
        if self._on_outage is OnOutage.OPEN:
            return evolve(unspent(metered), degraded=True, counted=False)
        if self._on_outage is OnOutage.CLOSED:
            return evolve(spent(metered), degraded=True, counted=False)
        decision = remembered(self._recent, metered)
        return evolve(decision, degraded=True, counted=decision.counted and metered.counts)

    def _report(self, decided: StoreDecision) -> dict[str, object] | None:
        """Report a decision, and return the event for the hook, if there is one."""
        self._telemetry.report_decision(decided)
        return None if self._on_decision is None else decision_event(decided)

    def _prove(self) -> StoreOps[None]:
        """Ask the store what a view would ask, and change nothing. Raises what is a mistake."""
        if (problem := several_processes(self._store)) is not None:
            raise StoreSetupError(problem)
        self._warm_up()
        yield Load(_PROOF)
        yield Swap(_PROOF, b"never kept", None)

    def _warm_up(self) -> Rulebook:
        """Compile the policy, if no view has done so."""
        return self.policy.rulebook

    def _join(self, source_id: str, target_id: str, now: datetime | None) -> StoreOps[None]:
        policy = self.policy
        clock = self._clock()
        at = clock if now is None else now

        def bring(source: Usage, target: Usage) -> Usage:
            when = engine.joined_at(policy, source, clock) if now is None else now
            return engine.join(policy, source, target, when, clock=clock)

        return join(
            self._keys(source_id),
            self._keys(target_id),
            bring,
            self._recent,
            at=instant(at),
            expires=lambda usage: store_expiry(policy, usage, at),
            attempts=self._attempts,
        )

    def _start(self, reader_id: str, offer: str) -> StoreOps[None]:
        """Write that a reader has started an offer, if that is one that an account starts once."""
        policy = self.policy
        if not policy.offer(offer).once:
            return
        yield from transact(
            self._keys(reader_id),
            lambda usage: (None, engine.start(policy, usage, offer)),
            self._recent,
            at=instant(self._clock()),
            expires=lambda _: None,
            attempts=self._attempts,
        )

    def _erase(self, reader_id: str) -> StoreOps[None]:
        keys = self._keys(reader_id)
        return erase(keys, self._recent, marks=self._marks, attempts=self._attempts)

    def _look_up(self, reader_id: str, now: datetime | None) -> StoreOps[dict[str, Counted]]:
        """Return what each meter has counted for a reader, and write nothing."""
        keys = self._keys(reader_id)
        at = self._clock() if now is None else now
        policy = self.policy

        def look(usage: Usage) -> tuple[dict[str, Counted], Usage]:
            entries = engine.ledger(policy, usage, at)
            counted = {
                name: Counted(reads=tuple(tally), resets_at=resets_at)
                for name, (tally, resets_at) in entries.items()
            }
            return counted, usage

        result = yield from transact(
            keys,
            look,
            self._recent,
            at=instant(at),
            expires=lambda _: None,
            attempts=self._attempts,
            writes=False,
        )
        return result.answer

    def _know(self, reader_id: str) -> StoreOps[bool]:
        """Say whether anything is kept under an id, and write nothing."""
        keys: ReaderKeys = self._keys(reader_id)
        every: tuple[str, ...] = (keys.current, *keys.old)
        for key in every:
            kept = yield Load(key)
            if kept is not None:
                return True
        return False

    def _span(self) -> AbstractContextManager[object]:
        tracer = self._telemetry.tracer
        return _NO_SPAN if tracer is None else tracer.start_as_current_span("meter.store")


def view_kind(view: PageView, *, counts: bool) -> ViewKind:
    """Return what was asked with a page view."""
    if not counts:
        return ViewKind.PEEK
    return ViewKind.SPECULATIVE if view.prefetch else ViewKind.READ


def failed(error: Exception) -> StoreUnavailableError:
    """Return the outage for whatever else a store raises, so that the page view is answered.

    Its words stay out of the message, which is logged: they may name the reader.
    """
    return StoreUnavailableError(f"the store failed with a `{type(error).__name__}`")
