"""What both paywalls share: everything but how a store is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, Protocol, TypeVar

from attrs import define, evolve, field, frozen

from meter import engine
from meter.clock import system_clock
from meter.errors import StoreError, StoreUnavailableError
from meter.errors.kinds import check_argument, instance
from meter.loading.article_ids import FORMS, ArticleIds, article_ids
from meter.memo import observe
from meter.paywall.fallback import remembered, spent, unspent
from meter.paywall.forgetting import erase
from meter.paywall.identity import ReaderKeys, reader_keys
from meter.paywall.metered_view import MeteredView, store_expiry
from meter.paywall.recent import Recent
from meter.paywall.telemetry import Telemetry
from meter.paywall.transactions import TransactionResult, join, transact
from meter.policy import Policy
from meter.stores.keys import Secret, checked_secret
from meter.stores.protocol import AsyncStore, LossAware, Store, describe
from meter.usage import Read

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from meter.decision import Decision
    from meter.paywall.operations import StoreOps
    from meter.usage import Usage
    from meter.view import PageView, Reader

__all__ = [
    "Counted",
    "OnOutage",
    "OnOutageWord",
    "PaywallBase",
    "PolicySource",
    "StoreDecision",
    "failed",
]

S = TypeVar("S", Store, AsyncStore)

_POLICY = instance(Policy, form="a `Policy` or a `ReloadingPolicy`: read a file with `load_policy`")
_NO_SPAN = nullcontext()
_SHARE = 0.8  # of the deadline is the store's; the rest is for deciding without it


class OnOutage(StrEnum):
    """What a reader who would be counted gets while the store is out."""

    FALLBACK = "fallback"
    OPEN = "open"
    CLOSED = "closed"
    RAISE = "raise"


OnOutageWord = Literal["fallback", "open", "closed", "raise"]


class PolicySource(Protocol):
    """An object whose policy may change, such as a policy file that is read again."""

    @property
    def policy(self) -> Policy: ...


@frozen(kw_only=True)
class Counted:
    """What one meter has counted for a reader in its running window.

    `reads` are the counted articles (or views), oldest first, each with its time in UTC.
    `resets_at` is when the oldest of them stops counting, in the policy's zone; it is `None` where
    nothing is counted, or where that never happens.
    """

    reads: tuple[Read, ...]
    resets_at: datetime | None


class StoreDecision(NamedTuple):
    """A decision for which the store was asked, with what is reported about it."""

    decision: Decision
    view: PageView
    key: str
    retries: int = 0


def _word(on_outage: OnOutage | OnOutageWord) -> OnOutage:
    try:
        return OnOutage(on_outage)
    except ValueError:
        raise ValueError(
            f"`{on_outage}` is not a word for `on_outage`; it is `fallback`, `open`, `closed` or"
            " `raise`"
        ) from None


def _secrets(old_secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    if isinstance(old_secrets, bytes | str):
        raise TypeError("`old_secrets` is a tuple of secrets; write a comma behind a single one")
    return tuple(checked_secret(secret) for secret in old_secrets)


@define(slots=False, eq=False, repr=False)
class PaywallBase(Generic[S]):
    """A policy over a store; its fields are the arguments of both paywalls, see `Paywall`."""

    _source: Policy | PolicySource = field(alias="policy")
    _store: S
    _clock: Callable[[], datetime] = field(default=system_clock, kw_only=True)
    _on_outage: OnOutage = field(default=OnOutage.FALLBACK, converter=_word, kw_only=True)
    _deadline: float | None = field(default=None, kw_only=True)
    _attempts: int = field(default=64, kw_only=True)
    _secret: Secret = field(default=None, converter=checked_secret, kw_only=True)
    _old_secrets: tuple[Secret, ...] = field(default=(), converter=_secrets, kw_only=True)
    _namespace: str = field(default="", kw_only=True)
    _remember: int = field(default=10_000, kw_only=True)
    _article_ids: ArticleIds = field(default=ArticleIds.EXACT, converter=article_ids, kw_only=True)
    _on_decision: Callable[[dict[str, object]], object] | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_argument("policy", getattr(self._source, "policy", self._source), _POLICY)
        info = describe(self._store)
        if self._deadline is None:
            self._deadline = info.deadline
        elif self._deadline <= 0:
            raise ValueError(f"`deadline` is more than 0 seconds, not `{self._deadline}`")
        self._loss_aware: LossAware | None = None
        self._losses = 0
        if isinstance(self._store, LossAware):
            self._loss_aware = self._store
            self._losses = self._store.losses
        # Where a store cannot be out, no other process has anything that it could bring in.
        self._marks = info.deadline is not None or bool(self._old_secrets)
        self._recent = Recent(self._remember, self._clock)
        self._telemetry = Telemetry(info.name, self._on_decision)

    @property
    def policy(self) -> Policy:
        """The policy that decides now."""
        source = self._source
        return source if isinstance(source, Policy) else source.policy

    def _keys(self, reader_id: str) -> ReaderKeys:
        return reader_keys(reader_id, self._namespace, self._secret, self._old_secrets)

    def _seconds(self, deadlines: float) -> float | None:
        """Return the store's share of so many deadlines, in seconds."""
        if self._deadline is None:
            return None
        return self._deadline * deadlines * _SHARE

    def _decide(
        self, reader: Reader, view: PageView, now: datetime | None, *, counts: bool
    ) -> Decision | StoreOps[StoreDecision]:
        """Return the decision where no count is needed, else the store calls that lead to it."""
        policy = self.policy
        view = self._named(view)
        now = now or self._clock()
        observed = observe(policy, reader, view, now)
        decision = observed.final
        if decision is not None:
            self._telemetry.report_decision(decision, view, None)
            return decision
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

    def _decide_with_store(self, metered: MeteredView) -> StoreOps[StoreDecision]:
        """Decide with the count, or without it where the store does not answer."""
        try:
            with self._span():
                result = yield from transact(
                    metered.keys,
                    metered.decide,
                    self._recent,
                    expires=metered.expires,
                    attempts=self._attempts,
                    writes=metered.counts,
                )
            if metered.ahead:
                self._telemetry.report_ahead(metered.key)
        except StoreError as error:
            self._telemetry.report_outage(error, "check" if metered.counts else "peek")
            if self._on_outage is OnOutage.RAISE:
                raise
            return StoreDecision(self._decide_degraded(metered), metered.view, metered.key)
        return self._conclude(result, metered)

    def _conclude(self, result: TransactionResult[Decision], metered: MeteredView) -> StoreDecision:
        if self._loss_aware is not None and self._loss_aware.losses > self._losses:
            self._losses = self._loss_aware.losses
            self._telemetry.report_loss()
        decision = result.answer
        if decision.counted and not result.written:
            decision = evolve(decision, counted=False)
        return StoreDecision(decision, metered.view, metered.key, result.retries)

    def _decide_degraded(self, metered: MeteredView) -> Decision:
        """Decide by the same rules on another count, as `on_outage` says."""
        if self._on_outage is OnOutage.OPEN:
            return evolve(unspent(metered), degraded=True, counted=False)
        if self._on_outage is OnOutage.CLOSED:
            return evolve(spent(metered), degraded=True, counted=False)
        decision = remembered(self._recent, metered)
        return evolve(decision, degraded=True, counted=decision.counted and metered.counts)

    def _report(self, decided: StoreDecision) -> Decision:
        """Report a decision, and return it."""
        self._telemetry.report_decision(*decided)
        return decided.decision

    def _join(self, source_id: str, target_id: str, now: datetime | None) -> StoreOps[None]:
        policy = self.policy
        clock = now or self._clock()

        def bring(source: Usage, target: Usage) -> Usage:
            at = engine.joined_at(policy, source, clock) if now is None else now
            return engine.join(policy, source, target, at)

        return join(
            self._keys(source_id),
            self._keys(target_id),
            bring,
            self._recent,
            expires=lambda usage: store_expiry(policy, usage, clock),
            attempts=self._attempts,
        )

    def _erase(self, reader_id: str) -> StoreOps[None]:
        keys = self._keys(reader_id)
        return erase(keys, self._recent, marks=self._marks, attempts=self._attempts)

    def _look_up(self, reader_id: str, now: datetime | None) -> StoreOps[dict[str, Counted]]:
        """Return what each meter has counted for a reader, and write nothing."""
        keys = self._keys(reader_id)
        at = now or self._clock()
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
            expires=lambda _: None,
            attempts=self._attempts,
            writes=False,
        )
        return result.answer

    def _span(self) -> AbstractContextManager[object]:
        tracer = self._telemetry.tracer
        return _NO_SPAN if tracer is None else tracer.start_as_current_span("meter.store")


def failed(error: Exception) -> StoreUnavailableError:
    """Return the outage for whatever else a store raises, so that the page view is answered.

    Its words stay out of the message, which is logged: they may name the reader.
    """
    return StoreUnavailableError(f"the store failed with a `{type(error).__name__}`")
