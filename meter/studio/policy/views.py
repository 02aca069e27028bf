"""A log of page views kept in memory, to be decided under one policy after another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from meter.columns.arrays import Codes
from meter.columns.decide import Columns, Decided, Views
from meter.columns.grouping import Coded, group_views
from meter.columns.tables import Group
from meter.facts import Slot
from meter.policy.faults.frequency import known_prompts
from meter.replay.both import Shown
from meter.replay.gathering import ASKED, ReaderShard, ShardBuilder
from meter.replay.logs.rows import BadRows
from meter.replay.logs.times import Times
from meter.replay.preparation import prepare
from meter.replay.question import ReplayQuestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from meter.columns.views import OtherEvent
    from meter.policy import Policy
    from meter.replay.logs.log import Log
    from meter.replay.preparation import ParseOptions

__all__ = ["AudienceViews", "SeenView", "audience_views"]

_MEMORY = 1 << 40  # bytes: the log is one piece, however large
_POLICIES = 4
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


@frozen(kw_only=True)
class SeenView:
    """One page view of the log: whose, of what, and when (in microseconds since 1970)."""

    reader: str
    article: str
    at: int


@frozen(kw_only=True, eq=False)
class AudienceViews:
    """The page views of a log in the order of the log, and what policies show of them.

    `needs` are the attributes that were read of each; a policy that asks for others needs the log
    read anew. Not safe for threads: one question after another.
    """

    needs: frozenset[str]
    shard: ReaderShard
    articles: list[pa.Array]
    by_reader: Views
    """The views by reader and time: so they are decided in half the time."""
    attributes: Mapping[str, Coded]
    """What the policies ask of each of these."""
    order: NDArray[np.int64]
    """Where each of these stands in the log."""
    reader: NDArray[np.int64]
    """The number of the reader of each view of the log, below `readers`."""
    readers: int
    left_out: int
    """How many rows could not be read."""
    _number_of: dict[Shown, int] = field(factory=dict)
    _shown: OrderedDict[str, NDArray[np.int32]] = field(factory=OrderedDict)
    _groups: OrderedDict[tuple[Slot, ...], tuple[list[Group], Codes]] = field(factory=OrderedDict)

    def serves(self, old: Policy, new: Policy, log: Log) -> bool:
        """Say whether all was read that two policies ask for."""
        return _needs(_question(log, old, new).reading) <= self.needs

    def count_readers(self, rows: NDArray[np.int64]) -> int:
        """Return how many different readers the views at some rows are of."""
        seen = np.zeros(self.readers, np.bool_)
        seen[self.reader[rows]] = True
        return int(np.count_nonzero(seen))

    def view(self, row: int) -> SeenView:
        """Return a view by its place."""
        views = self.shard.views[ASKED]
        place = row
        for part in self.articles:
            if place < len(part):
                break
            place -= len(part)
        (reader,) = self.shard.reader_names(views.reader[row : row + 1])
        return SeenView(reader=str(reader), article=str(part[place]), at=int(views.at[row]))

    @property
    def shows(self) -> list[Shown]:
        """What is shown, by its number in `shown`."""
        return [*self._number_of]

    def shown(self, policy: Policy) -> NDArray[np.int32]:
        """Return the number of what a policy shows of each view; of the last few it is known."""
        known = self._shown.get(policy.digest)
        if known is not None:
            self._shown.move_to_end(policy.digest)
            return known
        columns = Columns(policy)
        prompts = known_prompts(policy)
        closings = tuple(each for each in self.by_reader.closings if each.name in prompts)
        views = evolve(self.by_reader, group=self._grouped(columns), closings=closings)
        numbers = np.empty(len(self.order), np.int32)
        numbers[self.order] = self._numbers(columns, columns.decide(views))
        self._shown[policy.digest] = numbers
        while len(self._shown) > _POLICIES:
            self._shown.popitem(last=False)
        return numbers

    def _grouped(self, columns: Columns) -> Codes:
        """Return the group of each view; policies that look at the same have the same groups."""
        vocabulary = columns.rulebook.vocabulary
        slots = vocabulary.slots[: vocabulary.base]
        known = self._groups.get(slots)
        if known is None:
            numbers = group_views(columns, self.by_reader.at, self.attributes)
            known = self._groups[slots] = (list(columns.groups), numbers)
            while len(self._groups) > _POLICIES:
                self._groups.popitem(last=False)
        groups, numbers = known
        for group in groups:  # in their order, so that each has its number again
            columns.group(group.values, prefetch=group.prefetch)
        return numbers

    def _numbers(self, columns: Columns, decided: Decided) -> Codes:
        """Return the number of what is shown with each view, given what was decided of it."""
        prompts: list[tuple[str | None, ...]]
        if decided.campaigns is None:
            prompts = [(None, verdict.prompt) for verdict in columns.verdicts]
            # what is fetched ahead shows no prompt to anybody
            prompt = 1 - decided.speculative.astype(np.int32)
        else:
            prompt = decided.campaigns.prompt + 1
            prompts = [(None, *columns.prompts)] * len(columns.verdicts)
        table = [
            [self._number(Shown(verdict.show, verdict.offers, name)) for name in names]
            for verdict, names in zip(columns.verdicts, prompts, strict=True)
        ]
        return np.array(table, np.int32)[decided.verdict, prompt]

    def _number(self, shown: Shown) -> int:
        return self._number_of.setdefault(shown, len(self._number_of))


def audience_views(log: Log, old: Policy, new: Policy) -> AudienceViews:
    """Read a log for two policies. Raises `LogError` where no view in it can be read."""
    bad = BadRows()
    reading = _question(log, old, new).reading
    builder = ShardBuilder(
        _MEMORY, closed=reading.closed, started=reading.started, rights=reading.rights
    )
    articles = []
    pieces = []
    for raw in log.pieces(bad):
        piece = prepare(raw, reading, bad)
        builder.add(piece)
        if len(piece.at):
            articles.append(piece.article)
            pieces.append((len(piece.at), piece.attributes))
    shards = [*builder.finish().shards]
    if not pieces:
        raise log.nothing_read(bad, reading.times.likely_forms)
    views = shards[0].views[ASKED]
    readers, reader = np.unique(views.reader, return_inverse=True)
    order = np.lexsort((views.at, views.reader))
    attributes = {
        name: Coded(column.codes[order], column.values) for name, column in _joined(pieces).items()
    }
    return AudienceViews(
        needs=_needs(reading),
        shard=shards[0],
        articles=articles,
        by_reader=_in_order(views, order),
        attributes=attributes,
        order=order,
        reader=reader,
        readers=len(readers),
        left_out=bad.count,
    )


def _in_order(views: Views, order: NDArray[np.int64]) -> Views:
    """Return views by reader and time, with what is told of the readers in between."""
    reader, at = views.reader[order], views.at[order]

    def moved(told: Iterable[OtherEvent]) -> Iterator[OtherEvent]:
        for each in told:
            whose = np.array(each.reader, reader.dtype)
            first, last = (int(np.searchsorted(reader, whose, side)) for side in _SIDES)
            alike = [first + int(np.searchsorted(at[first:last], each.at, s)) for s in _SIDES]
            before = int(np.searchsorted(order[slice(*alike)], each.before))
            yield each._replace(before=alike[0] + before)

    return evolve(
        views,
        reader=reader,
        at=at,
        article=views.article[order],
        key=views.key[order] if len(views.key) else views.key,
        right=views.right[order] if len(views.right) else views.right,
        closings=tuple(moved(views.closings)),
        starts=tuple(moved(views.starts)),
    )


def _joined(pieces: Sequence[tuple[int, Mapping[str, Coded]]]) -> dict[str, Coded]:
    """Return the attributes of all pieces as those of one; what a piece lacks is missing there."""
    joined = {}
    for name in dict.fromkeys(name for _, attributes in pieces for name in attributes):
        numbers: dict[object, int] = {None: 0}
        codes = []
        for views, attributes in pieces:
            column = attributes.get(name)
            if column is None:
                codes.append(np.zeros(views, np.int64))
                continue
            number = [numbers.setdefault(value, len(numbers)) for value in column.values]
            codes.append(np.array(number, np.int64)[column.codes])
        joined[name] = Coded(np.concatenate(codes), tuple(numbers))
    return joined


def _question(log: Log, old: Policy, new: Policy) -> ReplayQuestion:
    return ReplayQuestion(
        policy=new,
        source=log,
        times=Times(old.zone),
        zone=None,
        asked=Columns(new),
        recorded=Columns(old),
        recorded_policy=old,
        knows_recording=True,
        names=("", ""),
    )


def _needs(reading: ParseOptions) -> frozenset[str]:
    """Return what makes a difference to how rows are read for some policies."""
    books = [columns.rulebook for columns in reading.policies]
    special = {
        "views are counted": reading.by_view,
        "purchases are looked at": reading.by_rights,
        "readers are told apart": reading.by_reader_id,
        "rights name articles": any(book.vocabulary.has("named") for book in books),
    }
    once = {name for book in books for name in book.vocabulary.once}
    return frozenset(
        [*reading.attributes, *(name for name, is_so in special.items() if is_so)]
        + [f"once {name}" for name in once]
    )
