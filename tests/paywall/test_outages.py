"""Drills on a running server.

Stopped, paused, full, read-only, of the wrong type, and failed over to an empty one.

Each test says what readers get, what the log says, and that everything is counted once when the
server is back. A subscriber is decided on without the store in every one of them.
"""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from meter import AsyncPaywall, Entitlement, Paywall, Reader, open_store
from meter.errors import StoreUnavailableError
from meter.stores import MemoryStore, open_async_store

SUBSCRIBER = Reader(id="s", registered=True, entitlements=[Entitlement(kind="subscription")])
PATIENT = {"deadline": 20.0}


class Drill:
    """A Valkey server, a paywall over it, and a reader with two articles left of three."""

    def __init__(self, server, newsroom, **settings):
        self.server = server
        self.newsroom = newsroom
        self.store = open_store(server.url)
        self.paywall = Paywall(newsroom.policy(3), self.store, **settings)

    def read(self, article, reader="r"):
        """Open an article and return what is shown, and whether it was degraded."""
        decision = self.paywall.check(
            self.newsroom.reader(reader), self.newsroom.view(article), now=self.newsroom.now
        )
        return str(decision.show), decision.degraded

    def subscriber(self):
        """Return what a subscriber gets."""
        decision = self.paywall.check(SUBSCRIBER, self.newsroom.view("x"), now=self.newsroom.now)
        return str(decision.show), decision.degraded

    def counted(self, reader="r"):
        """Return what is counted, asked with time to spare."""
        paywall = Paywall(self.newsroom.policy(3), self.store, **PATIENT)
        return [read.id for read in paywall.ledger(reader, now=self.newsroom.now)["monthly"].reads]


@pytest.fixture
def drill(own_valkey, newsroom):
    """Start a server of one's own and a paywall over it."""
    drills = []

    def start(*options, **settings):
        drills.append(Drill(own_valkey(*options), newsroom, **settings))
        return drills[-1]

    yield start
    for started in drills:
        started.store.close()


def test_stopped_and_started_again(drill, caplog):
    """While the server is gone this process counts on from what it saw last.

    What it granted arrives when the server is back.
    """
    server = drill("--appendonly", "yes", "--appendfsync", "always", **PATIENT)
    assert ("countdown", False) == server.read("a")
    server.server.stop()
    assert ("countdown", True) == server.read("b")
    assert ("countdown", True) == server.read("a")
    assert ("last-free-article", True) == server.read("c")
    assert ("subscription-wall", True) == server.read("d")
    assert ("article", False) == server.subscriber()
    assert "the store was unavailable for `check`" in caplog.text
    server.server.start()
    assert ("subscription-wall", False) == server.read("d")
    assert ["a", "b", "c"] == server.counted()
    assert ("last-free-article", False) == server.read("b")


@pytest.mark.parametrize(
    "on_outage, new, read_before",
    [
        ("open", "countdown", "countdown"),
        ("closed", "subscription-wall", "subscription-wall"),
        ("fallback", "countdown", "countdown"),
    ],
)
def test_what_an_outage_leads_to_is_the_publishers_choice(drill, on_outage, new, read_before):
    """`open` grants, `closed` treats everybody as if nothing were left, `fallback` counts on here.

    Subscribers notice nothing.
    """
    server = drill(on_outage=on_outage, **PATIENT)
    assert ("countdown", False) == server.read("a")
    server.server.stop()
    assert (new, True) == server.read("b")
    assert (read_before, True) == server.read("a")
    assert ("article", False) == server.subscriber()


@pytest.mark.parametrize("article", ["\0000", "\0001", "~ 0", "~0"])
def test_closed_is_closed_for_every_article(article, newsroom):
    """No article's id is one of those that stand for a spent allowance."""
    policy = newsroom.policy(3)
    paywall = Paywall(policy, _Out(), on_outage="closed")
    decision = paywall.check(newsroom.reader("r"), newsroom.view(article), now=newsroom.now)
    assert (decision.access, decision.degraded) == ("preview", True)


class _Out(MemoryStore):
    """A store that is out."""

    def load(self, key):
        raise StoreUnavailableError("out")

    def swap(self, key, old, new, expires=None):
        raise StoreUnavailableError("out")


def test_an_outage_can_be_raised(drill):
    """With `raise` the caller gets a `StoreUnavailableError`, for what needs the store only."""
    server = drill(on_outage="raise", **PATIENT)
    server.server.stop()
    with pytest.raises(StoreUnavailableError, match="did not answer"):
        server.read("a")
    assert ("article", False) == server.subscriber()
    for call in (
        lambda: server.paywall.join("r", "u"),
        lambda: server.paywall.forget("r"),
        lambda: server.paywall.ledger("r"),
    ):
        with pytest.raises(StoreUnavailableError):
            call()


