"""Prompts that are not always shown, over a store: closing them, orders, outages, forgetting."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from meter import (
    Article,
    AsyncPaywall,
    IdentityError,
    MeterError,
    PageView,
    Paywall,
    Reader,
    StoreError,
    engine,
    loads_policy,
    open_store,
)
from meter.memo import decide
from meter.paywall.identity import ReaderKeys
from meter.paywall.recent import Recent
from meter.paywall.records import read_record
from meter.paywall.transactions import join, transact
from meter.stores import MemoryStore, open_async_store
from meter.windows import instant
from tests.paywall.test_schedules import every_ending
from tests.servers import NOW

POLICY = loads_policy("""
[publication]
name = "Harbour Radio"
[prompts.give]
heading = "Give"
at_most = { times = 1, window = { calendar = "day" } }
quiet_after = { closed = "7 days" }
instead = "bar"
[prompts.bar]
heading = "Give too"
[[rules]]
name = "open"
show = "article"
prompt = "give"
""")
ATTEMPTS = 50


def view(name):
    """Return a view with an id of its own."""
    return PageView(article=Article(id="a"), id=name)


@pytest.fixture
def paywall():
    """A paywall over memory."""
    return Paywall(POLICY, open_store("memory://"))


def test_a_closed_prompt_is_silent_as_long_as_it_says(paywall):
    """The end of the silence belongs to the time after it."""
    anna = Reader(id="anna")
    paywall.dismissed("anna", "give", now=NOW)
    ends = NOW + timedelta(days=7)
    before = paywall.check(anna, view("v1"), now=ends - timedelta(microseconds=1))
    assert ("bar", "give") == (before.prompt, paywall.check(anna, view("v2"), now=ends).prompt)


def test_what_was_closed_is_forgotten_with_the_reader(paywall):
    """Nothing is known any more, and the prompt comes again."""
    paywall.dismissed("anna", "give", now=NOW)
    assert paywall.knows("anna")
    paywall.forget("anna")
    assert not paywall.knows("anna")
    assert paywall.check(Reader(id="anna"), view("v1"), now=NOW).prompt == "give"


def test_closing_what_nothing_is_quiet_after_writes_nothing(paywall):
    """So does closing what ships; a name that is not there is told, and an empty id."""
    paywall.dismissed("anna", "bar", now=NOW)
    paywall.dismissed("anna", "countdown", now=NOW)
    assert not paywall.knows("anna")
    with pytest.raises(MeterError, match="did you mean `give`"):
        paywall.dismissed("anna", "giev", now=NOW)
    with pytest.raises(IdentityError):
        paywall.dismissed("", "give", now=NOW)


@pytest.mark.parametrize("name", [None, 5, ["give"], b"give"])
def test_what_is_no_name_is_a_mistake_and_not_a_name_that_is_unknown(paywall, name):
    """A form whose field is missing gives `None`."""
    for say in (paywall.dismissed, paywall.started):
        with pytest.raises(TypeError, match="is a name in quotes, not"):
            say("anna", name)


def test_a_long_name_is_cut_in_the_message(paywall):
    """It comes from a browser, and is logged."""
    for say in (paywall.dismissed, paywall.started):
        with pytest.raises(MeterError) as caught:
            say("anna", "x" * 100_000)
        assert len(str(caught.value)) < 400


def test_the_async_paywall_closes_alike():
    """The same, awaited."""

    async def closed():
        paywall = AsyncPaywall(POLICY, open_async_store("memory://"))
        await paywall.dismissed("anna", "give", now=NOW)
        return (await paywall.check(Reader(id="anna"), view("v1"), now=NOW)).prompt

    assert asyncio.run(closed()) == "bar"


def test_a_peek_shows_and_leaves_nothing(paywall):
    """However often somebody looks, the first who reads is asked."""
    anna = Reader(id="anna")
    assert {"give"} == {paywall.peek(anna, view(f"v{n}"), now=NOW).prompt for n in range(3)}
    assert not paywall.knows("anna")
    assert ["give", "bar"] == [paywall.check(anna, view(n), now=NOW).prompt for n in ("x", "y")]


def test_who_signs_in_brings_what_was_shown_and_closed(paywall):
    """The account is kept back where the device was."""
    paywall.check(Reader(id="device"), view("v1"), now=NOW)
    paywall.join("device", "account", now=NOW)
    account = Reader(id="account")
    assert paywall.check(account, view("v2"), now=NOW).prompt == "bar"
    paywall.dismissed("device", "give", now=NOW)
    paywall.join("device", "account", now=NOW)
    assert paywall.check(account, view("v3"), now=NOW + timedelta(days=6)).prompt == "bar"


class Out(MemoryStore):
    """A store that does not answer."""

    def load(self, key):
        """Fail."""
        raise StoreError("out")

    def swap(self, key, old, new, *, expires=None):
        """Fail."""
        raise StoreError("out")


@pytest.mark.parametrize(
    ("on_outage", "shown"),
    [
        ("fallback", ["give", "bar", "bar"]),
        ("open", ["bar", "bar", "bar"]),
        ("closed", ["bar", "bar", "bar"]),
    ],
)
def test_an_outage_gives_no_prompt_that_nobody_remembers(on_outage, shown):
    """While the store is out one process shows it once, or nobody does; the article stays open."""
    paywall = Paywall(POLICY, Out(), on_outage=on_outage)
    decided = [paywall.check(Reader(id="anna"), view(f"v{n}"), now=NOW) for n in range(3)]
    assert shown == [decision.prompt for decision in decided]
    assert {"full"} == {str(decision.access) for decision in decided}


def ask(key, name):
    """Ask for one view, as a paywall does."""
    return transact(
        ReaderKeys(key),
        lambda usage: decide(POLICY, Reader(id=key), view(name), usage, NOW),
        Recent(100),
        at=instant(NOW),
        expires=lambda _: None,
        attempts=ATTEMPTS,
    )


def close(key):
    """Close the prompt, as a paywall does."""
    return transact(
        ReaderKeys(key),
        lambda usage: (None, engine.close(POLICY, usage, "give", NOW)),
        Recent(100),
        at=instant(NOW),
        expires=lambda _: None,
        attempts=ATTEMPTS,
    )


def sign_in(source, target):
    """Bring what one key holds to another, as a paywall does."""
    return join(
        ReaderKeys(source),
        ReaderKeys(target),
        lambda theirs, own: engine.join(POLICY, theirs, own, NOW),
        Recent(100),
        at=instant(NOW),
        expires=lambda _: None,
        attempts=ATTEMPTS,
    )


def shown_in(world):
    """Return at how many of the views that were asked for the capped prompt was shown."""
    outcomes = [each for each in world.answers if each is not None]
    return sum(getattr(each.answer, "prompt", None) == "give" for each in outcomes)


def test_three_views_at_once_show_a_prompt_once():
    """In every order in which their calls reach the store exactly one of three is asked."""
    endings = 0
    for world in every_ending(lambda _: [ask("r", name) for name in ("v1", "v2", "v3")]):
        endings += 1
        assert 1 == shown_in(world)
        assert 1 == len(read_record(world.store.load("r")).usage.showings("give").ids)
    assert endings >= 6


def test_the_same_view_twice_is_asked_twice_and_shown_once():
    """A request that is sent again gets the same prompt, and another view gets none."""
    for world in every_ending(lambda _: [ask("r", name) for name in ("v1", "v1", "v2")]):
        first, again, other = (outcome.answer.prompt for outcome in world.answers)
        assert first == again
        assert {"give", "bar"} == {first, other}


def test_closing_and_signing_in_while_reading_loses_nothing():
    """Whatever comes first, what was shown and closed is there at the end; it was shown once."""
    build = [lambda _: [ask("r", "v1"), close("r"), ask("r", "v2")]]
    build.append(lambda _: [ask("r", "v1"), ask("r", "v2"), sign_in("r", "other"), close("r")])
    for number, start in enumerate(build):
        for world in every_ending(start, once=bool(number)):
            usage = read_record(world.store.load("r")).usage
            assert {"give": instant(NOW)} == usage.closed
            assert shown_in(world) == len(usage.showings("give").ids) <= 1
