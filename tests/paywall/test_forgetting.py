"""Nobody who was forgotten comes back, whatever other processes remember of them."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from meter import ManualClock, Paywall, decide, open_store
from meter.errors import StoreUnavailableError
from meter.paywall.forgetting import erase
from meter.paywall.identity import ReaderKeys
from meter.paywall.recent import Recent
from meter.paywall.records import read_record, usage_record
from meter.paywall.transactions import transact
from meter.stores import MemoryStore
from meter.stores.keys import mark_key
from meter.usage import Usage
from meter.windows import instant
from tests.paywall.orders import World, every_ending
from tests.paywall.test_schedules import ATTEMPTS
from tests.paywall.weather import contents, process
from tests.servers import NOW, policy_of, reader_of, view_of

TEN_MINUTES = timedelta(minutes=10)
GLIMPSE = timedelta(microseconds=1)


def read(paywall, reader, *articles, now=NOW):
    """Open some articles, and return the last decision."""
    for article in articles:
        decision = paywall.check(reader_of(reader), view_of(article), now=now)
    return decision


def counted(paywall, reader):
    """Return what is counted of a reader."""
    return [read.id for read in paywall.ledger(reader, now=NOW)["monthly"].reads]


class Two:
    """Two processes over one store, each with a way there that may be cut, and a clock."""

    def __init__(self, **settings):
        self.store = MemoryStore()
        self.clock = ManualClock(NOW)
        self.here, self.way = process(policy_of(9), self.store, self.clock, **settings)
        self.there, self.other_way = process(policy_of(9), self.store, self.clock, **settings)


@pytest.fixture
def two():
    """Two processes over one store."""
    return Two()


def test_what_was_read_in_an_outage_is_not_paid_in_after_a_forget_elsewhere(two):
    """The process that counted it finds the mark, and drops what it holds."""
    read(two.here, "anna", "kept")
    two.way.is_cut = True
    assert read(two.here, "anna", "secret").degraded
    two.there.forget("anna")
    two.way.is_cut = False
    assert not read(two.here, "anna", "after").degraded
    assert ["after"] == counted(two.there, "anna")
    two.clock.advance(TEN_MINUTES * 2)
    read(two.here, "anna", "later")
    assert ["after", "later"] == counted(two.there, "anna")


def test_a_peek_after_a_forget_elsewhere_tells_nothing_of_what_was_read(two):
    """Nor is anything written by it."""
    two.way.is_cut = True
    read(two.here, "anna", *"abcdefghi")
    two.there.forget("anna")
    two.way.is_cut = False
    before = contents(two.store)
    assert "countdown" == two.here.peek(reader_of("anna"), view_of("j"), now=NOW).show
    assert before == contents(two.store)


@pytest.mark.parametrize(
    "later, paid", [(TEN_MINUTES - GLIMPSE, True), (TEN_MINUTES, False), (TEN_MINUTES * 9, False)]
)
def test_what_was_read_in_an_outage_is_paid_in_within_ten_minutes(two, later, paid):
    """Until then it counts here all the same, so that an outage is no second allowance."""
    read(two.here, "anna", "a")
    two.way.is_cut = True
    read(two.here, "anna", *"bcdefgh")
    two.clock.advance(later)
    assert "last-free-article" == read(two.here, "anna", "i").show
    assert "subscription-wall" == read(two.here, "anna", "j").show
    two.way.is_cut = False
    read(two.here, "anna", "a")
    # `i` was read later than the others, just now.
    assert (list("abcdefghi") if paid else ["a", "i"]) == counted(two.there, "anna")
    two.store.forget("anna")
    read(two.here, "anna", "again")
    assert ["again"] == counted(two.there, "anna")


def test_nothing_remembered_is_put_back_after_a_loss(two):
    """Only what was counted in the outage itself comes to the store that has lost the rest."""
    read(two.here, "anna", "remembered")
    two.way.is_cut = True
    read(two.here, "anna", "granted")
    two.way.is_cut = False
    two.store._kept.clear()
    read(two.here, "anna", "after")
    assert {"granted", "after"} == set(counted(two.there, "anna"))


def test_what_is_forgotten_before_a_loss_stays_forgotten(two):
    """A process remembers her, another forgets her, the store loses everything: she is new."""
    read(two.here, "anna", "secret")
    two.there.forget("anna")
    two.store._kept.clear()
    read(two.here, "anna", "other")
    assert ["other"] == counted(two.there, "anna")


@pytest.mark.parametrize("calls", range(3))
def test_a_forget_that_meets_an_outage_raises_and_is_done_again(two, calls):
    """However far it came; until then nothing is promised, and afterwards all of it is kept."""
    read(two.here, "anna", "a")
    two.way.left = calls
    if calls < 2:
        with pytest.raises(StoreUnavailableError):
            two.here.forget("anna")
        two.way.left = None
        two.way.is_cut = False
        two.here.forget("anna")
    else:
        two.here.forget("anna")
    assert {mark_key("anna")} == contents(two.store).keys()


def test_this_process_forgets_at_once_what_it_counted(two):
    """Even where the store cannot be asked, so that nothing is paid in by accident later."""
    two.way.is_cut = True
    read(two.here, "anna", "secret")
    with pytest.raises(StoreUnavailableError):
        two.here.forget("anna")
    two.way.is_cut = False
    read(two.here, "anna", "after")
    assert ["after"] == counted(two.there, "anna")


def test_the_mark_names_nobody_and_ends(two):
    """What stays under a digest is a time; from eleven minutes on `purge` drops it."""
    read(two.here, "anna", "secret")
    two.here.forget("anna")
    left = contents(two.store)
    assert not any(b"secret" in raw or b"anna" in raw or "anna" in key for key, raw in left.items())
    assert 0 == two.store.purge(NOW + TEN_MINUTES)
    assert 1 == two.store.purge(NOW + TEN_MINUTES + timedelta(minutes=1))
    assert 0 == len(two.store)


def test_an_old_mark_keeps_nobody_from_being_counted(two):
    """A mark that no `purge` has removed means nothing any more, and is replaced by the next."""
    two.here.forget("anna")
    two.clock.advance(timedelta(days=1))
    two.way.is_cut = True
    read(two.here, "anna", "a")
    two.way.is_cut = False
    read(two.here, "anna", "b")
    assert ["a", "b"] == counted(two.there, "anna")
    two.here.forget("anna")
    assert 1 == len(two.store)


@pytest.mark.parametrize("mark", [b"", b"F", b"Fx", b"F" + b"9" * 5000, b"1{}", b"\xff", "text", 5])
def test_a_broken_mark_is_met_by_a_decision_and_mended_by_a_forget(two, mark):
    """As any broken record: decided as in an outage, and forgettable."""
    two.way.is_cut = True
    read(two.here, "anna", "a")
    two.way.is_cut = False
    two.store._kept[mark_key("anna")] = mark, None
    assert read(two.here, "anna", "b").access == "full"
    two.here.forget("anna")
    read(two.here, "anna", "c")
    assert ["c"] == counted(two.there, "anna")


def test_a_store_that_cannot_be_out_keeps_no_mark(newsroom):
    """In memory there is nobody else: after a `forget` it is empty."""
    store = open_store("memory://")
    paywall = Paywall(newsroom.policy(3), store)
    read(paywall, "anna", "a")
    paywall.forget("anna")
    assert 0 == len(store)


def test_a_full_server_forgets_and_says_that_the_mark_is_missing(own_valkey, newsroom):
    """What can be removed is removed; as another process may bring something back, it raises."""
    server = own_valkey("--maxmemory-policy", "noeviction")
    with closing(open_store(server.url)) as store, server.client() as client:
        paywall = Paywall(newsroom.policy(3), store, deadline=20.0)
        read(paywall, "anna", "a")
        client.config_set("maxmemory", 1)
        with pytest.raises(StoreUnavailableError, match="maxmemory"):
            paywall.forget("anna")
        assert client.get("meter:{anna}") is None
        client.config_set("maxmemory", 0)
        paywall.forget("anna")


def cut_in_sqlite(url):
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def mend():
        other.execute("ROLLBACK")
        other.close()

    return mend


def cut_in_postgres(url):
    other = psycopg.connect(url)
    other.execute("LOCK TABLE meter_usage IN EXCLUSIVE MODE")

    def mend():
        other.rollback()
        other.close()

    return mend


def cut_in_redis(url):
    client = open_store(url).client
    client.config_set("maxmemory", 1)
    return lambda: client.config_set("maxmemory", 0)


CUTS = {"sqlite": cut_in_sqlite, "redis": cut_in_redis, "postgres": cut_in_postgres}


def test_nobody_comes_back_in_any_store(shared_url, newsroom):
    """Read, out, read, back, forgotten elsewhere: over each store that processes can share."""
    with closing(open_store(shared_url)) as store, closing(open_store(shared_url)) as other:
        patient = Paywall(newsroom.policy(9), store, deadline=60.0)
        hasty = Paywall(newsroom.policy(9), store, deadline=0.05)
        hasty._recent = patient._recent
        elsewhere = Paywall(newsroom.policy(9), other, deadline=60.0)
        read(patient, "anna", "kept")
        read(patient, "bob", "kept")
        mend = CUTS[store.name](shared_url)
        assert read(hasty, "anna", "secret").degraded
        assert read(hasty, "bob", "granted").degraded
        mend()
        elsewhere.forget("anna")
        for reader in ("anna", "bob"):
            assert not read(patient, reader, "after").degraded
        assert ["after"] == counted(elsewhere, "anna")
        assert {"kept", "granted", "after"} == set(counted(elsewhere, "bob"))


# Every order in which the calls of a forget and of others can reach the store.


READER = ReaderKeys("r")


def ask(article, recent, keys=READER):
    """Ask for one article, as a paywall does."""
    return transact(
        keys,
        lambda usage: decide(policy_of(9), reader_of("r"), view_of(article), usage, NOW),
        recent,
        at=instant(NOW),
        expires=lambda _: None,
        attempts=ATTEMPTS,
    )


def usage_of(*articles):
    """Return a usage with some articles counted."""
    usage = Usage()
    for article in articles:
        usage = decide(policy_of(9), reader_of("r"), view_of(article), usage, NOW)[1]
    return usage


def holding(*articles):
    """Return what a process remembers that counted some articles in an outage."""
    recent = Recent(100)
    recent.add_pending("r", usage_of(*articles))
    return recent


def kept(store, *keys):
    """Return the articles under some keys."""
    found = set()
    for key in keys:
        found |= set(read_record(store.load(key)).usage.tally("monthly").ids)
    return found


def payers(stored, held):
    """Return how to begin: a forget, and processes that hold what they counted in an outage."""

    def build(store):
        if stored:
            store.swap("r", None, usage_record(usage_of(*stored)).raw, expires=None)
        return [
            erase(READER, Recent(100), marks=True, attempts=ATTEMPTS),
            *(ask(article, holding(of)) for article, of in zip("ab", held, strict=False)),
        ]

    return build


@pytest.mark.parametrize("stored", ["", "x"])
def test_a_forget_beside_one_who_pays_in_brings_nothing_back(stored):
    """In every order: a process pays in what it holds while another forgets the reader.

    What is left was asked for while she was being forgotten, and is none of what was held.
    """
    for world in every_ending(payers(stored, ["secret"]), once=True):
        assert kept(world.store, "r") <= {"a"}


@pytest.mark.parametrize("stored", ["", "x"])
def test_a_forget_among_those_who_pay_in_brings_nothing_back(stored):
    """With two others, in 300 orders drawn at random."""
    for world in drawn(payers(stored, ["secret", "private"])):
        assert kept(world.store, "r") <= {"a", "b"}


def drawn(build, orders=300):
    """Yield worlds in which all questions are answered, each in an order drawn at random."""
    chance = random.Random(7)
    for _ in range(orders):
        world = World(build)
        while alive := world.alive():
            world.step(chance.choice(alive))
        yield world


CARRIERS = {"new": ReaderKeys("r", ("o",)), "old": ReaderKeys("o", ("r",))}


def carriers(names, *, forgotten):
    """Return how to begin: a record under an earlier secret's key, and who finds it."""

    def build(store):
        store.swap("o", None, usage_record(usage_of("secret")).raw, expires=None)
        forget = erase(CARRIERS["new"], Recent(100), marks=True, attempts=ATTEMPTS)
        asked = [
            ask(article, Recent(100), CARRIERS[name])
            for article, name in zip("ab", names, strict=False)
        ]
        return [forget, *asked] if forgotten else asked

    return build


