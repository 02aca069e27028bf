"""The contract of a store, and that the suite which checks it has teeth."""

from __future__ import annotations

import gc
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import redis

from meter.errors import StoreError
from meter.stores import MemoryStore, in_thread, open_async_store, open_store, reader_key
from meter.stores import postgres as postgres_store
from meter.stores import sqlite as sqlite_store
from meter.stores.redis import RedisStore
from meter.testing import check_store


def test_every_store_keeps_the_contract(store_url):
    """Memory, SQLite, Redis and PostgreSQL behave as a dictionary does, also when threads race."""
    check_store(lambda: open_store(store_url), examples=10, rounds=10)


def test_every_async_store_keeps_the_contract(store_url):
    """So do their async twins, natively or in threads."""
    check_store(lambda: open_async_store(store_url), examples=8, rounds=5)


@pytest.mark.parametrize("opens", [open_store, open_async_store])
def test_both_versions_of_the_protocol_of_redis_keep_the_contract(valkey, opens):
    """The URL asks for the newer one, in which nothing is a kind of answer of its own."""
    check_store(lambda: opens(f"{valkey.url}?protocol=3"), examples=5, rounds=3)


def test_a_question_of_redis_is_one_command(own_valkey):
    """Also a swap that finds something else: its answer is what is there, and nothing is loaded."""
    server = own_valkey()
    store = open_store(server.url)
    store.swap("k", None, b"first", expires=None)  # the server is sent the script, and looked at
    store._epoch.due_at = float("inf")  # once is enough
    with server.client() as client:
        client.config_resetstat()
        assert b"first" == store.swap("k", None, b"lost", expires=None)
        assert b"second" == store.swap("k", b"first", b"second", expires=None)
        assert b"second" == store.load("k")
        commands = client.info("commandstats")
    store.close()
    calls = {name: told["calls"] for name, told in commands.items() if "config" not in name}
    # The load is one `GET`; the script, at the server, gets twice and sets once.
    assert {"cmdstat_evalsha": 2, "cmdstat_get": 3, "cmdstat_set": 1} == calls


class DoesNotCompare(MemoryStore):
    """Writes whatever it is given."""

    def swap(self, key, old, new, *, expires):
        return super().swap(key, self.load(key), new, expires=expires)


class Resurrects(MemoryStore):
    """Compares, but takes a missing reader for one that matches."""

    def swap(self, key, old, new, *, expires):
        return super().swap(key, old if self.load(key) is not None else None, new, expires=expires)


class LosesAWrite(MemoryStore):
    """Reads, compares, and then writes: of two who come at once, one is lost."""

    def swap(self, key, old, new, *, expires):
        found = self.load(key)
        if found != old:
            return found
        time.sleep(0)
        self._kept[key] = new, expires
        if new is None:
            del self._kept[key]
        return new


class SaysItWroteButDidNot(MemoryStore):
    """Acknowledges every third change without making it."""

    calls = 0

    def swap(self, key, old, new, *, expires):
        self.calls += 1
        if self.calls % 3 == 0 and self.load(key) == old:
            return new
        return super().swap(key, old, new, expires=expires)


@pytest.mark.parametrize(
    "broken, words",
    [
        (DoesNotCompare, "old"),
        (Resurrects, "forgotten|forget"),
        (LosesAWrite, "lose a write"),
        (SaysItWroteButDidNot, "load|swap"),
    ],
)
def test_a_broken_store_is_rejected(broken, words):
    """A store that does not compare, resurrects a reader or loses a write does not pass."""
    with pytest.raises(AssertionError, match=words):
        check_store(broken, examples=20, rounds=60)


def test_a_broken_async_store_is_rejected():
    """The races find a gap between comparing and writing in an async store too."""
    with pytest.raises(AssertionError):
        check_store(lambda: in_thread(Resurrects()), examples=5, rounds=5)


def test_a_file_of_something_else_is_refused(tmp_path):
    """An SQLite file with other tables, or of a newer release, is left alone and named."""
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE articles (id)")
    connection.close()
    with pytest.raises(StoreError, match="something else"):
        open_store(f"sqlite:///{other}")
    newer = tmp_path / "newer.db"
    open_store(f"sqlite:///{newer}").close()
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer release"):
        open_store(f"sqlite:///{newer}")


@pytest.mark.parametrize(
    "page, statement",
    [("store-sqlite.md", sqlite_store._TABLE), ("store-postgres.md", postgres_store.TABLE)],
)
def test_the_documented_table_is_the_one_that_is_made(page, statement):
    """The `CREATE TABLE` on a backend's page is, word for word, what the store runs."""
    assert statement in (Path(__file__).parents[2] / "docs" / "how-to" / page).read_text(
        encoding="utf-8"
    )


def test_a_client_of_ones_own_keeps_the_contract(valkey):
    """So does a store over somebody else's client, with the driver's own retries on."""
    check_store(
        lambda: RedisStore(redis.Redis(unix_socket_path=str(valkey.socket), socket_timeout=10)),
        examples=8,
        rounds=5,
    )


def test_keys_are_hash_tags(valkey):
    """Every key of a reader lies in one slot of a cluster, whatever is in its id."""
    store = open_store(valkey.url)
    key = reader_key("a}b{c", namespace="d{")
    store.swap(key, None, b"1", expires=None)
    with valkey.client() as client:
        name = f"meter:{{{key}}}"
        assert b"1" == client.get(name)
        assert client.execute_command("CLUSTER KEYSLOT", name) == client.execute_command(
            "CLUSTER KEYSLOT", key
        )
    store.forget(key)
    store.close()


def test_a_file_is_let_go_when_a_store_is_refused_or_forgotten(tmp_path):
    """No connection stays open behind a store that was refused, or that nobody holds any more."""
    seen = []
    connect = sqlite3.connect

    class Watched(sqlite3.Connection):
        def close(self):
            seen.append("closed")
            super().close()

    other = tmp_path / "other.db"
    with closing(connect(other)) as connection:
        connection.execute("CREATE TABLE articles (id)")
    factory = partial(connect, factory=Watched)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", factory)
        with pytest.raises(StoreError, match="something else"):
            open_store(f"sqlite:///{other}")
        assert ["closed"] == seen
        store = open_store(f"sqlite:///{tmp_path / 'counts.db'}")
        del store
        gc.collect()
    assert ["closed"] * 3 == seen
