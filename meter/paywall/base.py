"""What both paywalls share: everything but how a store is called."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, Protocol, TypeVar

from attrs import define, evolve, field, frozen

from meter import engine
from meter.clock import system_clock
from meter.errors import StoreError, StoreUnavailableError
from meter.errors.kinds import check_argument, instance
from meter.memo import observe
from meter.paywall.fallback import remembered, spent, unspent
from meter.paywall.metered_view import MeteredView
from meter.paywall.recent import Recent
from meter.paywall.telemetry import Telemetry
from meter.paywall.transactions import TransactionResult, erase, join, transact
from meter.policy import Policy
from meter.stores.keys import reader_key
from meter.stores.protocol import AsyncLossAware, AsyncStore, LossAware, Store, describe
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


@define(slots=False, eq=False, repr=False)
class PaywallBase(Generic[S]):
    """A policy over a store; its fields are the arguments of both paywalls, see `Paywall`."""

    _source: Policy | PolicySource = field(alias="policy")
    _store: S
    _clock: Callable[[], datetime] = field(default=system_clock, kw_only=True)
    _on_outage: OnOutage = field(default=OnOutage.FALLBACK, converter=_word, kw_only=True)
    _deadline: float | None = field(default=None, kw_only=True)
    _attempts: int = field(default=64, kw_only=True)
    _secret: bytes | str | None = field(default=None, kw_only=True)
    _namespace: str = field(default="", kw_only=True)
    _remember: int = field(default=10_000, kw_only=True)
    _on_decision: Callable[[dict[str, object]], object] | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_argument("policy", getattr(self._source, "policy", self._source), _POLICY)
        info = describe(self._store)
        if self._deadline is None:
            self._deadline = info.deadline
        elif self._deadline <= 0:
            raise ValueError(f"`deadline` is more than 0 seconds, not `{self._deadline}`")
        self._loss_aware: LossAware | AsyncLossAware | None = None
        if isinstance(self._store, LossAware | AsyncLossAware):
            self._loss_aware = self._store
        self._recent = Recent(self._remember)
        self._telemetry = Telemetry(info.name, self._on_decision)

    @property
    def policy(self) -> Policy:
        """The policy that decides now."""
        source = self._source
        return source if isinstance(source, Policy) else source.policy

    def _key(self, reader_id: str) -> str:
        return reader_key(reader_id, namespace=self._namespace, secret=self._secret)

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
        now = now or self._clock()
        observed = observe(policy, reader, view, now)
        decision = observed.final
        if decision is not None:
            self._telemetry.report_decision(decision, view, None)
            return decision
        key = self._key(reader.id)
        return self._decide_with_store(
            MeteredView(policy, reader, view, now, key, counts, observed.decide)
        )

    def _decide_with_store(self, metered: MeteredView) -> StoreOps[StoreDecision]:
        """Decide with the count, or without it where the store does not answer."""
        if self._loss_aware is not None:
            self._recent.losses = self._loss_aware.losses
        try:
            with self._span():
                result = yield from transact(
                    metered.key,
                    metered.decide,
                    self._recent,
                    expires=metered.expires,
                    attempts=self._attempts,
                    writes=metered.counts,
                )
        except StoreError as error:
            self._telemetry.report_outage(error, "check" if metered.counts else "peek")
            if self._on_outage is OnOutage.RAISE:
                raise
            return StoreDecision(self._decide_degraded(metered), metered.view, metered.key)
        return self._conclude(result, metered)

    def _conclude(self, result: TransactionResult[Decision], metered: MeteredView) -> StoreDecision:
        decision = result.answer
        if result.loss:
            self._telemetry.report_loss()
            decision = evolve(decision, degraded=True)
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

    def _join(self, from_id: str, into_id: str) -> StoreOps[None]:
        source = self._key(from_id)
        target = self._key(into_id)
        return join(source, target, self._recent, attempts=self._attempts)

    def _erase(self, reader_id: str) -> StoreOps[None]:
        return erase(self._key(reader_id), self._recent, attempts=self._attempts)

    def _look_up(self, reader_id: str, now: datetime | None) -> StoreOps[dict[str, Counted]]:
        """Return what each meter has counted for a reader, and write nothing."""
        key = self._key(reader_id)
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
            key,
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
    """Return the outage for whatever else a store raises, so that the page view is answered."""
    return StoreUnavailableError(f"the store failed: {str(error) or type(error).__name__}")
