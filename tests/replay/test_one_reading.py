"""`meter decide` and `meter replay` read the same JSON in the same way."""

import json
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from meter.columns.attributes import LOG_ATTRIBUTES, BadValueError, Form, read_value, scene
from meter.loading.events import EventError, read_events
from meter.replay.logs.log import Log
from meter.replay.logs.rows import BadRows
from meter.replay.logs.times import Times
from meter.windows import instant

ZONE = ZoneInfo("Asia/Tokyo")
AT = "2026-06-01T09:00:00+09:00"


def _event(at=AT, reader=(), article=(), **view):
    return {
        "at": at,
        "reader": {"id": "r", **dict(reader)},
        "article": {"id": "a"} | dict(article),
    } | view


def _right(**keys):
    return _event(reader={"entitlements": [{"kind": "subscription", **keys}]})


EVENTS = {
    "nothing but ids": _event(),
    "every key": _event(
        reader={
            "registered": True,
            "segments": ["student", "a;b"],
            "country": "jp",
            "score": 0.5,
            "entitlements": [{"kind": "trial", "product": "digital", "grace": 7}],
        },
        article={
            "access": "premium",
            "section": "markets/asia",
            "tags": ["x", "y|z"],
            "kind": "opinion",
            "published": "2026-05-30",
        },
        referrer="https://google.com/",
        channel="newsletter",
        device="mobile",
        country="jp",
        language="en_GB",
        gift=True,
        crawler=False,
        prefetch=True,
    ),
    "a class of crawlers": _event(crawler="search"),
    "no class of crawlers": _event(crawler="serch"),
    "a crawler in quotes": _event(crawler="true"),
    "an empty referrer": _event(referrer=""),
    "an empty list": _event(article={"tags": []}),
    "a whole score": _event(reader={"score": 1}),
    "grace as a length": _right(ends="2026-05-31", grace="7 days"),
    "a right that never ends": _right(starts="1970-01-01", ends="9999-12-31"),
    "the first instant": _event("1970-01-01T00:00:00Z"),
    "before the first instant": _event("1969-12-31T23:59:59Z"),
    "before it, by its offset": _event("1970-01-01T08:59:59+09:00"),
    "the last instant": _event("2200-12-31T23:59:59Z"),
    "after the last instant": _event("2201-01-01T00:00:00Z"),
    "an old article": _event(article={"published": "1650-07-01"}),
    "a time of an old article": _event(article={"published": "1850-07-01T12:00:00Z"}),
    "an article before newspapers": _event(article={"published": "1599-12-31"}),
    "published without an offset": _event(article={"published": "2026-05-30T12:00:00"}),
    "tags in a cell": _event(article={"tags": "x;y"}),
    "tags as a text of JSON": _event(article={"tags": '["x"]'}),
    "tags that are numbers": _event(article={"tags": ["x", 2]}),
    "a flag in quotes": _event(gift="true"),
    "a flag as a number": _event(reader={"registered": 1}),
    "a score in quotes": _event(reader={"score": "0.5"}),
    "a score out of bounds": _event(reader={"score": 2}),
    "a word in capitals": _event(article={"access": "Metered"}),
    "an empty channel": _event(channel=""),
    "a number as a section": _event(article={"section": 5}),
    "a text of 3,000 characters": _event(device="x" * 3000),
    "a control character": _event(reader={"country": "J\x07"}),
    "no list of rights": _event(reader={"entitlements": "subscription"}),
    "an unknown kind": _right(kind="gold"),
    "an unknown key of a right": _right(end="2026-06-01"),
    "a right that ends no day": _right(ends="soon"),
    "a right that ends before 1970": _right(ends="1969-12-31"),
    "a right that ends before it starts": _right(starts="2026-06-02", ends="2026-06-01"),
}


def _decided(path):
    """Return the event as `meter decide` reads it, or what is wrong with it."""
    try:
        (event,) = read_events(path.read_text().splitlines(), "log", ZONE)
    except EventError as error:
        return {problem.message for problem in error.problems}
    return instant(event.at), event.reader, event.view


def _replayed(path):
    """Return the first row of a log as `meter replay` reads it, or what is wrong with it."""
    piece = next(Log(path).pieces(BadRows()))
    at, known = Times(ZONE).read(piece.table["at"].combine_chunks())
    values = {}
    wrong = set()
    for name in LOG_ATTRIBUTES:
        if name in piece.table.column_names:
            value = _given(piece.table[name][0].as_py())
            try:
                values[name] = read_value(name, value, ZONE, piece.form)
            except BadValueError as error:
                wrong.add(str(error))
    if not known[0]:
        wrong.add("time")
    return wrong or (int(at[0]), *scene(values))


def _given(value):
    """Return lists and tables without what only other rows have."""
    if isinstance(value, list):
        return [_given(item) for item in value]
    if isinstance(value, dict):
        return {key: _given(item) for key, item in value.items() if item is not None}
    return value


@pytest.mark.parametrize("beside", [None, _event(channel=["odd"])], ids=["alike", "mixed"])
@pytest.mark.parametrize("name", EVENTS)
def test_decide_and_replay_read_an_event_alike(tmp_path, name, beside):
    """Reader, view, instant and problems are the same, also beside a line of another form."""
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(EVENTS[name]) + "\n")
    decided = _decided(path)
    if beside is not None:
        path.write_text(path.read_text() + json.dumps(beside) + "\n")
    replayed = _replayed(path)

    if isinstance(decided, set):
        assert {"time" if "`at`" in words else words for words in decided} == replayed
        return
    at, reader, view = decided
    assert (at, _anonymous(reader), _anonymous(view)) == replayed


def _anonymous(part):
    """Return a reader or a view without its ids, which a log keeps in columns of their own."""
    if hasattr(part, "article"):
        return evolve(part, id=None, article=evolve(part.article, id="-"))
    return evolve(part, id="-")


def test_a_cell_is_turned_into_what_json_says():
    """A list in a cell of CSV is `a;b`, a flag `yes`, a time one of the zone."""
    cells = {
        "article.tags": ("x;y", ["x", "y"]),
        "gift": ("yes", True),
        "reader.score": ("0.5", 0.5),
        "article.access": (" Metered", "metered"),
        "article.published": ("2026-05-30 12:00", "2026-05-30T12:00:00+09:00"),
    }
    for name, (cell, value) in cells.items():
        expected = read_value(name, value, ZONE, Form.VALUE)
        assert expected == read_value(name, cell, ZONE, Form.CELL)


@pytest.mark.parametrize("line", ['{"at": 1, "at": 2}', '{"at": NaN}'])
def test_json_that_decide_refuses_is_no_event_of_a_log(tmp_path, line):
    """A key given twice, and what is no number in JSON, cost the line in both."""
    path = tmp_path / "log.jsonl"
    path.write_text(f"{line}\n{json.dumps(_event())}\n")
    bad = BadRows()
    list(Log(path).pieces(bad))
    words = _decided(path)

    assert words == {row.reason for row in bad.first}
