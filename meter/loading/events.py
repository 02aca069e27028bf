"""Read page views from lines of JSON, and write decisions.

A line has the field names of the classes: `{"at": …, "reader": {…}, "article": {…}, …}`. Reading is
strict: every problem of a line is reported, with the line.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from attrs import evolve

from meter.errors import Problem, ProblemsError
from meter.loading.event_parts import CRAWLER, ID, Moment, article_table, reader_table, word
from meter.loading.event_tables import decision_table
from meter.loading.fields import Boolean, Key, OneOf, Table, Text
from meter.loading.other_events import Dismissed, Started, check_named, other_shape
from meter.loading.problems import ProblemCollector
from meter.view import Article, PageView, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from zoneinfo import ZoneInfo

__all__ = [
    "MOST_CHARACTERS",
    "Event",
    "EventError",
    "decision_table",
    "event_shape",
    "json_problem",
    "json_words",
    "parse_event",
    "parse_json",
    "read_events",
    "readable_events",
]

MOST_CHARACTERS = 64 * 1024
"""The longest line there may be."""

_LONGEST_KEY = 60


class Event(NamedTuple):
    """One page view: when (a time with a zone), by whom, of what."""

    at: datetime
    reader: Reader
    view: PageView


class EventError(ProblemsError):
    """An event cannot be read. `problems` holds everything that is wrong, each with its line."""


def parse_event(
    table: object,
    zone: ZoneInfo,
    *,
    name: str = "event",
    line: int | None = None,
    offers: Collection[str] | None = None,
    prompts: Collection[str] | None = None,
) -> Event | Started | Dismissed:
    """Return the event that a JSON object describes.

    It is a page view, or that an offer was started, or that a prompt was closed.

    Dates without a time are days in `zone`, the publication's. `name` and `line` are where messages
    say the object is; `offers` can be started and `prompts` closed, if those are known. Raises
    `EventError` with every problem there is.

    >>> from zoneinfo import ZoneInfo
    >>> table = {"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": "a1"}
    >>> event = parse_event(table, ZoneInfo("Asia/Tokyo"))
    >>> event.reader.id, event.view.article.id, event.at.isoformat()
    ('r1', 'a1', '2026-06-01T09:00:00+00:00')
    """
    report = ProblemCollector()
    event = (other_shape(table, zone) or event_shape(zone)).read(table, (), report)
    check_named(event, offers, prompts, report)
    if report.found or not isinstance(event, Event | Started | Dismissed):
        raise EventError(report.unlocated(name, line))
    return event


def read_events(
    lines: Iterable[str | bytes],
    name: str,
    zone: ZoneInfo,
    *,
    ahead: int = 0,
    offers: Collection[str] | None = None,
    prompts: Collection[str] | None = None,
) -> Iterator[Event | Started | Dismissed]:
    """Yield the events of JSON lines, such as an open file; empty lines are skipped.

    At the first bad line the events stop and `EventError` is raised: at once, for someone who waits
    for answers, or with the problems of up to `ahead` more lines, so that a file can be corrected
    in one go.
    """
    problems: list[Problem] = []
    for number, line in enumerate(_bounded(lines), 1):
        if problems:
            ahead -= 1
            if ahead < 0:
                break
        if not line.strip():
            continue
        try:
            event = _event(line, zone, name, number, offers, prompts)
        except EventError as error:
            problems += error.problems
            if not ahead or len(line) > MOST_CHARACTERS:  # the rest of such a line is no line
                break
            continue
        if not problems:
            yield event
    if problems:
        raise EventError(_listed(problems, name))


def readable_events(
    lines: Iterable[str | bytes],
    name: str,
    zone: ZoneInfo,
    pass_by: Callable[[EventError], object],
    offers: Collection[str] | None = None,
    prompts: Collection[str] | None = None,
) -> Iterator[Event | Started | Dismissed]:
    """Yield the events of JSON lines; a line that cannot be read is given to `pass_by`.

    So is one that is too long, whatever its length, and the next line is read as ever. Empty lines
    are skipped.
    """
    for number, line in enumerate(_bounded(lines, to_its_end=True), 1):
        if not line.strip():
            continue
        try:
            event = _event(line, zone, name, number, offers, prompts)
        except EventError as error:
            pass_by(error)
            continue
        yield event


def _event(
    line: str | bytes,
    zone: ZoneInfo,
    name: str,
    number: int,
    offers: Collection[str] | None,
    prompts: Collection[str] | None,
) -> Event | Started | Dismissed:
    table = _parse_line(line, name, number)
    return parse_event(table, zone, name=name, line=number, offers=offers, prompts=prompts)


def _bounded(lines: Iterable[str | bytes], *, to_its_end: bool = False) -> Iterator[str | bytes]:
    """Yield lines; of a file, never more of one than can be refused.

    `to_its_end`: what is left of a longer line is passed by, so that the next one is a line.
    """
    readline: Callable[[int], str | bytes] | None = getattr(lines, "readline", None)
    if readline is None:
        yield from lines
        return
    while line := readline(MOST_CHARACTERS + 2):
        yield line
        while to_its_end and line and line[-1:] not in ("\n", b"\n"):
            line = readline(MOST_CHARACTERS)


def _listed(problems: list[Problem], name: str) -> tuple[Problem, ...]:
    report = ProblemCollector()
    for problem in problems:
        report.add_problem(problem)
    return report.unlocated(name)


def _parse_line(line: str | bytes, name: str, number: int) -> object:
    """Return what a line of JSON holds.

    Raises `EventError` for anything that is not JSON, or too much of it.
    """
    if len(line) > MOST_CHARACTERS:
        problem = Problem(
            code="too-large",
            message=f"the line is longer than {MOST_CHARACTERS // 1024} KiB",
            help="an event is a few hundred characters",
            name=name,
            line=number,
        )
        raise EventError((problem,))
    try:
        text = line.decode() if isinstance(line, bytes) else line
        return parse_json(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise EventError((evolve(json_problem(error), name=name, line=number),)) from None


def parse_json(text: str) -> object:
    """Return what a JSON text holds. Raises `ValueError` also for a key given twice, and `NaN`."""
    return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)


def json_problem(error: ValueError | RecursionError) -> Problem:
    """Return what a parser complains about, in an editor's words."""
    if isinstance(error, RecursionError):
        return Problem(
            code="too-deep",
            message="lists and objects are nested too deep",
            help="an event needs three levels",
        )
    if isinstance(error, UnicodeDecodeError):
        return Problem(
            code="bad-encoding", message="the line is not UTF-8", help="save the file as UTF-8"
        )
    if isinstance(error, json.JSONDecodeError):
        return Problem(
            code="json-syntax",
            message=f"this is not JSON: {json_words(error)}",
            column=error.pos - error.doc.rfind("\n", 0, error.pos),
            help="one object a line, keys and words in double quotes",
        )
    if str(error).startswith("Exceeds"):
        return Problem(
            code="bad-number",
            message="a number has more than 4,300 digits",
            help="correct the line",
        )
    return Problem(code="json-syntax", message=str(error), help="correct the line")


