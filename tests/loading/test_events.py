"""Page views come as JSON lines, strictly, and decisions go out the same way."""

import io
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from meter import Article, Entitlement, MeterError, PageView, Reader, Usage, decide, loads_policy
from meter.errors import MOST_PROBLEMS
from meter.loading.events import (
    MOST_CHARACTERS,
    EventError,
    decision_table,
    parse_event,
    read_events,
)
from meter.testing import strategies

TOKYO = ZoneInfo("Asia/Tokyo")
LEAST = {"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": "a1"}


def test_an_event_is_read_key_by_key():
    """Every key arrives in the field that is named after it."""
    table = {
        "at": "2026-06-01T09:00:00+09:00",
        "reader": {
            "id": "r1",
            "registered": True,
            "segments": ["loyal"],
            "country": "JP",
            "score": 0.5,
            "entitlements": [
                {
                    "kind": "trial",
                    "product": "digital",
                    "starts": "2026-05-01",
                    "ends": "2026-05-31",
                    "grace": "7 days",
                },
                {"kind": "gift", "ends": "2026-06-01T00:00:00Z", "grace": 2},
            ],
        },
        "article": {
            "id": "a1",
            "access": "premium",
            "section": "markets/asia",
            "tags": ["sponsored"],
            "kind": "opinion",
            "published": "2026-06-01",
        },
        "id": "v1",
        "referrer": "",
        "channel": "newsletter",
        "device": "mobile",
        "country": "US",
        "language": "ja",
        "gift": True,
        "crawler": False,
        "prefetch": None,
    }
    at, reader, view = parse_event(table, TOKYO)
    assert at == datetime(2026, 6, 1, tzinfo=UTC)
    assert reader == Reader(
        id="r1",
        registered=True,
        segments={"loyal"},
        country="JP",
        score=0.5,
        entitlements=[
            Entitlement(
                kind="trial",
                product="digital",
                starts=datetime(2026, 5, 1, tzinfo=TOKYO),
                ends=datetime(2026, 6, 1, tzinfo=TOKYO),
                grace=timedelta(days=7),
            ),
            Entitlement(
                kind="gift", ends=datetime(2026, 6, 1, tzinfo=UTC), grace=timedelta(days=2)
            ),
        ],
    )
    assert view == PageView(
        article=Article(
            id="a1",
            access="premium",
            section="markets/asia",
            tags={"sponsored"},
            kind="opinion",
            published=datetime(2026, 6, 1, tzinfo=TOKYO),
        ),
        id="v1",
        referrer="",
        channel="newsletter",
        device="mobile",
        country="US",
        language="ja",
        gift=True,
    )


VIEW_KEYS = (
    "id",
    "referrer",
    "channel",
    "device",
    "country",
    "language",
    "gift",
    "crawler",
    "prefetch",
)


def _words(values):
    return sorted(values) or None


def _table(at, reader, view):
    """Write an event as its sender would."""
    rights = [
        {
            "kind": str(right.kind),
            "product": right.product,
            "article": right.article,
            "section": right.section,
            "tags": sorted(right.tags),
            "grace": f"{right.grace // timedelta(hours=1)} hours" if right.grace else None,
            "starts": right.starts and right.starts.isoformat(),
            "ends": right.ends and right.ends.isoformat(),
        }
        for right in reader.entitlements
    ]
    article = {key: getattr(view.article, key) for key in ("id", "access", "section", "kind")}
    article |= {
        "tags": _words(view.article.tags),
        "published": view.article.published and view.article.published.isoformat(),
        "value": view.article.value,
    }
    return {
        "at": at.isoformat(),
        "reader": {
            "id": reader.id,
            "registered": reader.registered,
            "country": reader.country,
            "score": reader.score,
            "registered_at": reader.registered_at and reader.registered_at.isoformat(),
            "entitlements": rights,
            "segments": _words(reader.segments),
        },
        "article": article,
        **{key: getattr(view, key) for key in VIEW_KEYS},
    }


@given(at=strategies.edge_times(), reader=strategies.readers(), view=strategies.page_views())
@settings(max_examples=60, deadline=None)
def test_reading_what_was_sent_gives_the_same_event(at, reader, view):
    """Any event survives JSON."""
    (event,) = read_events([json.dumps(_table(at, reader, view))], "events", TOKYO)
    assert event == (at, reader, view)


