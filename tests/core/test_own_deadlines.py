"""An offer that lasts a while for each reader: from the first view that showed it, and once."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, PageView, Paywall, Reader, Usage, decide, explain, loads_policy
from meter import engine as plain
from meter.canonical import to_table
from meter.decision import Deadline
from meter.errors import CorruptUsageError, PolicyError, StoreUnavailableError
from meter.loading.event_tables import decision_table
from meter.stores import MemoryStore
from meter.windows import DAY, instant, moment

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 6, 1, 9, tzinfo=TOKYO)
AT = instant(NOW)
HOUR = DAY // 24
POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[meters.monthly]
window = {{ calendar = "month" }}
limit = 1

[offers.back]
price = 9
currency = "USD"
term = "3 months"
lasts = "72 hours"
{more}

[[rules]]
name = "free articles"
spend = "monthly"
show = "article"

[[rules]]
name = "wall"
show = "trial-offer"
offer = "back"
"""


def policy_with(more=""):
    """The policy, with more lines on its offer."""
    return loads_policy(POLICY.format(more=more))


POLICY_OF_72_HOURS = policy_with()
ANNA = Reader(id="anna")


def view_of(article="a", **more):
    """A page view of an article."""
    return PageView(article=Article(id=article, access="premium"), **more)


def see(usage=None, hours=0.0, policy=POLICY_OF_72_HOURS, view=None, reader=ANNA):
    """Decide at the wall, so many hours after `NOW`; the engine and its memory agree."""
    usage = Usage() if usage is None else usage
    view = view_of() if view is None else view
    now = NOW + timedelta(hours=hours)
    found = decide(policy, reader, view, usage, now)
    assert plain.decide(policy, reader, view, usage, now) == found
    return found


def test_it_runs_from_the_first_view_to_an_exact_end():
    """Half-open like every stretch of time, and told at every view."""
    usage = Usage()
    told = []
    for hours in (0, 1, 71.9999, 72, 100, 5000):
        decision, usage = see(usage, hours)
        told.append((str(decision.show), decision.offer, decision.deadlines))
    running = ("trial-offer", "back", (Deadline("back", NOW + timedelta(hours=72)),))
    assert [running] * 3 + [("subscription-wall", None, ())] * 3 == told
    assert {"back": AT} == usage.offered
    assert b'3{"offered":{"back":%d}}' % AT == usage.to_bytes()
    last_moment = moment(AT + 72 * HOUR - 1, TOKYO)
    assert decide(POLICY_OF_72_HOURS, ANNA, view_of(), usage, last_moment)[0].offer == "back"


def test_what_does_not_show_it_does_not_begin_it():
    """A prefetch, an article that is read, a view whose answer is dropped, another rule."""
    fetched, usage = see(view=view_of(prefetch=True))
    assert ("back", (), Usage()) == (fetched.offer, fetched.deadlines, usage)
    read = PageView(article=Article(id="m"))
    assert see(view=read)[1].offered == {}
    paywall = Paywall(POLICY_OF_72_HOURS, MemoryStore(), clock=lambda: NOW)
    assert paywall.peek(ANNA, view_of()).deadlines[0].ends == NOW + timedelta(hours=72)
    later = NOW + timedelta(hours=50)
    assert paywall.check(ANNA, view_of(), now=later).deadlines[0].ends == later + timedelta(
        hours=72
    )


def test_a_capped_prompt_does_not_begin_it():
    """Where nothing is said, no offer was shown."""
    policy = loads_policy(
        POLICY.format(more="")
        .replace('show = "article"', 'show = "article"\nprompt = "ask"\n')
        .replace('spend = "monthly"\nshow', 'spend = "monthly"\noffer = "back"\nshow')
        + '[prompts.ask]\nheading = "Stay"\nevery = { meter = "monthly", views = 7 }\n'
    )
    decision, usage = see(view=PageView(article=Article(id="m")), policy=policy)
    assert (None, ("back",), {}) == (decision.prompt, decision.offers, usage.offered)


def test_a_reader_without_an_id_does_not_get_it():
    """Nor anybody while the store is out, but from what this process remembers."""
    assert see(reader=Reader(id=None))[0].offer is None


class Out(MemoryStore):
    """A store that is out."""

    def load(self, key):
        raise StoreUnavailableError(key)

    def swap(self, key, old, new, *, expires):
        raise StoreUnavailableError(key)


