"""Views decided one by one with the engine's own steps, where arrays remember too little.

Arrays count for meters. What was shown and closed before, since when an offer runs for a reader,
and what another variant of an experiment would have been given is asked of the engine, view by
view: it counts, concludes and spends. What follows from equal facts and counts is kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np
from attrs import define, field, frozen

from meter.columns.partition import in_order
from meter.columns.views import Decided, DecidedCampaigns, Readers
from meter.decision import Conclusion, Counts, Exposure, read_meter
from meter.engine import close, complete, conclude, count, is_settled, judge, spend
from meter.facts import Codes
from meter.usage import Usage
from meter.view import Article, PageView, Reader
from meter.vocabulary import Access
from meter.windows import moment

if TYPE_CHECKING:
    from datetime import datetime

    from meter.columns.arrays import Integers
    from meter.columns.tables import Judging
    from meter.columns.views import OtherEvent, Views

__all__ = ["decide_one_by_one"]

_NOTHING = -1


@frozen
class _Followed:
    """What follows from facts and counts; `kept_back` is the prompt that its rule names."""

    conclusion: Conclusion
    verdict: int
    blocked: bool
    prompt: str | None
    kept_back: str | None


@frozen
class _Facts:
    """Facts that need no usage, the variants they lie in, and the outcomes that are known."""

    facts: Codes
    is_settled: bool
    prefetch: bool
    started: frozenset[str]
    variants: frozenset[Exposure]
    outcomes: dict[Counts, _Followed] = field(factory=dict)


@define
class _CampaignTotals:
    """What is summed up over views and readers."""

    verdicts: Counter[int] = field(factory=Counter)
    meters: Counter[int] = field(factory=Counter)
    shown: Counter[str] = field(factory=Counter)
    kept_back: Counter[str] = field(factory=Counter)
    exposures: Counter[Exposure] = field(factory=Counter)
    readers_exposed: Counter[Exposure] = field(factory=Counter)
    readers_in: Counter[Exposure] = field(factory=Counter)


class _ReaderRow:
    """What became of one reader."""

    def __init__(self) -> None:
        self.views = 0
        self.counted = 0
        self.blocked = 0
        self.first_stop = 0
        self.first_stop_at = 0
        self.variants: set[Exposure] = set()
        self.exposed: set[Exposure] = set()

    def add(self, at: int, outcome: _Followed) -> None:
        """Add a view."""
        self.views += 1
        self.counted += outcome.conclusion.decision.counted
        self.blocked += outcome.blocked
        if outcome.blocked and not self.first_stop:
            self.first_stop = self.views
            self.first_stop_at = at


def decide_one_by_one(columns: Judging, views: Views, *, by_view: bool) -> Decided:
    """Decide every view, each reader's in order of time (and of the columns, at one instant)."""
    return _WalkedViews(columns, views, by_view=by_view).decided()


