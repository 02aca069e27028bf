"""Many tasks on one connection: each gets its own answer, whatever befalls the others."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from math import inf

import pytest

from meter import AsyncPaywall
from meter.errors import CorruptUsageError, StoreUnavailableError
from meter.stores import open_async_store
from meter.stores.deadline import Answers, deadline
from meter.stores.redis.line import SharedLine
from tests.paywall.test_faults import Proxy

TASKS = 40
KEYS = [f"reader{number}" for number in range(TASKS)]


def value(key):
    """Return the bytes that the tests keep under a key."""
    return key.encode() * 3


@asynccontextmanager
async def opened(url, server):
    """A store with a value under every key; it is closed at the end."""
    store = open_async_store(url)
    with server.client() as client:
        client.flushall()
        client.mset({f"meter:{{{key}}}": value(key) for key in KEYS})
    await store.load("nobody")
    try:
        yield store
    finally:
        await store.aclose()


async def answers(calls):
    """Await calls at once, and return what each came to: a value, or the name of an error."""
    done = await asyncio.gather(*calls, return_exceptions=True)
    return [type(each).__name__ if isinstance(each, BaseException) else each for each in done]


def test_what_is_asked_in_one_round_is_sent_together(valkey):
    """Forty loads, and then forty swaps, are read by the server in a few pieces."""

    async def ask():
        async with opened(valkey.url, valkey) as store:
            with valkey.client() as client:
                before = client.info("stats")["total_reads_processed"]
                loaded = await answers(store.load(key) for key in KEYS)
                swapped = await answers(
                    store.swap(key, value(key), b"new", expires=None) for key in KEYS
                )
                return loaded, swapped, client.info("stats")["total_reads_processed"] - before

    loaded, swapped, reads = asyncio.run(ask())
    assert [value(key) for key in KEYS] == loaded
    assert [b"new"] * TASKS == swapped
    assert reads < TASKS / 2


@pytest.mark.parametrize("rounds", range(4))
def test_a_task_that_is_cancelled_costs_no_other_its_answer(valkey, rounds):
    """Before its question is sent, with it on the way, and when the answer is there."""

    async def ask():
        async with opened(valkey.url, valkey) as store:
            tasks = [asyncio.create_task(store.load(key)) for key in KEYS]
            for _ in range(rounds):
                await asyncio.sleep(0)
            for task in tasks[::3]:
                task.cancel()
            first = await answers(tasks)
            return first, await answers(store.load(key) for key in KEYS)

    first, again = asyncio.run(ask())
    assert [value(key) for key in KEYS] == again
    for number, key in enumerate(KEYS):
        assert first[number] == (value(key) if number % 3 else "CancelledError")


def test_one_bad_answer_is_for_whoever_asked(valkey):
    """A value of another kind under one key, and scripts that the server has lost."""

    async def ask():
        async with opened(valkey.url, valkey) as store:
            with valkey.client() as client:
                client.delete("meter:{reader7}")
                client.rpush("meter:{reader7}", "a list")
                client.script_flush()
            swaps = [store.swap(key, value(key), b"new", expires=None) for key in KEYS]
            loads = [store.load(key) for key in KEYS]
            return await answers([*swaps, *loads])

    found = asyncio.run(ask())
    assert [CorruptUsageError.__name__] * 2 == [found.pop(TASKS + 7), found.pop(7)]
    assert {b"new"} == set(found[: TASKS - 1])


def test_each_has_a_deadline_of_its_own(own_valkey):
    """Who has little time is told so, and who has more gets an answer from the same connection."""
    server = own_valkey()

    async def ask():
        async with opened(server.url, server) as store:

            async def load(key, seconds):
                with deadline(seconds):
                    return await store.load(key)

            server.pause()
            hasty = [asyncio.create_task(load(key, 0.05)) for key in KEYS[:10]]
            patient = [asyncio.create_task(load(key, 60)) for key in KEYS[10:20]]
            told = await answers(hasty)
            server.resume()
            return told, await answers(patient), await answers(load(key, 60) for key in KEYS)

    told, patient, after = asyncio.run(ask())
    assert [StoreUnavailableError.__name__] * 10 == told
    assert [value(key) for key in KEYS[10:20]] == patient
    assert [value(key) for key in KEYS] == after


def test_whoever_has_to_end_first_ends_alone(own_valkey):
    """Of two who asked together while the server answers others, each ends in its own time."""
    server = own_valkey()

    async def ask():
        async with opened(server.url, server) as store:

            async def load(key, queue):
                with deadline(0.5, queue=queue):
                    return await store.load(key)

            async def hear_others():
                while True:
                    store._turns.answers.number += 1
                    await asyncio.sleep(0.005)

            server.pause()
            others = asyncio.create_task(hear_others())
            hasty = asyncio.create_task(load(KEYS[0], 0.1))
            patient = asyncio.create_task(load(KEYS[1], 60))
            told = await answers([hasty])
            server.resume()
            told += await answers([patient])
            others.cancel()
            return told

    assert [StoreUnavailableError.__name__, value(KEYS[1])] == asyncio.run(ask())


def test_a_silent_connection_is_left_although_nobody_waited_to_the_end(valkey, tmp_path):
    """Callers that give up sooner than the deadline do not keep a dead connection in use."""

    async def ask():
        proxy = Proxy(tmp_path / "s", valkey.socket)
        async with opened(f"unix://{tmp_path}/s", valkey) as store:
            proxy.arm("swallow", "reply", 0)
            given_up = 0
            with deadline(0.1):
                for key in KEYS[:10]:
                    with suppress(StoreUnavailableError):
                        try:
                            await asyncio.wait_for(store.load(key), 0.02)
                        except TimeoutError:
                            given_up += 1
            proxy.heal()
            with deadline(60):
                after = await answers(store.load(key) for key in KEYS)
        proxy.close()
        return given_up, after

    given_up, after = asyncio.run(ask())
    assert given_up > 0
    assert [value(key) for key in KEYS] == after


@pytest.mark.parametrize("way", ["request", "reply"])
def test_a_connection_that_is_cut_costs_nobody_anything(valkey, tmp_path, way):
    """At every 200th byte of forty swaps: each is carried out, and told so, once."""

    async def ask():
        proxy = Proxy(tmp_path / "s", valkey.socket)
        proxy.once = True
        wrong = {}
        async with opened(f"unix://{tmp_path}/s", valkey) as store:
            offsets = range(0, 6000 if way == "request" else 160, 200 if way == "request" else 10)
            for offset in offsets:
                new = b"%d" % offset
                olds = await answers(store.load(key) for key in KEYS)
                proxy.arm("cut", way, offset)
                swaps = zip(KEYS, olds, strict=True)
                told = await answers(store.swap(key, old, new, expires=None) for key, old in swaps)
                kept = await answers(store.load(key) for key in KEYS)
                if [new] * TASKS != told or told != kept:
                    wrong[offset] = told, kept
        proxy.close()
        return wrong

    assert {} == asyncio.run(ask())


def test_a_thousand_tasks_of_one_reader_are_counted_exactly(valkey, newsroom):
    """Five articles of a thousand, and no more and no fewer than five granted."""

    async def read():
        store = open_async_store(valkey.url)
        settings = {"deadline": 60, "queue": 60, "on_outage": "raise", "attempts": 2000}
        paywall = AsyncPaywall(newsroom.policy(5), store, **settings)
        reader = newsroom.reader("thousand")
        decisions = await asyncio.gather(
            *(
                paywall.check(reader, newsroom.view(f"a{number}"), now=newsroom.now)
                for number in range(1000)
            )
        )
        ledger = await paywall.ledger(reader.id, now=newsroom.now)
        await store.aclose()
        return sum(each.access == "full" for each in decisions), len(ledger["monthly"].reads)

    assert (5, 5) == asyncio.run(read())


def test_a_store_that_is_closed_answers_what_was_asked_before(valkey):
    """Closing waits for what is on the way."""

    async def ask():
        async with opened(valkey.url, valkey) as store:
            tasks = [asyncio.create_task(store.load(key)) for key in KEYS[:20]]
            await asyncio.sleep(0)
            await store.aclose()
            return await answers(tasks)

    assert [value(key) for key in KEYS[:20]] == asyncio.run(ask())


def test_a_store_that_is_closed_in_an_outage_fails_what_was_asked(own_valkey):
    """Nobody is left waiting, and no connection stays open."""
    server = own_valkey()

    async def ask():
        async with opened(server.url, server) as store:
            server.pause()
            with deadline(600):
                tasks = [asyncio.create_task(store.load(key)) for key in KEYS[:20]]
            await asyncio.sleep(0)
            closing = asyncio.create_task(store.aclose())
            told = await answers(tasks)
            server.resume()
            await closing
            return told

    assert [StoreUnavailableError.__name__] * 20 == asyncio.run(ask())


class SilentConnection:
    """A connection that is made when it may be, and never answers."""

    def __init__(self, may_connect):
        self.may_connect = may_connect

    async def connect(self):
        await self.may_connect.wait()

    async def disconnect(self, *, nowait=False):
        """Do nothing: there is no socket."""

    def write(self, data):
        """Take what is sent."""

    async def read(self):
        await asyncio.Event().wait()

    def refusal(self, said):
        return RuntimeError(said)


def test_a_round_whose_first_question_was_given_up_still_ends():
    """The connection comes in the middle of a round, when the first who asked is gone."""

    async def ask():
        loop = asyncio.get_running_loop()
        may_connect = asyncio.Event()
        line = SharedLine(lambda: SilentConnection(may_connect), Answers())
        asked = [line.ask((b"GET", b"first"), 60, inf)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        may_connect.set()
        await asyncio.sleep(0)
        loop.call_soon(lambda: asked.append(line.ask((b"GET", b"third"), 0.05, inf)))
        line.ask((b"GET", b"second"), 0.05, inf).cancel()
        await asyncio.sleep(0)
        try:
            await asyncio.wait(asked[1:], timeout=10)
            return asked[1].done()
        finally:
            asked[0].cancel()
            await line.close()

    assert asyncio.run(ask())
