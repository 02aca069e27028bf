"""Statements are prepared at a PostgreSQL server that is asked directly, and may be lost there."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import errors

from meter import open_store
from meter.errors import CorruptUsageError
from meter.stores import open_async_store
from meter.stores.postgres import statements
from meter.stores.postgres.questions import Route, learn
from meter.stores.queries import run
from tests.servers import close_async


@pytest.fixture
def server(postgres):
    """A server without our table."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS meter_usage")
    return postgres


def ask_all(store):
    """Ask for all that a view may ask for, and return the answers."""
    return [
        store.swap("k", None, b"1", expires=None),
        store.swap("k", None, b"2", expires=None),
        store.swap("k", b"1", b"2", expires=None),
        store.load("k"),
        store.swap("k", b"1", None, expires=None),
        store.swap("k", b"2", None, expires=None),
        store.load("k"),
    ]


ANSWERS = [b"1", b"1", b"2", b"2", b"2", None, None]


def test_each_statement_has_a_name_of_its_own():
    """The name says which statement it is, whoever has prepared it."""
    named = [
        each for each in vars(statements).values() if isinstance(each, statements.SqlStatement)
    ]
    assert len(named) > 6
    assert len({each.name for each in named}) == len({each.text for each in named}) == len(named)


def test_a_server_that_is_asked_directly_is_asked_by_name(own_postgres):
    """Its log, told to show every statement, shows those with data under their names."""
    setting = quote("-c log_statement=all")
    with closing(open_store(f"{own_postgres.url}&options={setting}")) as store:
        assert ANSWERS == ask_all(store)
    log = own_postgres.log.read_text()
    unnamed = [line for line in log.splitlines() if "execute <unnamed>" in line]
    assert "execute meter_" in log
    assert [] == [line for line in unnamed if "WHERE key" in line]


def test_a_statement_that_is_lost_is_asked_in_full(server):
    """A server that forgets what was prepared is neither out nor set up wrongly."""
    with closing(open_store(server.url)) as store:
        assert ANSWERS == ask_all(store)
        connection = store._kept.take()
        connection.execute("DEALLOCATE ALL")
        store._kept.give(connection)
        assert ANSWERS == ask_all(store)


def test_a_statement_that_is_lost_is_asked_in_full_and_awaited(server):
    """The same for asyncio."""

    async def ask():
        store = open_async_store(server.url)
        found = [await store.swap("k", None, b"1", expires=None)]
        connection = await store._kept.take()
        await connection.execute("DEALLOCATE ALL")
        await store._kept.give(connection)
        found += [await store.swap("k", None, b"2", expires=None), await store.load("k")]
        await close_async(store)
        return found

    assert [b"1", b"1", b"1"] == asyncio.run(ask())


def test_a_table_that_is_made_anew_is_asked_anew(server):
    """A column that was text for a while is read again once it holds bytes."""
    with (
        closing(open_store(server.url)) as store,
        psycopg.connect(server.url, autocommit=True) as other,
    ):
        store.swap("k", None, b"1", expires=None)
        assert b"1" == store.load("k")
        change = "ALTER TABLE meter_usage ALTER bytes TYPE {} USING {}(bytes, 'escape')"
        other.execute(change.format("text", "encode"))
        with pytest.raises(CorruptUsageError):
            store.load("k")
        other.execute(change.format("bytea", "decode"))
        assert b"1" == store.load("k")
        other.execute("DROP TABLE meter_usage")
        assert ANSWERS == ask_all(store)


@pytest.mark.parametrize(
    ("error", "loses"),
    [
        (errors.AdminShutdown, False),
        (errors.CannotConnectNow, False),
        (errors.TooManyConnections, False),
        (errors.QueryCanceled, False),
        (errors.InvalidSqlStatementName, True),
        (errors.DuplicatePreparedStatement, True),
        (errors.InsufficientPrivilege, True),
        (errors.FeatureNotSupported, True),
    ],
)
def test_only_a_refusal_says_that_a_pooler_carries_nothing(server, error, loses):
    """A server that is shut down while it is asked says nothing of statements."""
    with psycopg.connect(server.url) as near, psycopg.connect(server.url) as far:
        connection = SimpleNamespace(pgconn=near.pgconn, prepared=None, route=Route())
        other = far.pgconn.exec_params(b"SELECT pg_backend_pid()", None, result_format=1)
        answers = [[other]]

        def ask(question):
            near.wait(question)
            if answers:
                return answers.pop()
            raise error

        run(learn(connection), ask, psycopg.Error)
    assert (loses, None) == (connection.route.loses, connection.prepared)


@pytest.mark.parametrize(
    "when",
    [
        datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, 0, 1, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        datetime.max.replace(tzinfo=UTC),
        None,
    ],
)
def test_a_time_is_kept_to_the_microsecond(server, when):
    """What the server reads is the instant it was given, whatever its zone and side of 2000."""
    with (
        closing(open_store(server.url)) as store,
        psycopg.connect(server.url, autocommit=True) as other,
    ):
        store.swap("k", None, b"1", expires=when)
        kept = other.execute("SELECT expires FROM meter_usage").fetchone()[0]
    # A time that happens twice equals none of another zone (PEP 495): both in UTC.
    assert (when and when.astimezone(UTC)) == (kept and kept.astimezone(UTC))