BAD = {
    "a time without an offset": (
        {**LEAST, "at": "2026-06-01T09:00:00"},
        "no-offset",
        "add one, such as `Z`",
    ),
    "a date for a time": ({**LEAST, "at": "2026-06-01"}, "bad-date", None),
    "a day that is not": ({**LEAST, "at": "2026-06-31T09:00:00Z"}, "bad-date", None),
    "a number for a time": ({**LEAST, "at": 1780304400}, "wrong-type", None),
    "a year far off": ({**LEAST, "at": "9999-12-31T23:59:59-12:00"}, "bad-date", "check the year"),
    "a right for too long": (
        {**LEAST, "reader": {"id": "r", "entitlements": [{"kind": "gift", "ends": "9500-12-31"}]}},
        "bad-date",
        "for an open end, leave it out",
    ),
    "an offset of nonsense": (
        {**LEAST, "at": "2026-06-01T09:00:00+99:00"},
        "bad-date",
        "write a time with its offset",
    ),
    "an article of no year": (
        {**LEAST, "article": {"id": "a", "published": "0001-01-01"}},
        "bad-date",
        "check the year",
    ),
    "no time": ({"reader": {"id": "r"}, "article": "a"}, "missing-key", "add `at`"),
    "no reader": ({"at": LEAST["at"], "article": "a"}, "missing-key", "add `reader`"),
    "a slip in a key": ({**LEAST, "referer": "x"}, "unknown-key", "did you mean `referrer`?"),
    "a slip in a reader's key": (
        {**LEAST, "reader": {"id": "r", "segment": []}},
        "unknown-key",
        "did you mean `segments`?",
    ),
    "a key of the reader": (
        {**LEAST, "visitor": "v"},
        "unknown-key",
        'it belongs in `reader`: `"reader": {"visitor": …}`',
    ),
    "a bare tag": (
        {**LEAST, "article": {"id": "a", "tags": "x"}},
        "wrong-type",
        'put it in brackets: `tags = ["x"]`',
    ),
    "an unknown access": (
        {**LEAST, "article": {"id": "a", "access": "payed"}},
        "unknown-word",
        None,
    ),
    "an empty id": ({**LEAST, "article": ""}, "empty-text", None),
    "a number for an id": ({**LEAST, "article": 5}, "wrong-type", "put it in quotes"),
    "a list for an article": ({**LEAST, "article": ["a"]}, "wrong-type", None),
    "a word for a flag": ({**LEAST, "gift": "true"}, "wrong-type", "write it without quotes"),
    "a score of 2": ({**LEAST, "reader": {"id": "r", "score": 2}}, "bad-number", None),
    "an unknown right": (
        {**LEAST, "reader": {"id": "r", "entitlements": [{"kind": "trail"}]}},
        "unknown-word",
        "did you mean `trial`?",
    ),
    "a right until nowhen": (
        {**LEAST, "reader": {"id": "r", "entitlements": [{"kind": "trial", "ends": "soon"}]}},
        "bad-date",
        None,
    ),
    "a length of nonsense": (
        {**LEAST, "reader": {"id": "r", "entitlements": [{"kind": "trial", "grace": "x"}]}},
        "bad-length",
        None,
    ),
    "a list": ([1], "wrong-type", None),
    "a word": ("x", "wrong-type", None),
    "nothing": (None, "wrong-type", None),
}


@pytest.mark.parametrize(("table", "code", "advice"), BAD.values(), ids=BAD)
def test_a_bad_event_is_told_with_its_line(table, code, advice):
    """Each mistake is one problem with a code, the line and the next step."""
    with pytest.raises(EventError) as caught:
        list(read_events([json.dumps(LEAST), "", json.dumps(table)], "events.jsonl", TOKYO))
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.name) == (code, 3, "events.jsonl")
    assert (advice or "") in problem.help
    assert isinstance(caught.value, MeterError)
    assert str(caught.value).startswith(f"events.jsonl:3: error[{code}]: ")


@pytest.mark.parametrize("key", ["started", "dismissed"])
@pytest.mark.parametrize(("name", "code"), [(None, "missing-key"), (5, "wrong-type")])
def test_a_name_that_cannot_be_read_is_told_once(key, name, code):
    """And not as a name that the policy does not have."""
    line = json.dumps({"at": LEAST["at"], "reader": {"id": "r"}, key: name})
    with pytest.raises(EventError) as caught:
        list(read_events([line], "events", TOKYO, offers=["summer"], prompts=["give"]))
    assert [problem.code for problem in caught.value.problems] == [code]


HOSTILE = {
    "no JSON": ("{", "json-syntax"),
    "two values": ("{} {}", "json-syntax"),
    "a key given twice": ('{"at": 1, "at": 2}', "json-syntax"),
    "a number that is none": ('{"at": NaN}', "json-syntax"),
    "a number of 5,000 digits": ('{"at": ' + "9" * 5000 + "}", "bad-number"),
    "lists in lists": ("[" * 60_000, "too-deep"),
    "objects in objects": ('{"a":' * 12_000, "too-deep"),
    "a line too long": (" " + "x" * MOST_CHARACTERS, "too-large"),
    "bytes that are no text": (b'{"at": "\xff"}', "bad-encoding"),
    "many unknown keys": (json.dumps({f"key{n}": n for n in range(3000)}), "unknown-key"),
    "a huge id": (json.dumps({**LEAST, "article": "a" * 60_000}), "text-too-long"),
    "half a character": (json.dumps({**LEAST, "article": "\ud800"}), "control-character"),
    "an escape for the terminal": (
        json.dumps({**LEAST, "article": "\x1b[2J"}),
        "control-character",
    ),
}


