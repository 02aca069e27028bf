"""A secret is changed: counts go on, nobody is kept twice, and a `forget` removes all."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import ManualClock, Paywall, open_store
from meter.errors import StoreError
from meter.stores import MemoryStore, reader_key
from meter.stores.keys import mark_key
from tests.paywall.weather import contents, process
from tests.servers import NOW, policy_of, reader_of, view_of

SECRETS = [None, "one", b"two", "three"]


def read(paywall, reader, *articles):
    """Open some articles, and return the last decision."""
    for article in articles:
        decision = paywall.check(reader_of(reader), view_of(article), now=NOW)
    return decision


def counted(paywall, reader):
    """Return what is counted of a reader."""
    return {read.id for read in paywall.ledger(reader, now=NOW)["monthly"].reads}


@pytest.mark.parametrize("empty", ["", b""])
def test_an_empty_secret_is_refused(empty):
    """An environment variable that is not set must not make digests that anyone can compute."""
    store = open_store("memory://")
    for call in (
        lambda: Paywall(policy_of(3), store, secret=empty),
        lambda: Paywall(policy_of(3), store, secret="new", old_secrets=(empty,)),
        lambda: reader_key("anna", secret=empty),
    ):
        with pytest.raises(ValueError, match="empty"):
            call()


@pytest.mark.parametrize("settings", [{"secret": 5}, {"old_secrets": "old"}, {"old_secrets": (5,)}])
def test_what_is_no_secret_is_refused(settings):
    """One text in the place of a tuple would make a secret of each letter."""
    with pytest.raises(TypeError, match="secret"):
        Paywall(policy_of(3), open_store("memory://"), **settings)


def test_counts_go_on_under_a_new_secret_in_any_store(store_url):
    """Over each store: a peek moves nothing, a visit carries the record over, a forget ends it."""
    with closing(open_store(store_url)) as store:
        before = Paywall(policy_of(3), store, secret="old", deadline=60.0)
        read(before, "anna", "a", "b")
        read(before, "bob", "a")
        after = Paywall(policy_of(3), store, secret="new", old_secrets=("old",), deadline=60.0)
        old, new = (reader_key("anna", secret=secret) for secret in ("old", "new"))
        assert {"a", "b"} == counted(after, "anna")
        peeked = after.peek(reader_of("anna"), view_of("c"), now=NOW)
        assert ("last-free-article", False) == (peeked.show, peeked.degraded)
        assert store.load(old) is not None
        assert store.load(new) is None
        assert "last-free-article" == read(after, "anna", "c").show
        assert "subscription-wall" == read(after, "anna", "d").show
        assert store.load(old) is None
        assert store.load(new) is not None
        after.forget("bob")
        assert set() == counted(after, "bob") | counted(before, "bob")
        after.forget("anna")
        assert "countdown" == read(after, "anna", "e").show


def test_a_wall_and_a_join_carry_over_too(newsroom):
    """A reader at the limit stays there; who signs in brings what either had, and is kept once."""
    store = MemoryStore()
    before = Paywall(newsroom.policy(2), store, secret="old")
    read(before, "anna", "a", "b")
    read(before, "device", "c")
    after = Paywall(newsroom.policy(2), store, secret="new", old_secrets=("old",))
    assert "subscription-wall" == read(after, "anna", "d").show
    assert reader_key("anna", secret="old") not in contents(store)
    after.join("device", "bob", now=NOW)
    assert {"c"} == counted(after, "bob")
    assert {"c"} == counted(before, "device")
    after.join("anna", "device", now=NOW)
    assert {"a", "b", "c"} == counted(after, "device")
    assert reader_key("device", secret="old") not in contents(store)


@pytest.mark.parametrize("calls", range(6))
def test_an_interrupted_carrying_over_is_completed_by_the_next_visit(calls):
    """Wherever it was cut nothing is lost, and then she is kept once."""
    store = MemoryStore()
    clock = ManualClock(NOW)
    before, _ = process(policy_of(9), store, clock, secret="old")
    read(before, "anna", "a", "b")
    after, way = process(policy_of(9), store, clock, secret="new", old_secrets=("old",))
    way.left = calls
    read(after, "anna", "c")
    kept = {secret: reader_key("anna", secret=secret) for secret in ("old", "new")}
    assert contents(store).keys() & set(kept.values())
    way.left, way.is_cut = None, False
    read(after, "anna", "c")
    assert {kept["new"]} == contents(store).keys()
    assert {"a", "b", "c"} == counted(after, "anna")


def test_two_kinds_of_process_hand_a_reader_to_each_other():
    """While a service is rolled out, each finds what the other has counted, exactly."""
    store = MemoryStore()
    first = Paywall(policy_of(4), store, secret="old", old_secrets=("new",))
    second = Paywall(policy_of(4), store, secret="new", old_secrets=("old",))
    shown = [
        str(read(paywall, "anna", article).show)
        for paywall, article in zip([first, second] * 3, "abacde", strict=True)
    ]
    assert ["countdown"] * 3 + ["countdown", "last-free-article", "subscription-wall"] == shown
    assert 1 == len(store)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from(["anna", "bob"]), st.sampled_from("abcdef")),
        st.tuples(st.just("forget"), st.sampled_from(["anna", "bob"]), st.none()),
        st.tuples(st.just("join"), st.just("anna"), st.just("bob")),
        st.tuples(st.just("change"), st.sampled_from(SECRETS), st.none()),
        st.tuples(st.just("cut"), st.integers(0, 5), st.none()),
    ),
    max_size=25,
)


def play(steps):
    """Play steps twice: with one secret for good, and with secrets that change and calls cut off.

    Yield the two paywalls after each step that was not cut off, and the store of the second.
    """
    clock = ManualClock(NOW)
    steady, _ = process(policy_of(4), MemoryStore(), clock, secret="one")
    store = MemoryStore()
    changing, way = process(policy_of(4), store, clock, secret="one", on_outage="raise")
    used = ["one"]
    for what, first, second in steps:
        if what == "change":
            used.append(first)
            changing, way = process(
                policy_of(4),
                store,
                clock,
                secret=first,
                old_secrets=tuple(used[:-1]),
                on_outage="raise",
            )
            continue
        if what == "cut":
            way.left = first
            continue
        results = []
        for paywall in (steady, changing):
            while True:
                try:
                    results.append(perform(paywall, what, first, second))
                    break
                except StoreError:
                    way.left, way.is_cut = None, False
        yield used, store, changing, what, first, results


def perform(paywall, what, first, second):
    """Take one step, and return what came of it."""
    if what == "forget":
        return paywall.forget(first)
    if what == "join":
        return paywall.join(first, second, now=NOW)
    decision = read(paywall, first, second)
    return decision.show, decision.meter and decision.meter.left


@settings(deadline=None)
@given(STEPS)
def test_however_the_secret_changes_counts_are_the_same(steps):
    """Read, forget, join, change the secret, cut a call off and do it again, in any order.

    What is shown is what one secret would have shown; whoever was just read of is kept once, and
    whoever was forgotten is kept nowhere.
    """
    for used, store, _, what, reader, (expected, found) in play(steps):
        assert expected == found
        keys = {reader_key(reader, secret=secret) for secret in used}
        kept = keys & contents(store).keys()
        if what == "forget":
            assert not kept
            assert {mark_key(key) for key in keys} <= contents(store).keys()
        if what == "read":
            assert len(kept) <= 1
