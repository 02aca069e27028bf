"""Does `decide` do what the rules of counting say, one case at a time?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from meter import (
    Access,
    Article,
    Entitlement,
    PageView,
    Reader,
    Show,
    Usage,
    decide,
    explain,
    loads_policy,
)
from meter.engine import allowance, expires_at, ledger
from meter.facts.meters import Opening
from meter.usage import Tally
from meter.windows import instant

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
ANYONE = Reader(id="r")

HEAD = """
[publication]
name = "The Harbour Review"
timezone = "UTC"
"""
METER = """
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 1, registered = 2 }
"""
OFFER = """
[offers.summer]
price = 9
currency = "USD"
term = "3 months"
ends = 2026-06-30
when = { reader = ["anonymous"] }
"""
TASTE = """
[[rules]]
name = "taste"
spend = "monthly"
show = "countdown"
offer = "summer"
[[rules]]
name = "everyone else"
show = "trial-offer"
offer = "summer"
"""
POLICY = loads_policy(HEAD + METER + OFFER + TASTE)


def view(name: str, access: str = "metered", **keys) -> PageView:
    return PageView(article=Article(id=name, access=access), **keys)


def after(*names: str, policy=POLICY, reader=ANYONE, now=NOW, usage=None) -> Usage:
    """Return what is remembered after reading some articles."""
    usage = usage or Usage()
    for name in names:
        usage = decide(policy, reader, view(name), usage, now)[1]
    return usage


def shown(page: PageView, usage: Usage, *, policy=POLICY, reader=ANYONE, now=NOW) -> tuple:
    decision, remembered = decide(policy, reader, page, usage, now)
    meter = decision.meter and (decision.meter.used, decision.meter.left)
    return (
        str(decision.show),
        str(decision.rule),
        decision.offer,
        meter,
        decision.counted,
        remembered is usage,
    )


KNOWN = Reader(id="r", registered=True)


@pytest.mark.parametrize(
    ("page", "read", "reader", "expected"),
    [
        (view("a"), [], ANYONE, ("last-free-article", "taste", "summer", (1, 0), True, False)),
        (view("a"), [], KNOWN, ("countdown", "taste", None, (1, 1), True, False)),
        (view("a"), ["a"], ANYONE, ("last-free-article", "taste", "summer", (1, 0), False, True)),
        (view("b"), ["a"], ANYONE, ("trial-offer", "everyone else", "summer", (1, 0), False, True)),
        (
            view("c"),
            ["a", "b"],
            KNOWN,
            ("subscription-wall", "everyone else", None, (2, 0), False, True),
        ),
        (
            view("p", "premium"),
            [],
            ANYONE,
            ("trial-offer", "everyone else", "summer", None, False, True),
        ),
        (view("f", "free"), ["a"], ANYONE, ("article", "taste", "summer", None, False, True)),
        (
            view("a", prefetch=True),
            [],
            ANYONE,
            ("last-free-article", "taste", "summer", (0, 1), False, True),
        ),
        (view("a", prefetch=True), [], KNOWN, ("countdown", "taste", None, (0, 2), False, True)),
    ],
)
def test_counts_what_the_rules_say(page, read, reader, expected):
    """New, re-read, walled, premium, free and prefetched, for two tiers."""
    assert expected == shown(page, after(*read, reader=KNOWN), reader=reader)


def test_tiers_never_borrow():
    """A status the limit does not name gets nothing; an expired one falls back to `registered`."""
    trial, expired = (
        Reader(id="r", entitlements=[Entitlement(kind="trial", ends=ends)]) for ends in (None, NOW)
    )
    assert shown(view("a"), Usage(), reader=trial)[::3][:2] == ("subscription-wall", (0, 0))
    assert shown(view("a"), Usage(), reader=expired)[::3][:2] == ("countdown", (1, 1))


def test_a_limit_of_0_is_a_wall_at_once():
    """Nothing is ever called free."""
    policy = loads_policy(HEAD + METER.replace("anonymous = 1", "anonymous = 0") + OFFER + TASTE)
    assert shown(view("a"), Usage(), policy=policy) == (
        "trial-offer",
        "everyone else",
        "summer",
        (0, 0),
        False,
        True,
    )


def test_a_reader_without_an_id_has_no_allowance():
    """Nothing could be counted for them, so what would count is refused and nothing is kept."""
    nobody = Reader(id=None)
    decision, remembered = decide(POLICY, nobody, view("a"), Usage(), NOW)
    assert decision.show is Show.TRIAL_OFFER
    assert (decision.meter.name, decision.meter.left) == ("monthly", 0)
    assert remembered == Usage()
    assert decide(POLICY, nobody, view("a", "free"), Usage(), NOW)[0].access is Access.FULL


def test_a_lowered_limit_never_reports_more_than_it():
    """Two read, limit now 1: used is 1; what was read stays open, and nothing new does."""
    usage = after("a", "b", reader=KNOWN)
    assert shown(view("a"), usage)[::3][:2] == ("last-free-article", (1, 0))
    assert shown(view("c"), usage)[::3][:2] == ("trial-offer", (1, 0))


def test_an_offer_holds_to_the_end_of_its_last_day():
    """30 June is inside, midnight is not; then a `trial-offer` is a `subscription-wall`."""
    usage = after("a")
    last, over = (
        datetime(2026, 6, 30, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 7, 1, tzinfo=UTC),
    )
    assert shown(view("p", "premium"), usage, now=last)[::2][:2] == ("trial-offer", "summer")
    assert shown(view("p", "premium"), usage, now=over)[::2][:2] == ("subscription-wall", None)


def test_the_window_ends_to_the_microsecond():
    """The last microsecond of June still counts June's reads; July starts afresh."""
    usage = after("a")
    end = datetime(2026, 7, 1, tzinfo=UTC)
    assert (
        decide(POLICY, ANYONE, view("b"), usage, end - timedelta(microseconds=1))[0].rule
        == "everyone else"
    )
    decision, later = decide(POLICY, ANYONE, view("b"), usage, end)
    assert ("taste", datetime(2026, 8, 1, tzinfo=UTC)) == (decision.rule, decision.meter.resets_at)
    assert later.tally("monthly").ids == ("b",)


