"""`meter decide` writes a decision a line, and keeps what it counted."""

from __future__ import annotations

from contextlib import closing

import pytest

from meter import open_store
from tests.commands.sample import EVENT


def test_decide_writes_one_decision_a_line_and_remembers(meter, folder):
    """The same decisions as the engine's, in the order of the events."""
    lines = meter("decide", "policy.toml", "events.jsonl").lines
    assert [line["show"] for line in lines] == [
        "countdown",
        "countdown",
        "countdown",
        "article",
        "last-free-article",
        "registration-wall",
        "countdown",
        "article",
        "trial-offer",
        "trial-expired",
        "subscription-expired",
        "article",
    ]
    assert [line["counted"] for line in lines][:7] == [True, True, False, False, True, False, True]
    assert lines[0]["meter"] == {
        "name": "monthly",
        "limit": 3,
        "used": 1,
        "left": 2,
        "resets_at": "2026-07-01T00:00:00+09:00",
    }
    assert (lines[3]["prompt"], lines[3]["meter"], lines[0]["offer"], lines[5]["offer"]) == (
        "sponsored",
        None,
        "summer",
        None,
    )
    assert set(lines[0]) >= {"show", "access", "rule", "offer", "prompt", "meter", "counted"}


def test_decide_reads_stdin_by_default(meter):
    """And with `-`."""
    for arguments in (("decide", "policy.toml"), ("decide", "policy.toml", "-")):
        assert meter(*arguments, given=f"{EVENT}\n\n{EVENT}\n").lines[1]["counted"] is False


def test_decide_keeps_what_it_counted_in_a_store(meter):
    """A second run goes on where the first ended."""
    for used in (1, 2):
        event = EVENT.replace("a1", f"a{used}")
        assert (
            meter("decide", "policy.toml", "--store", "sqlite:///usage.db", given=event).lines[0][
                "meter"
            ]["used"]
            == used
        )


def test_a_bad_line_is_told_and_passed_by(meter):
    """With its place; the lines after it are decided and kept, and the exit code is 0."""
    store = ("--store", "sqlite:///usage.db")
    given = f"{EVENT}\nnonsense\n{EVENT.replace('a1', 'a2')}\n"
    answer = meter("decide", "policy.toml", *store, given=given)
    assert (answer.code, [line["meter"]["used"] for line in answer.lines]) == (0, [1, 2])
    first, *_, last = answer.err.splitlines()
    assert first.startswith("stdin:2:1: error[json-syntax]")
    assert last == "stdin: 1 line could not be read and was passed by, 2 read"
    again = meter("decide", "policy.toml", *store, given=EVENT.replace("09:00", "09:01"))
    assert (again.lines[0]["meter"]["used"], again.lines[0]["counted"]) == (2, False)


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (EVENT.replace('"article"', '"artcle"'), "did you mean `article`?"),
        (EVENT.replace("09:00:00Z", "09:00:00"), "a time without an offset"),
        ("{}", "an event needs `at`"),
        ("[]", "error"),
    ],
)
def test_what_is_wrong_with_an_event_is_told(meter, event, says):
    """With the line, and what to write instead."""
    answer = meter("decide", "policy.toml", given=event)
    assert answer.code == 2
    assert says in answer.err


def test_a_corrupt_record_is_decided_as_in_an_outage_and_the_log_goes_on(meter, folder):
    """It is told once a reader; others are counted, and the record stays what it was."""
    with closing(open_store(f"sqlite:///{folder / 'usage.db'}")) as store:
        store.swap("r1", None, b"rubbish", expires=None)
    given = "".join(
        f"{EVENT.replace('a1', article).replace('r1', reader)}\n"
        for reader, article in (("r1", "a1"), ("r2", "a1"), ("r1", "a2"))
    )
    answer = meter("decide", "policy.toml", "--store", "sqlite:///usage.db", given=given)
    assert [line["meter"]["used"] for line in answer.lines] == [1, 1, 2]
    assert [line["degraded"] for line in answer.lines] == [True, False, True]
    assert answer.err.count("is decided as in an outage") == 1
    with closing(open_store(f"sqlite:///{folder / 'usage.db'}")) as store:
        assert store.load("r1") == b"rubbish"


@pytest.mark.parametrize("url", ["redis://[::1", "memory://[", "memory://#x", "sqlite:///sub/"])
def test_a_store_that_cannot_be_is_bad_usage(meter, url):
    """Exit code 2 and a sentence, no traceback."""
    answer = meter("decide", "policy.toml", "--store", url, given=EVENT)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err
