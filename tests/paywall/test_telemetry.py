"""What is told of decisions and of outages, to the log, to counters and to the hook."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime

import pytest

from meter import (
    Article,
    AsyncPaywall,
    Entitlement,
    PageView,
    Paywall,
    Reader,
    loads_policy,
    open_store,
)
from meter.errors import CorruptUsageError, StoreContentionError, StoreUnavailableError
from meter.paywall.outages import OutageLog
from meter.stores import MemoryStore

SUBSCRIBER = Reader(id="s", registered=True, entitlements=[Entitlement(kind="subscription")])
NOBODY = "unix:///tmp/no-server-listens-here.sock"


class Seconds:
    """A clock in seconds that somebody moves."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def told(caplog):
    """An outage log with a clock of its own, and a list of what it has told."""
    caplog.set_level(logging.INFO, logger="meter.paywall")

    class Told:
        clock = Seconds()
        log = OutageLog("redis", clock)

        def miss(self, times=1, error=None):
            for _ in range(times):
                self.log.missed(error or StoreUnavailableError("nothing came"), "check")

        def answer(self, times=1):
            for _ in range(times):
                self.log.answered()

        def wait(self, seconds):
            self.clock.now += seconds

        def said(self):
            found = [(record.levelname, record.getMessage()) for record in caplog.records]
            caplog.clear()
            return found

        def facts(self):
            return [record.meter for record in caplog.records]

    return Told()


START = ("WARNING", "the store was unavailable for `check`: nothing came")


def test_an_outage_is_told_at_its_start_at_its_end_and_now_and_then_between(told):
    """However many views meet it."""
    told.answer(1000)
    assert [] == told.said()
    told.miss(1000)
    assert [START] == told.said()
    told.wait(10)
    told.miss(1000)
    rate = "1000 views, 100.0 a second; the last one: nothing came"
    assert [("WARNING", f"the store is still unavailable: {rate}")] == told.said()
    told.wait(5)
    told.miss(10)
    assert [] == told.said()
    told.wait(5)
    told.miss()
    (rate,) = told.facts()
    assert ("going on", 1010, 101.0) == (rate["phase"], rate["views"], rate["rate"])
    told.said()
    told.answer(1000)
    (end,) = told.facts()
    assert ("end", 20.0, 2011) == (end["phase"], end["seconds"], end["views"])
    assert [
        (
            "WARNING",
            "the store answers again; in 20.0 seconds it was unavailable for 2011 views",
        )
    ] == told.said()


def test_the_next_outage_is_told_anew(told):
    """It has its own start, its own end and its own count."""
    for _ in range(2):
        told.wait(60)
        told.miss(3)
        told.answer()
        start, end = told.facts()
        assert ("start", "end", 3) == (start["phase"], end["phase"], end["views"])
        told.said()


def test_a_store_that_comes_and_goes_floods_no_log(told):
    """A thousand failures among ten thousand answers within ten seconds are a few records."""
    for _ in range(1000):
        told.miss()
        told.answer(9)
        told.wait(0.01)
    assert len(told.said()) <= 4
    told.wait(2)
    told.answer()
    (end,) = told.facts()
    assert ("end", 1000) == (end["phase"], end["views"])


@pytest.mark.parametrize("error", [CorruptUsageError, StoreContentionError])
def test_what_befalls_one_reader_is_no_outage_and_floods_no_log(told, error):
    """It has no end, and at most one record in ten seconds, with how many there were."""
    told.miss(100, error("broken"))
    told.answer(100)
    told.wait(10)
    told.miss(1, error("broken"))
    told.answer()
    assert [1, 100] == [facts["views"] for facts in told.facts()]
    assert [("WARNING", "the store was unavailable for `check`: broken")] * 2 == told.said()


def test_an_outage_of_a_thousand_views_is_two_warnings(caplog, newsroom, own_valkey):
    """Over a server that is ended and started again, every decision at level INFO."""
    server = own_valkey()
    store = open_store(server.url)
    paywall = Paywall(newsroom.policy(3), store, deadline=20)

    def read(number):
        reader = newsroom.reader(f"r{number}")
        return paywall.check(reader, newsroom.view("a"), now=newsroom.now).degraded

    with caplog.at_level(logging.INFO, logger="meter"):
        assert not read(0)
        server.stop()
        assert all(read(number) for number in range(1000))
        server.start()
        assert not read(1001)
    store.close()
    levels = Counter(record.levelname for record in caplog.records)
    # A machine that takes longer than ten seconds for them hears how it goes on.
    assert 2 <= levels["WARNING"] <= 4
    assert 1002 == levels["INFO"]
    phases = [record.meter.get("phase") for record in caplog.records if record.levelno > 20]
    assert ("start", "end") == (phases[0], phases[-1])


