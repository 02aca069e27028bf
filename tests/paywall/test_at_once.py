"""A view over the store in memory is decided at once, as the transaction would decide it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, AsyncPaywall, PageView, Paywall, Reader, loads_policy, memo
from meter.errors import CorruptUsageError
from meter.paywall.at_once import DecisionsAtOnce
from meter.paywall.records import NOTHING
from meter.stores import MemoryStore
from meter.stores.keys import reader_key
from meter.testing.strategies import journeys, policies, usages
from meter.testing.strategies.journey import Step

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANNA = Reader(id="anna")
TWO = """
[publication]
name = "The Harbour Review"
[meters.monthly]
window = { calendar = "month" }
limit = 2
[[rules]]
name = "two a month"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


class Elsewhere(MemoryStore):
    """A store of another class, which is asked by transactions."""


class Paywalls:
    """Two paywalls that are asked the same: one decides at once, one by transactions."""

    def __init__(self, policy, **settings):
        self.stores = MemoryStore(), Elsewhere()
        self.told = [], []
        self.paywalls = [
            Paywall(policy, store, on_decision=told.append, **settings)
            for store, told in zip(self.stores, self.told, strict=True)
        ]

    def each(self, act):
        """Return what comes of asking each, an error too, which is the same."""
        one, other = (outcome(act, paywall) for paywall in self.paywalls)
        assert one == other
        return one

    def kept(self, key):
        """Return what each keeps under a key, which is the same."""
        one, other = (store.load(key) for store in self.stores)
        assert one == other
        return one

    def put(self, key, raw):
        """Let each keep some bytes under a key."""
        for store in self.stores:
            store.swap(key, store.load(key), raw, expires=None)

    def events(self):
        """Return what each has told, but for the ids of the events, which are random."""
        return [
            [{name: part for name, part in event.items() if name != "id"} for event in told]
            for told in self.told
        ]


def outcome(act, paywall):
    """Return what comes of asking a paywall, or what a spoiled record makes it say."""
    try:
        return act(paywall)
    except CorruptUsageError as error:
        return str(error)


def read(article, **details):
    return PageView(article=Article(id=article), **details)


def asked(act, step):
    """Return what asks a paywall for a step of a journey."""
    if act == "forget":
        return lambda paywall: paywall.forget(step.reader.id)
    if act == "ledger":
        return lambda paywall: paywall.ledger(step.reader.id, now=step.now)
    return lambda paywall: getattr(paywall, act)(step.reader, step.view, now=step.now)


@given(data=st.data())
def test_at_once_is_as_by_a_transaction(data):
    """Decisions, events and bytes are the same, however few usages are remembered."""
    policy = data.draw(policies())
    both = Paywalls(policy, remember=data.draw(st.sampled_from((0, 1, 2, 5, 1000))))
    for step in data.draw(journeys(policy)):
        key = step.reader.id
        acts = ("check", "check", "peek", "forget", "ledger") if key else ("check", "peek")
        if key and data.draw(st.booleans()):
            spoiled = data.draw(st.sampled_from([False, False, False, True]))
            both.put(key, b"1x" if spoiled else data.draw(usages(policy)).to_bytes())
        both.each(asked(data.draw(st.sampled_from(acts)), step))
        if key:
            both.kept(key)
    one, other = both.events()
    assert one == other


@pytest.fixture
def between():
    """Do something while a view is being decided: after its record was loaded, once."""
    ends = []

    def do(act):
        acts = iter([act])
        ends.append(memo.watch(lambda *_: next(acts, lambda: None)()))

    yield do
    for end in ends:
        end()


def test_a_view_that_comes_between_is_counted_first(between):
    """Two views at once never both take the last free article."""
    policy = loads_policy(TWO)
    paywall = Paywall(policy, MemoryStore())
    assert paywall.check(ANNA, read("a"), now=NOW).counted
    between(lambda: paywall.check(ANNA, read("b"), now=NOW))
    decision = paywall.check(ANNA, read("c"), now=NOW)
    assert (decision.show, decision.counted) == ("subscription-wall", False)
    assert [each.id for each in paywall.ledger("anna", now=NOW)["monthly"].reads] == ["a", "b"]


def test_who_is_forgotten_meanwhile_stays_forgotten(between):
    """A view that was being decided writes nothing of a reader who is gone."""
    paywall = Paywall(loads_policy(TWO), MemoryStore())
    assert paywall.check(ANNA, read("a"), now=NOW).counted
    between(lambda: paywall.forget("anna"))
    decision = paywall.check(ANNA, read("b"), now=NOW)
    assert (decision.show, decision.counted) == ("countdown", False)
    assert not paywall.knows("anna")


