"""Changes of one round of the event loop are one transaction, and are exact for each key."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime, timedelta, timezone
from random import Random

import psycopg
import pytest

from meter import AsyncPaywall
from meter.errors import StoreError, StoreUnavailableError
from meter.stores import MemoryStore, open_async_store
from meter.stores.deadline import deadline
from meter.stores.postgres.together import MOST
from tests.paywall.test_faults import Proxy
from tests.stores.test_pgbouncer import Pooler, kinds

PATIENT = 30.0


@pytest.fixture
def server(postgres):
    """A server without our table."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS meter_usage")
    return postgres


@asynccontextmanager
async def opened(url):
    """Open a store with time enough, and close it."""
    store = open_async_store(url)
    try:
        with deadline(PATIENT):
            yield store
    finally:
        await store.aclose()


async def together(store, changes):
    """Swap in one round of the event loop, while a load is out, and return answers and errors."""
    swaps = (store.swap(key, old, new, expires=None) for key, old, new in changes)
    _, *answers = await asyncio.gather(store.load("nobody"), *swaps, return_exceptions=True)
    return answers


async def appended(store, key, part):
    """Add a part to what is kept under a key, again and again until no other came in between."""
    old = await store.load(key)
    while True:
        new = (old or b"") + part
        found = await store.swap(key, old, new, expires=None)
        if found == new:
            return
        old = found


def test_changes_together_answer_as_each_would(server):
    """Keys that are there and keys that are not, guesses that are right and wrong, thrice each."""
    random = Random(17)
    keys = [f"key {number}" for number in range(60)]
    values = [None, b"", b"1", b"2"]
    expected = MemoryStore()

    def drawn():
        asked = random.sample(keys, random.randint(1, len(keys)))
        return [(key, random.choice(values), random.choice(values)) for key in asked]

    async def ask():
        async with opened(server.url) as store:
            for _ in range(40):
                changes = drawn()
                answers = [expected.swap(*change, expires=None) for change in changes]
                assert answers == await together(store, changes)
                kept = await asyncio.gather(*map(store.load, keys))
                assert [expected.load(key) for key in keys] == kept

    asyncio.run(ask())


def test_changes_of_one_key_follow_each_other(server):
    """Where the second can be made after the first, it is; where it cannot, it is told what is."""

    async def ask():
        async with opened(server.url) as store:
            changes = [("k", None, b"1"), ("k", b"1", b"2"), ("k", b"0", b"3"), ("j", None, b"4")]
            answers = await together(store, changes)
            again = await together(store, [("k", b"2", b"5"), ("j", b"4", b"6"), ("k", b"2", b"5")])
            return answers, again, await store.load("k")

    (first, second, third, other), again, kept = asyncio.run(ask())
    assert [b"1", b"2", b"4"] == [first, second, other]
    assert third in (b"1", b"2")
    assert ([b"5", b"6", b"5"], b"5") == (again, kept)


def test_more_than_one_question_may_hold(server):
    """Every change is made, however many there are."""
    changes = [(str(number), None, b"%d" % number) for number in range(2 * MOST + 7)]

    async def ask():
        async with opened(server.url) as store:
            return await together(store, changes)

    assert [new for _, _, new in changes] == asyncio.run(ask())


def test_changes_of_one_round_are_one_transaction(own_postgres):
    """The server says so: thirty rows have the same number of a transaction."""

    async def ask():
        async with opened(own_postgres.url) as store:
            await together(store, [(str(number), None, b"1") for number in range(30)])

    asyncio.run(ask())
    with psycopg.connect(own_postgres.url) as connection:
        rows = connection.execute("SELECT count(*), count(DISTINCT xmin::text) FROM meter_usage")
        assert (30, 1) == rows.fetchone()


def test_a_thousand_tasks_change_one_reader_exactly(server, newsroom):
    """Five are granted, and five are counted: one thousand articles at once, a limit of five."""

    async def ask():
        async with opened(server.url) as store:
            settings = {"deadline": PATIENT, "queue": PATIENT, "on_outage": "raise"}
            paywall = AsyncPaywall(newsroom.policy(5), store, **settings)
            views = (
                paywall.check(newsroom.reader("r"), newsroom.view(str(number)), now=newsroom.now)
                for number in range(1000)
            )
            decisions = await asyncio.gather(*views)
            ledger = await paywall.ledger("r", now=newsroom.now)
            granted = sum(decision.access == "full" for decision in decisions)
            return granted, len(ledger["monthly"].reads)

    assert (5, 5) == asyncio.run(ask())


def test_two_processes_lose_nothing(server):
    """Two stores change the same 20 keys, in orders drawn anew; every part is there once."""
    random = Random(17)
    keys = [f"key {number}" for number in range(20)]
    rounds = 12

    async def process(name):
        async with opened(server.url) as store:
            for number in range(rounds):
                order = random.sample(keys, len(keys))
                await asyncio.gather(
                    *(appended(store, k, b"%c%02d " % (name, number)) for k in order)
                )

    async def both():
        await asyncio.gather(process(b"a"), process(b"b"))
        async with opened(server.url) as store:
            return await asyncio.gather(*map(store.load, keys))

    parts = sorted(b"%c%02d" % (name, number) for name in (b"a", b"b") for number in range(rounds))
    assert [parts] * len(keys) == [sorted(kept.split()) for kept in asyncio.run(both())]


