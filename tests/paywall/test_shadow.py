"""A policy that is tried beside the one in force: it is never served, and leaves no trace."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from meter import (
    Article,
    AsyncPaywall,
    Entitlement,
    PageView,
    Paywall,
    Reader,
    ReloadingPolicy,
    Usage,
    decide,
    loads_policy,
    open_store,
)
from meter.errors import StoreUnavailableError
from meter.loading.events import decision_table
from meter.paywall.shadow import COMPARED, Shadow
from meter.stores import MemoryStore
from meter.testing.strategies import edge_times, page_views, policies, readers

SUBSCRIBER = Reader(id="s", registered=True, entitlements=[Entitlement(kind="subscription")])
NOBODY = "unix:///tmp/no-server-listens-here.sock"
LOGGER = "meter.paywall"


class Watched(MemoryStore):
    """A store in memory that keeps what it was asked, and what it was given."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def load(self, key):
        self.asked.append(("load", key))
        return super().load(key)

    def swap(self, key, old, new, *, expires=None):
        self.asked.append(("swap", key, old, new))
        return super().swap(key, old, new, expires=expires)


def ask_in_turn(policy, asked, **settings):
    """Return the decisions of a paywall, and what its store was asked."""
    store = Watched()
    paywall = Paywall(policy, store, **settings)
    decisions = [
        (paywall.check if reads else paywall.peek)(reader, view, now=at)
        for at, reader, view, reads in asked
    ]
    return decisions, store.asked


def ask_and_await(policy, asked, **settings):
    """Return the same of a paywall whose calls are awaited."""
    store = Watched()

    async def ask():
        paywall = AsyncPaywall(policy, store, **settings)
        return [
            await (paywall.check if reads else paywall.peek)(reader, view, now=at)
            for at, reader, view, reads in asked
        ]

    return asyncio.run(ask()), store.asked


TWINS = pytest.mark.parametrize("ask", [ask_in_turn, ask_and_await], ids=["blocks", "awaited"])


@st.composite
def visits(draw):
    """Draw two policies, and views that are read or peeked at."""
    policy = draw(policies())
    times = sorted(draw(st.lists(edge_times(policy), min_size=1, max_size=8)))
    return (
        policy,
        draw(policies()),
        [
            (at, draw(readers(policy)), draw(page_views(policy)), draw(st.integers(0, 3)) > 0)
            for at in times
        ],
    )


