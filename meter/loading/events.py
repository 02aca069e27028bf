"""What does one line of page views hold, and what is written for it?

JSON with the field names of the classes: `{"at": …, "reader": {…}, "article": {…}, "referrer": …}`
in, one decision out. Reading is strict: every problem of a line is told, with the line.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from meter.errors import MeterError, Problem
from meter.loading.fields import REFUSED, Flag, Items, Key, Number, Split, Table, Text, Whole, Word
from meter.loading.problems import Report, quoted
from meter.validation import ARCHIVE_YEARS, YEARS
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import ArticleAccess, EntitlementKind
from meter.windows import local_instant, moment, parse_length

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from meter.decision import Decision
    from meter.loading.problems import Path

__all__ = [
    "MOST_CHARACTERS",
    "Event",
    "EventError",
    "decision_table",
    "event_shape",
    "json_words",
    "parse_event",
    "read_events",
]

MOST_CHARACTERS = 64 * 1024
"""The longest line there may be."""


class Event(NamedTuple):
    """One page view: when (a time with a zone), by whom, of what."""

    at: datetime
    reader: Reader
    view: PageView


class EventError(MeterError):
    """An event cannot be read. `problems` holds everything that is wrong, each with its line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def parse_event(
    table: Any, zone: ZoneInfo, *, name: str = "event", line: int | None = None
) -> Event:
    """Return the event that a JSON object describes.

    Dates without a time are days in `zone`, the publication's.

    `name` and `line` are where messages say the object is. Raises `EventError` with every problem
    there is.

    >>> from zoneinfo import ZoneInfo
    >>> event = parse_event({"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": "a1"}, ZoneInfo("Asia/Tokyo"))
    >>> event.reader.id, event.view.article.id, event.at.isoformat()
    ('r1', 'a1', '2026-06-01T09:00:00+00:00')
    """
    report = Report()
    event = event_shape(zone).read(table, (), report)
    if report.found:
        raise EventError(report.unlocated(name, line))
    assert isinstance(event, Event)
    return event


def read_events(
    lines: Iterable[str | bytes], name: str, zone: ZoneInfo, *, ahead: int = 0
) -> Iterator[Event]:
    """Yield the events of JSON lines, such as an open file; empty lines are passed by.

    At the first bad line the events stop and `EventError` is raised: at once, as someone who waits
    for answers needs it, or with the problems of up to `ahead` more lines, so that a file is mended
    in one go.
    """
    problems: list[Problem] = []
    for number, line in enumerate(_bounded(lines), 1):
        if problems and (ahead := ahead - 1) < 0:
            break
        if not line.strip():
            continue
        try:
            event = parse_event(_parse_line(line, name, number), zone, name=name, line=number)
        except EventError as error:
            problems += error.problems
            if not ahead or len(line) > MOST_CHARACTERS:  # the rest of such a line is no line
                break
        else:
            if not problems:
                yield event
    if problems:
        raise EventError(_listed(problems, name))


def _bounded(lines: Iterable[str | bytes]) -> Iterator[str | bytes]:
    """Yield lines; of a file, never more of one than can be refused."""
    readline = getattr(lines, "readline", None)
    if readline is None:
        yield from lines
        return
    while line := readline(MOST_CHARACTERS + 2):
        yield line


def _listed(problems: list[Problem], name: str) -> tuple[Problem, ...]:
    report = Report()
    for problem in problems:
        report.add(problem)
    return report.unlocated(name)