@pytest.mark.parametrize(("line", "code"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_is_an_error_like_any_other(line, code):
    """Nothing a line holds does more than fail."""
    with pytest.raises(EventError) as caught:
        list(read_events([line], "events", TOKYO))
    assert code in {problem.code for problem in caught.value.problems}
    assert all(problem.help for problem in caught.value.problems)
    assert len(str(caught.value)) < 32_000


def test_events_stop_at_the_first_bad_line():
    """What follows a bad line may depend on it, so it is not even read."""
    lines = iter([json.dumps(LEAST), "{}", json.dumps(LEAST)])
    events = read_events(lines, "events", TOKYO)
    assert next(events).view.article.id == "a1"
    with pytest.raises(EventError) as caught:
        next(events)
    assert {problem.line for problem in caught.value.problems} == {2}
    assert len(list(lines)) == 1


def test_a_file_is_mended_in_one_go():
    """Looking ahead tells the problems of the lines that follow, as far as asked.

    No event of theirs is given.
    """
    events = read_events(
        [json.dumps(LEAST), "{}", json.dumps(LEAST), "[]", "5", "x"], "events", TOKYO, ahead=3
    )
    next(events)
    with pytest.raises(EventError) as caught:
        next(events)
    assert {problem.line for problem in caught.value.problems} == {2, 4, 5}


def test_many_bad_lines_are_told_up_to_a_bound():
    """A file of another kind is not recited."""
    with pytest.raises(EventError) as caught:
        list(read_events(["x"] * 5000, "events", TOKYO, ahead=1000))
    assert [problem.code for problem in caught.value.problems] == [
        "json-syntax"
    ] * MOST_PROBLEMS + ["too-many-problems"]


def test_a_line_without_end_is_not_read_to_its_end():
    """Of a file of one endless line, only what is needed to refuse it is read."""
    file = io.BytesIO(json.dumps(LEAST).encode() + b"\n" + b"[" * 10_000_000)
    with pytest.raises(EventError) as caught:
        list(read_events(file, "events", TOKYO, ahead=1000))
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [("too-large", 2)]
    assert file.tell() < 200_000


def test_a_decision_is_written_as_plain_json():
    """The keys of a decision are those the command line promises."""
    policy = loads_policy(
        '[publication]\nname = "x"\ntimezone = "Asia/Tokyo"\n[meters.monthly]\nwindow = { calendar'
        ' = "month" }\nlimit = 2\n[[rules]]\nname = "an allowance"\nspend = "monthly"\nshow ='
        ' "countdown"\n[[rules]]\nname = "everyone else"\nshow = "subscription-wall"\n'
    )
    at, reader, view = parse_event(LEAST, policy.zone)
    decision, _ = decide(policy, reader, view, Usage(), at)
    expected = {
        "at": "2026-06-01T09:00:00+00:00",
        "show": "countdown",
        "access": "full",
        "rule": "an allowance",
        "offer": None,
        "offers": [],
        "prompt": "countdown",
        "meter": {
            "name": "monthly",
            "limit": 2,
            "used": 1,
            "left": 1,
            "resets_at": "2026-07-01T00:00:00+09:00",
        },
        "counted": True,
        "speculative": False,
        "degraded": False,
        "policy": policy.digest,
    }
    assert json.loads(json.dumps(decision_table(decision))) == expected
    decision, _ = decide(
        policy, reader, PageView(article=Article(id="a", access="free")), Usage(), at
    )
    assert (decision_table(decision)["show"], decision_table(decision)["counted"]) == (
        "article",
        False,
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hello", "a value is missing or not understood"),
        ("{'at': 1}", "a key in double quotes is missing"),
        ('{"at" 1}', "a `:` is missing after the key"),
        ('{"at": 1 "b": 2}', "a `,` is missing, or something is left over"),
        ('{"at": 1} {}', "something is left over after the object"),
        ('{"at', "a text is not closed"),
        ('{"at\x0b": 1}', "a text goes on past the end of its line"),
        ('{"a\\q": 1}', "a backslash in a text has a meaning of its own"),
    ],
)
def test_what_is_not_json_is_told_in_words(line, words):
    """The parser's own words are for programmers."""
    with pytest.raises(EventError) as caught:
        next(read_events([line], "events", TOKYO))
    assert [f"this is not JSON: {words}"] == [problem.message for problem in caught.value.problems]


def test_an_archive_is_older_than_the_clock_of_computers():
    """An article of 1923 has an age like any other."""
    event = parse_event({**LEAST, "article": {"id": "a", "published": "1923-09-01"}}, TOKYO)
    assert (1923, 9, 1) == event.view.article.published.timetuple()[:3]
    assert event.view.article.age(0) > 0


@pytest.mark.parametrize("never", ["9999-12-31", "9999-12-31T23:59:59Z", None])
def test_an_end_in_the_last_year_is_no_end(never):
    """Many systems write "never" so; a payer of theirs must not meet an error."""
    right = {"kind": "subscription"} | ({} if never is None else {"ends": never})
    event = parse_event(
        {**LEAST, "reader": {"id": "r", "entitlements": [right]}}, ZoneInfo("Asia/Tokyo")
    )
    assert event.reader.entitlements[0].ends is None
