"""What may be slow is asked once for all who wait, and an answer holds until there is a better."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from meter.web.machines.lookups import Ages, Lookups

AGES = Ages(found=3600.0, nothing=60.0, failed=30.0)
MANY = 12


class Seconds:
    """A timer that stands still until it is moved."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


def lookups(ask, timer, **settings):
    given = {"what": "an oracle", "ages": AGES, "most": 10, "at_once": 4} | settings
    return Lookups(ask, timer=timer, **given)


@pytest.mark.parametrize("each", [1, MANY])
def test_many_who_look_at_once_ask_once_and_get_one_answer(seconds, each):
    """All have seen that there is no answer yet before the first of them asks."""
    goes_on = Event()
    all_here = Barrier(MANY, goes_on.set)
    waiting = iter(range(MANY))
    asked = []

    def source(question):
        if next(waiting, None) is not None:
            all_here.wait(20)
        return question

    def ask(question):
        asked.append(question)
        assert goes_on.wait(20)
        return "yes"

    known = lookups(ask, seconds, source=source, each=each, at_once=MANY)
    with ThreadPoolExecutor(MANY) as pool:
        answers = pool.map(lambda _: known.answer("a question", 20.0), range(MANY))
        assert list(answers) == ["yes"] * MANY
    assert asked == ["a question"]
