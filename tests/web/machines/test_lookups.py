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
    given = {"what": "the oracle's word on", "ages": AGES, "most": 10, "at_once": 4} | settings
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


class Scripted:
    """Answers what is said to it next, raises it, or waits for it to be let go."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _question):
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Event):
            assert answer.wait(20)
            answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_an_answer_holds_while_it_is_asked_anew(seconds):
    """Who wants a younger one waits and gets none; whoever asks then is answered as before."""
    goes_on = Event()
    ask = Scripted("old", goes_on, "new")
    known = lookups(ask, seconds)
    assert known.answer("a question", 1.0) == "old"
    seconds.now = 61.0
    assert known.answer("a question", 61.05, younger=60.0) is None
    assert known.answer("a question", 62.0) == "old"
    assert known.answer("a question", None) == "old"
    goes_on.set()
    assert known._known["a question"].answered.wait(20)
    assert known.answer("a question", None, younger=60.0) == "new"
    assert known.answer("a question", None) == "new"
    assert ask.asked == 2


@pytest.mark.parametrize("what", [OSError("no answer"), None], ids=["failure", "nothing"])
def test_an_answer_holds_where_nothing_comes_of_asking_anew(seconds, what):
    """Until its own time is over; meanwhile it is not asked again and again."""
    ask = Scripted("old", what, what, "new")
    known = lookups(ask, seconds)
    assert known.answer("a question", 20.0) == "old"
    seconds.now = 61.0
    for _ in range(3):
        assert known.answer("a question", 81.0, younger=60.0) == "old"
        assert known.answer("a question", None) == "old"
    assert ask.asked == 2
    seconds.now = 3599.0
    assert known.answer("a question", 3619.0, younger=60.0) == "old"
    assert known.answer("a question", None) == "old"
    seconds.now = 3600.0
    assert known.answer("a question", 3620.0) == "new"
    assert ask.asked == 4


def test_each_question_that_fails_is_logged_once(seconds, caplog):
    """With its name; and no more of them than anybody reads, since strangers may choose them."""
    known = lookups(Scripted(*[OSError("no answer")] * 103), seconds)
    for question in ("one", "two", "one"):
        assert known.answer(question, seconds.now + 20.0) is None
        seconds.now += 31.0
    said = [record.getMessage() for record in caplog.records]
    assert [words.partition(" (")[0] for words in said] == [
        f"nobody is proved by the oracle's word on `{question}`, which cannot be asked for:"
        " OSError: no answer"
        for question in ("one", "two")
    ]
    for number in range(100):
        assert known.answer(number, seconds.now + 20.0) is None
    assert len(caplog.records) == 100
