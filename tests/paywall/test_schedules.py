"""Every order in which concurrent calls can reach a store, tried one after the other.

A question is a generator that yields its store calls, so several of them can be run hand over hand.
Where two orders lead to the same contents and the same replies, what follows is the same too, and
is walked once.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import pytest

from meter import Usage, decide, engine
from meter.paywall.forgetting import erase
from meter.paywall.identity import ReaderKeys
from meter.paywall.operations import Load, Swap
from meter.paywall.recent import Recent
from meter.paywall.records import read_record, usage_record
from meter.paywall.transactions import join, transact
from meter.stores import MemoryStore
from meter.windows import instant
from tests.figures import figure
from tests.paywall.orders import every_ending

ATTEMPTS = 50


@pytest.fixture(params=[True, False], ids=["strangers are new", "strangers are known"])
def are_new(request):
    """Whether a process guesses that nothing is kept of whom it does not know, or loads first."""
    return request.param


@pytest.fixture
def memory(are_new):
    """Return what a process remembers at first: nothing but what strangers were to the store."""

    def remember():
        recent = Recent(100)
        for _ in range(3):
            recent.strangers.note(is_new=are_new)
        return recent

    return remember


@pytest.fixture
def ask(newsroom, memory):
    """Ask for one article, as a paywall does."""

    def check(limit, key, article, recent=None, *, writes=True):
        policy = newsroom.policy(limit)
        reader = newsroom.reader(key)
        view = newsroom.view(article)
        return transact(
            ReaderKeys(key),
            lambda usage: decide(policy, reader, view, usage, newsroom.now),
            memory() if recent is None else recent,
            at=instant(newsroom.now),
            expires=lambda _: None,
            attempts=ATTEMPTS,
            writes=writes,
        )

    return check


@pytest.fixture
def sign_in(newsroom, memory):
    """Bring what one key holds to another, as a paywall does."""

    def start(source, target):
        policy = newsroom.policy(1000)
        return join(
            ReaderKeys(source),
            ReaderKeys(target),
            lambda theirs, own: engine.join(policy, theirs, own, newsroom.now),
            memory(),
            at=instant(newsroom.now),
            expires=lambda _: None,
            attempts=ATTEMPTS,
        )

    return start


@pytest.fixture
def usage(newsroom):
    """Return a usage with some articles counted."""

    def read(*articles):
        usage = Usage()
        for article in articles:
            usage = decide(
                newsroom.policy(1000),
                newsroom.reader("r"),
                newsroom.view(article),
                usage,
                newsroom.now,
            )[1]
        return usage

    return read


def forget(key):
    """Forget the reader under a key, as a paywall does over a store that cannot be out."""
    return erase(ReaderKeys(key), Recent(100), marks=False, attempts=ATTEMPTS)


def counted(store, key):
    """Return what is counted under a key."""
    return set(read_record(store.load(key)).usage.tally("monthly").ids)


def full(world):
    """Return which questions were answered with the whole article."""
    return [
        number
        for number, outcome in enumerate(world.answers)
        if outcome is not None and outcome.answer.access == "full"
    ]


@pytest.mark.parametrize("one_process", [False, True])
def test_three_articles_at_once_never_exceed_the_limit(ask, memory, are_new, one_process):
    """Three readers, three articles, a limit of 2, in every order.

    Two are granted and counted, one meets the wall.
    """

    def build(_):
        shared = memory() if one_process else None
        return [ask(2, "r", article, shared) for article in "abc"]

    endings = 0
    for world in every_ending(build):
        endings += 1
        granted = {"abc"[number] for number in full(world)}
        assert 2 == len(granted)
        assert granted == counted(world.store, "r")
    assert endings >= 18
    if are_new:
        processes = "in one process" if one_process else "in three processes"
        figure(f"orders of three checks {processes}", endings)


def test_the_last_article_twice_and_another_once(ask, usage):
    """With one left, two readers of the same article and one of another.

    One article is counted, and exactly its readers get it.
    """

    def build(store):
        store.swap("r", None, usage_record(usage("z")).raw, expires=None)
        return [ask(2, "r", article) for article in "aab"]

    for world in every_ending(build):
        new = counted(world.store, "r") - {"z"}
        assert new in ({"a"}, {"b"})
        assert [number for number in range(3) if "aab"[number] in new] == full(world)


@pytest.mark.parametrize(
    "limit, stored, remembered",
    [(3, "yz", "z"), (2, "yz", "z"), (3, "", "yz"), (2, "z", "xyz"), (3, "y", "")],
)
def test_stale_memory_never_makes_a_wrong_wall_or_a_wrong_grant(
    ask, memory, usage, limit, stored, remembered
):
    """Each process remembers something old: only the store decides.

    Too few articles, too many, or a reader that was forgotten since.
    """

    def build(store):
        if stored:
            store.swap("r", None, usage_record(usage(*stored)).raw, expires=None)
        memories = [memory() for _ in range(3)]
        for each in memories:
            each.keep("r", usage_record(usage(*remembered)) if remembered else read_record(None))
        return [
            ask(limit, "r", article, each) for article, each in zip("abz", memories, strict=True)
        ]

    for world in every_ending(build, once=True):
        now = counted(world.store, "r")
        assert max(limit, len(set(stored))) >= len(now)
        assert set(stored) <= now
        for number, article in enumerate("abz"):
            assert (article in now) is (number in full(world))
        if len(full(world)) < 3:
            assert limit == len(now)


def test_a_peek_sees_what_the_store_holds(ask, usage):
    """While another article takes the last that is left: it is there still, or there is a wall.

    A peek of what is counted already is given the article in every order.
    """

    def build(store):
        store.swap("r", None, usage_record(usage("x")).raw, expires=None)
        peeks = [ask(2, "r", article, writes=False) for article in "xb"]
        return [ask(2, "r", "a"), *peeks]

    given = set()
    for world in every_ending(build):
        assert {"x", "a"} == counted(world.store, "r")
        given.add(tuple(full(world)))
    assert {(0, 1), (0, 1, 2)} == given


class Overwrite(NamedTuple):
    """A write that does not compare."""

    key: str
    new: bytes

    def on(self, store):
        return store.swap(self.key, store.load(self.key), self.new, expires=None)


def read_then_write(steps):
    """Run a question as people write it: load, compare in Python, then write."""
    reply = None
    while True:
        try:
            step = steps.send(reply)
        except StopIteration as stop:
            return stop.value
        if isinstance(step, Swap):
            reply = yield Load(step.key)
            if reply == step.old:
                reply = yield Overwrite(step.key, step.new)
        else:
            reply = yield step


def test_a_planted_read_then_write_is_caught(ask, are_new):
    """The same walk over a store whose swap is two steps finds both kinds of damage.

    Over the limit, and counts lost.
    """
    orders = over = lost = 0
    for world in every_ending(
        lambda _: [read_then_write(ask(2, "r", article)) for article in "abc"], once=True
    ):
        granted = {"abc"[number] for number in full(world)}
        orders += 1
        over += len(granted) > 2
        lost += not granted <= counted(world.store, "r")
    assert over > 0
    assert lost > 0
    if are_new:
        figure("orders of three planted read-then-writes", orders)
        figure("of these over the limit", over)


def test_a_forgotten_reader_stays_forgotten(ask, usage):
    """Checks in flight while a reader is forgotten bring nothing back of what was read before."""

    def build(store):
        store.swap("r", None, usage_record(usage("x", "y")).raw, expires=None)
        return [forget("r"), ask(5, "r", "a"), ask(5, "r", "x")]

    for world in every_ending(build, once=True):
        assert {"y"}.isdisjoint(counted(world.store, "r"))


def test_joining_while_reading_keeps_every_count(ask, sign_in, usage):
    """A join in flight with a read on either side, in every order.

    Nothing that was granted is lost, and what the device reads is brought or not, never a half.
    """

    def build(store):
        store.swap("c", None, usage_record(usage("x")).raw, expires=None)
        store.swap("u", None, usage_record(usage("y")).raw, expires=None)
        return [sign_in("c", "u"), ask(9, "c", "a"), ask(9, "u", "b")]

    outcomes = set()
    for world in every_ending(build, once=True):
        assert {"x", "a"} == counted(world.store, "c")
        outcomes.add(frozenset(counted(world.store, "u")))
    assert {frozenset("xyb"), frozenset("xyab")} == outcomes


def test_the_last_article_while_signing_in_is_given_once(ask, sign_in, usage):
    """One is left of the account, none after the join: granted before it, or refused after it."""

    def build(store):
        store.swap("c", None, usage_record(usage("x")).raw, expires=None)
        store.swap("u", None, usage_record(usage("y")).raw, expires=None)
        return [sign_in("c", "u"), ask(2, "u", "a"), ask(2, "u", "b")]

    for world in every_ending(build, once=True):
        granted = {"ab"[number - 1] for number in full(world)}
        assert len(granted) <= 1
        assert {"x", "y"} | granted == counted(world.store, "u")
        assert {"x"} == counted(world.store, "c")


@pytest.mark.parametrize("pairs", ["cu uc", "cu cu", "cu uv", "cu vu", "cu vc", "cu cv"])
def test_joins_that_meet_act_one_after_the_other(sign_in, usage, pairs):
    """Joins in opposite directions, of the same pair and in a chain, at once.

    Whatever the order, it is that of one of the two ways to do them in turn.
    """

    def start(store):
        for key in "cuv":
            store.swap(key, None, usage_record(usage(f"of-{key}")).raw, expires=None)

    def build(store):
        start(store)
        return [sign_in(*pair) for pair in pairs.split()]

    def contents(store):
        return tuple(frozenset(counted(store, key)) for key in "cuv")

    in_turn = set()
    for order in (pairs.split(), pairs.split()[::-1]):
        store = MemoryStore()
        start(store)
        for pair in order:
            run(sign_in(*pair), store)
        in_turn.add(contents(store))
    for world in every_ending(build, once=True):
        assert contents(world.store) in in_turn


def test_a_join_and_a_forget_that_meet_act_one_after_the_other(sign_in, usage):
    """The account is forgotten, then joined anew, or joined, then forgotten; the device stays."""

    def build(store):
        store.swap("c", None, usage_record(usage("x")).raw, expires=None)
        store.swap("u", None, usage_record(usage("y")).raw, expires=None)
        return [sign_in("c", "u"), forget("u")]

    outcomes = set()
    for world in every_ending(build, once=True):
        assert {"x"} == counted(world.store, "c")
        outcomes.add(frozenset(counted(world.store, "u")))
    assert {frozenset(), frozenset("x")} == outcomes


@pytest.mark.parametrize("calls", range(4))
def test_an_interrupted_join_is_completed_by_the_next(sign_in, usage, calls):
    """Stopped after any number of store calls, a join has happened or not, and loses nothing."""
    store = MemoryStore()
    store.swap("c", None, usage_record(usage("x")).raw, expires=None)
    store.swap("u", None, usage_record(usage("y")).raw, expires=None)
    run(sign_in("c", "u"), store, calls)
    assert counted(store, "u") in ({"y"}, {"x", "y"})
    run(sign_in("c", "u"), store)
    assert {"x", "y"} == counted(store, "u")
    before = store.load("u")
    run(sign_in("c", "u"), store)
    assert before == store.load("u")
    assert {"x"} == counted(store, "c")


def test_the_last_strangers_tell_whether_the_next_is_loaded_first(ask, usage):
    """Two who were known to the store turn the guess, and two who were not turn it back."""
    recent = Recent(100)
    store = MemoryStore()
    calls = []
    for number, known in enumerate([1, 1, 1, 0, 0, 0, 1, 0]):
        key = str(number)
        if known:
            store.swap(key, None, usage_record(usage("x")).raw, expires=None)
        calls.append(carried_out(ask(1, key, "a", recent), store))
        assert ({"x"} if known else {"a"}) == counted(store, key)
    guessed = [Swap]
    walled = [Load]
    loaded = [Load, Swap]
    expected = [guessed, guessed, walled, loaded, loaded, guessed, guessed, guessed]
    assert expected == calls


def carried_out(steps, store):
    """Carry out a question, and return the kinds of its store calls."""
    kinds = []
    reply = None
    with suppress(StopIteration):
        while True:
            call = steps.send(reply)
            kinds.append(type(call))
            reply = call.on(store)
    return kinds


def run(steps, store, calls=1000):
    """Carry out at most so many store calls of a question."""
    reply = None
    for _ in range(calls):
        try:
            reply = steps.send(reply).on(store)
        except StopIteration:
            return
