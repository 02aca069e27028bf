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
    open_store,
)
from meter.stores import MemoryStore, open_async_store
from meter.windows import instant
from tests.paywall.capped_orders import (
    NOW,
    ask,
    close,
    orders,
    policy_of,
    shown_in,
    sign_in,
    usage_of,
)
from tests.paywall.orders import every_ending
from tests.stores.capped import bursts

POLICY = policy_of('at_most = { times = 1, window = { calendar = "day" } }')


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


def test_no_order_shows_a_prompt_once_more_than_its_caps_say():
    """Views, retries, closings, sign-ins and forgets at once: never over, and views never under."""
    found = orders()
    assert (0, 0) == (found["over"], found["under"])
    assert found["orders"] > 150


def test_the_same_view_twice_is_asked_twice_and_shown_once():
    """A request that is sent again gets the same prompt, and another view gets none."""
    for world in every_ending(lambda _: [ask(POLICY, "r", name) for name in ("v1", "v1", "v2")]):
        first, again, other = (outcome.answer[0].prompt for outcome in world.answers)
        assert first == again
        assert {"give", "bar"} == {first, other}


def test_closing_and_signing_in_while_reading_loses_nothing():
    """Whatever comes first, what was shown and closed is there at the end; it was shown once."""

    def views():
        return [ask(POLICY, "r", name) for name in ("v1", "v2")]

    for others in ([], [("r", "other")]):

        def build(_, others=others):
            return [*views(), *(sign_in(POLICY, *pair) for pair in others), close(POLICY, "r")]

        for world in every_ending(build, once=bool(others)):
            usage = usage_of(world, "r")
            assert {"give": instant(NOW)} == usage.closed
            assert len(shown_in(world, "r")) == len(usage.showings("give").ids) <= 1


def test_threads_that_sign_in_are_forgotten_and_cut_off_are_never_over():
    """Sixteen bursts over memory; `python -m tests.stores.capped` sends thousands to each store."""
    found = bursts("memory://", 16)
    assert (0, 0) == (found["over"], found["under"])
    assert found["shown"] > 40