def test_paused(drill):
    """A server that says nothing costs each reader the deadline; nothing is counted twice after.

    Without a deadline this would wait for ever.
    """
    server = drill(deadline=0.05)
    server.paywall.check(
        server.newsroom.reader("warm"), server.newsroom.view("up"), now=server.newsroom.now
    )
    server.server.pause()
    shown = [
        server.read("a"),
        server.read("a"),
        server.read("b"),
        server.read("c"),
        server.read("d"),
    ]
    server.server.resume()
    expected = ["countdown", "countdown", "countdown", "last-free-article", "subscription-wall"]
    assert [(show, True) for show in expected] == shown
    patient = Drill(server.server, server.newsroom, **PATIENT)
    patient.paywall._recent = server.paywall._recent
    assert ("subscription-wall", False) == patient.read("d")
    assert {"a", "b", "c"} == set(patient.counted())
    patient.store.close()


def test_full(drill, caplog):
    """A full server refuses new counts loudly.

    Those who re-read and those at the wall are still answered by it.
    """
    server = drill("--maxmemory", "3mb", "--maxmemory-policy", "noeviction", **PATIENT)
    for article in "ab":
        server.read(article)
    for article in "abc":
        server.read(article, "walled")
    with server.server.client() as client:
        client.config_set("maxmemory", 1)
    assert ("countdown", False) == server.read("a")
    assert ("subscription-wall", False) == server.read("d", "walled")
    assert ("last-free-article", True) == server.read("c")
    assert ("article", False) == server.subscriber()
    assert "maxmemory" in caplog.text
    with server.server.client() as client:
        client.config_set("maxmemory", 0)
    assert ("subscription-wall", False) == server.read("d")
    assert ["a", "b", "c"] == server.counted()


def test_read_only(drill, own_valkey, caplog):
    """A replica answers those who re-read, and refuses to count."""
    server = drill(**PATIENT)
    server.read("a")
    with server.server.client() as client:
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
        client.config_set("replica-serve-stale-data", "yes")
    assert ("countdown", False) == server.read("a")
    assert ("countdown", True) == server.read("b")
    assert ("article", False) == server.subscriber()
    assert "read only replica" in caplog.text
    with server.server.client() as client:
        client.execute_command("REPLICAOF", "NO", "ONE")
    assert ("countdown", False) == server.read("b")
    assert ["a", "b"] == server.counted()


def test_something_else_under_our_key(drill, caplog):
    """A list under a reader's key is reported, never overwritten and never a wall.

    Whoever has articles left reads on; `forget` clears it.
    """
    server = drill(**PATIENT)
    with server.server.client() as client:
        client.lpush("meter:{r}", "not ours")
    assert ("countdown", True) == server.read("a")
    assert ("countdown", True) == server.read("a")
    assert ("article", False) == server.subscriber()
    assert "a value of another kind under a reader's key" in caplog.text
    with server.server.client() as client:
        assert [b"not ours"] == client.lrange("meter:{r}", 0, -1)
    server.paywall.forget("r")
    assert ("countdown", False) == server.read("a")


def test_failed_over_to_an_empty_one(drill, caplog):
    """A server that comes back empty is found out by its epoch key, and it is said so.

    Nothing that this process remembers is put back: who was forgotten might be among it.
    """
    server = drill(**PATIENT)
    assert ("countdown", False) == server.read("a")
    assert ("countdown", False) == server.read("b")
    server.server.stop()
    server.server.start()
    server.store._epoch.due_at = 0.0
    assert ("countdown", False) == server.read("c")
    assert "the store lost data: its epoch key is gone" in caplog.text
    assert ["c"] == server.counted()
    assert 1 == server.store.losses


def test_flushed(drill, caplog):
    """The same after a `FLUSHALL` on a live connection, at the next view of somebody known here."""
    server = drill(**PATIENT)
    for article in "abc":
        server.read(article)
    with server.server.client() as client:
        client.flushall()
    server.store._epoch.due_at = 0.0
    assert ("countdown", False) == server.read("d")
    assert ["d"] == server.counted()
    assert "the store lost data" in caplog.text


def test_a_reader_forgotten_elsewhere_is_no_loss(drill, caplog):
    """If another process forgets a reader, the epoch key is still there.

    Nothing is put back and nothing is reported.
    """
    server = drill(**PATIENT)
    for article in "abc":
        server.read(article)
    elsewhere = Drill(server.server, server.newsroom, **PATIENT)
    elsewhere.paywall.forget("r")
    elsewhere.store.close()
    assert ("countdown", False) == server.read("d")
    assert ["d"] == server.counted()
    assert "lost" not in caplog.text


