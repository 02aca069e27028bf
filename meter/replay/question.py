"""What is asked of a log: which policy, of which log, and what is known of its recording."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from attrs import field, frozen

from meter.columns.decide import Columns
from meter.loading.article_ids import ArticleIds, PageAddresses
from meter.policy import Policy
from meter.replay.logs.log import Log
from meter.replay.logs.peeks import PassedBy
from meter.replay.logs.remembered import CLOSED, STARTED, KnownRights, ToldRows
from meter.replay.logs.time_forms import time_format_words
from meter.replay.logs.times import Times
from meter.replay.preparation import ParseOptions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["NO_CLOCK_DAY", "ReplayQuestion"]

NO_CLOCK_DAY = date(2000, 1, 1)
"""The day on which a log without a clock is taken to lie."""
_WITH_TEXTS = ("CSV", "JSON Lines")
"""The kinds of logs in which every value is written as a text."""


@frozen(kw_only=True)
class ReplayQuestion:
    """A policy, a log, and what is known about how the log was written.

    `asked` is the policy as columns, and `recorded` the one that was in force when the log was
    written; it is `None` where none is known, or where nobody was stopped then
    (`knows_recording`). `zone` is the zone of times without one, if it is not the publication's.
    """

    policy: Policy
    source: Log
    times: Times
    zone: str | None
    asked: Columns
    recorded: Columns | None
    recorded_policy: Policy | None
    knows_recording: bool
    names: tuple[str, str]
    """What the policy and the recorded one are called."""
    article_ids: ArticleIds = ArticleIds.EXACT
    pages: PageAddresses = field(factory=PageAddresses)
    """What is noticed of ids that are addresses, while they are compared as they are."""
    passed_by: PassedBy = field(factory=PassedBy)
    """What nobody read, while the log is gone through."""
    closed: ToldRows = field(factory=partial(ToldRows, CLOSED))
    """Which prompts were closed,"""
    started: ToldRows = field(factory=partial(ToldRows, STARTED))
    """which offers were started,"""
    rights: KnownRights = field(factory=KnownRights)
    """and which rights readers have, where a prompt asks for them."""

    @property
    def policies(self) -> tuple[Columns, ...]:
        """The policies under which views are put into groups; the one asked about is first."""
        return (self.asked,) if self.recorded is None else (self.asked, self.recorded)

    @property
    def reading(self) -> ParseOptions:
        """How the rows of the log are read."""
        return ParseOptions(
            policies=self.policies,
            times=self.times,
            day=None if self.source.clock else NO_CLOCK_DAY,
            texts=self.source.kind in _WITH_TEXTS,
            article_ids=self.article_ids,
            pages=self.pages,
            passed_by=self.passed_by,
            closed=self.closed,
            started=self.started,
            rights=self.rights,
        )

    @property
    def tells_by_instant(self) -> bool:
        """Whether views are counted that are told apart by their instants, as events are."""
        return self._counts_views and self.source.kind == "JSON Lines"

    @property
    def _counts_views(self) -> bool:
        return any(meter.by_view for meter in self.asked.rulebook.meters)

    def notes(self, columns: Collection[str], taken_for_one: int) -> Iterator[str]:
        """Yield what had to be supposed to read the log.

        `columns` are those it has; `taken_for_one` are views that nothing tells from another.
        """
        yield from self._notes_of_views(columns, taken_for_one)
        if self.passed_by.unread:
            unread = f"{self.passed_by.unread:,}"
            yield f"lines of peeks and prefetches, which nobody read, are passed by: {unread}"
        if self.asked.has_campaigns:
            yield "prompts, lasting offers and experiments are decided view by view"
        told = (("closing", "prompt", self.closed), ("start", "offer", self.started))
        for what, noun, rows in told:
            if rows.rows:
                yield f"{what}s of {noun}s are taken: {len(rows.rows):,}"
            if rows.unknown:
                unknown = "that the policy does not have"
                article = "an" if noun == "offer" else "a"
                one = f"{what} of {article} {noun} {unknown}"
                yield rows.unknown_in_words(one, f"{what}s of {noun}s {unknown}")
        times = self.times
        if times.without_zone:
            whose = "as asked for" if self.zone else "the publication's zone"
            zone = self.zone or self.policy.publication.timezone
            yield f"{times.without_zone:,} times have no zone and are read in {zone}, {whose}"
        forms = times.likely_forms
        if forms:
            yield f"times that cannot be read are read with {time_format_words(forms)}"
        for unit in sorted(times.units):
            yield f"times are whole numbers, read as {unit} since 1970 (UTC)"
        if not self.source.clock:
            yield "the log has no clock: its views are taken in their order, as one day"

    def _notes_of_views(self, columns: Collection[str], taken_for_one: int) -> Iterator[str]:
        if taken_for_one:
            yield (
                f"{taken_for_one:,} views are taken for one with another of the same reader,"
                " article and instant, as none has an `id`"
            )
        no_ids = self._counts_views and "id" not in columns
        if no_ids and self.source.clock and not self.tells_by_instant:
            yield "views are counted, and the log has no ids of them: each row is a view of its own"
