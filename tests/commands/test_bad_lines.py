"""`meter decide` is not stopped by a line, whatever its bytes are."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meter.cli import main
from tests.commands.sample import EVENT, SAMPLE

POLICY = str(SAMPLE / "policy.toml")
LONG = 64 * 1024


def decide(raw):
    """Return exit code, decisions and the lines on stderr for bytes on stdin."""
    result = CliRunner().invoke(main, ["decide", POLICY], input=raw, catch_exceptions=False)
    decisions = [json.loads(line) for line in result.stdout.splitlines()]
    return result.exit_code, decisions, result.stderr.splitlines()


def event(article):
    """Return a line that can be read."""
    return EVENT.replace("a1", article).encode()


BAD = {
    "words": b"nonsense",
    "half of an object": event("a1")[:-9],
    "a list": b"[]",
    "a number": b"7",
    "no event": b"{}",
    "an unknown key": event("a1").replace(b'"article"', b'"artcle"'),
    "a NUL": b"\0",
    "a NUL in a text": event("a\0b"),
    "an escaped NUL": event("a\\u0000b"),
    "half of a character": event("\\ud800"),
    "not UTF-8": event("a1").replace(b"a1", b"\xff\xfe"),
    "UTF-16": event("a1").decode().encode("utf-16-le"),
    "deep": b"[" * 50_000,
    "deep in its place": event("a1").replace(b'"a1"', b'{"id":' * 9_000 + b"1" + b"}" * 9_000),
    "a long number": event("a1").replace(b'"a1"', b"1" * 6_000),
    "too long": event("a1").replace(b'"a1"', b'"' + b"x" * LONG + b'"'),
    "far too long": b"x" * 20 * LONG,
    "too long and blank": b" " * 3 * LONG,
    "too long and an event at the end": b" " * LONG + event("a1"),
    "a year that is none": event("a1").replace(b"2026", b"9999"),
    "no offset": event("a1").replace(b"00Z", b"00"),
    "a key twice": event("a1").replace(b'{"at"', b'{"at": 1, "at"'),
    "NaN": event("a1").replace(b'"a1"', b"NaN"),
    "a reader without an id": event("a1").replace(b'"r1"', b'""'),
}


@pytest.mark.parametrize("name", BAD)
def test_every_kind_of_bad_line_is_passed_by(name):
    """The line after it is decided as if it were not there; the line itself is told."""
    code, decisions, err = decide(b"\n".join((event("a1"), BAD[name], event("a2"))))
    blank = not BAD[name].strip() and len(BAD[name]) <= LONG
    assert (code, [made["meter"]["used"] for made in decisions]) == (0, [1, 2])
    if not blank and name != "too long and blank":
        assert err[0].startswith("stdin:2")
        assert err[-1] == "stdin: 1 line could not be read and was passed by, 2 read"


@pytest.mark.parametrize("name", BAD)
def test_where_no_line_can_be_read_the_exit_code_is_2(name):
    """And nothing is decided."""
    if name == "too long and blank":
        return
    code, decisions, err = decide(BAD[name] + b"\n")
    assert (code, decisions) == (2, [])
    assert err[-1] == "stdin: 1 line could not be read and was passed by, 0 read"


def test_no_lines_are_no_mistake():
    """There is nothing to decide."""
    assert decide(b"") == (0, [], [])
    assert decide(b"\n\n  \n") == (0, [], [])


def test_marks_of_bytes_and_windows_line_ends_are_read():
    """As an editor on Windows writes them."""
    code, decisions, err = decide(b"\xef\xbb\xbf" + event("a1") + b"\r\n" + event("a2") + b"\r\n")
    assert (code, len(decisions), err) == (0, 2, [])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            st.sampled_from(sorted(set(BAD) - {"too long and blank"})).map(BAD.__getitem__),
            st.binary(min_size=1, max_size=40).filter(lambda raw: b"\n" not in raw and raw.strip()),
            st.sampled_from("abcd").map(event),
            st.just(b""),
        ),
        max_size=8,
    )
)
def test_bad_lines_change_nothing_for_good_ones(lines):
    """Law: the decisions are those of the good lines alone, and each bad line is told."""
    good = [line for line in lines if line in {event(name) for name in "abcd"}]
    bad = [n for n, line in enumerate(lines, 1) if line and line not in good]
    code, decisions, err = decide(b"\n".join(lines))
    assert decisions == decide(b"\n".join(good))[1]
    assert code == (2 if bad and not good else 0)
    told = {
        int(line.split(":")[1].split(":")[0])
        for line in err
        if line.startswith("stdin:") and line.split(":")[1].strip().isdigit()
    }
    assert told == set(bad)


def test_a_file_of_something_else_is_not_recited():
    """The first fifty are listed, all are counted."""
    code, _, err = decide(b"x\n" * 5000)
    assert code == 2
    assert sum(line.startswith("stdin:") for line in err) == 51
    assert err[-1] == (
        "stdin: 5,000 lines could not be read and were passed by, 0 read; the first are listed"
    )
