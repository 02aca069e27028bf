"""What may be kept by a cache is the same for everyone, whoever asks, until it may change.

`Everyone` reads that off the rules; here it is held against `decide` itself, for many readers, many
views and the edges of every date, age and hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Article, PageView, Reader, Rule, Usage, decide, loads_policy
from meter.policy import Dates, Hours, Lengths, When
from meter.testing import strategies
from meter.testing.strategies.times import edges
from meter.vocabulary import Access, Range, Show, Weekday
from meter.web.gate.everyone import Everyone
from meter.windows import instant, moment

NOBODY = Reader(id=None)
SECOND = 1_000_000
YEAR = 366 * 86_400 * SECOND
SPANS = ["1 hour", "24 hours", "7 days"]
OF_THE_ARTICLE = st.one_of(
    st.sampled_from([["free"], ["metered"], ["free", "premium"]]).map(lambda w: When(access=w)),
    st.sampled_from(SPANS).map(lambda span: When(age=Lengths(at_least=span))),
    st.sampled_from(SPANS).map(lambda span: When(age=Lengths(below=span))),
    st.sampled_from(SPANS).map(lambda span: When(age=Lengths(at_most=span))),
    st.sampled_from(list(Weekday)).map(lambda day: When(weekday=[day])),
    st.sampled_from([Hours(at_least=18), Hours(below=6)]).map(lambda hours: When(hour=hours)),
    st.builds(lambda at: When(dates=Dates(from_=at)), strategies.edge_times()),
    st.builds(lambda at: When(dates=Dates(until=at)), strategies.edge_times()),
    st.just(When(value=Range(at_least=0.5))),
)
OPENING = st.one_of(
    st.just(When()),
    OF_THE_ARTICLE,
    OF_THE_ARTICLE.map(lambda when: When(not_=when)),
    st.lists(OF_THE_ARTICLE, min_size=1, max_size=2).map(lambda whens: When(any=whens)),
    strategies.whens(depth=1, least=1),
)


@st.composite
def open_policies(draw):
    """Draw policies that mostly open something before their other rules."""
    policy = draw(strategies.policies())
    opened = draw(st.lists(OPENING, min_size=1, max_size=2))
    offers = st.sampled_from([(), *((offer.name,) for offer in policy.offers)])
    rules = [
        Rule(name=f"open {number}", when=when, show="article", offers=draw(offers))
        for number, when in enumerate(opened)
    ]
    return evolve(policy, rules=(*rules, *policy.rules))


def hold(everyone_of, data):
    """Assert that what `everyone_of` calls open is open to everybody who is drawn."""
    policy = data.draw(open_policies())
    article = data.draw(strategies.articles(policy))
    people = [NOBODY, *data.draw(st.lists(strategies.readers(policy), min_size=2, max_size=4))]
    at = instant(data.draw(strategies.edge_times(policy, people)))
    found = everyone_of(policy).of(article, moment(at, policy.zone))
    if not found.whole:
        assert not found.same
        return
    times = [at]
    if found.same:
        times += _times(policy, people, article, at, found.seconds)
    first, _ = decide(policy, NOBODY, PageView(article=article), Usage(), moment(at, policy.zone))
    view = st.builds(
        partial(evolve, article=article, prefetch=False), strategies.page_views(policy)
    )
    for reader in people:
        usage = data.draw(st.just(Usage()) | strategies.usages(policy))
        asked = data.draw(view)
        for time in times:
            _check(policy, reader, asked, usage, time, found, first.offers)


def _times(policy, people, article, at, seconds):
    """Return the edges within some seconds, and the instants beside them."""
    end = at + (YEAR if seconds is None else seconds * SECOND)
    near = [edge + step for edge in edges(policy, people, at, [article]) for step in (-1, 0, 1)]
    inside = sorted(time for time in {*near, end - 1} if at < time < end)
    return [*inside[:6], *inside[-3:]]


def _check(policy, reader, view, usage, time, found, offers):
    decision, after = decide(policy, reader, view, usage, moment(time, policy.zone))
    assert decision.access is Access.FULL, "an open article is closed to somebody"
    if found.same:
        assert decision.show is Show.ARTICLE, "somebody gets another answer"
        assert decision.prompt is None
        assert decision.offers == offers, "somebody gets another offer"
        assert not decision.counted, "a view that a cache would hide is counted"
        assert after is usage


@settings(max_examples=25)
@given(data=st.data())
def test_what_is_open_to_everyone_is_so_for_every_reader_until_it_may_change(data):
    """Zones, products, switches, `counts`, offers, dates, ages: nobody gets another answer."""
    hold(Everyone, data)


HEAD = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Kathmandu"
[meters.m]
window = {{ calendar = "month" }}
limit = 1
{counts}
[[rules]]
name = "open"
{when}
show = "article"
[[rules]]
name = "else"
spend = "m"
show = "countdown"
[[rules]]
name = "nothing left"
show = "wall"
"""
NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
PUBLISHED = Article(id="a1", access="free", published=NOON - timedelta(minutes=50))
HISTORY = '[meters.history]\nwindow = { calendar = "month" }\nlimit = 1\n'
OFFER = '[offers.o]\nkind = "trial"\nprice = 1\ncurrency = "USD"\nterm = "1 month"\n'
TABLE = {
    "free to all": ("", 'when = { access = ["free"] }', (True, True, None)),
    "counted by a history": (
        HISTORY + 'counts = { access = ["free"] }',
        'when = { access = ["free"] }',
        (True, False, None),
    ),
    "counted for some by a history": (
        HISTORY + "counts = { gift = true }",
        'when = { access = ["free"] }',
        (True, False, None),
    ),
    "open while young": ("", 'when = { age = { below = "1 hour" } }', (True, True, 600)),
    "open while young, to the edge": (
        "",
        'when = { age = { at_most = "1 hour" } }',
        (True, True, 600),
    ),
    "open until a day ends": ("", "when = { dates = { until = 2026-06-10 } }", (True, True, 22500)),
    "by the hour": ("", "when = { hour = { at_least = 6 } }", (True, True, 900)),
    "with an offer that ends": (
        OFFER + "ends = 2026-06-10",
        'when = { access = ["free"] }\noffer = "o"',
        (True, True, 22500),
    ),
    "with an offer for some": (
        OFFER + 'when = { reader = ["anonymous"] }',
        'when = { access = ["free"] }\noffer = "o"',
        (True, False, None),
    ),
    "free on a meter, with an offer that is given once": (
        OFFER + "once = true",
        'when = { access = ["free"] }\nspend = "m"\noffer = "o"',
        (True, False, None),
    ),
    "open to some": ("", "when = { gift = true }", (False, False, None)),
    "closed to some": ("", "when = { not = { gift = true } }", (False, False, None)),
}


