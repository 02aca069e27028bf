"""Format what a test asked of a paywall, and the steps of a journey, for a failure report."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from meter.explanation import explain
from meter.paywall import Paywall
from meter.stores import open_store
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import EntitlementKind, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from meter.clock import ManualClock
    from meter.decision import Decision
    from meter.journeys import JourneyStep
    from meter.policy import Policy

__all__ = ["RecordingPaywall", "format_steps", "reader_with_status"]

_DAY = timedelta(days=1)


class RecordingPaywall(Paywall):
    """A `Paywall` over memory that records what it was asked."""

    def __init__(self, policy: Policy, *, clock: ManualClock, story: list[str]) -> None:
        super().__init__(policy, open_store("memory://"), clock=clock)
        self._story = story

    def check(
        self, reader: Reader, view: PageView | Article | str, *, now: datetime | None = None
    ) -> Decision:
        """Decide and count, as `Paywall.check` does.

        An article, or just its id, stands for a plain view of it.
        """
        view = _as_view(view)
        decision = super().check(reader, view, now=now)
        what = f"{decision.facts['reader']} reader `{reader.id}` opens `{view.article.id}`"
        self._story.append(_format_one(len(self._story) + 1, what, decision))
        return decision


def _as_view(view: PageView | Article | str) -> PageView:
    if isinstance(view, str):
        return PageView(article=Article(id=view))
    return PageView(article=view) if isinstance(view, Article) else view


def _format_one(number: int, what: str, decision: Decision) -> str:
    lines = [what, *explain(decision).split("\n")]
    return f"{number}. {decision.at:%Y-%m-%d %H:%M} " + "\n   ".join(lines)


def format_steps(steps: Iterable[JourneyStep]) -> str:
    """Format a journey up to the first step that did not go as expected."""
    lines = []
    for step in steps:
        if step.is_read:
            lines.append(_format_one(step.number, step.what, step.decision))
        else:
            lines.append(f"{step.number}. {step.at:%Y-%m-%d %H:%M} {step.what}")
        if step.problem:
            where = f" (line {step.line})" if step.line else ""
            lines.append(f"broken expectation in step {step.number}{where}: {step.problem}")
            break
    return "\n".join(lines)


def reader_with_status(
    status: str, now: datetime, *, product: str | None = None, **known: object
) -> Reader:
    """Return a reader who has a status at `now`.

    Running rights began 30 days ago and end in 30 days, expired ones ended yesterday. `product`
    names the product of the right, `known` are further fields of `Reader`.
    """
    kinds = {
        Status.TRIAL: (EntitlementKind.TRIAL, 30),
        Status.SUBSCRIBER: (EntitlementKind.SUBSCRIPTION, 30),
        Status.STAFF: (EntitlementKind.STAFF, 30),
        Status.TRIAL_EXPIRED: (EntitlementKind.TRIAL, -1),
        Status.SUBSCRIPTION_EXPIRED: (EntitlementKind.SUBSCRIPTION, -1),
    }
    wanted = Status(status)
    rights: tuple[Entitlement, ...] = ()
    if wanted in kinds:
        kind, ends = kinds[wanted]
        rights = (
            Entitlement(kind=kind, product=product, starts=now - 30 * _DAY, ends=now + ends * _DAY),
        )
    fields: dict[str, Any] = {
        "id": f"{wanted}-reader",
        "registered": wanted is not Status.ANONYMOUS,
        "entitlements": rights,
    }
    fields.update(known)
    return Reader(**fields)