def test_a_clock_that_steps_back_finds_the_window_it_left():
    """A read in July, then a server still in June: July's allowance is spent."""
    behind = datetime(2026, 6, 30, tzinfo=UTC)
    usage = after("a", now=datetime(2026, 7, 1, tzinfo=UTC))
    decision, remembered = decide(POLICY, ANYONE, view("b"), usage, behind)
    assert ("everyone else", datetime(2026, 8, 1, tzinfo=UTC)) == (
        decision.rule,
        decision.meter.resets_at,
    )
    assert remembered is usage
    assert (
        instant(datetime(2026, 7, 1, tzinfo=UTC))
        == after("b", reader=KNOWN, usage=usage, now=behind).tally("monthly").ats[-1]
    )


TWO_METERS = (
    HEAD
    + """
[meters.news]
window = { calendar = "month" }
limit = 1
[meters.podcasts]
window = { calendar = "month" }
limit = 1
[[rules]]
name = "news"
when = { kind = ["news"] }
spend = "news"
show = "article"
[[rules]]
name = "podcasts"
when = { kind = ["podcast"] }
spend = "podcasts"
show = "article"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
)


def kind(name: str, sort: str) -> PageView:
    return PageView(article=Article(id=name, kind=sort))


def test_a_clock_that_steps_back_finds_every_meters_window():
    """A month that one meter has seen end is over for the others too.

    The news of January stay spent.
    """
    policy = loads_policy(TWO_METERS)
    january, february = datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    usage = decide(policy, ANYONE, kind("a", "news"), Usage(), january)[1]
    usage = decide(policy, ANYONE, kind("b", "podcast"), usage, february)[1]
    decision, usage = decide(policy, ANYONE, kind("c", "news"), usage, january)
    assert (True, datetime(2026, 3, 1, tzinfo=UTC)) == (decision.counted, decision.meter.resets_at)
    assert decide(policy, ANYONE, kind("d", "news"), usage, january)[0].rule == "everyone else"


def test_the_first_meter_with_nothing_left_is_the_one_told_of():
    """A wall reports the meter of the first rule that would have let the reader in."""
    policy = loads_policy(TWO_METERS.replace('when = { kind = ["podcast"] }\n', ""))
    usage = after("x", policy=policy)
    usage = decide(policy, ANYONE, kind("a", "news"), usage, NOW)[1]
    assert ((d := decide(policy, ANYONE, kind("b", "news"), usage, NOW)[0]).rule, d.meter.name) == (
        "everyone else",
        "news",
    )
    assert (
        (d := decide(policy, ANYONE, kind("b", "video"), usage, NOW)[0]).rule,
        d.meter.name,
    ) == ("everyone else", "podcasts")


def test_a_meter_of_views_counts_each_view_once():
    """Views of the same article count each.

    A retry (the same view id, or the same microsecond) does not.
    """
    policy = loads_policy(
        HEAD + METER.replace("anonymous = 1", "anonymous = 3") + 'count = "views"\n' + OFFER + TASTE
    )
    usage = Usage()
    for page, now, used in [
        (view("a", id="v1"), NOW, 1),
        (view("a", id="v1"), NOW + timedelta(hours=1), 1),
        (view("a", id="v2"), NOW, 2),
        (view("a"), NOW, 3),
        (view("a"), NOW, 3),
    ]:
        decision, usage = decide(policy, ANYONE, page, usage, now)
        assert used == decision.meter.used


NEARLY = """
[[rules]]
name = "soon over"
when = { left = { monthly = { at_most = 1 } } }
spend = "monthly"
show = "article"
"""


def test_a_rule_can_ask_what_would_be_left():
    """`left` is what remains after this view: the second of three leaves one."""
    policy = loads_policy(
        HEAD + METER.replace("anonymous = 1", "anonymous = 3") + OFFER + NEARLY + TASTE
    )
    found, usage = [], Usage()
    for name in "abcd":
        decision, usage = decide(policy, ANYONE, view(name), usage, NOW)
        found.append(decision.rule)
    assert found == ["taste", "soon over", "soon over", "everyone else"]


def test_an_offer_can_depend_on_what_is_left():
    """An offer for those who are nearly out shows with the last article."""
    offer = OFFER.replace(
        'when = { reader = ["anonymous"] }', "when = { left = { monthly = { equals = 0 } } }"
    )
    policy = loads_policy(HEAD + METER.replace("anonymous = 1", "anonymous = 2") + offer + TASTE)
    usage = Usage()
    for name, expected in (("a", None), ("b", "summer"), ("c", "summer")):
        decision, usage = decide(policy, ANYONE, view(name), usage, NOW)
        assert expected == decision.offer


@pytest.mark.parametrize(
    ("limit", "used", "seen", "spends", "expected"),
    [
        (0, 0, False, True, (Opening.CLOSED, 0)),
        (None, 7, False, True, (Opening.UNLIMITED, None)),
        (0, 0, True, True, (Opening.GIVEN, 0)),
        (0, 1, True, True, (Opening.GIVEN, 0)),
        (2, 0, False, True, (Opening.OPEN, 1)),
        (2, 0, False, False, (Opening.OPEN, 2)),
        (2, 0, True, True, (Opening.OPEN, 2)),
        (2, 2, False, True, (Opening.CLOSED, 0)),
        (2, 2, True, True, (Opening.OPEN, 0)),
        (2, 3, True, True, (Opening.OPEN, 0)),
        (2, 1, True, True, (Opening.OPEN, 1)),
    ],
)
def test_allowance_is_a_table(limit, used, seen, spends, expected):
    """Open or not, or given without an allowance, and what is left."""
    assert expected == allowance(limit, used, seen=seen, adds=spends and not seen)


def test_says_when_a_usage_may_be_dropped():
    """The end of the longest window.

    Never for a lifetime; a meter that is gone lasts as long as the longest there is.
    """
    assert expires_at(POLICY, Usage()) is None
    assert datetime(2026, 7, 1, tzinfo=UTC) == expires_at(POLICY, after("a"))
    assert datetime(2026, 7, 1, tzinfo=UTC) == expires_at(
        POLICY, Usage({"gone": Tally(("a",), (instant(NOW),))})
    )
    forever = loads_policy(
        HEAD + METER.replace('{ calendar = "month" }', "{ lifetime = true }") + OFFER + TASTE
    )
    assert expires_at(forever, after("a", policy=forever)) is None


def test_a_meter_that_is_gone_is_kept_while_it_may_come_back():
    """Renamed by mistake and renamed back within the window, a meter refunds nothing.

    Afterwards it is forgotten.
    """
    gone = Usage({"gone": Tally(("x",), (instant(NOW),))})
    assert list(after("a", usage=gone).tallies) == ["gone", "monthly"]
    assert list(after("a", usage=gone, now=datetime(2026, 7, 1, tzinfo=UTC)).tallies) == ["monthly"]
    none = loads_policy(HEAD + '[[rules]]\nname = "open"\nshow = "article"\n')
    assert (expires_at(none, gone), ledger(none, gone, NOW)) == (None, {})


def test_the_ledger_lists_what_is_counted_and_when_it_resets():
    """What is inside the running window, oldest first."""
    tally, resets = ledger(POLICY, after("a", "b", reader=KNOWN), NOW)["monthly"]
    assert (("a", "b"), datetime(2026, 7, 1, tzinfo=UTC)) == (tally.ids, resets)
    assert {"monthly": (Tally(), None)} == ledger(POLICY, after("a"), NOW + timedelta(days=30))


def test_a_time_without_a_zone_is_refused():
    """Before anything is decided."""
    with pytest.raises(ValueError, match="has no zone"):
        decide(POLICY, ANYONE, view("a"), Usage(), datetime(2026, 6, 1))  # noqa: DTZ001


def test_shows_come_with_their_access():
    """The first three words give the whole article."""
    assert [show.access for show in Show] == [Access.FULL] * 3 + [Access.PREVIEW] * 6


def test_explains_which_rule_fired_and_why_the_others_did_not():
    """In a person's words."""
    decision, _ = decide(POLICY, KNOWN, view("b"), after("a", "b2", reader=KNOWN), NOW)
    assert explain(decision).splitlines() == [
        "shows `subscription-wall` (a preview) by rule `everyone else`",
        (
            "  meter `monthly`: 2 of 2 used, 0 left; this view counted nothing, more from"
            " 2026-07-01T00:00:00+00:00"
        ),
        "  offer `summer` is left out: the reader's status is `registered`, not `anonymous`",
        "  not rule 1 `taste`: nothing is left of `monthly`",
    ]
    assert date(2026, 6, 10) == decision.at.date()
