"""A journey over phases played by the real `decide`, at instants that there are."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING

from attrs import frozen

from meter.usage import Usage
from meter.verify.clock.instants import WantedView, schedules
from meter.verify.clock.journeys import PhaseSearch, made_view
from meter.verify.clock.phases import phased_readers, situation_of
from meter.verify.concretize import Occasion, concretize
from meter.verify.search import view_words_of
from meter.verify.situations import Situation
from meter.verify.walk.announced import unannounced_step
from meter.verify.walk.steps import NextView, SearchState, SearchStep, step_of
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.verify.clock.instants import Schedule
    from meter.verify.clock.journeys import PhasedView
    from meter.verify.clock.passing import Earlier
    from meter.verify.clock.phases import PhasedReader
    from meter.verify.space import Space

__all__ = ["TriedAtAnyTime", "at_any_time"]

_MOST_SCHEDULES = 60
_MOST_VIEWS = 20_000
_MOST_PLAYED = 40
"""How many journeys of one reader are played that no instants were found for."""
_USUAL = instant(datetime(2026, 6, 1, tzinfo=UTC))
"""Journeys are set near this time, unless they need another."""


@frozen(kw_only=True)
class TriedAtAnyTime:
    """What came of all journeys: the step at which one misleads, if any does, and where it began.

    `complete` says whether nothing was left out.
    """

    found: SearchStep | None
    situation: Situation | None
    complete: bool
    views: int
    readers: int


def at_any_time(
    space: Space, whole: int, suspects: int, earlier: Earlier, until: float | None
) -> TriedAtAnyTime:
    """Try every journey of new readers who have a situation among some, whenever its views come.

    At the instant `until` of the monotonic clock it ends without an answer.
    """
    policy = space.rulebooks[0].policy
    complete = not (space.by_mention or space.vocabulary.seen)
    views = readers = 0
    for reader in phased_readers(space, whole, suspects, earlier):
        if reader is None or (until is not None and monotonic() > until):
            complete = False
            break
        search = PhaseSearch(policy, reader, _MOST_VIEWS, until)
        for journey in islice(search.misled(), _MOST_PLAYED):
            found = _played(space, reader, journey)
            if found is None:
                complete = False
                continue
            situation = _first_situation(space, reader, journey)
            return TriedAtAnyTime(
                found=found,
                situation=situation,
                complete=False,
                views=views + search.tried,
                readers=readers + 1,
            )
        complete = complete and search.complete
        views += search.tried
        readers += 1
    return TriedAtAnyTime(
        found=None, situation=None, complete=complete, views=views, readers=readers
    )


def _first_situation(space: Space, reader: PhasedReader, views: Sequence[PhasedView]) -> Situation:
    """Return a situation of the first view of a journey."""
    first = views[0]
    codes = reader.phases[first.phase].codes[0]
    return situation_of(space, reader.codes, codes, reader.kinds[first.kind])


def _played(space: Space, reader: PhasedReader, views: Sequence[PhasedView]) -> SearchStep | None:
    """Return the step at which a journey misleads its reader, wherever it can be made and does."""
    if any(view.parted for view in views):
        return None
    wanted = [WantedView(reader.phases[view.phase].codes, view.reset) for view in views]
    for number, schedule in enumerate(schedules(space, wanted, _USUAL)):
        found = _played_at(space, reader, views, schedule)
        if found is not None or number >= _MOST_SCHEDULES:
            return found
    return None


def _played_at(
    space: Space, reader: PhasedReader, views: Sequence[PhasedView], schedule: Schedule
) -> SearchStep | None:
    policy = space.rulebooks[0].policy
    state = SearchState(Usage(), moment(schedule.ats[0], policy.zone))
    somebody = None
    for number, (view, at, codes) in enumerate(
        zip(views, schedule.ats, schedule.codes, strict=True)
    ):
        situation = situation_of(space, reader.codes, codes, reader.kinds[view.kind])
        gone = at - schedule.ats[0]
        since = {key: length + gone for key, length in schedule.since.items()}
        when = Occasion(at=at, since=since)
        try:
            asked = concretize(policy, space.vocabulary, situation.values, when=when)
        except LookupError:  # no article can be of that age at that date
            return None
        somebody = somebody or asked.reader
        made = made_view(asked.view, view, number)
        if not _is_meant(space, situation, space.vocabulary.observe(somebody, made, at)):
            return None
        words = view_words_of(space, situation)
        if view.again is not None:
            words = f"{words} again"
        event = NextView(view.kind, made, asked.now, words, again=view.again is not None)
        step, usage = step_of(policy, somebody, event, state)
        if unannounced_step(step):
            return step
        state = SearchState(usage, asked.now, step.steps())
    return None


def _is_meant(space: Space, situation: Situation, seen: Sequence[object]) -> bool:
    """Say whether a reader and a view are seen with the codes that are meant."""
    slots = space.vocabulary.slots[: space.vocabulary.base]
    return all(situation.values[slot.name] == code for slot, code in zip(slots, seen, strict=False))