@TWINS
@settings(max_examples=8, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(visits())
def test_a_shadow_changes_no_answer_no_byte_and_no_call(ask, drawn):
    """And tells each view that it decides otherwise on the very same record, and no other."""
    policy, shadow, asked = drawn
    alone, calls = ask(policy, asked)
    events = []
    beside, same_calls = ask(policy, asked, shadow=shadow, on_decision=events.append)
    assert alone == beside
    assert calls == same_calls
    expected = []
    usages = {}
    for (at, reader, view, reads), served in zip(asked, beside, strict=True):
        usage = usages.get(reader.id, Usage())
        answer, after = decide(policy, reader, view, usage, at)
        other, _ = decide(shadow, reader, view, usage, at)
        differs = [name for name in COMPARED if getattr(answer, name) != getattr(other, name)]
        if differs:
            when = served.at.astimezone(UTC)  # times of a doubled hour are equal in one zone only
            expected.append((differs, served.show, other.show, other.access, when))
        if reads:
            usages[reader.id] = after
    found = [event["data"] for event in events if event["type"] == "meter.difference"]
    # Where the policy in force needs no record, the shadow has none.
    if all(data["record"] == "read" for data in found):
        assert expected == [
            (
                data["differs"],
                data["decision"]["show"],
                data["shadow"]["show"],
                data["shadow"]["access"],
                served_at(data),
            )
            for data in found
        ]
    assert len(asked) == sum(event["type"] == "meter.decision" for event in events)
    assert events == json.loads(json.dumps(events))


def served_at(data):
    """Return the time that a difference is about."""
    return datetime.fromisoformat(data["decision"]["at"])


@TWINS
def test_the_store_holds_what_the_policy_in_force_counts(ask, newsroom):
    """One swap a counted view, as without a shadow; meters that only the shadow has stay empty."""
    shadow = loads_policy(newsroom.text(9).replace("monthly", "another"))
    asked = [
        (newsroom.now + timedelta(minutes=number), newsroom.reader("r"), newsroom.view(name), True)
        for number, name in enumerate("aabc")
    ]
    _, alone = ask(newsroom.policy(2), asked)
    _, beside = ask(newsroom.policy(2), asked, shadow=shadow)
    assert alone == beside
    assert 2 == sum(call[0] == "swap" for call in beside)
    last = [call[3] for call in beside if call[0] == "swap"][-1]
    assert {"monthly": ("a", "b")} == {
        name: tally.ids for name, tally in Usage.from_bytes(last).tallies.items()
    }


def differences(events):
    """Return the differences among some events."""
    return [event["data"] for event in events if event["type"] == "meter.difference"]


@TWINS
def test_only_differences_are_told_each_with_both_decisions(ask, newsroom, caplog):
    """To the log, to a counter and to the hook; a rule that is renamed is no difference."""
    events = []
    renamed = loads_policy(newsroom.text(2).replace("everyone else", "all others"))
    asked = [
        (newsroom.now, newsroom.reader("r"), newsroom.view(article), True) for article in "abc"
    ]
    with caplog.at_level(logging.INFO, logger=LOGGER):
        ask(newsroom.policy(2), asked, shadow=renamed, on_decision=events.append)
        assert [] == differences(events)
        assert 3 == len(caplog.records)
        caplog.clear()
        decisions, _ = ask(
            newsroom.policy(2), asked, shadow=newsroom.policy(1), on_decision=events.append
        )
    found = differences(events)
    assert [
        ("a", ["show", "prompt", "meter"], "countdown", "last-free-article"),
        ("b", ["show", "access", "prompt", "meter"], "last-free-article", "subscription-wall"),
        ("c", ["meter"], "subscription-wall", "subscription-wall"),
    ] == [
        (data["article"], data["differs"], data["decision"]["show"], data["shadow"]["show"])
        for data in found
    ]
    assert [decision_table(decision) for decision in decisions] == [
        data["decision"] for data in found
    ]
    assert {newsroom.policy(1).digest} == {data["shadow"]["policy"] for data in found}
    told = [record.meter for record in caplog.records if "shadow_show" in record.meter]
    assert [data["differs"] for data in found] == [facts["differs"] for facts in told]
    assert "'r'" not in str([record.__dict__ for record in caplog.records])


def test_a_counter_counts_differences_with_few_labels(newsroom):
    """What was served, what the shadow shows, and what was asked; no reader and no article."""
    counted = Counter()

    class Instrument:
        """An instrument as OpenTelemetry's, that keeps what it is given."""

        def add(self, amount, attributes):
            counted[tuple(sorted(attributes.items()))] += amount

    paywall = Paywall(newsroom.policy(2), MemoryStore(), shadow=newsroom.policy(1))
    paywall._telemetry._differences = Instrument()
    for number in range(50):
        reader = newsroom.reader(f"r{number}")
        for article in "ab":
            paywall.check(reader, newsroom.view(article), now=newsroom.now)
    names = {"access", "degraded", "kind", "shadow_access", "shadow_show", "show", "store"}
    assert [names, names] == [set(dict(labels)) for labels in counted]
    assert [50, 50] == list(counted.values())


@TWINS
def test_a_peek_and_a_view_ahead_are_never_told_as_reads(ask, newsroom):
    """They are compared as well, count nothing, and keep their kind."""
    events = []
    ahead = PageView(article=Article(id="a"), prefetch=True)
    reader = newsroom.reader("r")
    asked = [
        (newsroom.now, reader, newsroom.view("a"), False),
        (newsroom.now, reader, ahead, True),
        (newsroom.now, reader, ahead, False),
    ]
    _, calls = ask(newsroom.policy(2), asked, shadow=newsroom.policy(0), on_decision=events.append)
    found = differences(events)
    assert ["peek", "speculative", "peek"] == [data["kind"] for data in found]
    assert {False} == {data["shadow"]["counted"] for data in found}
    assert {"load"} == {call[0] for call in calls}


@TWINS
def test_where_the_policy_in_force_needs_no_record_none_is_asked_for(ask, newsroom):
    """The shadow decides as if nothing were counted, and the event says so."""
    events = []
    shadow = loads_policy(newsroom.text(3).replace('["subscriber"]', '["staff"]'))
    asked = [(newsroom.now, SUBSCRIBER, newsroom.view("a"), True)] * 2
    _, calls = ask(newsroom.policy(3), asked, shadow=shadow, on_decision=events.append)
    assert [] == calls
    assert [("none", "countdown", 2)] * 2 == [
        (data["record"], data["shadow"]["show"], data["shadow"]["meter"]["left"])
        for data in differences(events)
    ]


class Broken:
    """A source whose policy cannot be had any more; `policy` was one when it was looked at."""

    def __init__(self, policy, error):
        self._answers = iter([policy])
        self._error = error

    @property
    def policy(self):
        for policy in self._answers:
            return policy
        raise self._error


@TWINS
@pytest.mark.parametrize("error", [RuntimeError("gone"), StoreUnavailableError("x"), KeyError(1)])
def test_a_shadow_that_fails_changes_nothing_and_is_told_once(ask, error, newsroom, caplog):
    """Whatever it raises."""
    asked = [(newsroom.now, newsroom.reader("r"), newsroom.view(name), True) for name in "abcd"]
    alone = ask(newsroom.policy(2), asked)
    broken = Broken(newsroom.policy(1), error)
    assert alone == ask(newsroom.policy(2), asked, shadow=broken)
    assert 1 == caplog.text.count("the shadow policy failed; what was decided stands")
    assert 1 == len([record for record in caplog.records if record.levelno >= logging.WARNING])


def test_a_shadow_that_gives_no_policy_any_more_is_a_failure_too(newsroom, caplog):
    """Its source is the publisher's own."""
    paywall = Paywall(newsroom.policy(2), MemoryStore(), shadow=newsroom.policy(1))
    paywall._tried = Shadow(type("Source", (), {"policy": None})())
    paywall.ready()
    for name in "ab":
        view = newsroom.view(name)
        assert paywall.check(newsroom.reader("r"), view, now=newsroom.now).counted
    assert 1 == caplog.text.count("the shadow policy failed")


def test_a_slow_shadow_is_told_once_and_is_no_outage(newsroom, caplog):
    """Its time is not the store's: the decision was made before."""
    paywall = Paywall(newsroom.policy(3), MemoryStore(), shadow=newsroom.policy(1), deadline=0.1)

    class Seconds:
        now = 0.0

        def __call__(self):
            self.now += 1.5
            return self.now

    paywall._tried = Shadow(newsroom.policy(1), Seconds())
    for name in "abc":
        view = newsroom.view(name)
        assert not paywall.check(newsroom.reader("r"), view, now=newsroom.now).degraded
    (record,) = caplog.records
    assert "the shadow policy took 1.50 seconds" in record.getMessage()


def test_a_file_that_is_read_again_may_be_the_shadow(tmp_path, newsroom):
    """The next view is compared with what the file says then."""
    path = tmp_path / "next.toml"
    path.write_text(newsroom.text(2), "utf-8")
    events = []
    with ReloadingPolicy(path, every=None) as shadow:
        paywall = Paywall(
            newsroom.policy(2), MemoryStore(), shadow=shadow, on_decision=events.append
        )
        paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)
        assert [] == differences(events)
        path.write_text(newsroom.text(1), "utf-8")
        assert shadow.refresh(now=True)
        paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)
    assert ["last-free-article"] == [data["shadow"]["show"] for data in differences(events)]