def _parse_line(line: str | bytes, name: str, number: int) -> Any:
    """Return what a line of JSON holds.

    Raises `EventError` for anything that is not JSON, or too much of it.
    """
    if len(line) > MOST_CHARACTERS:
        raise _refused(
            "too-large",
            f"the line is longer than {MOST_CHARACTERS // 1024} KiB",
            name,
            number,
            help="an event is a few hundred characters",
        )
    try:
        text = line.decode() if isinstance(line, bytes) else line
        return json.loads(
            text.removeprefix("\ufeff"), object_pairs_hook=_distinct, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        raise _refused(
            "json-syntax",
            f"this is not JSON: {json_words(error)}",
            name,
            number,
            column=error.pos - error.doc.rfind("\n", 0, error.pos),
            help="one object a line, keys and words in double quotes",
        ) from None
    except UnicodeDecodeError as error:
        raise _refused(
            "bad-encoding", "the line is not UTF-8", name, number, help="save the file as UTF-8"
        ) from error
    except RecursionError:
        raise _refused(
            "too-deep",
            "lists and objects are nested too deep",
            name,
            number,
            help="an event needs three levels",
        ) from None
    except ValueError as error:
        code = "bad-number" if str(error).startswith("Exceeds") else "json-syntax"
        message = "a number has more than 4,300 digits" if code == "bad-number" else str(error)
        raise _refused(code, message, name, number, help="mend the line") from None


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
        raise ValueError(f"the key `{twice[:60]}` is given twice")
    return table


def _no_constant(word: str) -> Any:
    raise ValueError(f"`{word}` is not a number in JSON")


def _refused(code: str, message: str, name: str, line: int, **more: Any) -> EventError:
    return EventError((Problem(code=code, message=message, name=name, line=line, **more),))


class _NoOffsetError(ValueError):
    """A time could be anywhere."""


class _FarOffError(ValueError):
    """A time is in a year that nobody means."""


class _Moment:
    """A time with its offset.

    Where `days` says so, a date as well, which is the start (or the end) of that day in a zone.
    """

    def __init__(
        self, zone: ZoneInfo | None = None, *, end: bool = False, years: range = YEARS
    ) -> None:
        self._zone = zone
        self._end = end
        self._years = years

    @property
    def form(self) -> str:
        day = "" if self._zone is None else ", or a date such as `2026-06-01`"
        return f"a time with its offset, such as `2026-06-01T09:00:00+09:00`{day}"

    def read(self, value: Any, path: Path, report: Report) -> Any:
        """Return a time with a zone, or report."""
        if isinstance(value, str) and len(value) <= 40:
            if self._end and value.startswith("9999-"):
                return None  # how many systems write "never"
            try:
                return self._moment(value)
            except _NoOffsetError:
                report(
                    "no-offset",
                    path,
                    f"`{path[-1]}` is a time without an offset: `{value}`",
                    "add one, such as `Z` or `+09:00`",
                )
                return REFUSED
            except _FarOffError:
                message = (
                    f"`{path[-1]}` is in a year from {self._years[0]} to {self._years[-1]}, not"
                    f" {quoted(value)}"
                )
                report(
                    "bad-date",
                    path,
                    message,
                    "for an open end, leave it out" if self._end else "check the year",
                )
                return REFUSED
            except ValueError:
                pass  # no time at all, which is said below
        return Text(form=self.form, code="bad-date", pattern="(?!)").read(value, path, report)

    def _moment(self, text: str) -> datetime:
        if len(text) == len("2026-06-01") and self._zone is not None:
            day = date.fromisoformat(text)
            if day.year not in self._years:
                raise _FarOffError
            return moment(local_instant(day, self._zone, end=self._end), self._zone)
        when = datetime.fromisoformat(text)
        if len(text) > len("2026-06-01") and when.tzinfo is None:
            raise _NoOffsetError
        if when.tzinfo is None:
            raise ValueError(text)
        if when.year not in self._years:
            raise _FarOffError
        return when

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        time = {"type": "string", "format": "date-time"}
        return (
            time if self._zone is None else {"anyOf": [time, {"type": "string", "format": "date"}]}
        )


_ID = Text(form='an id in quotes such as `"a1"`', longest=2000)
_WORDS = Items(item=Text(longest=2000), least=0)
_LENGTH = Text(form='a length such as `"7 days"`', code="bad-length", make=parse_length)
_DAYS = Whole(least=0, most=3660, example="7")


def _word(example: str) -> Text:
    return Text(form=f'a text in quotes such as `"{example}"`', longest=2000)


_REFERRER = Text(form='a text in quotes such as `"google.com"`', longest=8000, empty=True)


@lru_cache(maxsize=64)
def event_shape(zone: ZoneInfo) -> Table:
    """Return the form of an event whose dates are days in `zone`."""
    entitlement = Table(
        noun="an entitlement",
        make=Entitlement,
        example='{"kind": "subscription"}',
        keys={
            "kind": Key(
                shape=Word(words=EntitlementKind),
                says="where the right to read comes from",
                required=True,
                filler="gift",
            ),
            "product": Key(shape=_word("digital"), says="the product it is for"),
            "starts": Key(
                shape=_Moment(zone),
                says="when it starts; a date is the start of that day in the zone",
            ),
            "ends": Key(
                shape=_Moment(zone, end=True),
                says="when it ends; a date holds to the end of that day there; 9999 is never",
            ),
            "grace": Key(
                shape=Split(by={str: _LENGTH}, otherwise=_DAYS),
                says=(
                    "how long it goes on after its end while a failed payment is sorted out; a"
                    " number is days"
                ),
            ),
        },
    )
    reader = Table(
        noun="a reader",
        make=Reader,
        example='{"id": "r1"}',
        keys={
            "id": Key(
                shape=_ID, says="the id under which usage is kept", required=True, filler="?"
            ),
            "registered": Key(shape=Flag(), says="whether the reader has an account"),
            "entitlements": Key(
                shape=Items(item=entitlement, least=0, most=100),
                says="the rights to read, running and ended",
            ),
            "segments": Key(shape=_WORDS, says="the segments the reader is in"),
            "country": Key(shape=_word("JP"), says="the reader's country (ISO 3166)"),
            "score": Key(shape=Number(least=0, most=1), says="a propensity between 0 and 1"),
        },
    )
    article = Table(
        noun="an article",
        make=Article,
        example='{"id": "a1"}',
        keys={
            "id": Key(
                shape=_ID, says="the article's id: what a meter counts", required=True, filler="?"
            ),
            "access": Key(
                shape=Word(words=ArticleAccess),
                says="how it is sold; `metered` unless said otherwise",
            ),
            "section": Key(
                shape=_word("markets/asia"), says="its section; a `/` separates sub-sections"
            ),
            "tags": Key(shape=_WORDS, says="its tags; sponsored content is one"),
            "kind": Key(shape=_word("opinion"), says="what kind of article it is"),
            "published": Key(
                shape=_Moment(zone, years=ARCHIVE_YEARS),
                says="when it was published; a date is the start of that day",
            ),
        },
    )
    return Table(
        noun="an event",
        make=_event,
        example='{"at": …, "reader": {"id": "r1"}, "article": "a1"}',
        keys={
            "at": Key(
                shape=_Moment(),
                says="when the page was asked for",
                required=True,
                filler=datetime(1970, 1, 1, tzinfo=UTC),
            ),
            "reader": Key(
                shape=reader, says="who asked for it", required=True, filler=Reader(id="?")
            ),
            "article": Key(
                shape=Split(
                    by={dict: article},
                    otherwise=Text(form=_ID.form, longest=2000, make=lambda name: Article(id=name)),
                ),
                says="the article, or only its id",
                required=True,
                filler=Article(id="?"),
            ),
            "id": Key(shape=_ID, says="the view's own id, so that a meter of views knows a retry"),
            "referrer": Key(
                shape=_REFERRER, says="the address or host the reader came from; empty for none"
            ),
            "channel": Key(shape=_word("newsletter"), says="the channel the reader came through"),
            "device": Key(shape=_word("mobile"), says="the device it is read on"),
            "country": Key(shape=_word("JP"), says="the country the request came from (ISO 3166)"),
            "language": Key(shape=_word("en-GB"), says="the language of the page"),
            "gift": Key(shape=Flag(), says="whether it was opened through a gift link"),
            "crawler": Key(shape=Flag(), says="whether a verified crawler asks"),
            "prefetch": Key(
                shape=Flag(),
                says="whether nobody reads yet (HEAD, prefetch, preview): it never counts",
            ),
        },
    )


def _event(*, at: datetime, reader: Reader, article: Article, **view: Any) -> Event:
    return Event(at, reader, PageView(article=article, **view))


def decision_table(decision: Decision) -> dict[str, Any]:
    """Return a decision as it is written to JSON: plain words, numbers and ISO 8601 times."""
    meter = decision.meter
    return {
        "at": decision.at.isoformat(),
        "show": str(decision.show),
        "access": str(decision.access),
        "rule": decision.rule,
        "offer": decision.offer,
        "prompt": decision.prompt,
        "meter": (
            None
            if meter is None
            else {
                "name": meter.name,
                "limit": meter.limit,
                "used": meter.used,
                "left": meter.left,
                "resets_at": None if meter.resets_at is None else meter.resets_at.isoformat(),
            }
        ),
        "counted": decision.counted,
        "degraded": decision.degraded,
        "policy": decision.policy,
    }
