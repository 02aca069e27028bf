"""Report decisions, outages and losses to logs, OpenTelemetry and the publisher's hook.

Every decision is one log record, one count and (where the store is asked) one span, and one event
for the `on_decision` hook; an outage is a few records (see `outages`). Without an OpenTelemetry SDK
counts and spans do nothing. No metric and no span ever names a reader or an article.
"""

from __future__ import annotations

import logging
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from attrs import evolve

from meter.loading.event_tables import decision_table, event_table, exposure_tables
from meter.paywall.outages import LOG, OutageLog

if TYPE_CHECKING:
    from meter.decision import Decision
    from meter.usage import Usage
    from meter.view import PageView, Reader
    from meter.vocabulary import Access, Show

try:
    from opentelemetry import metrics, trace
except ImportError:
    _HAS_API = False
else:
    _HAS_API = True

__all__ = [
    "DECISION",
    "DIFFERENCE",
    "LOG",
    "StoreDecision",
    "Telemetry",
    "ViewKind",
    "decision_event",
    "difference_event",
    "view_kind",
]

DECISION = "meter.decision"
"""The type of the event of a decision."""
DIFFERENCE = "meter.difference"
"""The type of the event of a view that a shadow decides otherwise."""


class ViewKind(StrEnum):
    """What was asked: a view that counts, a look ahead, or a view that nobody has seen yet."""

    READ = "read"
    PEEK = "peek"
    SPECULATIVE = "speculative"


def view_kind(view: PageView, *, counts: bool) -> ViewKind:
    """Return what was asked with a page view."""
    if not counts:
        return ViewKind.PEEK
    return ViewKind.SPECULATIVE if view.prefetch else ViewKind.READ


_METHODS = {ViewKind.READ: "check", ViewKind.PEEK: "peek", ViewKind.SPECULATIVE: "check"}


class StoreDecision(NamedTuple):
    """A decision, with what is reported about it.

    `key` is the reader's, or `None` where the store was not needed; `usage` is what was decided on,
    or `None` where that was no record of the reader's.
    """

    decision: Decision
    reader: Reader
    view: PageView
    kind: ViewKind
    key: str | None = None
    retries: int = 0
    usage: Usage | None = None


_MOST_AHEAD = 10_000
_LOOK_AGAIN = 1.0
"""After so many seconds it is looked again whether there is an OpenTelemetry SDK by now."""


class _Labels(dict[tuple["Show", "Access", bool, ViewKind], dict[str, "str | bool"]]):
    """What a decision is counted under; each is made once."""

    def __init__(self, store: str) -> None:
        super().__init__()
        self._store = store

    def __missing__(self, case: tuple[Show, Access, bool, ViewKind]) -> dict[str, str | bool]:
        show, access, degraded, kind = case
        labels: dict[str, str | bool] = {
            "show": str(show),
            "access": str(access),
            "degraded": degraded,
            "kind": str(kind),
            "store": self._store,
        }
        self[case] = labels
        return labels


class Telemetry:
    """Where one paywall's decisions are reported."""

    def __init__(self, store: str) -> None:
        self.store = store
        self._log = OutageLog(store)
        self._labels = _Labels(store)
        self._ahead: set[int] = set()
        self._look_again = 0.0
        self._tracer: trace.Tracer | None = None
        self._decisions: metrics.Counter | None = None
        self._differences: metrics.Counter | None = None
        self._retries: metrics.Counter | None = None
        self._outages: metrics.Counter | None = None
        self._losses: metrics.Counter | None = None
        if _HAS_API:
            self._connect()

    def _connect(self) -> None:
        """Ask the OpenTelemetry API for instruments; they do nothing until there is an SDK."""
        self._tracer = trace.get_tracer("meter")
        meter = metrics.get_meter("meter")
        self._decisions = meter.create_counter(
            "meter.decisions", "{decision}", "Decisions, by what was asked and what was shown"
        )
        self._differences = meter.create_counter(
            "meter.differences", "{view}", "Views that a shadow policy decides otherwise"
        )
        self._retries = meter.create_counter(
            "meter.store.retries", "{retry}", "Swaps that met another change and were decided again"
        )
        self._outages = meter.create_counter(
            "meter.store.outages", "{outage}", "Calls that a store did not answer, by reason"
        )
        self._losses = meter.create_counter(
            "meter.store.losses", "{loss}", "Times a store was found to have lost data"
        )

    @property
    def tracer(self) -> trace.Tracer | None:
        """The tracer for spans, or `None` where no SDK would see them.

        A span that nobody sees costs more than a decision, and to look whether there is an SDK half
        as much: where there was none, it is looked again a second later.
        """
        if self._tracer is None or monotonic() < self._look_again:
            return None
        if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            self._look_again = monotonic() + _LOOK_AGAIN
            return None
        return self._tracer

    def report_decision(self, decided: StoreDecision) -> None:
        """Report a decision to the log and to the counters."""
        decision = decided.decision
        labels = self._labels[decision.show, decision.access, decision.degraded, decided.kind]
        if LOG.isEnabledFor(logging.INFO):
            LOG.info(
                "decided %s by rule %r",
                decision.show,
                decision.rule,
                extra={"meter": labels | _details(decision)},
            )
        if self._decisions is not None:
            self._decisions.add(1, labels)
            if decided.retries and self._retries is not None:
                self._retries.add(decided.retries, {"store": self.store})

    def report_difference(
        self, decided: StoreDecision, shadow: Decision, fields: tuple[str, ...]
    ) -> None:
        """Report that a shadow decides a view otherwise, and in which fields."""
        decision = decided.decision
        case = decision.show, decision.access, decision.degraded, decided.kind
        labels = self._labels[case] | {
            "shadow_show": str(shadow.show),
            "shadow_access": str(shadow.access),
        }
        if LOG.isEnabledFor(logging.INFO):
            LOG.info(
                "decided %s by rule %r; the shadow decides %s by rule %r",
                decision.show,
                decision.rule,
                shadow.show,
                shadow.rule,
                extra={
                    "meter": labels
                    | _details(decision)
                    | {"differs": list(fields), "shadow": _details(shadow)}
                },
            )
        if self._differences is not None:
            self._differences.add(1, labels)

    def report_answer(self) -> None:
        """Report that the store has answered."""
        self._log.answered()

    def report_outage(self, error: Exception, kind: ViewKind) -> None:
        """Report that the store did not answer."""
        self._log.missed(error, _METHODS[kind])
        if self._outages is not None:
            reason = type(error).__name__.removesuffix("Error")
            self._outages.add(1, {"reason": reason, "store": self.store})

    def report_loss(self) -> None:
        """Count that the store was found to have lost data; the store itself logs what it saw."""
        if self._losses is not None:
            self._losses.add(1, {"store": self.store})

    def report_ahead(self, key: str) -> None:
        """Report, once a reader, a read that lies more than a day ahead of this view.

        Nobody is named; the keys are remembered as hashes, and not for ever.
        """
        if len(self._ahead) >= _MOST_AHEAD:
            self._ahead.clear()
        if hash(key) in self._ahead:
            return
        self._ahead.add(hash(key))
        LOG.warning(
            "a reader has a read that lies more than a day ahead; it moves no window, and counts"
            " only where the running one contains it: compare the clocks of your servers",
            extra={"meter": {"ahead": True, "store": self.store}},
        )