def test_nothing_of_who_was_forgotten_is_left_in_this_process(between):
    """Whether they are forgotten between two views, or while one is being decided."""
    paywall = Paywall(loads_policy(TWO), MemoryStore())
    key = reader_key("anna")
    paywall.check(ANNA, read("a"), now=NOW)
    assert [*paywall._recent.get(key).usage.tally("monthly").ids] == ["a"]
    paywall.forget("anna")
    assert paywall._recent.get(key) == NOTHING
    paywall.check(ANNA, read("a"), now=NOW)
    between(lambda: paywall.forget("anna"))
    paywall.check(ANNA, read("b"), now=NOW)
    assert paywall._recent.get(key) == NOTHING


def test_a_peek_counts_nothing_and_says_so():
    """As by a transaction, of who is new and of who has read before."""
    both = Paywalls(loads_policy(TWO))
    for act, article in [("peek", "a"), ("check", "a"), ("peek", "b"), ("peek", "a")]:
        decision = both.each(asked(act, Step(ANNA, read(article), NOW)))
        assert decision.counted == (act == "check")
        both.kept("anna")
    found = both.paywalls[0].ledger("anna", now=NOW)["monthly"].reads
    assert ["a"] == [each.id for each in found]


def test_what_was_counted_holds_on_where_a_record_is_spoiled():
    """The fallback goes by what this process saw last, however it was decided."""
    both = Paywalls(loads_policy(TWO))
    for article in ("a", "b"):
        both.each(lambda paywall, article=article: paywall.check(ANNA, read(article), now=NOW))
    both.put("anna", b"1x")
    decision = both.each(lambda paywall: paywall.check(ANNA, read("c"), now=NOW))
    assert (decision.show, decision.degraded) == ("subscription-wall", True)


def test_threads_at_once_are_counted_exactly():
    """Eight threads that read forty articles as one reader get two of them."""
    paywall = Paywall(loads_policy(TWO), MemoryStore())
    for number in range(20):
        reader = Reader(id=f"reader-{number}")
        with ThreadPoolExecutor(8) as threads:
            decisions = threads.map(
                lambda name, who=reader: paywall.check(who, read(f"a{name}"), now=NOW), range(40)
            )
            assert sum(decision.counted for decision in decisions) == 2


def test_who_has_something_pending_is_decided_by_a_transaction():
    """What was counted while a record could not be read is brought in."""
    paywall = Paywall(loads_policy(TWO), MemoryStore())
    store = paywall.store
    store.swap("anna", None, b"9", expires=None)
    assert paywall.check(ANNA, read("a"), now=NOW).degraded
    store.forget("anna")
    decision = paywall.check(ANNA, read("b"), now=NOW)
    assert (decision.show, decision.counted) == ("last-free-article", True)
    assert [each.id for each in paywall.ledger("anna", now=NOW)["monthly"].reads] == ["a", "b"]


@pytest.mark.parametrize(
    ("store", "settings", "at_once"),
    [
        (MemoryStore(), {}, True),
        (MemoryStore(), {"secret": "s"}, True),
        (MemoryStore(), {"old_secrets": ["s"]}, False),
        (Elsewhere(), {}, False),
    ],
)
def test_only_the_store_in_memory_is_asked_at_once(store, settings, at_once):
    """A reader of an earlier secret, and any other store, is asked for by a transaction."""
    policy = loads_policy(TWO)
    for paywall in (Paywall(policy, store, **settings), AsyncPaywall(policy, store, **settings)):
        assert isinstance(paywall._at_once, DecisionsAtOnce) == at_once


def test_a_read_far_ahead_is_told(caplog):
    """A server whose clock is wrong is told of, whoever decides."""
    paywall = Paywall(loads_policy(TWO), MemoryStore())
    paywall.check(ANNA, read("a"), now=NOW + timedelta(days=2))
    assert not caplog.records
    assert paywall.check(ANNA, read("b"), now=NOW).counted
    assert [record.meter for record in caplog.records] == [{"ahead": True, "store": "memory"}]


def test_an_awaited_paywall_decides_at_once_too():
    """Tasks of one reader are counted exactly."""
    paywall = AsyncPaywall(loads_policy(TWO), MemoryStore())

    async def visit():
        views = (paywall.check(ANNA, read(f"a{number}"), now=NOW) for number in range(9))
        return await asyncio.gather(*views)

    assert sum(decision.counted for decision in asyncio.run(visit())) == 2


def test_a_record_lasts_as_long_as_by_a_transaction():
    """The store may drop it a day after the month has ended, and no earlier."""
    both = Paywalls(loads_policy(TWO))
    ahead = datetime(9000, 6, 1, tzinfo=UTC)  # no clock is later: what is added for that is nothing
    for article in "ab":
        both.each(lambda paywall, name=article: paywall.check(ANNA, read(name), now=ahead).counted)
    ends = datetime(9000, 7, 2, tzinfo=UTC)
    for store in both.stores:
        assert store.purge(ends - timedelta(microseconds=1)) == 0
        assert store.purge(ends) == 1
