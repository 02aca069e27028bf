"""The keys of an event's parts: of a reader, of what it may read, and of an article.

Dates without a time are days in the publication's zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.errors import quoted
from meter.errors.values import MOST_DAYS, no_offset
from meter.forms import parse_length
from meter.loading.fields import (
    REFUSED,
    Boolean,
    Choice,
    FlagOr,
    Integer,
    Key,
    List,
    Number,
    OneOf,
    Table,
    Text,
    label,
)
from meter.loading.fields.shape import refused
from meter.validation import ARCHIVE_YEARS, YEARS
from meter.view import MOST_VISITOR, Article, Entitlement, Reader
from meter.view.rights import NAMING
from meter.vocabulary import ArticleAccess, CrawlerClass, EntitlementKind
from meter.windows import local_instant, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from meter.loading.positions import Path
    from meter.loading.problems import ProblemCollector

__all__ = ["CRAWLER", "ID", "Moment", "article_table", "reader_table", "word"]

_LONGEST_TIME = 40
_LONGEST_DATE = len("2026-06-01")


class _NoOffsetError(ValueError):
    """A time could be anywhere."""


class _FarOffError(ValueError):
    """A time is in a year that nobody means."""


class Moment:
    """A time with its offset.

    Where there is a zone, a date as well, which is the start (or the end) of that day in it.
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

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return a time with a zone, or report."""
        if not isinstance(value, str) or len(value) > _LONGEST_TIME:
            return self._no_time(value, path, report)
        if self._end and value.startswith("9999-"):
            return None  # how many systems write "never"
        try:
            return self._moment(value)
        except _NoOffsetError:
            advice = "add one, such as `Z` or `+09:00`"
            return refused(no_offset(value, label(path), advice), path, report)
        except _FarOffError:
            years = f"{self._years[0]} to {self._years[-1]}"
            message = f"`{path[-1]}` is in a year from {years}, not {quoted(value)}"
            advice = "for an open end, leave it out" if self._end else "check the year"
            report.add("bad-date", path, message, advice)
            return REFUSED
        except ValueError:
            return self._no_time(value, path, report)

    def _no_time(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Report what is no time at all, as any text of the wrong form is reported."""
        return Text(form=self.form, code="bad-date", pattern="(?!)").read(value, path, report)

    def _moment(self, text: str) -> datetime:
        if len(text) == _LONGEST_DATE and self._zone is not None:
            day = date.fromisoformat(text)
            if day.year not in self._years:
                raise _FarOffError
            return moment(local_instant(day, self._zone, end=self._end), self._zone)
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            if len(text) > _LONGEST_DATE:
                raise _NoOffsetError
            raise ValueError(text)
        if _utc_year(when) not in self._years:
            raise _FarOffError
        return when

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        text = {"type": "string", "pattern": _years_pattern(self._years)}
        time = {**text, "format": "date-time"}
        if self._zone is None:
            return time
        return {"anyOf": [time, {**text, "format": "date"}]}


def _years_pattern(years: range) -> str:
    """Return what the texts of times in some years start with."""
    starts = []
    year = years.start
    while year < years.stop:
        for length, digits in ((100, "[0-9]{2}"), (10, "[0-9]"), (1, "")):
            if year % length == 0 and year + length <= years.stop:
                starts.append(f"{year // length}{digits}")
                year += length
                break
    return f"^(?:{'|'.join(starts)})-"


def _utc_year(when: datetime) -> int:
    """Return the year of an instant, which is the same whatever offset it is written with."""
    try:
        return when.astimezone(UTC).year
    except OverflowError:  # at an end of the calendar
        return when.year


ID = Text(form='an id in quotes such as `"a1"`', longest=2000)
_VISITOR = Text(form='an id in quotes such as `"v1"`', longest=MOST_VISITOR)
CRAWLER = FlagOr(other=Choice(words=CrawlerClass))
"""What an event says of a verified crawler."""
_WORDS = List(item=Text(longest=2000), least=0)
_HOURS = "[1-9][0-9]{0,3}|[1-7][0-9]{4}|8[0-6][0-9]{3}|87[0-7][0-9]{2}|878[0-3][0-9]|87840"
_MOST = "[1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|36[0-5][0-9]|3660"
_WEEKS = "[1-9][0-9]?|[1-4][0-9]{2}|5[01][0-9]|52[0-2]"