@pytest.mark.parametrize("name", ["new", "old"])
def test_a_forget_beside_one_who_carries_over_brings_nothing_back(name):
    """In every order, whichever of the two secrets the other process has in force."""
    for world in every_ending(carriers([name], forgotten=True), once=True):
        assert kept(world.store, "r", "o") <= {"a"}


@pytest.mark.parametrize("names", [["new", "new"], ["new", "old"]], ids=" ".join)
def test_a_forget_among_those_who_carry_over_brings_nothing_back(names):
    """With two others, in 300 orders drawn at random."""
    for world in drawn(carriers(names, forgotten=True)):
        assert kept(world.store, "r", "o") <= {"a", "b"}


def test_two_who_carry_over_lose_nothing_and_leave_one_record():
    """In every order both articles are counted beside what was there, under the one in force."""
    for world in every_ending(carriers(["new", "new"], forgotten=False), once=True):
        assert {"secret", "a", "b"} == kept(world.store, "r")
        assert world.store.load("o") is None


class Readers(RuleBasedStateMachine):
    """Three processes, outages, and forgets in between: what was forgotten never comes back."""

    def __init__(self):
        super().__init__()
        self.store = MemoryStore()
        self.clock = ManualClock(NOW)
        self.processes = [process(policy_of(99), self.store, self.clock) for _ in range(3)]
        self.number = 0
        self.gone = set()
        self.read = {reader: set() for reader in "ab"}

    @rule(which=st.integers(0, 2), reader=st.sampled_from("ab"))
    def reads(self, which, reader):
        self.number += 1
        article = f"article-{self.number}"
        paywall, _ = self.processes[which]
        assert "full" == paywall.check(reader_of(reader), view_of(article), now=NOW).access
        self.read[reader].add(article)

    @rule(which=st.integers(0, 2))
    def cut(self, which):
        self.processes[which][1].is_cut ^= True

    @rule(minutes=st.integers(1, 12))
    def wait(self, minutes):
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def lose(self):
        self.store._kept.clear()

    @precondition(lambda self: not all(way.is_cut for _, way in self.processes))
    @rule(reader=st.sampled_from("ab"))
    def forget(self, reader):
        paywall = next(paywall for paywall, way in self.processes if not way.is_cut)
        paywall.forget(reader)
        self.gone |= self.read[reader]
        self.read[reader] = set()

    @rule(source=st.sampled_from("ab"), into=st.sampled_from("ab"), which=st.integers(0, 2))
    def join(self, source, into, which):
        paywall, way = self.processes[which]
        if not way.is_cut:
            paywall.join(source, into, now=NOW)
            self.read[into] |= self.read[source]

    @invariant()
    def nothing_comes_back(self):
        for reader in "ab":
            assert kept(self.store, reader) <= self.read[reader]


Readers.TestCase.settings = settings(deadline=None, stateful_step_count=30)
TestReaders = Readers.TestCase
