"""What was judged of one policy before, and how it is looked up.

The engine's three steps are pure, so their answers can be kept. They are kept in two tables a
policy:

- a *situation* by its facts, as far as they need no usage: who reads what, or the reader's status
  alone where that settles the matter;
- in a situation, an *outcome* by what every meter has counted.

Of an outcome, the decision is made once and dated anew for each view; its meter's reading is made
again when another reset is to be told. Nothing here knows a rule: what is not in the tables, the
engine is asked. Both are emptied when they grow past a bound.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import define, field

from meter.decision import Conclusion, Counts, Decision, Told, read_meter
from meter.engine import (
    complete,
    conclude,
    count,
    counting,
    deadlines,
    is_settled,
    judge,
    remember,
    spend,
)
from meter.facts import Codes
from meter.rulebook import first_match
from meter.usage import AFTER, Usage
from meter.view import PageView, Reader
from meter.windows import FIRST_WHOLE, LAST_WHOLE, instant

if TYPE_CHECKING:
    from meter.engine import Held
    from meter.rulebook import Rulebook

__all__ = ["MOST_REMEMBERED", "Answer", "KnownOutcome", "KnownSituation", "PolicyMemory", "Ways"]

MOST_REMEMBERED = 4096
"""How many situations of a policy are kept, and how many outcomes of a situation."""

Answer = tuple[Decision, Usage]
"""A decision, and what is to be remembered after it."""


Stretch = tuple[int, int]
"""From which instant to before which one, in microseconds since 1970."""
_ALWAYS = (FIRST_WHOLE, LAST_WHOLE)
_NEVER = (AFTER, AFTER)


@define
class KnownOutcome:
    """A conclusion that was drawn, and its decision with the meter as it was told last.

    From `since` to before `until` it is told as it is now, whatever was read: what is left to do
    for a view is to date it, and to write the usage where `writes` says so. It ends before the edge
    of the calendar, where some meter may have no window, which only the engine notices. `place` is
    that of the meter that counts the view, and `shows` the prompt whose showing is remembered;
    `is_usual` says that nothing else is to be written.
    """

    conclusion: Conclusion
    latest: Decision
    told: Told | None
    since: int
    until: int
    writes: bool = field(init=False)
    place: int | None = field(init=False)
    shows: str | None = field(init=False)
    is_usual: bool = field(init=False)

    @writes.default
    def _writes(self) -> bool:
        return self.conclusion.writes

    @place.default
    def _place(self) -> int | None:
        counted = self.conclusion.counted
        return counted[0] if len(counted) == 1 and not self.conclusion.begins else None

    @shows.default
    def _shows(self) -> str | None:
        return self.conclusion.shown

    @is_usual.default
    def _is_usual(self) -> bool:
        return len(self.conclusion.counted) <= 1 and not self.conclusion.begins


@define
class KnownSituation:
    """Facts that need no usage, and everything that follows from them alone."""

    facts: Codes
    final: Decision | None
    outcomes: dict[Counts, KnownOutcome]


@define
class Ways:
    """How the views of a policy are decided: all at once, or first without a usage, then with it.

    `observe` returns a situation and the instant of the view, which `conclude` takes.
    """

    decide: Callable[[Reader, PageView, Usage, datetime], Answer]
    observe: Callable[[Reader, PageView, datetime], tuple[KnownSituation, int]]
    conclude: Callable[[KnownSituation, Reader, PageView, Usage, int, datetime], Answer]
    memory: PolicyMemory
    """What they look things up in."""
    is_written: bool = False
    """Whether they were written out for the policy (see `compiled`)."""


class PolicyMemory:
    """What was judged of one policy, and the plain ways to look it up."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.situations: dict[Codes, KnownSituation] = {}

    def decide(self, reader: Reader, view: PageView, usage: Usage, now: datetime) -> Answer:
        """Decide what a reader gets for one page view."""
        situation, at = self.observe(reader, view, now)
        if situation.final is not None:
            return situation.final.dated(now), usage
        return self.conclude(situation, reader, view, usage, at, now)

    def observe(self, reader: Reader, view: PageView, now: datetime) -> tuple[KnownSituation, int]:
        """Look at the reader's status and, where that does not settle the matter, at the rest."""
        at = instant(now)
        status = reader.status_at(at)
        situation = self.situation((status,), now)
        if situation.final is None:
            facts = self.rulebook.vocabulary.observe(reader, view, at, status)
            situation = self.situation(facts, now)
        return situation, at

    def situation(self, facts: Codes, now: datetime) -> KnownSituation:
        """Return what follows from facts that need no usage."""
        return self.situations.get(facts) or self.judge(facts, now)

    def judge(self, facts: Codes, now: datetime) -> KnownSituation:
        """Judge facts that need no usage, as far as that goes, and keep what follows from them."""
        final = None
        verdict = first_match(self.rulebook, facts)
        if verdict is not None and is_settled(self.rulebook, facts):
            final = conclude(self.rulebook, verdict, facts, (), now).decision
        if len(self.situations) >= MOST_REMEMBERED:
            self.situations.clear()
        return self.situations.setdefault(facts, KnownSituation(facts, final, {}))

    def conclude(
        self,
        situation: KnownSituation,
        reader: Reader,
        view: PageView,
        usage: Usage,
        at: int,
        now: datetime,
    ) -> Answer:
        """Decide in a situation that does not settle the matter, with what was counted before."""
        counts, held = count(self.rulebook, reader, view, usage, at)
        return self.record(situation, counts, held, usage, now)

    def record(
        self, situation: KnownSituation, counts: Counts, held: Held, usage: Usage, now: datetime
    ) -> Answer:
        """Return the decision where the meters have counted so much, and spend."""
        outcome = situation.outcomes.get(counts) or self._outcome(situation, counts, now)
        conclusion = outcome.conclusion
        told, usage = spend(self.rulebook, conclusion, held, usage)
        if outcome.told != told:
            outcome = self._told(conclusion, told, held[0])
            situation.outcomes[counts] = outcome
        if conclusion.lasting:
            ends = deadlines(self.rulebook, conclusion, usage, held[-1])
            return outcome.latest.ending(ends, now), usage
        return outcome.latest.dated(now), usage

    def write(self, outcome: KnownOutcome, held: Held, usage: Usage) -> Usage:
        """Return the usage after a view with an outcome that writes."""
        conclusion = outcome.conclusion
        return remember(self.rulebook, conclusion, held, usage, counting(conclusion, held))

    def _outcome(self, situation: KnownSituation, counts: Counts, now: datetime) -> KnownOutcome:
        """Judge what the meters have counted in a situation, and keep what follows."""
        known = complete(self.rulebook, situation.facts, counts)
        verdict = judge(self.rulebook, known)
        conclusion = conclude(self.rulebook, verdict, known, counts, now)
        if len(situation.outcomes) >= MOST_REMEMBERED:
            situation.outcomes.clear()
        stretch = _NEVER if conclusion.groups or conclusion.lasting else _ALWAYS
        outcome = KnownOutcome(conclusion, conclusion.decision, None, *stretch)
        return situation.outcomes.setdefault(counts, outcome)

    def _told(self, conclusion: Conclusion, told: Told | None, when: int) -> KnownOutcome:
        """Return the outcome of a conclusion where windows run as at the instant `when`."""
        latest = conclusion.decision
        if told is not None:
            latest = read_meter(self.rulebook, conclusion, told)
        stretch = self._stretch(conclusion, when)
        return KnownOutcome(conclusion, latest, told, *stretch)

    def _stretch(self, conclusion: Conclusion, when: int) -> Stretch:
        """Return when a conclusion is told as at the instant `when`, whatever was read."""
        if conclusion.lasting or conclusion.alone is None:
            return _NEVER
        place, limit, _ = conclusion.alone
        timeline = self.rulebook.meters[place].timeline
        if limit == 0 or timeline.window.lifetime:
            return _ALWAYS
        return _NEVER if timeline.window.calendar is None else _whole(*timeline.bounds(when))


def _whole(since: int, until: int) -> Stretch:
    """Return the part of a stretch in which every calendar has its windows."""
    return max(since, FIRST_WHOLE), min(until, LAST_WHOLE)