@frozen(kw_only=True)
class _Length(Text):
    """A length of time, of hours, days or weeks."""

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema, with the lengths that there are."""
        lengths = f"^(?:(?:{_HOURS}) hours?|(?:{_MOST}) days?|(?:{_WEEKS}) weeks?)$"
        return {"type": "string", "pattern": lengths}


_LENGTH = _Length(form='a length such as `"7 days"`', code="bad-length", make=parse_length)
_DAYS = Integer(least=0, most=MOST_DAYS, example="7")


_NO_NAMES: dict[str, Any] = {
    "article": {"type": "null"},
    "section": {"type": "null"},
    "tags": {"enum": [None, []]},
}
_NAMED = (
    ("article", {"type": "string"}),
    ("section", {"type": "string"}),
    ("tags", {"type": "array", "minItems": 1}),
)
_RIGHTS: dict[str, Any] = {
    "anyOf": [
        {
            "properties": {
                "kind": {"enum": [str(kind) for kind in EntitlementKind if kind != "purchase"]},
                **_NO_NAMES,
            }
        },
        {
            "properties": {
                "kind": {"const": "purchase"},
                "product": {"type": "string"},
                **_NO_NAMES,
            },
            "required": ["product"],
        },
        *(
            {
                "properties": {
                    "kind": {"enum": [str(kind) for kind in NAMING]},
                    "product": {"type": "null"},
                    name: given,
                },
                "required": [name],
            }
            for name, given in _NAMED
        ),
    ]
}
"""Which kinds of right name what: what their class checks, as JSON Schema."""

_REGISTRATION: dict[str, Any] = {
    "anyOf": [
        {"properties": {"registered": {"const": True}}, "required": ["registered"]},
        {"properties": {"registered_at": {"type": "null"}}},
    ]
}
"""Who has a time of registration is registered."""


def word(example: str) -> Text:
    """Return the shape of a word of the publisher's own, such as a channel."""
    return Text(form=f'a text in quotes such as `"{example}"`', longest=2000)


def _entitlement_table(zone: ZoneInfo) -> Table:
    """Return the keys of a right to read."""
    return Table(
        noun="an entitlement",
        make=Entitlement,
        also=_RIGHTS,
        example='{"kind": "subscription"}',
        keys={
            "kind": Key(
                shape=Choice(words=EntitlementKind),
                says="where the right to read comes from",
                required=True,
                filler="gift",
            ),
            "product": Key(shape=word("digital"), says="the product it is for"),
            "article": Key(
                shape=ID, says="the id of the article that a `purchase` or a `gift` is for"
            ),
            "section": Key(
                shape=word("markets"), says="the section, with all below it, that it is for"
            ),
            "tags": Key(shape=_WORDS, says="the tags, any of them, that it is for"),
            "starts": Key(
                shape=Moment(zone),
                says="when it starts; a date is the start of that day in the zone",
            ),
            "ends": Key(
                shape=Moment(zone, end=True),
                says="when it ends; a date holds to the end of that day there; 9999 is never",
            ),
            "grace": Key(
                shape=OneOf(by={str: _LENGTH}, otherwise=_DAYS),
                says=(
                    "how long it goes on after its end while a failed payment is sorted out; a"
                    " number is days"
                ),
            ),
        },
    )


def reader_table(zone: ZoneInfo) -> Table:
    """Return the keys of a reader."""
    return Table(
        noun="a reader",
        make=Reader,
        also=_REGISTRATION,
        example='{"id": "r1"}',
        keys={
            "id": Key(
                shape=ID,
                says="the id under which usage is kept; `null` for a reader without one",
                required=True,
                filler="?",
                null=True,
            ),
            "registered": Key(shape=Boolean(), says="whether the reader has an account"),
            "registered_at": Key(
                shape=Moment(zone),
                says="when they registered; a date is the start of that day in the zone",
            ),
            "entitlements": Key(
                shape=List(item=_entitlement_table(zone), least=0, most=100),
                says="the rights to read, running and ended",
            ),
            "segments": Key(shape=_WORDS, says="the segments the reader is in"),
            "country": Key(shape=word("JP"), says="the reader's country, or region (ISO 3166)"),
            "score": Key(shape=Number(least=0, most=1), says="a propensity between 0 and 1"),
            "visitor": Key(
                shape=_VISITOR,
                says="an id that the site keeps through sign-in, by which experiments go",
            ),
        },
    )


def article_table(zone: ZoneInfo) -> Table:
    """Return the keys of an article."""
    return Table(
        noun="an article",
        make=Article,
        example='{"id": "a1"}',
        keys={
            "id": Key(
                shape=ID, says="the article's id: what a meter counts", required=True, filler="?"
            ),
            "access": Key(
                shape=Choice(words=ArticleAccess),
                says="how it is sold; `metered` unless said otherwise",
            ),
            "section": Key(
                shape=word("markets/asia"), says="its section; a `/` separates sub-sections"
            ),
            "tags": Key(shape=_WORDS, says="its tags; sponsored content is one"),
            "kind": Key(shape=word("opinion"), says="what kind of article it is"),
            "published": Key(
                shape=Moment(zone, years=ARCHIVE_YEARS),
                says="when it was published; a date is the start of that day",
            ),
            "value": Key(shape=Number(least=0, most=1), says="its value, between 0 and 1"),
        },
    )