def _found(everyone_of, counts, when):
    policy = loads_policy(HEAD.format(counts=counts, when=when))
    # What the second rule opens is a metered article's.
    article = evolve(PUBLISHED, access="free" if "free" in when else "metered")
    return tuple(everyone_of(policy).of(article, NOON))


@pytest.mark.parametrize("name", TABLE)
def test_what_is_open_and_for_how_long(name):
    """A history counts, an age passes, a day ends, a quarter of an hour may begin another hour."""
    counts, when, expected = TABLE[name]
    assert _found(Everyone, counts, when) == expected


class IgnoresHistories(Everyone):
    """A planted bug: what a meter counts whatever rule opens it is overlooked."""

    def _may_count(self, values):
        return iter(())


class IgnoresAges(Everyone):
    """A planted bug: an article never grows older."""

    def _turns(self, article, at):
        return super()._turns(evolve(article, published=None), at)


class TakesUnknownForKnown(Everyone):
    """A planted bug: what hangs on the reader is taken as nobody's."""

    def __init__(self, policy):
        super().__init__(policy)
        self._unknown = frozenset()


@pytest.mark.parametrize("planted", [IgnoresHistories, IgnoresAges, TakesUnknownForKnown])
def test_planted_bugs_are_noticed(planted):
    """Each planted bug makes a row of the table untrue."""
    rows = TABLE.values()
    assert any(_found(planted, counts, when) != wanted for counts, when, wanted in rows)
