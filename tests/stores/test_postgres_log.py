"""What PostgreSQL writes into its log, with its own settings, names no reader and no article."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from urllib.parse import quote

import psycopg
import pytest

from meter import Paywall, open_store
from meter.errors import StoreError
from meter.stores import open_async_store
from tests.servers import Postgres, close_async

READER = "GONE-reader"
ARTICLE = "SECRET-article"
USAGE = b'1{"monthly":[["SECRET-article"],[1780315200000000]]}'


class Awaited:
    """A store whose calls are awaited, asked from an ordinary program."""

    def __init__(self, url):
        self.runner = asyncio.Runner()
        self.store = self.runner.run(self._open(url))

    async def _open(self, url):
        return open_async_store(url)

    def load(self, key):
        return self.runner.run(self.store.load(key))

    def swap(self, key, old, new, *, expires):
        return self.runner.run(self.store.swap(key, old, new, expires=expires))

    def forget(self, key):
        self.runner.run(self.store.forget(key))

    def purge(self, now):
        return self.runner.run(self.store.purge(now))

    def close(self):
        self.runner.run(close_async(self.store))
        self.runner.close()


@pytest.fixture(scope="module")
def running():
    """A server for these tests: some of them kill a part of it."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def server(running):
    """The server, with an empty log and without our table."""
    for _ in range(500):
        # After a crash it recovers first.
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(running.url, autocommit=True) as connection,
        ):
            connection.execute("DROP TABLE IF EXISTS meter_usage")
            break
        time.sleep(0.02)
    os.truncate(running.log, 0)
    return running


@pytest.fixture(params=[open_store, Awaited], ids=["blocking", "awaited"])
def opened(request, server):
    """Open a store of either kind, on a server whose log is read."""

    def open_with(setting=""):
        option = f"&options={quote('-c ' + setting)}" if setting else ""
        return closing(request.param(server.url + option))

    return open_with


def ask_all(store, newsroom):
    """Ask for everything a store can be asked, whether it works or not."""
    changed = USAGE.replace(ARTICLE.encode(), b"SECRET-second")
    for call in (
        lambda: store.load(READER),
        lambda: store.swap(READER, None, USAGE, expires=newsroom.now),
        lambda: store.swap(READER, USAGE, changed, expires=newsroom.now),
        lambda: store.swap(READER, changed, None, expires=None),
        lambda: store.purge(newsroom.now - timedelta(days=1)),
        lambda: store.forget(READER),
    ):
        with suppress(StoreError):
            call()


def submit(threads, call, *arguments, **named):
    """Call in another thread, with the time that this one has."""
    return threads.submit(copy_context().run, partial(call, *arguments, **named))


def read_log(server, *words):
    """Return the log, once it holds some words."""
    for _ in range(500):
        text = server.log.read_text(errors="replace")
        if all(word in text for word in words):
            return text
        time.sleep(0.02)
    raise AssertionError(f"the log does not say all of {words}: {text}")


def named(text):
    """Return the lines of a log that name the reader or an article, in clear or in hexadecimal."""
    words = ["GONE", "SECRET", b"GONE".hex(), b"SECRET".hex()]
    return [line for line in text.splitlines() if any(word in line for word in words)]