def ask_all(paywall, newsroom):
    """Read, peek and prefetch, as who is counted and as a subscriber; return the decisions."""
    ahead = PageView(article=newsroom.view("b").article, prefetch=True)
    calls = []
    for reader in (newsroom.reader("r"), SUBSCRIBER):
        calls += [
            (paywall.check, reader, newsroom.view("a")),
            (paywall.peek, reader, newsroom.view("a")),
            (paywall.check, reader, ahead),
            (paywall.peek, reader, ahead),
        ]
    return [ask(reader, view, now=newsroom.now) for ask, reader, view in calls]


KINDS = ["read", "peek", "speculative", "peek"] * 2


@pytest.mark.parametrize("url", ["memory://", NOBODY])
def test_every_decision_says_what_was_asked(url, newsroom, caplog):
    """To the hook, the log and the counters alike: only a `read` is a view somebody has seen."""
    events = []
    counted = []

    class Instrument:
        """An instrument as OpenTelemetry's, that keeps what it is given."""

        def add(self, amount, attributes):
            counted.append(attributes["kind"])

    paywall = Paywall(newsroom.policy(3), open_store(url), on_decision=events.append)
    paywall._telemetry._decisions = Instrument()
    with caplog.at_level(logging.INFO, logger="meter"):
        ask_all(paywall, newsroom)
    assert KINDS == [event["data"]["kind"] for event in events]
    assert KINDS == counted
    infos = [record for record in caplog.records if record.levelname == "INFO"]
    assert KINDS == [record.meter["kind"] for record in infos]


def test_an_async_hook_is_awaited_before_the_decision_is_returned(newsroom):
    """In the same order as the decisions, for every kind, with and without the store."""
    events = []

    async def hook(event):
        await asyncio.sleep(0)
        events.append(event["data"]["kind"])

    async def ask():
        paywall = AsyncPaywall(newsroom.policy(3), MemoryStore(), on_decision=hook)
        seen = []
        for asked in ask_all(paywall, newsroom):
            await asked
            seen.append(len(events))
        return seen

    assert [1, 2, 3, 4, 5, 6, 7, 8] == asyncio.run(ask())
    assert KINDS == events


@pytest.mark.parametrize("awaited", [True, False])
def test_an_async_hook_that_fails_costs_nobody_the_page(awaited, newsroom, caplog):
    """What it raises is logged, and the decision stands; a cancelled view ends the hook too."""

    async def late(event):
        await asyncio.sleep(0)
        raise KeyError(event["id"])

    def early(event):
        raise KeyError(event["id"])

    async def ask():
        hook = late if awaited else early
        paywall = AsyncPaywall(newsroom.policy(3), MemoryStore(), on_decision=hook)
        return await paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)

    assert "countdown" == str(asyncio.run(ask()).show)
    assert 1 == caplog.text.count("the `on_decision` hook failed; the decision stands")


def test_an_ordinary_hook_of_an_async_paywall_is_called(newsroom):
    """Not everything has to be awaited."""
    events = []

    async def ask():
        paywall = AsyncPaywall(newsroom.policy(3), MemoryStore(), on_decision=events.append)
        await paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)

    asyncio.run(ask())
    assert ["read"] == [event["data"]["kind"] for event in events]


EXPERIMENT = """
[publication]
name = "The Harbour Review"
[experiments.wall]
seed = "wall-test"
variants = { control = 0.5, open = 0.5 }
[[rules]]
name = "open"
when = { experiment = { wall = ["open"] } }
show = "article"
[[rules]]
name = "else"
show = "wall"
"""


@pytest.mark.parametrize("secret", [None, "a secret"])
def test_the_hook_is_told_of_exposures_and_whose_they_are(secret):
    """With a secret the visitor is a digest, and the view names none."""
    events = []
    now = datetime(2026, 6, 1, tzinfo=UTC)
    paywall = Paywall(
        loads_policy(EXPERIMENT), MemoryStore(), secret=secret, on_decision=events.append
    )
    for visitor in ("v1", None):
        paywall.check(Reader(id="r1", visitor=visitor), PageView(article=Article(id="a1")), now=now)
    exposed, other = (event["data"] for event in events)
    (exposure,) = exposed["exposures"]
    assert exposure["experiment"] == "wall"
    assert exposed["decision"]["exposures"] == [exposure]
    assert "exposures" not in other
    assert "visitor" not in other
    if secret is None:
        assert exposed["visitor"] == exposed["view"]["reader"]["visitor"] == "v1"
    else:
        assert "visitor" not in exposed["view"]["reader"]
        assert exposed["visitor"] not in ("v1", exposed["view"]["reader"]["id"])