REFUSES = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.key = 'refused' THEN RAISE EXCEPTION 'not this one'; END IF;
    RETURN NEW;
END $$;
CREATE {} refuse() ;
"""
AT_ONCE = "TRIGGER refuse BEFORE INSERT OR UPDATE ON meter_usage FOR EACH ROW EXECUTE FUNCTION"
AT_COMMIT = (
    "CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON meter_usage DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION"
)


@pytest.mark.parametrize("trigger", [AT_ONCE, AT_COMMIT])
def test_a_change_that_is_refused_fails_for_its_own_task(own_postgres, trigger):
    """At once, or when the transaction ends: the others are made, and this one is not."""
    changes = [(key, None, b"1") for key in ("a", "refused", "z")]

    async def ask():
        async with opened(own_postgres.url) as store:
            await store.load("a")
            with psycopg.connect(own_postgres.url, autocommit=True) as other:
                other.execute(REFUSES.format(trigger))
            answers = await together(store, changes)
            return answers, await asyncio.gather(*(store.load(key) for key, _, _ in changes))

    (first, refused, last), kept = asyncio.run(ask())
    assert isinstance(refused, StoreUnavailableError)
    assert (b"1", b"1", [b"1", None, b"1"]) == (first, last, kept)


def test_a_row_that_another_holds_delays_its_own_task_alone(server):
    """Someone's open transaction has changed one of three readers."""

    async def ask():
        async with opened(server.url) as store:
            await together(store, [(key, None, b"1") for key in "abc"])
            with psycopg.connect(server.url) as other:
                other.execute("UPDATE meter_usage SET expires = now() WHERE key = 'b'")
                with deadline(2.0):
                    return await together(store, [(key, b"1", b"2") for key in "abc"])

    first, held, last = asyncio.run(ask())
    assert isinstance(held, StoreUnavailableError)
    assert (b"2", b"2") == (first, last)


def test_rows_that_are_held_one_after_the_other_delay_no_other_task(server):
    """Of 24 rows five are let go of one by one, and the sixth never: only that one is out."""
    keys = [f"{number:02}" for number in range(24)]
    taken = keys[::4]

    async def ask(others):
        async with opened(server.url) as store:
            await together(store, [(key, None, b"1") for key in keys])
            for other, key in zip(others, taken, strict=True):
                other.execute("UPDATE meter_usage SET expires = now() WHERE key = %s", (key,))
            loop = asyncio.get_running_loop()
            for number, other in enumerate(others[:-1]):
                loop.call_later(0.5 + number / 2, other.rollback)
            with deadline(3.0):
                return await together(store, [(key, b"1", b"2") for key in keys])

    with ExitStack() as ending:
        others = [ending.enter_context(psycopg.connect(server.url)) for _ in taken]
        answers = dict(zip(keys, asyncio.run(ask(others)), strict=True))
    assert isinstance(answers.pop(taken[-1]), StoreUnavailableError)
    assert {b"2"} == set(answers.values())


def test_rows_are_changed_in_the_order_of_their_keys(server):
    """So two rounds never wait for each other: one that waits for a row holds none after it."""

    async def ask(other, third):
        async with opened(server.url) as store:
            await together(store, [(key, None, b"1") for key in "ab"])
            other.execute("UPDATE meter_usage SET expires = now() WHERE key = 'a'")
            task = asyncio.create_task(together(store, [(key, b"1", b"2") for key in "ba"]))
            while not third.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall():
                await store.load("nobody")
            free = third.execute("SELECT key FROM meter_usage FOR UPDATE SKIP LOCKED").fetchall()
            other.commit()
            return free, await task

    with psycopg.connect(server.url) as other, psycopg.connect(server.url) as third:
        third.autocommit = True
        free, answers = asyncio.run(ask(other, third))
    assert ([("b",)], [b"2", b"2"]) == (free, answers)


@pytest.mark.parametrize("impossible", ["a\0b", "\ud800"])
def test_a_key_that_cannot_be_fails_for_its_own_task(server, impossible):
    """One with a NUL, or with half a character, among four that are keys."""
    changes = [(key, None, b"1") for key in ("a", "b", impossible, "c", "d")]

    async def ask():
        async with opened(server.url) as store:
            return await together(store, changes)

    answers = asyncio.run(ask())
    assert isinstance(answers.pop(2), StoreError)
    assert [b"1"] * 4 == answers


