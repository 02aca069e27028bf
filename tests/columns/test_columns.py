"""Do the columns decide what the engine decides, view by view?"""

from __future__ import annotations

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Article, PageView, Reader, Usage, decide, loads_policy
from meter.columns.decide import Columns, Views
from meter.testing import strategies
from meter.windows import moment
from tests.columns.both import by_columns, by_engine, judged_for_ten_thousand_views

LIMIT_PER_STATUS = """
[publication]
name = "The Harbour Review"
timezone = "America/Havana"
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 1, registered = 3 }
[meters.daily]
window = { rolling = "1 day" }
limit = 2
count = "views"
[[rules]]
name = "two a day from search"
when = { channel = ["search"] }
spend = "daily"
show = "countdown"
[[rules]]
name = "the last one asks for an account"
when = { reader = ["anonymous"], left = { monthly = { at_most = 0 } } }
show = "registration-wall"
[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


@st.composite
def _populations(draw):
    policy = draw(strategies.policies())
    count = draw(st.integers(1, 3))
    return policy, {f"reader-{n}": draw(strategies.journeys(policy)) for n in range(count)}


@settings(max_examples=100, deadline=None)
@given(_populations())
def test_columns_decide_as_the_engine_does(population):
    """Every decision on every view of random policies agrees, at times on edges."""
    policy, people = population

    assert by_engine(policy, people) == by_columns(policy, people)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_columns_agree_on_several_meters(data):
    """A policy with two meters, a rule on what is left and limits by status is decided alike."""
    policy = loads_policy(LIMIT_PER_STATUS)
    people = {f"reader-{n}": data.draw(strategies.journeys(policy)) for n in range(2)}

    assert by_engine(policy, people) == by_columns(policy, people)


@settings(max_examples=30, deadline=None)
@given(_populations(), st.integers(2, 3))
def test_threads_change_nothing(population, workers):
    """The decisions do not depend on the number of threads."""
    policy, people = population

    assert by_columns(policy, people) == by_columns(policy, people, workers=workers)


def test_nothing_is_decided_of_no_views():
    """No views give no readers and no verdicts."""
    policy = loads_policy(LIMIT_PER_STATUS)

    assert by_columns(policy, {}) == []


def test_the_engine_is_asked_once_a_combination():
    """Ten thousand views of two sorts of reader are judged a handful of times."""
    assert judged_for_ten_thousand_views(loads_policy(LIMIT_PER_STATUS)) <= 16


BUSY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Kathmandu"
[meters.m]
window = {{ {window} }}
limit = {limit}
[[rules]]
name = "a few articles"
spend = "m"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
YEARS = 366 * 86_400_000_000


@pytest.mark.parametrize(
    "window",
    [
        'calendar = "day"',
        'calendar = "month"',
        'rolling = "36 hours"',
        'fixed = "2 days"',
        "lifetime = true",
    ],
)
@pytest.mark.parametrize(
    ("readers", "span"),
    [
        ((0, 1, 2), YEARS // 50),
        ((0, 7, 1 << 40), YEARS // 50),
        ((5, 2**64 - 1), YEARS // 50),
        ((1,), 160 * YEARS),
        ((3, 1 << 50), 160 * YEARS),
    ],
    ids=["dense", "sparse", "largest", "two centuries", "two centuries, sparse"],
)
def test_numbers_and_times_may_lie_far_apart(window, readers, span):
    """Few or many readers with busy lives, numbers close together or far apart, times before 1970.

    All decided as the engine does.
    """
    policy, random = loads_policy(BUSY.format(window=window, limit=4)), np.random.default_rng(11)
    columns, total = Columns(policy), 300
    group = columns.group(
        policy.rulebook.vocabulary.observe(Reader(id="-"), PageView(article=Article(id="-")), 0),
    )
    reader = np.array(readers, np.uint64)[random.integers(0, len(readers), total)]
    at, article = random.integers(-span // 3, span // 3, total), random.integers(0, 9, total)
    decided = columns.decide(Views(reader=reader, at=at, article=article, group=[group]))
    usages, expected = {}, {}
    for place in np.argsort(at, kind="stable").tolist():
        view, name = PageView(article=Article(id=str(article[place]))), int(reader[place])
        decision, usages[name] = decide(
            policy,
            Reader(id="-"),
            view,
            usages.get(name, Usage()),
            moment(int(at[place]), policy.zone),
        )
        expected[place] = decision.show, decision.meter.used, decision.counted

    assert [expected[place] for place in range(total)] == [
        (columns.verdicts[verdict].show, used, counted)
        for verdict, used, counted in zip(
            decided.verdict, decided.used.tolist(), decided.counted.tolist(), strict=True
        )
    ]
    assert set(readers) & set(reader.tolist()) == set(decided.readers.reader.tolist())


def test_large_limits_are_counted():
    """A limit in the thousands is exact, and so is what lies beyond it."""
    policy = loads_policy(BUSY.format(window="lifetime = true", limit=3_000))
    columns = Columns(policy)
    group = columns.group(
        policy.rulebook.vocabulary.observe(Reader(id="-"), PageView(article=Article(id="-")), 0),
    )
    views = np.arange(4_000)
    decided = columns.decide(Views(reader=views * 0, at=views, article=views, group=[group]))

    assert [1_000] == decided.readers.blocked.tolist()
    assert [3_001] == decided.readers.first_stop.tolist()


@pytest.mark.parametrize("kind", [np.uint64, np.int64])
def test_whole_numbers_of_readers_are_not_copied(kind):
    """A log of many views is in memory once."""
    readers = np.arange(4, dtype=kind)
    none = np.zeros(4, np.int64)
    views = Views(reader=readers, at=none, article=none, group=np.zeros(4, np.int32))
    assert views.reader.dtype == np.uint64
    assert np.shares_memory(readers, views.reader)
