"""Read the rows of a file of counts: who read what when, or why a row cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from meter.errors import MeterError, listed, meant, quoted
from meter.loading.article_ids import FORMS, ArticleIds
from meter.policy import Meter, Policy
from meter.replay.counts.lines import LONGEST_LINE, CsvRecord, opened, records
from meter.replay.logs.failures import LogError
from meter.replay.logs.time_forms import text_instant
from meter.validation import YEARS
from meter.view import Article, PageView
from meter.vocabulary import Count
from meter.windows import DAY, instant

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["CountedRead", "CountsFile", "RefusedRow", "chosen_meter"]

_NEEDED = ("reader", "article", "time")
_VIEW = "id"
"""The column that a meter of views needs besides."""
_MARKS = ",;\t"
_MOST_UNREAD = 100
_EARLIEST = instant(datetime(YEARS.start, 1, 1, tzinfo=UTC))
_LATEST = instant(datetime(YEARS.stop, 1, 1, tzinfo=UTC))


@frozen
class CountedRead:
    """One count: its line, the reader, the id a meter remembers it under, and the instant."""

    line: int
    reader: str
    mark: str
    at: int


@frozen
class RefusedRow:
    """A row that cannot be taken: its line, why, and its cells as they stand in the file."""

    line: int
    reason: str
    cells: tuple[str, ...]


def chosen_meter(policy: Policy, named: str | None) -> Meter:
    """Return the meter that is to count: the one that is named, or the only one there is.

    Raises `MeterError` where there is no such meter, none at all, or several and none is named.
    """
    names = [meter.name for meter in policy.meters]
    if named is not None and named not in names:
        raise MeterError(f"the policy has no meter {quoted(named)}; {meant(named, names)}")
    if not names:
        raise MeterError("the policy has no meter, so nothing can be counted; declare one first")
    if named is None and len(names) > 1:
        every = listed([f"`{name}`" for name in names], "or")
        raise MeterError(f"the policy has several meters; say which counts: `--meter` {every}")
    return next(meter for meter in policy.meters if named in (None, meter.name))


@define
class CountsFile:
    """A CSV file of counts with the columns `reader`, `article` and `time`, in any order.

    A meter of views needs a fourth, `id`: the id of the view. `header` are the file's columns and
    `ignored` those that nobody asks for. A time without a zone is one in the publication's, unless
    `time_format` says otherwise; `without_zone` counts them once the rows were read, and `unread`
    are the first texts that say no time. `now` is an instant: what is more than a day ahead of it
    is refused, and `ahead` counts what is by less.

    Raises `LogError` where the file has no such columns, or cannot be read.
    """

    path: Path
    policy: Policy
    meter: Meter
    now: int
    article_ids: ArticleIds = ArticleIds.EXACT
    time_format: str | None = None
    header: tuple[str, ...] = field(init=False)
    without_zone: int = field(default=0, init=False)
    ahead: int = field(default=0, init=False)
    unread: list[str] = field(factory=list, init=False)
    _mark: str = field(init=False)
    _places: Mapping[str, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        with opened(self.path) as stream:
            head = stream.readline(LONGEST_LINE)
        self._mark = max(_MARKS, key=head.count)
        first = next(records(StringIO(head), self.path.name, self._mark), None)
        if first is None or first.fault:
            raise LogError(
                f"the first line of `{self.path.name}` names no columns; it should be"
                f" `{','.join(self.needed)}`"
            )
        self.header = tuple(first.cells)
        self._places = self._found()

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that the meter needs."""
        return (*_NEEDED, _VIEW) if self.meter.count is Count.VIEWS else _NEEDED

    @property
    def ignored(self) -> list[str]:
        """The columns that nothing is read from."""
        used = set(self._places.values())
        return [name for place, name in enumerate(self.header) if place not in used]

    def rows(self) -> Iterator[CountedRead | RefusedRow]:
        """Yield every row of the file, in its order. Raises `LogError`."""
        self.without_zone = self.ahead = 0
        self.unread = []
        for record in self.records():
            try:
                yield self._read(record)
            except _RefusedError as error:
                yield RefusedRow(record.line, str(error), tuple(record.cells))

    def records(self) -> Iterator[CsvRecord]:
        """Yield every row of the file as it stands, without the first line. Raises `LogError`."""
        with opened(self.path) as stream:
            every = records(stream, self.path.name, self._mark)
            next(every, None)
            yield from every

    def _found(self) -> dict[str, int]:
        """Return where the columns that are needed stand."""
        names = [name.strip().lower() for name in self.header]
        found = {}
        for name in self.needed:
            if names.count(name) > 1:
                raise LogError(f"`{self.path.name}` has two columns `{name}`; rename one of them")
            if name not in names:
                raise self._missing(name, names)
            found[name] = names.index(name)
        return found

    def _missing(self, name: str, names: list[str]) -> LogError:
        there = ", ".join(quoted(other) for other in self.header)
        if name == _VIEW:
            return LogError(
                f"`{self.path.name}` has no column `id`, and meter `{self.meter.name}` counts"
                " views: without the id of each view, one that is imported twice would count"
                f" twice; it has {there}"
            )
        step = meant(name, names, f"name one of them `{name}` in the first line")
        return LogError(f"`{self.path.name}` has no column `{name}`; it has {there}; {step}")

    def _read(self, record: CsvRecord) -> CountedRead:
        if record.fault:
            raise _RefusedError(record.fault)
        if len(record.cells) != len(self.header):
            raise _RefusedError(
                f"{len(record.cells)} cells where the first line names {len(self.header)}"
            )
        cells = {name: self._cell(record, name) for name in self.needed}
        at = self._instant(cells["time"])
        article = _article(cells["article"], self.article_ids)
        mark = article.key
        if self.meter.count is Count.VIEWS:
            mark = PageView(article=article, id=cells[_VIEW]).view_key(at)
        return CountedRead(record.line, cells["reader"], mark, at)

    def _cell(self, record: CsvRecord, name: str) -> str:
        cell = record.cells[self._places[name]].strip()
        if not cell:
            raise _RefusedError(f"no {name}")
        if "\n" in cell or "\r" in cell:
            raise _RefusedError(f"the {name} goes over several lines: is a quote never closed?")
        if not cell.isascii() and any("\udc80" <= letter <= "\udcff" for letter in cell):
            raise _RefusedError(f"the {name} is not UTF-8")
        return cell

    def _instant(self, text: str) -> int:
        try:
            at, zoned = text_instant(text, self.policy.zone, self.time_format)
        except (ValueError, OverflowError):
            at, zoned = None, True
        if at is None:
            if len(self.unread) < _MOST_UNREAD:
                self.unread.append(text)
            form = "such as `2026-06-01T08:30:00+09:00`"
            if self.time_format is not None:
                form = f"of the form `{self.time_format}`"
            raise _RefusedError(f"{quoted(text)} is no time {form}")
        if not _EARLIEST <= at < _LATEST:
            between = f"between {YEARS[0]} and {YEARS[-1]}"
            raise _RefusedError(f"the year of {quoted(text)} is not {between}")
        if at > self.now + DAY:
            raise _RefusedError(f"{quoted(text)} is more than a day ahead of now")
        self.without_zone += not zoned
        self.ahead += at > self.now
        return at


@lru_cache(maxsize=1 << 16)
def _article(cell: str, ids: ArticleIds) -> Article:
    """Return the article that a cell names, by the id it is compared by."""
    try:
        return Article(id=FORMS[ids](cell))
    except ValueError:
        raise _RefusedError(f"{quoted(cell)} is the id of no article") from None


class _RefusedError(Exception):
    """A row cannot be taken; the message says why."""