class _WalkedViews:
    """Readers taken one after the other through their views."""

    def __init__(self, columns: Judging, views: Views, *, by_view: bool) -> None:
        self.columns = columns
        self.rulebook = columns.rulebook
        self.views = views
        self.sums = _CampaignTotals()
        self.readers = [Reader(id="-", entitlements=rights) for rights in views.rights]
        self.articles: dict[int, Article] = {}
        self.situations: dict[int, _Facts] = {}
        self.closings: defaultdict[int, list[OtherEvent]] = defaultdict(list)
        for closing in sorted(views.closings, key=lambda each: (each.at, each.before)):
            self.closings[closing.reader].append(closing)
        total = len(views.at) if by_view else 0
        self.by_view = by_view
        self.verdict = np.zeros(total, np.int32)
        self.told = np.full(total, _NOTHING, np.int32)
        self.used = np.full(total, _NOTHING, np.int32)
        self.prompt = np.full(total, _NOTHING, np.int32)
        self.exposed = np.zeros(total, np.int32)
        self.counted = np.zeros(total, np.bool_)
        self.speculative = np.zeros(total, np.bool_)

    def decided(self) -> Decided:
        """Take all readers through their views."""
        order, starts = in_order(self.views.reader, self.views.at)
        cuts = starts.tolist() if len(order) else [0]
        rows = [
            self._read(order[cuts[number] : cuts[number + 1]]) for number in range(len(cuts) - 1)
        ]

        def column(name: str) -> Integers:
            return np.array([getattr(row, name) for row in rows], np.int64)

        verdicts = self.sums.verdicts
        return Decided(
            readers=Readers(
                reader=self.views.reader[order[starts[: len(rows)]]],
                views=column("views"),
                counted=column("counted"),
                blocked=column("blocked"),
                first_stop=column("first_stop"),
                first_stop_at=column("first_stop_at"),
            ),
            views=np.array([verdicts[n] for n in range(len(self.columns.verdicts))], np.int64),
            meters=np.array([self.sums.meters[m] for m in range(len(self.columns.meters))]),
            verdict=self.verdict,
            told=self.told,
            used=self.used,
            counted=self.counted,
            speculative=self.speculative,
            campaigns=DecidedCampaigns(
                prompt=self.prompt,
                exposed=self.exposed,
                shown=self.sums.shown,
                kept_back=self.sums.kept_back,
                exposures=self.sums.exposures,
                readers_exposed=self.sums.readers_exposed,
                readers_in=self.sums.readers_in,
            ),
        )

    def _read(self, places: Integers) -> _ReaderRow:
        """Take one reader through some views in order."""
        row = _ReaderRow()
        usage = Usage()
        closings = self.closings[int(self.views.reader[places[0]])]
        closed = 0
        for place, at in zip(places.tolist(), self.views.at[places].tolist(), strict=True):
            while closed < len(closings) and _comes_before(closings[closed], at, place):
                usage = self._close(usage, closings[closed])
                closed += 1
            usage = self._view(row, usage, place, at)
        self.sums.readers_in.update(row.variants)
        self.sums.readers_exposed.update(row.exposed)
        return row

    def _close(self, usage: Usage, closing: OtherEvent) -> Usage:
        return close(self.rulebook.policy, usage, closing.name, self._moment(closing.at))

    def _moment(self, at: int) -> datetime:
        return moment(at, self.rulebook.policy.zone)

    def _view(self, row: _ReaderRow, usage: Usage, place: int, at: int) -> Usage:
        """Decide one view; return what is remembered after it."""
        views = self.views
        situation = self._situation(int(views.group[place if len(views.group) > 1 else 0]))
        if usage.started != situation.started:
            usage = Usage(
                usage.tallies, situation.started, usage.shown, usage.closed, usage.offered
            )
        view = self._page(place, prefetch=situation.prefetch)
        reader = self.readers[int(views.right[place]) if len(views.right) else 0]
        counts, held = count(self.rulebook, reader, view, usage, at)
        outcome = situation.outcomes.get(counts)
        if outcome is None:
            outcome = self._outcome(situation, counts, at)
            situation.outcomes[counts] = outcome
        conclusion = outcome.conclusion
        exposed = conclusion.decision.exposures
        told = None
        if conclusion.says_more:
            told, usage = spend(self.rulebook, conclusion, held, usage)
            if told is not None and told[2]:
                exposed = read_meter(self.rulebook, conclusion, told).exposures
        row.add(at, outcome)
        row.variants |= situation.variants
        row.exposed.update(exposed)
        self._sum(situation, outcome, exposed)
        if self.by_view:
            self.verdict[place] = outcome.verdict
            if told is not None:
                self.told[place] = told[0].place
                self.used[place] = told[0].used
            self.prompt[place] = self._prompt_number(outcome.prompt)
            self.exposed[place] = self._exposed_number(exposed)
            self.counted[place] = conclusion.decision.counted
            self.speculative[place] = conclusion.decision.speculative
        return usage

    def _sum(self, situation: _Facts, outcome: _Followed, exposed: tuple[Exposure, ...]) -> None:
        sums = self.sums
        if not outcome.conclusion.decision.speculative:
            sums.verdicts[outcome.verdict] += 1
        for meter in outcome.conclusion.counted:
            sums.meters[meter] += 1
        for exposure in exposed:
            sums.exposures[exposure] += 1
        if situation.prefetch:  # nobody looks yet
            return
        if outcome.prompt is not None:
            sums.shown[outcome.prompt] += 1
        if outcome.kept_back is not None:
            sums.kept_back[outcome.kept_back] += 1

    def _prompt_number(self, prompt: str | None) -> int:
        known = self.columns.prompts
        return _NOTHING if prompt is None else known.setdefault(prompt, len(known))

    def _exposed_number(self, exposures: tuple[Exposure, ...]) -> int:
        known = self.columns.exposed
        return known.setdefault(exposures, len(known))

    def _page(self, place: int, *, prefetch: bool) -> PageView:
        """Return a view: its article and its id are named by their numbers."""
        number = int(self.views.article[place])
        article = self.articles.get(number)
        if article is None:
            article = self.articles[number] = Article(id=f"{number}")
        key = self.views.key
        name = f"{key[place]}" if len(key) == len(self.views.at) else None
        return PageView(article=article, id=name, prefetch=prefetch)

    def _situation(self, number: int) -> _Facts:
        found = self.situations.get(number)
        if found is None:
            group = self.columns.groups[number]
            facts = group.values
            found = self.situations[number] = _Facts(
                facts=facts,
                is_settled=is_settled(self.rulebook, facts),
                prefetch=group.prefetch,
                started=group.started,
                variants=frozenset(
                    Exposure(each.name, facts[each.slot])
                    for each in self.rulebook.experiments
                    if facts[each.slot] in each.variants and each.formula.holds(facts)
                ),
            )
        return found

    def _outcome(self, situation: _Facts, counts: Counts, at: int) -> _Followed:
        """Judge, and conclude: the engine's own steps."""
        facts = situation.facts
        if not situation.is_settled:
            facts = complete(self.rulebook, facts, counts)
        verdict = judge(self.rulebook, facts)
        self.columns.judged += 1
        conclusion = conclude(self.rulebook, verdict, facts, counts, self._moment(at))
        prompt = conclusion.decision.prompt
        return _Followed(
            conclusion=conclusion,
            verdict=self.columns.number(verdict, facts),
            blocked=verdict.show.access is Access.PREVIEW,
            prompt=prompt,
            kept_back=None if prompt == verdict.prompt else verdict.prompt,
        )


def _comes_before(closing: OtherEvent, at: int, place: int) -> bool:
    return (closing.at, closing.before) <= (at, place)