_JSON_WORDS = (
    ("Expecting value", "a value is missing or not understood"),
    ("Expecting property name", "a key in double quotes is missing"),
    ("Expecting ':'", "a `:` is missing after the key"),
    ("Expecting ','", "a `,` is missing, or something is left over"),
    ("Extra data", "something is left over after the object"),
    ("Unterminated string", "a text is not closed"),
    ("Invalid control character", "a text goes on past the end of its line"),
    ("Invalid \\", "a backslash in a text has a meaning of its own"),
    ("Illegal trailing comma", "the last comma has nothing after it"),
)


def json_words(error: json.JSONDecodeError) -> str:
    """Say what the parser of JSON complains about, in an editor's words."""
    return next(
        (words for start, words in _JSON_WORDS if error.msg.startswith(start)),
        error.msg[:1].lower() + error.msg[1:],
    )


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key `{twice[:_LONGEST_KEY]}` is given twice")
    return table


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"`{constant}` is not a number in JSON")


_REFERRER = Text(form='a text in quotes such as `"google.com"`', longest=8000, empty=True)


@lru_cache(maxsize=64)
def event_shape(zone: ZoneInfo) -> Table:
    """Return the form of an event whose dates are days in `zone`."""
    article_id = Text(form=ID.form, longest=2000, make=lambda name: Article(id=name))
    return Table(
        noun="an event",
        make=lambda *, at, reader, **view: Event(at=at, reader=reader, view=PageView(**view)),
        example='{"at": …, "reader": {"id": "r1"}, "article": "a1"}',
        keys={
            "at": Key(
                shape=Moment(),
                says="when the page was asked for",
                required=True,
                filler=datetime(1970, 1, 1, tzinfo=UTC),
            ),
            "reader": Key(
                shape=reader_table(zone),
                says="who asked for it",
                required=True,
                filler=Reader(id="?"),
            ),
            "article": Key(
                shape=OneOf(by={dict: article_table(zone)}, otherwise=article_id),
                says="the article, or only its id",
                required=True,
                filler=Article(id="?"),
            ),
            "id": Key(shape=ID, says="the view's own id, so that a meter of views knows a retry"),
            "referrer": Key(
                shape=_REFERRER, says="the address or host the reader came from; empty for none"
            ),
            "channel": Key(shape=word("newsletter"), says="the channel the reader came through"),
            "device": Key(shape=word("mobile"), says="the device it is read on"),
            "country": Key(shape=word("JP"), says="the country the request came from (ISO 3166)"),
            "language": Key(shape=word("en-GB"), says="the language of the page"),
            "gift": Key(shape=Boolean(), says="whether it was opened through a gift link"),
            "crawler": Key(shape=CRAWLER, says="whether a verified crawler asks, or its class"),
            "prefetch": Key(
                shape=Boolean(),
                says=(
                    "whether nobody reads yet (HEAD, prefetch, preview): it never counts, and gets"
                    " a preview of what would have counted on a limit"
                ),
            ),
        },
    )
