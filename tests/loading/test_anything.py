"""Whatever a file holds, reading it ends in a policy or in problems with places."""

import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

import tomli_w
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meter.loading import check_text
from meter.loading.events import EventError, read_events
from meter.loading.positions import Positions
from meter.resources import template_root

SAMPLE = (template_root() / "sample" / "policy.toml").read_text("utf-8")
PIECES = st.sampled_from(
    [
        *"[]{}=.,\"'#\n\\ ",
        "[[",
        "]]",
        '"""',
        "'''",
        "rules",
        "meters.monthly",
        "when = ",
        "not = ",
        "any = ",
        "left",
        "limit",
        "limits",
        "nan",
        "-inf",
        "1e999",
        "0x10",
        "2026-06-31",
        "2026-06-30",
        "2026-06-30T10:00:00Z",
        "true",
        "[ 5 ]",
        "{}",
        "[]",
        '"article"',
        '"é😀"',
        "\u202e",
        "\r\n",
        "\t",
        "\0",
        "starts",
        "ends",
        "[rules.when]\n",
        "[copy.ja]\n",
        "[links]\n",
        "5",
        "-1",
        "''",
    ]
)


def _places_are_real(problems, text):
    lines = text.split("\n")
    for problem in problems:
        if problem.code != "too-many-problems":
            assert 1 <= problem.line <= len(lines)
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
            assert problem.help


@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 30), PIECES | st.text(max_size=4)),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=150, deadline=None)
def test_a_damaged_policy_is_told_where(edits):
    """Cuts and insertions anywhere end in problems whose places are in the text."""
    text = SAMPLE
    for where, cut, piece in edits:
        start = int(where * len(text))
        text = text[:start] + piece + text[start + cut :]
    policy, problems = check_text(text)
    assert policy is not None or problems
    _places_are_real(problems, text.removeprefix("\ufeff"))


_WORDS = st.sampled_from(
    [
        "publication",
        "name",
        "timezone",
        "locale",
        "meters",
        "monthly",
        "window",
        "calendar",
        "rolling",
        "fixed",
        "lifetime",
        "starts",
        "limit",
        "limits",
        "count",
        "offers",
        "price",
        "currency",
        "term",
        "ends",
        "rules",
        "when",
        "spend",
        "show",
        "offer",
        "prompt",
        "guarantees",
        "never",
        "always",
        "copy",
        "ja",
        "headline",
        "benefits",
        "links",
        "subscribe",
        "reader",
        "access",
        "tags",
        "segments",
        "any",
        "all",
        "none",
        "not",
        "left",
        "dates",
        "from",
        "until",
        "score",
        "equals",
        "above",
        "gift",
        "anonymous",
        "month",
        "article",
        "registered",
        "UTC",
        "en",
        "USD",
        "3 months",
        "30 days",
        "",
        " ",
        "x",
    ]
)
_LEAVES = (
    _WORDS
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.text(st.characters(codec="utf-8"), max_size=5)
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=12,
)


# TOML has times without a zone.
_LATEST = datetime.fromisoformat("9999-12-31T23:59:59.999999")


@given(table=st.dictionaries(_WORDS, _VALUES, max_size=6))
@settings(max_examples=150, deadline=None)
@example(table={"rules": [{"when": {"left": {"": {}}}}], "meters": {"": {"limits": [{}]}}})
@example(table={"offers": {"x": {"starts": date(1, 1, 1), "ends": _LATEST}}})
def test_any_tables_of_the_right_words_are_told_where(table):
    """Tables of any depth and value, under the format's own keys, end in problems with places."""
    text = tomli_w.dumps(table)
    _, problems = check_text(text)
    _places_are_real(problems, text)


def _leaves(value, path=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))


_KEYS = st.sampled_from(["a", "b", "a-b", "1", "é", "x y", 'q"', "ta.g"])
_TREES = st.dictionaries(
    _KEYS,
    st.recursive(
        st.integers(0, 9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
        max_leaves=10,
    ),
    max_size=4,
)


@given(table=_TREES)
@settings(max_examples=100, deadline=None)
def test_every_key_of_any_text_is_found(table):
    """The place of a key is where its own letters are."""
    text = tomli_w.dumps(table)
    lines = text.split("\n")
    places = Positions(text)._places
    for path in _leaves(table):
        row, column = places[path, "key"]
        rest = lines[row].encode()[column:].decode()
        key = str(path[-1])
        assert (json.dumps(key, ensure_ascii=False) in rest) or key in rest


@given(
    value=st.recursive(
        st.none() | _LEAVES.map(str) | st.floats() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(_WORDS, inner),
    )
)
@settings(max_examples=100, deadline=None)
def test_any_json_is_an_event_or_problems(value):
    """Whatever a line holds, it is an event or told with its line."""
    for problem in _event_problems(json.dumps(value)):
        if problem.code != "too-many-problems":
            assert problem.line == 1
            assert problem.help


def _event_problems(line):
    try:
        list(read_events([line], "events", ZoneInfo("UTC")))
    except EventError as error:
        return error.problems
    return ()
