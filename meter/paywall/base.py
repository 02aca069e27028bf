"""What both paywalls share: everything but how a store is called."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define, evolve, frozen

from meter import engine
from meter.errors import StoreError, StoreSetupError
from meter.loading.article_ids import FORMS, ArticleIds, rights_as_compared
from meter.memo import Observed, decide, observe, write_out
from meter.paywall.configured import ConfiguredPaywall, S
from meter.paywall.fallback import remembered, spent, unspent
from meter.paywall.forgetting import erase
from meter.paywall.metered_view import MeteredView, store_expiry
from meter.paywall.operations import Load, Swap
from meter.paywall.settings import (
    OnOutage,
)
from meter.paywall.shadow import record_word
from meter.paywall.telemetry import (
    StoreDecision,
    decision_event,
    difference_event,
    view_kind,
)
from meter.paywall.transactions import TransactionResult, join, transact
from meter.policy import Policy
from meter.stores.keys import reader_key
from meter.stores.protocol import several_processes
from meter.usage import Read, Usage
from meter.windows import instant

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from meter.decision import Decision
    from meter.paywall.identity import ReaderKeys
    from meter.paywall.operations import StoreOps
    from meter.rulebook import Rulebook
    from meter.view import PageView, Reader

__all__ = ["Counted", "PaywallBase"]

_NO_SPAN = nullcontext()
_PROOF = "#proof"  # no reader's key: behind a `#` stands a digest


@frozen(kw_only=True)
class Counted:
    """What one meter has counted for a reader in its running window.

    `reads` are the counted articles (or views), oldest first, each with its time in UTC.
    `resets_at` is when the oldest of them stops counting, in the policy's zone; it is `None` where
    nothing is counted, or where that never happens.
    """

    reads: tuple[Read, ...]
    resets_at: datetime | None


@define(slots=False, eq=False, repr=False)
class PaywallBase(ConfiguredPaywall[S]):
    """A policy over a store: what both paywalls do, but for how the store is called."""

    def _decide(
        self, reader: Reader, view: PageView, now: datetime | None, *, counts: bool
    ) -> StoreDecision | StoreOps[StoreDecision]:
        """Return the decision where no count is needed, else the store calls that lead to it."""
        source = self._source
        policy = source if isinstance(source, Policy) else source.policy
        if self._article_ids is not ArticleIds.EXACT:
            engine.check_call(policy, reader, view)
            view = self._named(view)
            reader = self._with_named_rights(reader)
        if now is None:
            now = self._clock()
        observed = observe(policy, reader, view, now)
        if not isinstance(observed, Observed):
            return StoreDecision(observed, reader, view, view_kind(view, counts=counts))
        reader_id = reader.id or ""  # a reader who has none was decided above
        if self._at_once is not None and self._telemetry.tracer is None:
            key = reader_key(reader_id, namespace=self._namespace, secret=self._secret)
            found = self._at_once.decide(policy, key, observed, now, counts=counts)
            if found is not None:
                decision, usage = found
                kind = view_kind(view, counts=counts)
                return StoreDecision(decision, reader, view, kind, key, 0, usage)
        keys = self._keys(reader_id)
        return self._decide_with_store(
            MeteredView(policy, reader, view, now, keys, counts, observed.decide)
        )

    def _decide_carried(
        self, reader: Reader, view: PageView, usage: Usage, now: datetime | None
    ) -> tuple[StoreDecision, Usage]:
        """Decide on a usage that the caller keeps; the store is not asked."""
        engine.check_call(self.policy, reader, view, usage)
        view = self._named(view)
        when = self._clock() if now is None else now
        reader = self._with_named_rights(reader)
        decision, after = decide(self.policy, reader, view, usage, when)
        key = None if reader.id is None else self._keys(reader.id).current
        kind = view_kind(view, counts=True)
        return StoreDecision(decision, reader, view, kind, key, usage=usage), after

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
            decision = self._decide_degraded(metered)
            remembers = self._on_outage is OnOutage.FALLBACK
            usage = metered.decided_on if remembers else None
            return StoreDecision(
                decision, metered.reader, metered.view, kind, metered.key, usage=usage
            )
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
        return StoreDecision(
            decision,
            metered.reader,
            metered.view,
            kind,
            metered.key,
            result.retries,
            metered.decided_on,
        )

    def _decide_degraded(self, metered: MeteredView) -> Decision:
        """Decide by the same rules on another count, as `on_outage` says."""
        if self._on_outage is OnOutage.OPEN:
            return evolve(unspent(metered), degraded=True, counted=False)
        if self._on_outage is OnOutage.CLOSED:
            return evolve(spent(metered), degraded=True, counted=False)
        decision = remembered(self._recent, metered)
        return evolve(decision, degraded=True, counted=decision.counted and metered.counts)

    def _report(self, decided: StoreDecision) -> tuple[dict[str, object], ...]:
        """Report a decision, and a shadow's if it is another; return the events for the hook."""
        if self._metrics:
            self._telemetry.report_decision(decided)
        found = None if self._tried is None else self._tried.compare(decided)
        if found is not None:
            self._telemetry.report_difference(decided, found.shadow, found.fields)
        if self._on_decision is None:
            return ()
        name = self._shown_id(decided)
        event = decision_event(decided, name, self._shown_visitor(decided))
        if found is None:
            return (event,)
        record = record_word(decided)
        return (event, difference_event(decided, found.shadow, found.fields, record, name))

    def _shown_id(self, decided: StoreDecision) -> str | None:
        """Return what the hook is told a reader is called: with a secret, no id."""
        reader_id = decided.reader.id
        if reader_id is None or self._secret is None:
            return reader_id
        return decided.key or self._keys(reader_id).current

    def _shown_visitor(self, decided: StoreDecision) -> str | None:
        """Return what the hook is told a visitor is called: with a secret, no id."""
        visitor = decided.reader.visitor
        if visitor is None or self._secret is None or not decided.decision.exposures:
            return visitor
        return self._keys(visitor).current

    def _prove(self) -> StoreOps[None]:
        """Ask the store what a view would ask, and change nothing. Raises what is a mistake."""
        if (problem := several_processes(self._store)) is not None:
            raise StoreSetupError(problem)
        self._warm_up()
        yield Load(_PROOF)
        yield Swap(_PROOF, b"never kept", None)

    def _warm_up(self) -> Rulebook:
        """Compile the policy, and the one that is tried beside it, if no view has done so."""
        if self._tried is not None:
            self._tried.warm_up()
        policy = self.policy
        write_out(policy, self._clock())
        return policy.rulebook

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

    def _bring(self, usage: Usage, target_id: str, now: datetime | None) -> StoreOps[None]:
        """Join a usage that was kept elsewhere to a reader's record."""
        policy = self.policy
        clock = self._clock()
        when = engine.joined_at(policy, usage, clock) if now is None else now
        yield from transact(
            self._keys(target_id),
            lambda own: (None, engine.join(policy, usage, own, when, clock=clock)),
            self._recent,
            at=instant(when),
            expires=lambda after: store_expiry(policy, after, when),
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

    def _close(self, reader_id: str, prompt: str, now: datetime | None) -> StoreOps[None]:
        """Write that a reader has closed a prompt, if one of the policy is silent after that."""
        policy = self.policy
        at = self._clock() if now is None else now
        nothing = Usage()
        if engine.close(policy, nothing, prompt, at) is nothing:
            return
        yield from transact(
            self._keys(reader_id),
            lambda usage: (None, engine.close(policy, usage, prompt, at)),
            self._recent,
            at=instant(at),
            expires=lambda usage: store_expiry(policy, usage, at),
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