@pytest.mark.parametrize("on_outage", ["open", "closed", "fallback"])
def test_an_outage_gives_no_deadline_that_nobody_keeps(on_outage):
    """`fallback` keeps it in this process, and it ends there as it should."""
    paywall = Paywall(POLICY_OF_72_HOURS, Out(), on_outage=on_outage, clock=lambda: NOW)
    said = [
        paywall.check(ANNA, view_of(), now=NOW + timedelta(hours=hours)) for hours in (0, 71, 72)
    ]
    assert all(decision.degraded for decision in said)
    kept = ["back", "back", None] if on_outage == "fallback" else [None] * 3
    assert kept == [decision.offer for decision in said]


def test_it_ends_for_everybody_when_the_offer_does():
    """What ends first is told, and the record is over then."""
    policy = policy_with("ends = 2026-06-02")
    end = datetime(2026, 6, 3, tzinfo=TOKYO)
    decision, usage = see(policy=policy)
    assert (Deadline("back", end),) == decision.deadlines
    assert end == plain.expires_at(policy, usage, NOW)
    assert plain.expires_at(POLICY_OF_72_HOURS, usage, NOW) is None


def test_a_start_and_a_deadline_are_two_things():
    """Whoever has started an offer that starts once is not told of its deadline."""
    policy = policy_with("once = true")
    _, usage = see(policy=policy)
    started = plain.start(policy, usage, "back")
    assert see(started, 1, policy)[0].offer is None
    assert see(usage, 1, policy)[0].offer == "back"


@given(
    firsts=st.dictionaries(st.sampled_from("abc"), st.integers(-200, 200), min_size=1),
    order=st.permutations("abc"),
    hours=st.integers(0, 200),
)
def test_joins_bring_the_earlier_showing_in_any_order(firsts, order, hours):
    """Nobody gets it twice by signing in: over on one side is over for the account."""
    at = AT + 200 * HOUR
    now = moment(at, TOKYO)
    devices = {name: Usage(offered={"back": at + first * HOUR}) for name, first in firsts.items()}
    target = Usage()
    for name in [*order, *order]:
        if name in devices:
            target = plain.join(POLICY_OF_72_HOURS, devices[name], target, now)
    past = [at + first * HOUR for first in firsts.values() if first <= 0]
    assert ({"back": min(past)} if past else {}) == target.offered
    seen = decide(POLICY_OF_72_HOURS, ANNA, view_of(), target, now + timedelta(hours=hours))[0]
    is_over = bool(past) and at + hours * HOUR >= min(past) + 72 * HOUR
    assert (None if is_over else "back") == seen.offer


@given(starts=st.sets(st.sampled_from("abcd")), order=st.permutations("abcd"))
def test_one_trial_per_reader_through_joins(starts, order):
    """An offer that is started once is not for an account that met any device which started it."""
    policy = policy_with("once = true")
    started = plain.start(policy, Usage(), "back")
    account = Usage()
    for device in order:
        source = started if device in starts else Usage()
        account = plain.join(policy, source, account, NOW)
    assert (None if starts else "back") == see(account, policy=policy)[0].offer
    # A device stays what it was: another account does not lose its trial by what this one did.
    assert see(Usage(), policy=policy)[0].offer == "back"


@given(times=st.lists(st.integers(0, 71), min_size=1, max_size=4))
def test_views_in_any_order_come_to_the_same(times):
    """The first showing is the earliest, whichever was decided first."""
    found = set()
    for order in permutations(times):
        usage = Usage()
        for hours in order:
            _, usage = see(usage, min(hours, 23))
        found.add(usage.to_bytes())
    assert 1 == len(found)


def test_threads_begin_it_once():
    """20 at once, over paywalls of their own: one deadline, that of the earliest."""
    store = MemoryStore()
    paywalls = [
        Paywall(POLICY_OF_72_HOURS, store, deadline=30, queue=30, on_outage="raise")
        for _ in range(20)
    ]
    for account in range(20):
        start = Barrier(20)

        def read(number, start=start, account=account):
            start.wait()
            now = NOW + timedelta(minutes=number)
            return paywalls[number].check(Reader(id=f"r{account}"), view_of(), now=now)

        with ThreadPoolExecutor(20) as pool:
            decisions = list(pool.map(read, range(20)))
        ends = [decision.deadlines[0].ends for decision in decisions]
        assert all(end <= NOW + timedelta(minutes=n, hours=72) for n, end in enumerate(ends))
        last = paywalls[0].peek(Reader(id=f"r{account}"), view_of(), now=NOW + timedelta(hours=2))
        assert NOW + timedelta(hours=72) == last.deadlines[0].ends