def test_evicted(drill, caplog):
    """A server that makes room by dropping keys is warned of; what is another's is no loss of ours.

    The epoch key is ours: it is put there anew, as it may have been dropped too.
    """
    server = drill("--maxmemory", "2mb", "--maxmemory-policy", "allkeys-random", **PATIENT)
    server.read("a")
    assert "set it to `noeviction`" in caplog.text
    with server.server.client() as client:
        epoch = client.get("meter:epoch")
        for number in range(3000):
            client.set(f"filler{number}", b"x" * 1000)
        assert client.info()["evicted_keys"] > 0
        client.config_set("maxmemory", 0)  # enough was dropped
        client.set("meter:epoch", epoch)
        client.delete("meter:{r}")
    server.store._epoch.due_at = 0.0
    assert ("countdown", False) == server.read("b")
    assert ["b"] == server.counted()
    assert "lost data" not in caplog.text
    assert 0 == server.store.losses


def test_scripts_flushed(drill):
    """A server that has forgotten our script is told it again, and nobody notices."""
    server = drill(**PATIENT)
    server.read("a")
    with server.server.client() as client:
        client.script_flush()
    assert ("countdown", False) == server.read("b")
    assert ["a", "b"] == server.counted()


def test_the_async_paywall_in_an_outage(own_valkey, newsroom):
    """Stopped, paused and back.

    The same decisions with `await`, and the connections are sound afterwards.
    """
    server = own_valkey("--appendonly", "yes", "--appendfsync", "always")

    async def drill():
        store = open_async_store(server.url)
        paywall = AsyncPaywall(newsroom.policy(3), store, deadline=5)
        hasty = AsyncPaywall(newsroom.policy(3), store, deadline=0.05)
        hasty._recent = paywall._recent

        async def read(article, who=paywall):
            decision = await who.check(
                newsroom.reader("r"), newsroom.view(article), now=newsroom.now
            )
            return str(decision.show), decision.degraded

        seen = [await read("a")]
        server.pause()
        seen.append(await read("b", hasty))
        server.resume()
        seen.append(await read("a"))
        server.stop()
        seen.append(await read("c"))
        server.start()
        seen.append(await read("d"))
        seen.append(
            (await paywall.check(SUBSCRIBER, newsroom.view("x"), now=newsroom.now)).degraded
        )
        ids = {read.id for read in (await paywall.ledger("r", now=newsroom.now))["monthly"].reads}
        await store.aclose()
        return seen, ids

    expected = [
        ("countdown", False),
        ("countdown", True),
        ("countdown", False),
        ("last-free-article", True),
        ("subscription-wall", False),
        False,
    ]
    assert (expected, {"a", "b", "c"}) == asyncio.run(drill())


def test_a_database_that_is_restarted(newsroom, own_postgres):
    """PostgreSQL stopped and started again.

    This process counts on, and puts what it granted where it belongs.
    """
    store = open_store(own_postgres.url)
    paywall = Paywall(newsroom.policy(3), store, deadline=5)

    def read(article):
        decision = paywall.check(newsroom.reader("r"), newsroom.view(article), now=newsroom.now)
        return str(decision.show), decision.degraded

    assert ("countdown", False) == read("a")
    own_postgres.stop()
    hasty = Paywall(newsroom.policy(3), store, deadline=0.05)
    hasty._recent = paywall._recent
    decision = hasty.check(newsroom.reader("r"), newsroom.view("b"), now=newsroom.now)
    assert ("countdown", True) == (str(decision.show), decision.degraded)
    own_postgres.start()
    first = read("c")
    assert "last-free-article" == first[0]
    assert ("subscription-wall", False) == read("d")
    assert {"a", "b", "c"} == {
        read.id for read in paywall.ledger("r", now=newsroom.now)["monthly"].reads
    }
    store.close()


def test_a_locked_file(tmp_path, newsroom):
    """A file that another process locks for longer than the deadline is an outage while it does."""
    store = open_store(f"sqlite:///{tmp_path}/counts.db")
    paywall = Paywall(newsroom.policy(3), store, deadline=0.05)
    other = sqlite3.connect(tmp_path / "counts.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    locked = paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)
    other.execute("ROLLBACK")
    other.close()
    patient = Paywall(newsroom.policy(3), store)
    patient._recent = paywall._recent
    free = patient.check(newsroom.reader("r"), newsroom.view("b"), now=newsroom.now)
    assert [("countdown", True), ("countdown", False)] == [
        (str(decision.show), decision.degraded) for decision in (locked, free)
    ]
    assert ["a", "b"] == [
        read.id for read in patient.ledger("r", now=newsroom.now)["monthly"].reads
    ]
    store.close()