@pytest.mark.parametrize(
    "on_outage, records", [("fallback", ["remembered"] * 2), ("open", []), ("closed", [])]
)
def test_in_an_outage_it_is_compared_on_what_is_remembered(on_outage, records, newsroom):
    """Where nothing is remembered there is no record to compare on."""
    events = []
    paywall = Paywall(
        newsroom.policy(2),
        open_store(NOBODY),
        shadow=newsroom.policy(1),
        on_outage=on_outage,
        on_decision=events.append,
    )
    for article in "ab":
        assert paywall.check(
            newsroom.reader("r"), newsroom.view(article), now=newsroom.now
        ).degraded
    found = differences(events)
    assert records == [data["record"] for data in found]
    assert all(data["shadow"]["degraded"] for data in found)


def test_a_difference_names_no_reader_where_there_is_a_secret(newsroom):
    """Not in either event."""
    events = []
    paywall = Paywall(
        newsroom.policy(2),
        MemoryStore(),
        shadow=newsroom.policy(1),
        secret="s3cret",
        on_decision=events.append,
    )
    paywall.check(newsroom.reader("anna"), newsroom.view("a"), now=newsroom.now)
    assert 2 == len(events)
    assert "anna" not in json.dumps(events)


@pytest.mark.parametrize("shadow", ["next.toml", 3, Broken, {"policy": 1}])
def test_what_is_no_policy_is_no_shadow(shadow, newsroom):
    """It is refused before the first view."""
    with pytest.raises(TypeError, match="`shadow` is a second policy"):
        Paywall(newsroom.policy(2), MemoryStore(), shadow=shadow)
