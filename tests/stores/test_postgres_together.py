"""Loads of one round of the event loop are one question to PostgreSQL, and answer as each would."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from random import Random
from urllib.parse import quote

import psycopg
import pytest

from meter import AsyncPaywall, Paywall, open_store
from meter.errors import CorruptUsageError, StoreError, StoreUnavailableError
from meter.stores import open_async_store
from meter.stores.deadline import deadline
from meter.stores.postgres.together import MOST, Together
from meter.stores.turns import AsyncTurns


@pytest.fixture
def url(postgres):
    """A server without our table."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS meter_usage")
    return postgres.url


@asynccontextmanager
async def opened(url):
    """Open a store, and close it."""
    store = open_async_store(url)
    try:
        yield store
    finally:
        await store.aclose()


def test_loads_together_answer_as_each_would(url):
    """Keys that are there and keys that are not, some twice, with every sign a key may have."""
    random = Random(17)
    signs = "".join(map(chr, range(0x20, 0x7F)))
    keys = ["".join(random.choices(signs, k=random.randint(1, 40))) for _ in range(60)]

    async def ask():
        async with opened(url) as store:
            for key in keys[::2]:
                await store.swap(key, None, key.encode() * random.randint(0, 3), expires=None)
            alone = {key: await store.load(key) for key in keys}
            for _ in range(20):
                asked = random.choices(keys, k=random.randint(2, 80))
                found = await asyncio.gather(*map(store.load, asked))
                assert [alone[key] for key in asked] == found
            return alone

    assert {None, b""} < set(asyncio.run(ask()).values())


def test_more_than_one_question_may_hold(url):
    """Every load has an answer, however many there are."""
    keys = [str(number) for number in range(2 * MOST + 7)]

    async def ask():
        async with opened(url) as store:
            await store.swap("5", None, b"five", expires=None)
            return await asyncio.gather(*map(store.load, keys))

    assert [b"five" if key == "5" else None for key in keys] == asyncio.run(ask())


def test_loads_of_one_round_are_one_question(own_postgres):
    """The server's log shows the first by itself, and the thirty that came with it as one."""
    setting = quote("-c log_statement=all")

    async def ask():
        async with opened(f"{own_postgres.url}&options={setting}") as store:
            await store.load("k")
            before = own_postgres.log.read_text().count("SELECT key, bytes")
            await asyncio.gather(*(store.load(str(number)) for number in range(31)))
            return own_postgres.log.read_text().count("SELECT key, bytes") - before

    assert 1 == asyncio.run(ask())


def test_a_task_that_is_cancelled_takes_no_answer_from_the_others(url):
    """Each of the tasks of a round in its turn; nothing is lost, and nobody waits for ever."""

    async def ask(unlucky):
        async with opened(url) as store:
            await store.swap("k", None, b"1", expires=None)
            tasks = [asyncio.create_task(store.load("k")) for _ in range(6)]
            await asyncio.sleep(0)
            tasks[unlucky].cancel()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            return [answer for number, answer in enumerate(found) if number != unlucky]

    for unlucky in range(6):
        assert [b"1"] * 5 == asyncio.run(ask(unlucky))


def test_what_is_wrong_is_told_to_each(url):
    """A column of text in the place of bytes is an error of every load, and ends with it."""
    change = "ALTER TABLE meter_usage ALTER bytes TYPE {} USING {}(bytes, 'escape')"

    async def ask():
        async with opened(url) as store:
            await store.swap("k", None, b"1", expires=None)
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(change.format("text", "encode"))
                wrong = await asyncio.gather(
                    *(store.load("k") for _ in range(4)), return_exceptions=True
                )
                other.execute(change.format("bytea", "decode"))
                return wrong, await asyncio.gather(*(store.load("k") for _ in range(4)))

    wrong, found = asyncio.run(ask())
    assert [CorruptUsageError] * 4 == [type(error) for error in wrong]
    assert 4 == len({id(error) for error in wrong})
    assert 1 == len({str(error) for error in wrong})
    assert [b"1"] * 4 == found


def test_a_task_that_has_waited_takes_no_fresh_one_down():
    """One may wait for a turn no longer, another may; both ask in one round of the event loop."""

    async def ask():
        turns = AsyncTurns(1, (OSError,))

        async def ask_all(questions):
            async with turns:
                return questions

        together = Together(ask_all)

        async def within(queue):
            with deadline(0.05, queue=queue):
                return await together.ask(queue, 0.05)

        async with turns:
            tasks = [asyncio.create_task(within(queue)) for queue in (0, 600, 0, 600)]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return await asyncio.gather(*tasks, return_exceptions=True)

    answers = asyncio.run(ask())
    assert [600, 600] == answers[1::2]
    assert [StoreUnavailableError] * 2 == [type(error) for error in answers[::2]]


@pytest.mark.parametrize("impossible", ["a\0b", "\ud800"])
def test_a_key_that_cannot_be_fails_for_its_own_task(url, impossible):
    """One with a NUL, or with half a character, among five that are keys."""

    async def ask():
        async with opened(url) as store:
            await store.swap("k", None, b"1", expires=None)
            keys = ["k", "k", impossible, "k", "nobody", "k"]
            return await asyncio.gather(*map(store.load, keys), return_exceptions=True)

    found = asyncio.run(ask())
    assert isinstance(found.pop(2), StoreError)
    assert [b"1", b"1", b"1", None, b"1"] == found


def test_many_readers_at_once_are_decided_as_each_would_be(url, newsroom):
    """Forty readers view at once, again and again; another process of the same store agrees."""
    policy = newsroom.policy(3)

    async def ask():
        async with opened(url) as store:
            paywall = AsyncPaywall(policy, store, deadline=30, on_outage="raise")
            shown = []
            for article in "abacda":
                views = (
                    paywall.check(
                        newsroom.reader(str(number)), newsroom.view(article), now=newsroom.now
                    )
                    for number in range(40)
                )
                shown.append({str(each.show) for each in await asyncio.gather(*views)})
            return shown

    expected = [
        {"countdown"},
        {"countdown"},
        {"countdown"},
        {"last-free-article"},
        {"subscription-wall"},
        {"last-free-article"},
    ]
    assert expected == asyncio.run(ask())
    store = open_store(url)
    ledger = Paywall(policy, store, deadline=30).ledger("7", now=newsroom.now)
    store.close()
    assert ["a", "b", "c"] == [read.id for read in ledger["monthly"].reads]