def test_a_sign_in_brings_the_page_just_seen():
    """The clocks of two servers differ."""
    source = Usage(offered={"back": AT + HOUR})
    assert NOW + timedelta(hours=1) == plain.joined_at(POLICY_OF_72_HOURS, source, NOW)


def test_a_clock_that_was_wrong_begins_nothing():
    """A showing more than a day ahead gives way; one within a day has begun."""
    ahead = Usage(offered={"back": AT + DAY + 1})
    decision, usage = see(ahead)
    assert (NOW + timedelta(hours=72), {"back": AT}) == (decision.deadlines[0].ends, usage.offered)
    near = Usage(offered={"back": AT + DAY})
    assert {"back": AT} == see(near)[1].offered
    assert near == see(near, 24)[1]


def test_halves_of_one_record_keep_the_earlier_showing():
    """As pending views and what the store holds by then."""
    early, late = Usage(offered={"back": AT}), Usage(offered={"back": AT + HOUR, "spring": AT})
    assert early.union(late) == late.union(early) == Usage(offered={"back": AT, "spring": AT})
    assert hash(early.union(late)) == hash(late.union(early))


def test_what_no_policy_offers_any_more_is_kept_while_a_window_lasts():
    """It may come back with the next policy."""
    policy = policy_with()
    gone = Usage(offered={"winter": AT})
    assert {"winter", "back"} == see(gone, 1, policy)[1].offered.keys()
    assert {"back"} == see(gone, 24 * 40, policy)[1].offered.keys()


@given(offered=st.dictionaries(st.text(max_size=3), st.integers(-(10**15), 10**16), max_size=3))
def test_bytes_bring_it_back(offered):
    """And nothing else is read: version 3 only where there is any."""
    usage = Usage(offered=offered)
    raw = usage.to_bytes()
    assert usage == Usage.from_bytes(raw)
    assert (b"3" if offered else b"1") == raw[:1]


@pytest.mark.parametrize(
    "raw",
    [
        b'3{"offered":{}}',
        b'3{"offered":{"back":"1"}}',
        b'3{"offered":{"back":true}}',
        b'3{"offered":{"back":1.0}}',
        b'3{"offered":{"b":1,"a":1}}',
        b'3{"offered":[["back",1]]}',
        b'3{"offered":{"back":999999999999999999}}',
        b'3{"offered":{"back":1},"meters":{}}',
    ],
)
def test_other_bytes_are_refused(raw):
    """Whatever `to_bytes` never writes."""
    with pytest.raises(CorruptUsageError):
        Usage.from_bytes(raw)


def test_it_is_told_in_every_way():
    """As JSON, in words, pickled; and the policy is written back as it was."""
    decision, _ = see()
    assert {"back": "2026-06-04T09:00:00+09:00"} == decision_table(decision)["deadlines"]
    assert "offer `back` is over for this reader at 2026-06-04T09:00:00+09:00" in str(
        explain(decision)
    )
    assert decision.deadlines == pickle.loads(pickle.dumps(decision)).deadlines
    assert "3 days" == to_table(POLICY_OF_72_HOURS)["offers"]["back"]["lasts"]
    over, _ = see(Usage(offered={"back": AT - 100 * HOUR}))
    assert "since offer `back` was first shown is above 3 days" in str(explain(over))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('lasts = "72"', "bad-length"),
        ('lasts = "30 minutes"', "bad-length"),
        ('lasts = "0 days"', "bad-length"),
        ("was = 9", "bad-number"),
        ("was = 4", "bad-number"),
    ],
)
def test_what_cannot_be_meant_is_refused(more, code):
    """Located, with a next step."""
    text = POLICY.format(more="was = 19")
    text = text.replace('lasts = "72 hours"' if "lasts" in more else "was = 19", more)
    with pytest.raises(PolicyError) as caught:
        loads_policy(text)
    assert [code] == [problem.code for problem in caught.value.problems]
    assert all(problem.line and problem.help for problem in caught.value.problems)


def test_utc_times_are_the_same_instants():
    """Whatever zone a time comes in."""
    one = decide(POLICY_OF_72_HOURS, ANNA, view_of(), Usage(), NOW.astimezone(UTC))[1]
    assert see()[1] == one