def waiting(server):
    """Return the process at the server that waits for a lock, as soon as there is one."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE"
        " '%meter_usage%'"
    )
    with psycopg.connect(server.url, autocommit=True) as connection:
        for _ in range(500):
            row = connection.execute(query).fetchone()
            if row is not None:
                return row[0]
            time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


def test_a_missing_table_is_made_before_a_statement_with_data(opened, server, newsroom):
    """The first view of all makes the table and no error; a table that is dropped makes one."""
    with opened() as store:
        ask_all(store, newsroom)
        assert "ERROR" not in server.log.read_text()
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("DROP TABLE meter_usage")
        ask_all(store, newsroom)
    assert [] == named(read_log(server, 'relation "meter_usage" does not exist'))


@pytest.mark.parametrize(
    "setting, words",
    [
        ("default_transaction_read_only=on", "in a read-only transaction"),
        ("statement_timeout=20ms", "canceling statement due to statement timeout"),
        ("lock_timeout=20ms", "canceling statement due to lock timeout"),
    ],
)
def test_a_refused_or_late_statement_names_nobody(opened, server, newsroom, setting, words):
    """Whatever is refused for as long as it lasts."""
    with opened() as store:
        store.swap(READER, None, USAGE, expires=None)
    with (
        psycopg.connect(server.url) as other,
        opened(setting) as store,
    ):
        other.execute("LOCK TABLE meter_usage IN ACCESS EXCLUSIVE MODE")
        if "read_only" in setting:
            other.rollback()
        ask_all(store, newsroom)
        other.rollback()
    assert [] == named(read_log(server, words))


def test_a_table_of_another_kind_names_nobody(opened, server, newsroom):
    """A column of text in the place of bytes is refused, and no value is told."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE meter_usage (key text PRIMARY KEY, bytes text, expires timestamptz)"
        )
    with opened() as store:
        ask_all(store, newsroom)
    assert [] == named(read_log(server, "operator does not exist: text = bytea"))


def test_a_deadlock_and_a_conflict_name_nobody(opened, server):
    """The server tells what each of two statements wanted; the values are not told with them."""
    changed = USAGE.replace(ARTICLE.encode(), b"SECRET-second")
    with (
        psycopg.connect(server.url) as other,
        opened(r"default_transaction_isolation=repeatable\ read") as store,
        ThreadPoolExecutor() as threads,
    ):
        store.swap(READER, None, USAGE, expires=None)
        other.execute("UPDATE meter_usage SET expires = now()")
        swapped = submit(threads, store.swap, READER, USAGE, changed, expires=None)
        waiting(server)
        # The row is ours, the table is theirs, and now each waits for the other.
        with suppress(psycopg.errors.DeadlockDetected):
            other.execute("LOCK TABLE meter_usage IN ACCESS EXCLUSIVE MODE")
        other.rollback()
        assert changed == swapped.result()
        other.execute("UPDATE meter_usage SET expires = now()")
        swapped = submit(threads, store.swap, READER, changed, USAGE, expires=None)
        waiting(server)
        other.commit()
        assert USAGE == swapped.result()
    log = read_log(server, "deadlock detected", "could not serialize access")
    assert "UPDATE meter_usage SET bytes = $1" in log
    assert [] == named(log)


@pytest.mark.parametrize(
    "number, words",
    [
        (signal.SIGTERM, "terminating connection due to administrator command"),
        (signal.SIGKILL, "Failed process was running"),
    ],
)
def test_a_process_that_is_ended_names_nobody(opened, server, number, words):
    """The server's own process is ended in the middle of a statement, or killed."""
    with (
        closing(psycopg.connect(server.url)) as other,
        opened() as store,
        ThreadPoolExecutor() as threads,
    ):
        store.swap(READER, None, USAGE, expires=None)
        other.execute("UPDATE meter_usage SET expires = now()")
        swapped = submit(threads, store.swap, READER, USAGE, USAGE + b" ", expires=None)
        os.kill(waiting(server), number)
        assert swapped.exception() is not None
    assert [] == named(read_log(server, words))


def test_a_reader_is_decided_and_named_nowhere(server, newsroom):
    """From the first page view to the last, also where the table has gone."""
    store = open_store(server.url)
    paywall = Paywall(newsroom.policy(3), store, deadline=20.0)
    for article in ("SECRET-a", "SECRET-b"):
        paywall.check(newsroom.reader(READER), newsroom.view(article), now=newsroom.now)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP TABLE meter_usage")
    paywall.check(newsroom.reader(READER), newsroom.view("SECRET-c"), now=newsroom.now)
    paywall.forget(READER)
    store.close()
    assert [] == named(read_log(server, "does not exist"))
