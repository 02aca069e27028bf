"""The same page views decided twice: one at a time by the engine, and all at once in columns."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from hypothesis import strategies as st

from meter import Article, PageView, Reader, Usage, decide
from meter.columns.decide import Columns, Views
from meter.columns.views import OtherEvent
from meter.engine import close
from meter.testing import strategies
from meter.windows import instant

if TYPE_CHECKING:
    from datetime import datetime


class Closed(NamedTuple):
    """A step of a journey: a prompt is closed."""

    prompt: str
    now: datetime


@st.composite
def closing_journeys(draw, policy):
    """Draw a journey on which prompts are closed."""
    prompts = [prompt.name for prompt in policy.rulebook.frequencies.prompts]
    steps = []
    for step in draw(strategies.journeys(policy)):
        steps.append(step)
        if prompts and draw(st.integers(0, 3)) == 0:
            steps.append(Closed(draw(st.sampled_from(prompts)), step.now))
    return steps


def _in_time(steps):
    return sorted(steps, key=lambda step: step.now)


def by_engine(policy, people, started=frozenset()):
    """Return what the engine decides of each reader's views in order of time."""
    rows = []
    for name, steps in people.items():
        usage = Usage(started=started)
        for step in _in_time(steps):
            if isinstance(step, Closed):
                usage = close(policy, usage, step.prompt, step.now)
                continue
            decision, usage = decide(policy, step.reader, step.view, usage, step.now)
            meter = decision.meter
            reading = meter and (meter.name, meter.limit, meter.used, meter.left)
            rows.append(
                (
                    name,
                    decision.show,
                    decision.rule,
                    decision.prompt,
                    decision.offers,
                    reading,
                    decision.speculative,
                    decision.counted,
                    decision.exposures,
                )
            )
    return rows


def by_columns(policy, people, *, workers=1, started=frozenset()):
    """Return the same of `Columns`, given the views in an order that mixes the readers."""
    columns, observe = Columns(policy), policy.rulebook.vocabulary.observe
    mixed = sorted(
        ((n, name, step) for name, steps in people.items() for n, step in enumerate(steps)),
        key=lambda row: row[0],
    )
    codes = {name: code for code, name in enumerate(people)}
    articles, keys, rights, closings, seen = {}, {}, {}, [], []
    for _, name, step in mixed:
        if isinstance(step, Closed):
            closings.append(OtherEvent(codes[name], instant(step.now), len(seen), step.prompt))
        else:
            seen.append((name, step))
    mixed = seen
    steps = [step for _, step in mixed]
    at = [instant(step.now) for step in steps]
    right = [rights.setdefault(step.reader.entitlements, len(rights)) for step in steps]
    views = Views(
        reader=[codes[name] for name, _ in mixed],
        at=at,
        article=[articles.setdefault(step.view.article.key, len(articles)) for step in steps],
        key=[
            keys.setdefault(step.view.view_key(when), len(keys))
            for step, when in zip(steps, at, strict=True)
        ],
        group=[
            columns.group(
                observe(step.reader, step.view, when),
                prefetch=step.view.prefetch,
                started=started,
            )
            for step, when in zip(steps, at, strict=True)
        ],
        right=right,
        rights=tuple(rights),
        closings=tuple(closings),
    )
    decided = columns.decide(views, workers=workers)
    prompts = {number: prompt for prompt, number in columns.prompts.items()}
    exposed = {number: exposures for exposures, number in columns.exposed.items()}
    told = decided.campaigns
    rows = []
    for place, (name, _) in enumerate(mixed):
        verdict = columns.verdicts[decided.verdict[place]]
        reading = _reading(columns, views, decided, place)
        row = (
            name,
            verdict.show,
            verdict.rule,
            _prompt(decided, place, verdict.prompt, prompts),
            verdict.offers,
            reading,
            bool(decided.speculative[place]),
            bool(decided.counted[place]),
            () if told is None else exposed[int(told.exposed[place])],
        )
        rows.append((codes[name], at[place], row))
    rows.sort(key=lambda row: row[:2])
    _check_totals(rows, decided)
    return [row for _, _, row in rows]


def _prompt(decided, place, named, prompts):
    """Return the prompt that is shown with a view, given the one that its rule names."""
    if decided.campaigns is not None:
        return prompts.get(int(decided.campaigns.prompt[place]))
    return None if decided.speculative[place] else named


def _reading(columns, views, decided, place):
    """Return the meter that is told of a view, as a decision's is."""
    told, used = int(decided.told[place]), int(decided.used[place])
    if told < 0:
        return None
    limit = columns.limit(views.group[place], told)
    return columns.meters[told], limit, used, None if limit is None else limit - used


def _check_totals(rows, decided):
    """Hold the rows by reader to the decisions they sum up."""
    readers = decided.readers
    totals = {
        int(reader): (int(views), int(counted), int(blocked), int(first))
        for reader, views, counted, blocked, first in zip(
            readers.reader,
            readers.views,
            readers.counted,
            readers.blocked,
            readers.first_stop,
            strict=True,
        )
    }
    expected = {}
    for code, group in groupby(rows, key=lambda row: row[0]):
        mine = [row for _, _, row in group]
        stops = [n for n, row in enumerate(mine, 1) if str(row[1].access) == "preview"]
        expected[code] = (
            len(mine),
            sum(row[-2] for row in mine),
            len(stops),
            stops[0] if stops else 0,
        )
    assert expected == totals
    assert len(rows) == decided.views.sum() + decided.speculative.sum()


def judged_for_ten_thousand_views(policy):
    """Return how often the engine is asked about readers with and without an account."""
    columns, random = Columns(policy), np.random.default_rng(5)
    observe = policy.rulebook.vocabulary.observe
    groups = [
        columns.group(
            observe(Reader(id="r", registered=known), PageView(article=Article(id="a")), 0),
        )
        for known in (False, True)
    ]
    reader, at = random.integers(0, 500, 10_000), random.integers(0, 10**13, 10_000)
    columns.decide(
        Views(
            reader=reader,
            at=at,
            article=random.integers(0, 40, 10_000),
            group=np.take(groups, reader % 2),
        )
    )
    return columns.judged
