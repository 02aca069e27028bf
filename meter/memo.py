"""What was judged before is looked up: `engine.decide`, remembering.

The engine's three steps are pure, so their answers can be kept. They are kept in two tables a
policy (in `Rulebook.memory`, which is only room for them):

- a *situation* by its facts, as far as they need no usage: who reads what, or the reader's status
  alone where that settles the matter;
- in a situation, an *outcome* by what every meter has counted.

Of an outcome, the decision is made once and dated anew for each view; its meter's reading is made
again when another reset is to be told. Nothing here knows a rule: what is not in the tables, the
engine is asked. Both are emptied when they grow past a bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from meter.decision import Conclusion, Counts, Decision, Told, read_meter
from meter.engine import (
    check_call,
    complete,
    conclude,
    count,
    deadlines,
    is_settled,
    judge,
    spend,
)
from meter.facts import Codes
from meter.policy import Policy
from meter.rulebook import first_match
from meter.usage import Usage
from meter.view import PageView, Reader
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.rulebook import Rulebook

__all__ = ["Observed", "decide", "observe", "watch"]

_MOST_REMEMBERED = 4096

# Who measures which rules tests reach has to see every policy of a process, whoever made it: the
# one list of this package that calls change.
_watchers: list[Callable[[Rulebook, Codes, int], None]] = []


def watch(watcher: Callable[[Rulebook, Codes, int], None]) -> Callable[[], None]:
    """Call `watcher` for every view from now on with its facts and its instant.

    Views whose facts are remembered are told like others. Return what ends that.
    """
    _watchers.append(watcher)
    return lambda: _watchers.remove(watcher)


def _tell(rulebook: Rulebook, facts: Codes, at: int) -> None:
    for watcher in _watchers:
        watcher(rulebook, facts, at)


def decide(
    policy: Policy, reader: Reader, view: PageView, usage: Usage, now: datetime
) -> tuple[Decision, Usage]:
    """Decide what a reader gets for one page view, and return what is to be remembered.

    `now` is a time with a zone; a time without one is a `ValueError`. The usage returned is the
    same object if nothing was counted. To look without counting, drop it.

    >>> from datetime import datetime, UTC
    >>> from meter import Article, PageView, Reader, Usage, decide, loads_policy
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [meters.monthly]
    ... window = { calendar = "month" }
    ... limit = 1
    ... [[rules]]
    ... name = "one a month"
    ... spend = "monthly"
    ... show = "countdown"
    ... [[rules]]
    ... name = "everyone else"
    ... show = "subscription-wall"
    ... ''')
    >>> now = datetime(2026, 6, 1, tzinfo=UTC)
    >>> anna, first = Reader(id="r1"), PageView(article=Article(id="a1"))
    >>> decision, usage = decide(policy, anna, first, Usage(), now)
    >>> str(decision.show), decision.meter.left
    ('last-free-article', 0)
    >>> second = PageView(article=Article(id="a2"))
    >>> str(decide(policy, anna, second, usage, now)[0].show)
    'subscription-wall'
    """
    known = type(policy) is Policy and type(reader) is Reader
    if not (known and type(view) is PageView and type(usage) is Usage):
        check_call(policy, reader, view, usage)
    at = instant(now)
    situation = _situation(policy.rulebook, reader, view, at, now)
    if situation.final is not None:
        return situation.final.dated(now), usage
    return _decide(policy.rulebook, situation, reader, view, usage, at, now)


class Observed:
    """A view as far as it could be looked at without the reader's usage.

    `final` is the decision if it does not depend on what was counted: a subscriber, a free article
    or a reader without an id is decided without asking a store for anything.
    """

    __slots__ = ("_at", "_now", "_reader", "_rulebook", "_situation", "_view", "final")

    def __init__(
        self,
        rulebook: Rulebook,
        situation: _Situation,
        reader: Reader,
        view: PageView,
        at: int,
        now: datetime,
    ) -> None:
        self._rulebook = rulebook
        self._situation = situation
        self._reader = reader
        self._view = view
        self._at = at
        self._now = now
        final = situation.final
        self.final: Decision | None = None if final is None else final.dated(now)
        if self.final is None and reader.id is None:
            self.final, _ = self.decide(Usage())

    def decide(self, usage: Usage) -> tuple[Decision, Usage]:
        """Decide with what was counted before; may be asked again with another usage."""
        if self.final is not None:
            return self.final, usage
        return _decide(
            self._rulebook,
            self._situation,
            self._reader,
            self._view,
            usage,
            self._at,
            self._now,
        )


def observe(policy: Policy, reader: Reader, view: PageView, now: datetime) -> Observed:
    """Look at a view as far as that needs no usage. `now` is a time with a zone."""
    if not (type(policy) is Policy and type(reader) is Reader and type(view) is PageView):
        check_call(policy, reader, view)
    at = instant(now)
    situation = _situation(policy.rulebook, reader, view, at, now)
    return Observed(policy.rulebook, situation, reader, view, at, now)


@define
class _Outcome:
    """A conclusion that was drawn, and its decision with the meter as it was told last."""

    conclusion: Conclusion
    latest: Decision
    told: Told | None = None


@define
class _Situation:
    """Facts that need no usage, and everything that follows from them alone."""

    facts: Codes
    final: Decision | None
    outcomes: dict[Counts, _Outcome]


def _situation(
    rulebook: Rulebook, reader: Reader, view: PageView, at: int, now: datetime
) -> _Situation:
    """Look at the reader's status and, where that does not settle the matter, at the rest."""
    status = reader.status_at(at)
    situation: _Situation = rulebook.memory.get((status,)) or _remember(rulebook, (status,), now)
    if situation.final is not None:
        if _watchers:
            _tell(rulebook, (status,), at)
        return situation
    facts = rulebook.vocabulary.observe(reader, view, at, status)
    situation = rulebook.memory.get(facts) or _remember(rulebook, facts, now)
    if _watchers and situation.final is not None:
        _tell(rulebook, facts, at)
    return situation


def _remember(rulebook: Rulebook, facts: Codes, now: datetime) -> _Situation:
    """Judge facts that need no usage, as far as that goes, and keep what follows from them."""
    final = None
    verdict = first_match(rulebook, facts)
    if verdict is not None and is_settled(rulebook, facts):
        final = conclude(rulebook, verdict, facts, (), now).decision
    if len(rulebook.memory) >= _MOST_REMEMBERED:
        rulebook.memory.clear()
    situation: _Situation = rulebook.memory.setdefault(facts, _Situation(facts, final, {}))
    return situation


def _decide(
    rulebook: Rulebook,
    situation: _Situation,
    reader: Reader,
    view: PageView,
    usage: Usage,
    at: int,
    now: datetime,
) -> tuple[Decision, Usage]:
    """Decide in a situation that does not settle the matter, with what was counted before."""
    counts, held = count(rulebook, reader, view, usage, at)
    outcome = situation.outcomes.get(counts)
    if outcome is None:
        conclusion = _conclude(rulebook, situation.facts, counts, now)
        outcome = _Outcome(conclusion, conclusion.decision)
        if len(situation.outcomes) >= _MOST_REMEMBERED:
            situation.outcomes.clear()
        situation.outcomes[counts] = outcome
    conclusion = outcome.conclusion
    if _watchers:
        _tell(rulebook, conclusion.decision.facts.values, at)
    if not conclusion.says_more:
        return conclusion.decision.dated(now), usage
    told, usage = spend(rulebook, conclusion, held, usage)
    if outcome.told != told:
        latest = conclusion.decision
        outcome.latest = latest if told is None else read_meter(rulebook, conclusion, told)
        outcome.told = told
    if conclusion.lasting:
        return outcome.latest.ending(deadlines(rulebook, conclusion, usage, at), now), usage
    return outcome.latest.dated(now), usage


def _conclude(rulebook: Rulebook, facts: Codes, counts: Counts, now: datetime) -> Conclusion:
    known = complete(rulebook, facts, counts)
    return conclude(rulebook, judge(rulebook, known), known, counts, now)
