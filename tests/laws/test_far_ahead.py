"""A clock that was wrong walls nobody: reads more than a day ahead, in all windows and zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import (
    Article,
    Meter,
    PageView,
    Paywall,
    Policy,
    Reader,
    Rule,
    Usage,
    Window,
    decide,
    open_store,
)
from meter.engine import believe, expires_at, join, ledger
from meter.policy import Publication
from meter.testing import strategies
from meter.usage import Tally
from meter.windows import DAY, instant

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
WINDOWS = [
    Window(calendar="day"),
    Window(calendar="week"),
    Window(calendar="month"),
    Window(calendar="year"),
    Window(rolling="30 days"),
    Window(fixed="2 days"),
    Window(lifetime=True),
]
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def policy_of(*windows, zone="UTC", limit=2) -> Policy:
    """Return a policy that spends one meter after the other."""
    names = [f"m{number}" for number in range(len(windows))]
    return Policy(
        publication=Publication(name="The Harbour Review", timezone=zone),
        meters=[
            Meter(name=name, window=window, limit=limit)
            for name, window in zip(names, windows, strict=True)
        ],
        rules=[
            *(Rule(name=name, spend=name, show="countdown") for name in names),
            Rule(name="wall", show="subscription-wall"),
        ],
    )


def read(policy, name, usage, now=NOW):
    return decide(policy, Reader(id="r"), PageView(article=Article(id=name)), usage, now)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("when", [NOW + timedelta(days=3653), LAST], ids=["2036", "9999"])
def test_a_read_by_a_clock_years_ahead_walls_nobody(window, when):
    """The whole allowance is there; only a lifetime contains what was read then."""
    policy = policy_of(window)
    usage = Usage({"m0": Tally(("far-1", "far-2"), (instant(when), instant(when)))})
    decision, after = read(policy, "a", usage)
    if window.lifetime:
        assert decision.show == "subscription-wall"
        return
    assert (decision.counted, decision.meter.used) == (True, 1)
    assert decision.meter.resets_at is None or decision.meter.resets_at < NOW + timedelta(days=366)
    assert {"far-1", "far-2", "a"} == set(after.tally("m0").ids), "nothing is lost"
    again, same = read(policy, "a", after)
    assert (again.counted, same is after) == (False, True)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_an_article_read_in_the_future_is_counted_once_now(window):
    """The same article, counted by a clock years ahead, counts now and stays counted."""
    policy = policy_of(window, limit=1)
    usage = Usage({"m0": Tally(("a",), (instant(NOW + timedelta(days=3653)),))})
    first, usage = read(policy, "a", usage)
    second, usage = read(policy, "a", usage)
    third, _ = read(policy, "b", usage)
    assert first.access == second.access == "full"
    assert first.counted is not window.lifetime
    assert not second.counted
    assert third.show == "subscription-wall"


@given(
    windows=st.lists(st.sampled_from(WINDOWS[:-1]), min_size=1, max_size=3),
    zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/Havana", "Pacific/Apia"]),
    ahead=st.lists(st.integers(1, 4_000), max_size=4),
    hours=st.integers(-23, 23),
)
def test_what_lies_outside_the_running_windows_changes_no_decision(windows, zone, ahead, hours):
    """With far-ahead reads outside every running window, all is decided as without them."""
    policy = policy_of(*windows, zone=zone)
    now = NOW.astimezone(ZoneInfo(zone)) + timedelta(hours=hours)
    year = timedelta(days=400)
    ats = tuple(sorted(instant(now + year + timedelta(days=days)) for days in set(ahead)))
    far = Tally(tuple(f"far-{number}" for number in range(len(ats))), ats)
    without = Usage()
    usage = Usage({"m0": far}) if ats else without
    for name in "abacbddea":
        expected, without = read(policy, name, without, now)
        decision, usage = read(policy, name, usage, now)
        assert expected == decision
    assert [tally for tally, _ in ledger(policy, without, now).values()] == [
        tally for tally, _ in ledger(policy, usage, now).values()
    ]


@given(data=st.data())
def test_a_day_is_believed_and_more_is_not(data):
    """The windows that run are those of the last read up to a day ahead, whatever lies beyond."""
    policy = data.draw(strategies.policies())
    usage = data.draw(strategies.usages(policy))
    at = instant(data.draw(strategies.edge_times(policy)))
    when, ahead = believe(usage, at)
    ats = [read for tally in usage.tallies.values() for read in tally.ats]
    assert when == max([at, *(read for read in ats if read <= at + DAY)])
    assert ahead is any(read > at + DAY for read in ats)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_a_record_of_a_wrong_clock_ends_soon_and_one_of_the_year_9999_too(window):
    """A store is told of an end that is no further off than a day and the window."""
    policy = policy_of(window)
    usage = Usage({"m0": Tally(("far",), (instant(LAST),))})
    ends = expires_at(policy, usage, NOW)
    if window.lifetime:
        assert ends is None
        return
    assert NOW < ends <= NOW + timedelta(days=1) + window.length
    assert expires_at(policy, usage).year in (9998, 9999)


def test_it_is_told_once_a_reader(caplog):
    """The paywall warns of a clock that was wrong, names nobody, and decides."""
    policy = policy_of(Window(calendar="month"))
    paywall = Paywall(policy, open_store("memory://"))
    reader = Reader(id="anna")
    far = NOW + timedelta(days=3653)
    paywall.check(reader, PageView(article=Article(id="far")), now=far)
    for name in "ab":
        decision = paywall.check(reader, PageView(article=Article(id=name)), now=NOW)
        assert decision.access == "full"
    told = [record for record in caplog.records if "more than a day ahead" in record.message]
    assert len(told) == 1
    assert "anna" not in told[0].message
    assert decision.meter.used == 2


FAR = timedelta(days=365)


def usage_of(**reads) -> Usage:
    """Return what one meter has counted, each at so long after `NOW`."""
    ordered = sorted((instant(NOW + after), name) for name, after in reads.items())
    return Usage({"m0": Tally(tuple(name for _, name in ordered), tuple(at for at, _ in ordered))})


@pytest.mark.parametrize("window", WINDOWS[:-1], ids=str)
@pytest.mark.parametrize("far", [{"z": FAR}, {"b": FAR}, {"a": FAR, "b": 2 * FAR}], ids=str)
@pytest.mark.parametrize("own", [{}, {"d": timedelta(hours=-2)}], ids=["new", "known"])
def test_a_wrong_clock_hides_nothing_from_who_signs_in(window, far, own):
    """What the account has counted years ahead moves no window and swallows no article."""
    hour = timedelta(hours=-1)
    policy = policy_of(window)
    source = usage_of(a=hour, b=hour)
    target = usage_of(**own, **far)
    joined = join(policy, source, target, NOW)
    for name in "ab":
        decision, after = read(policy, name, joined)
        assert (decision.access, decision.counted, after is joined) == ("full", False, True)
    assert read(policy, "c", joined)[0].show == "subscription-wall"
    assert set(target.tally("m0").ids) <= set(joined.tally("m0").ids), "nothing is lost"
    assert join(policy, source, joined, NOW) is joined


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_a_wrong_clock_of_the_source_takes_no_part(window):
    """What a device has counted years ahead is not brought, nor does it hide what is."""
    policy = policy_of(window)
    source = usage_of(a=timedelta(hours=-1), z=FAR)
    assert join(policy, source, Usage(), NOW) == usage_of(a=timedelta(hours=-1))


@given(
    one=st.dictionaries(st.sampled_from("abcd"), st.integers(-3, 3), min_size=1),
    other=st.dictionaries(st.sampled_from("abcd"), st.integers(-3, 3), min_size=1),
)
def test_two_halves_of_a_record_keep_the_read_that_is_believed(one, other):
    """Pending reads and records under old secrets: no read far ahead takes the place of another."""
    halves = [
        usage_of(**{name: timedelta(days=days) for name, days in half.items()})
        for half in (one, other)
    ]
    both = halves[0].union(halves[1], instant(NOW))
    assert both == halves[1].union(halves[0], instant(NOW))
    for name, at in zip(both.tally("m0").ids, both.tally("m0").ats, strict=True):
        days = [half[name] for half in (one, other) if name in half]
        believed = [each for each in days if each <= 1]
        assert at == instant(NOW + timedelta(days=max(believed or days)))
