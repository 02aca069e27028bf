"""Format what a test asked of a paywall, and the steps of a journey, for a failure report."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from attrs import fields

from meter.errors.kinds import check_argument, choice
from meter.explanation import explain
from meter.paywall import AsyncPaywall, Paywall
from meter.stores import open_store
from meter.stores.awaited import awaitable
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import EntitlementKind, Status
from meter.vocabulary import status as status_word

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from meter.clock import ManualClock
    from meter.decision import Decision
    from meter.journeys import JourneyStep
    from meter.policy import Policy

__all__ = [
    "RecordingAsyncPaywall",
    "RecordingPaywall",
    "format_steps",
    "reader_with_status",
    "view_of",
]

_DAY = timedelta(days=1)


class RecordingPaywall(Paywall):
    """A `Paywall` over memory that records what it was asked."""

    def __init__(self, policy: Policy, *, clock: ManualClock, story: list[str]) -> None:
        super().__init__(policy, open_store("memory://"), clock=clock)
        self._story = story

    def check(self, reader: Reader, view: PageView, *, now: datetime | None = None) -> Decision:
        """Decide and count, as `Paywall.check` does."""
        decision = super().check(reader, view, now=now)
        self._story.append(_asked(self._story, reader, view, decision))
        return decision


class RecordingAsyncPaywall(AsyncPaywall):
    """An `AsyncPaywall` over memory that records what it was asked."""

    def __init__(self, policy: Policy, *, clock: ManualClock, story: list[str]) -> None:
        super().__init__(policy, awaitable(open_store("memory://")), clock=clock)
        self._story = story

    async def check(
        self, reader: Reader, view: PageView, *, now: datetime | None = None
    ) -> Decision:
        """Decide and count, as `AsyncPaywall.check` does."""
        decision = await super().check(reader, view, now=now)
        self._story.append(_asked(self._story, reader, view, decision))
        return decision


def _asked(story: list[str], reader: Reader, view: PageView, decision: Decision) -> str:
    what = f"{decision.facts['reader']} reader `{reader.id}` opens `{view.article.id}`"
    return _format_one(len(story) + 1, what, decision)


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
    names the product of the right, `known` are further fields of `Reader`. Raises `ValueError` for
    a word that is no status, with all that are.
    """
    wanted = status_word(status)
    check_argument("status", wanted, choice(Status))
    kinds = {
        Status.TRIAL: (EntitlementKind.TRIAL, 30),
        Status.SUBSCRIBER: (EntitlementKind.SUBSCRIPTION, 30),
        Status.STAFF: (EntitlementKind.STAFF, 30),
        Status.TRIAL_EXPIRED: (EntitlementKind.TRIAL, -1),
        Status.SUBSCRIPTION_EXPIRED: (EntitlementKind.SUBSCRIPTION, -1),
    }
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


def view_of(article: str, *, view_id: str | None = None, **known: object) -> PageView:
    """Return a view of an article, by the article's id.

    `known` are further fields of `Article` and `PageView`, which share no name but `id`.
    """
    names = {attribute.name for attribute in fields(Article) if attribute.init}
    of_article: dict[str, Any] = {name: value for name, value in known.items() if name in names}
    of_view: dict[str, Any] = {name: value for name, value in known.items() if name not in names}
    return PageView(article=Article(id=article, **of_article), id=view_id, **of_view)