def _details(decision: Decision) -> dict[str, object]:
    exposed = {"exposures": exposure_tables(decision)} if decision.exposures else {}
    return {
        "rule": decision.rule,
        "offer": decision.offer,
        "counted": decision.counted,
        "speculative": decision.speculative,
        "policy": decision.policy,
        "at": decision.at.isoformat(),
        "meter": _reading(decision),
        **exposed,
    }


def _reading(decision: Decision) -> dict[str, object] | None:
    meter = decision.meter
    if meter is None:
        return None
    return {"name": meter.name, "limit": meter.limit, "used": meter.used, "left": meter.left}


def decision_event(
    decided: StoreDecision, reader_id: str | None, visitor: str | None = None
) -> dict[str, object]:
    """Return a decision as a CloudEvents 1.0 event, ready for `json.dumps`.

    See https://cloudevents.io. `subject` is the key the reader is remembered under, which is a
    digest where the paywall has a `secret`; it is left out where the store was not needed. `kind`
    says what was asked: only a `read` is a view that somebody has seen. `view` is the page view as
    `meter decide` reads one, of a reader who is called `reader_id`, and `decision` the decision as
    `meter decide` writes it. Where there are `exposures`, `visitor` is whose they are, as an
    experiment by visitors counts people: the id, or its digest where the paywall has a `secret`.
    """
    decision = decided.decision
    shown = {
        "kind": str(decided.kind),
        "show": str(decision.show),
        "access": str(decision.access),
        "prompt": decision.prompt,
        "degraded": decision.degraded,
    }
    data = {"article": decided.view.article.id} | shown | _details(decision)
    if decision.exposures and visitor is not None:
        data["visitor"] = visitor
    return _event(DECISION, decided, data | _both(decided, reader_id))


def difference_event(
    decided: StoreDecision,
    shadow: Decision,
    fields: tuple[str, ...],
    record: str,
    reader_id: str | None,
) -> dict[str, object]:
    """Return a view that a shadow decides otherwise as a CloudEvents 1.0 event.

    `kind`, `view` and `decision` are as in `decision_event`; `shadow` is the decision that nobody
    was served, `differs` names the fields in which it is another one, and `record` says on which
    record both were made.
    """
    data = {
        "article": decided.view.article.id,
        "kind": str(decided.kind),
        "differs": list(fields),
        "record": record,
        "shadow": decision_table(shadow),
    }
    return _event(DIFFERENCE, decided, data | _both(decided, reader_id))


def _both(decided: StoreDecision, reader_id: str | None) -> dict[str, object]:
    """Return the page view and the decision that was served."""
    decision = decided.decision
    reader = decided.reader
    if reader_id != reader.id and reader.visitor is not None:
        # No id is told; a digest in its place would be in other variants when it is replayed.
        reader = evolve(reader, visitor=None)
    view = event_table(decision.at, reader, decided.view, reader_id=reader_id)
    return {"view": view, "decision": decision_table(decision)}


def _event(kind: str, decided: StoreDecision, data: dict[str, object]) -> dict[str, object]:
    event: dict[str, object] = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "/meter/paywall",
        "type": kind,
        "time": decided.decision.at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    if decided.key is not None:
        event["subject"] = decided.key
    return event