def test_a_time_that_cannot_be_fails_for_its_own_task(server):
    """One whose year has five digits in UTC, among two that are times."""
    late = datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))

    async def ask():
        async with opened(server.url) as store:
            times = zip("abc", (None, late, None), strict=True)
            swaps = (store.swap(key, None, b"1", expires=when) for key, when in times)
            return await asyncio.gather(store.load("nobody"), *swaps, return_exceptions=True)

    _, first, impossible, last = asyncio.run(ask())
    assert isinstance(impossible, StoreError)
    assert [b"1"] * 2 == [first, last]


def test_a_task_that_is_cancelled_takes_no_answer_from_the_others(server):
    """Each of the tasks of a round in its turn; nothing is lost, and nobody waits for ever."""

    async def ask(unlucky):
        async with opened(server.url) as store:
            tasks = [asyncio.create_task(store.load("nobody"))]
            tasks += [
                asyncio.create_task(store.swap(f"{unlucky}{key}", None, b"1", expires=None))
                for key in "abcde"
            ]
            await asyncio.sleep(0)
            tasks[1 + unlucky].cancel()
            found = await asyncio.gather(*tasks[1:], return_exceptions=True)
            return [answer for number, answer in enumerate(found) if number != unlucky]

    for unlucky in range(5):
        assert [b"1"] * 4 == asyncio.run(ask(unlucky))


def test_a_time_is_kept_for_each(server, newsroom):
    """Expiries of one round differ, and some never come."""
    times = [None, newsroom.now, newsroom.now + timedelta(microseconds=1)]

    async def ask():
        async with opened(server.url) as store:
            swaps = (store.swap(str(n), None, b"1", expires=when) for n, when in enumerate(times))
            await asyncio.gather(store.load("nobody"), *swaps)

    asyncio.run(ask())
    with psycopg.connect(server.url) as connection:
        rows = connection.execute("SELECT expires FROM meter_usage ORDER BY key")
        assert times == [when for (when,) in rows.fetchall()]


def test_statements_that_are_lost_are_asked_in_full(server):
    """A server that forgets what was prepared makes every change all the same."""

    async def ask():
        async with opened(server.url) as store:
            await together(store, [(key, None, b"1") for key in "abc"])
            connections = [await store._kept.take() for _ in range(len(store._kept._idle))]
            for connection in connections:
                await connection.execute("DEALLOCATE ALL")
                await store._kept.give(connection)
            return await together(store, [(key, b"1", b"2") for key in "abc"])

    assert [b"2"] * 3 == asyncio.run(ask())


def test_a_table_that_is_dropped_is_made_anew(server):
    """The changes of the round are made in it."""

    async def ask():
        async with opened(server.url) as store:
            await together(store, [(key, None, b"1") for key in "abc"])
            with psycopg.connect(server.url, autocommit=True) as other:
                other.execute("DROP TABLE meter_usage")
            return await together(store, [(key, None, b"2") for key in "abc"])

    assert [b"2"] * 3 == asyncio.run(ask())


@pytest.mark.parametrize("most", kinds(), ids=lambda most: f"carries {most or 'nothing'}")
def test_changes_through_a_pooler_are_each_made(server, most):
    """Where it carries statements along they go together, else each by itself."""
    changes = [(str(number), None, b"%d" % number) for number in range(40)]

    async def ask(url):
        async with opened(url) as store:
            made = await together(store, changes)
            late = await together(store, [(key, b"none", b"late") for key, _, _ in changes])
            return made, late

    expected = [new for _, _, new in changes]
    with ExitStack() as ending:
        pooler = Pooler(server, most)
        ending.callback(pooler.stop)
        pooler.start()
        assert (expected, expected) == asyncio.run(ask(pooler.url))


@pytest.mark.parametrize("way", ["request", "reply"])
def test_a_connection_that_is_cut_makes_all_or_none(server, tmp_path, way):
    """At a sample of the bytes of a round; asked again, each change is made once.

    Without an answer nobody is told that it was made.
    """
    path = tmp_path / ".s.PGSQL.5432"
    proxy = Proxy(path, server.socket / ".s.PGSQL.5432")
    url = f"postgresql:///postgres?host={tmp_path}&user=postgres"

    async def trial(store, direct, name, budget):
        changes = [(f"{name} {key}", None, b"1") for key in "abcd"]
        await together(store, [(f"{name} {key}", None, b"0") for key in "yz"])
        proxy.arm("cut", way, budget)
        answers = await together(store, changes)
        passed = proxy.passed[way]
        proxy.heal()
        kept = [await direct.load(key) for key, _, _ in changes]
        assert kept in ([b"1"] * 4, [None] * 4), budget
        for answer, found in zip(answers, kept, strict=True):
            assert isinstance(answer, StoreUnavailableError) or answer == found, budget
        assert [b"1"] * 4 == await together(store, changes), budget
        return passed

    async def ask():
        async with opened(url) as store, opened(server.url) as direct:
            budget = 0
            while await trial(store, direct, f"{way} {budget}", budget) >= budget:
                budget += 13
            return budget

    cuts = asyncio.run(ask())
    proxy.close()
    assert cuts > 100
