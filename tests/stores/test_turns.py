"""Turns, and the time of a question: what counts as waiting, and what as silence."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import suppress

import pytest

from meter.errors import StoreUnavailableError
from meter.stores.deadline import Answers, AnswerTime, deadline, has_passed, patience, remaining
from meter.stores.turns import AsyncTurns, Turns


def test_the_deadline_is_counted_from_the_question():
    """Waiting for a turn takes nothing from the time for an answer, and both have an end."""
    with deadline(0.05, queue=2.0):
        assert remaining(None) == 0.05
        assert 1.9 < patience(None) <= 2.0
        assert not has_passed()
    with deadline(60, queue=0.0):
        assert 0 == patience(None)
        assert 30 < remaining(None) <= 60
    with deadline(0.001):
        while not has_passed():
            pass
        assert (0, 0.001) == (patience(None), remaining(None))


def test_a_turn_is_waited_for_in_order_and_no_longer_than_the_queue():
    """With one turn: the second thread gets it when the first is done, and a third gives up."""
    turns = Turns(1, (OSError,))
    told = []
    inside = threading.Event()
    done = threading.Event()

    def first():
        with turns:
            inside.set()
            done.wait()

    def second():
        with deadline(1, queue=60), turns:
            told.append("second")

    holder = threading.Thread(target=first)
    holder.start()
    inside.wait()
    with (
        pytest.raises(StoreUnavailableError, match=r"no turn at the store within 0\.0"),
        deadline(1, queue=0.02),
        turns,
    ):
        told.append("never")
    waiter = threading.Thread(target=second)
    waiter.start()
    while not turns._waiting:
        pass
    done.set()
    holder.join()
    waiter.join()
    with turns:
        told.append("last")
    assert ["second", "last"] == told


def miss(turns):
    """Take a turn, and get no answer."""
    with suppress(OSError), turns:
        hear_nothing()


def hear_nothing():
    """Raise what a driver does."""
    raise OSError("nothing came")


def test_while_the_server_is_silent_nobody_waits():
    """Three in a row over half a second without an answer: whoever has no turn is told at once."""
    turns = Turns(2, (OSError,))
    began = time.monotonic()
    while not turns.out:
        miss(turns)
    assert time.monotonic() - began >= 0.5
    with (
        turns,
        turns,
        pytest.raises(StoreUnavailableError, match="nobody waits for a turn"),
        deadline(1, queue=60),
        turns,
    ):
        pass
    assert not turns.out
    miss(turns)
    miss(turns)
    assert not turns.out


async def wait_behind(turns, number, leave, queue=60):
    """Let so many tasks wait for the one turn, and `leave` with it; return what became of them."""

    async def patient():
        with deadline(1, queue=queue):
            async with turns:
                return "asked"

    with suppress(OSError):
        async with turns:
            waiting = [asyncio.create_task(patient()) for _ in range(number)]
            await asyncio.sleep(0)
            assert number == len(turns._waiting)
            leave()
    return waiting


@pytest.mark.parametrize("answered", [True, False])
def test_those_who_wait_are_told_when_the_server_falls_silent(answered):
    """They need not wait for the end of their patience; after an answer, they go on."""

    async def fall_silent():
        turns = AsyncTurns(1, (OSError,))

        def leave():
            turns.give_up()
            if not answered:
                hear_nothing()

        waiting = await wait_behind(turns, 3, leave)
        return await asyncio.gather(*waiting, return_exceptions=True)

    told = asyncio.run(fall_silent())
    expected = "str" if answered else "StoreUnavailableError"
    assert [expected] * 3 == [type(answer).__name__ for answer in told]


def test_a_task_that_is_cancelled_while_it_waits_takes_no_turn():
    """Also where it has just been given one."""

    async def cancel():
        turns = AsyncTurns(1, (OSError,))
        waiting = await wait_behind(turns, 2, lambda: None, queue=5)
        waiting[0].cancel()  # it has its turn by now, and does not know it yet
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        async with turns:
            return [type(answer).__name__ for answer in answers]

    told = asyncio.run(asyncio.wait_for(cancel(), 20))
    assert ["CancelledError", "str"] == told


def test_a_busy_event_loop_is_no_silence():
    """An answer that has arrived is read, however late the loop comes to look."""

    async def busy():
        near, far = await asyncio.get_running_loop().run_in_executor(None, make_pair)
        reader, writer = await asyncio.open_unix_connection(sock=near)
        far.sendall(b"answer\n")
        loop = asyncio.get_running_loop()
        loop.call_soon(spin, 0.2)
        try:
            async with AnswerTime(0.05):
                return await reader.readline()
        finally:
            writer.close()
            far.close()

    assert b"answer\n" == asyncio.run(busy())


def make_pair():
    """Return two ends of a connection."""
    return socket.socketpair()


def spin(seconds):
    """Keep this thread from anything else for so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_a_server_that_answers_others_is_not_silent():
    """A question waits for its turn there too, for five deadlines at most."""

    async def wait(*, busy):
        answers = Answers()
        began = time.monotonic()

        async def hear_others():
            while busy:
                answers.number += 1
                await asyncio.sleep(0.005)

        others = asyncio.create_task(hear_others())
        with pytest.raises(TimeoutError):
            async with AnswerTime(0.1, answers):
                await asyncio.Event().wait()
        others.cancel()
        return time.monotonic() - began

    assert 0.1 <= asyncio.run(wait(busy=False)) < 0.4
    assert 0.5 <= asyncio.run(wait(busy=True)) < 1.5


def test_an_event_loop_with_nothing_to_hear_gives_up_in_time():
    """And not before."""

    async def silence():
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with AnswerTime(0.1):
                await asyncio.Event().wait()
        return time.monotonic() - began

    assert 0.1 <= asyncio.run(silence()) < 1.0
