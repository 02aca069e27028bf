"""Simulate readers with one function of Arrow tables, for Spark, Dask, Ray and their like.

Deal the numbers of the readers; call the function on each table; add the results up. A reader's
life follows from the seed and the reader's number alone: however the readers are dealt, and in
whatever order the tables come back, the sum is the same to the last bit.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import pairwise
from math import fsum
from typing import TYPE_CHECKING, Literal

from attrs import asdict, field, frozen

from meter.errors import MeterError, raise_missing_extra

try:
    import numpy as np
    import pyarrow as pa

    from meter.simulate.lives.blocks import BLOCK, lives_of
    from meter.simulate.population import Population, check_span
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)

from meter.policy import Policy
from meter.simulate.assumptions import Assumptions, published_assumptions
from meter.simulate.distributed.moments import MeasureMoments, estimate_of, moments_of
from meter.simulate.kernel.arrays import COLUMNS
from meter.simulate.measures import MEASURES
from meter.simulate.report.summary import monthly_rows, stop_shares
from meter.simulate.setting import settled
from meter.vocabulary import Access, Show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from meter.simulate.lives.blocks import Lives

__all__ = ["BLOCKS", "LIVES", "READERS", "SimulationPart", "deal_readers", "sum_lives"]

BLOCKS = pa.schema([("first", pa.int64()), ("last", pa.int64())])
"""What a part takes: a row for each block of readers, from number `first` up to `last`."""
LIVES = pa.schema([("figure", pa.string()), ("of", pa.string()), ("value", pa.float64())])
"""What a part returns with `per="summary"`: figures of each block that add up."""
READERS = pa.schema([("reader", pa.int64()), *((name, pa.float64()) for name in COLUMNS)])
"""What a part returns with `per="reader"`: one row a reader, with the sums over the months."""
_MONTHLY, _MOMENTS = "monthly.", "moments."


@frozen(kw_only=True)
class SimulationPart:
    """A function of an Arrow table that names some simulated readers.

    It returns what becomes of them under a policy. It can be pickled and sent to workers that have
    `meter-paywall[sim]`. Spark's `groupBy(…).applyInArrow(part, schema)`, Ray Data's `map_batches`
    (with `batch_format="pyarrow"`) and a Dask task all call it as `part(table)`, with rows that
    `deal_readers` made. `per` is `summary` (see `LIVES`) or `reader` (see `READERS`); `months`,
    `seed`, `assumptions` and `today` are those of `simulate`, and the first day is settled where
    the part is made, whatever day it is where it runs. Raises `MeterError` like `simulate`.

    >>> from meter import loads_policy
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [[rules]]
    ... name = "everything is open"
    ... show = "article"
    ... ''')
    >>> part = SimulationPart(policy=policy, months=1)
    >>> sum_lives(map(part, deal_readers(20_000, 2)))["readers"]
    20000
    """

    policy: Policy
    months: int = 12
    seed: int = 1
    assumptions: Assumptions = field(factory=published_assumptions)
    today: date | None = None
    per: Literal["summary", "reader"] = "summary"
    known: Assumptions = field(init=False)
    """The assumptions with a first day."""

    @known.default
    def _settled(self) -> Assumptions:
        return settled([self.policy], self.assumptions, self.today)

    def __attrs_post_init__(self) -> None:
        check_span(self.months, self.seed)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Return what becomes of the readers that `table` names.

        Raises `MeterError` for rows that `deal_readers` does not make.
        """
        lives = lives_of(self.policy, self.known, self.months, self.seed, views=0)
        blocks = (self._block(lives, first, last) for first, last in _named(table))
        if self.per == "reader":
            return pa.concat_tables([READERS.empty_table(), *map(_reader_rows, blocks)])
        rows = [row for people, _ in blocks for row in _figures(people)]
        columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
        return pa.table(columns, schema=LIVES)

    def _block(self, lives: Lives, first: int, last: int) -> tuple[Population, int]:
        """Return what becomes of some readers, and the number of the first."""
        columns = np.zeros((last - first, len(COLUMNS)))
        found = lives.everybody(columns, first, last)
        people = Population(
            policy=self.policy,
            assumptions=self.known,
            months=self.months,
            seed=self.seed,
            reading=lives.reading,
            columns=columns,
            monthly=found.monthly,
            shown=found.shown,
            wanted=found.wanted,
        )
        return people, first


def deal_readers(readers: int, parts: int) -> list[pa.Table]:
    """Deal the numbers 0 up to `readers` to some tables, each with about as many blocks.

    Any other dealing of their rows is as good: over more tables or fewer, and in another order.
    Raises `MeterError` where there are no readers or no parts.
    """
    if readers < 1 or parts < 1:
        raise MeterError(
            f"there is at least 1 reader and 1 part, not `{readers}` readers and `{parts}` parts"
        )
    first = np.arange(0, readers, BLOCK)
    last = np.minimum(first + BLOCK, readers)
    blocks = pa.table([first, last], schema=BLOCKS)
    edges = [len(blocks) * part // parts for part in range(parts + 1)]
    return [blocks.slice(start, end - start) for start, end in pairwise(edges)]


def _named(table: pa.Table) -> Iterator[tuple[int, int]]:
    """Yield the first number of each block that a table names, and the one after the last."""
    if not set(BLOCKS.names) <= set(table.column_names):
        raise MeterError("the table has no columns `first` and `last`; `deal_readers` makes them")
    for first, last in zip(table["first"].to_pylist(), table["last"].to_pylist(), strict=True):
        # Sums of other blocks would be the same but for their last bits.
        if first % BLOCK or not first < last <= first + BLOCK:
            raise MeterError(
                f"readers `{first}` up to `{last}` are no block; `deal_readers` makes the rows"
            )
        yield first, last


def _reader_rows(block: tuple[Population, int]) -> pa.Table:
    """Return the readers of a block as rows of `READERS`."""
    people, first = block
    number = np.arange(first, first + people.readers)
    return pa.table([number, *people.by_reader().values()], schema=READERS)


def _figures(people: Population) -> Iterator[tuple[str, str, float]]:
    """Yield what became of a block of readers as rows of `LIVES`."""
    counts: dict[str, Mapping[str, float] | Mapping[int, float]] = {
        "readers": {"": people.readers},
        "reader_months": {"": people.total("months")},
        "page_views": people.by_show(),
        "rules": people.by_rule(),
        "wanted": dict(enumerate(people.wanted.tolist())),
    }
    for name, row in people.by_month().items():
        counts[_MONTHLY + name] = dict(enumerate(row.tolist()))
    for measure in MEASURES:
        counts[_MOMENTS + measure.name] = asdict(moments_of(people, measure))
    for figure, by_name in counts.items():
        for of, value in by_name.items():
            yield figure, str(of), float(value)


def sum_lives(tables: Iterable[pa.Table]) -> dict[str, object]:
    """Add up what parts returned with `per="summary"`.

    The names are those that `meter simulate --format json` uses of a policy. Sums are exact before
    they are rounded once, so no order of the tables changes a bit. Raises `MeterError` where there
    are no readers.
    """
    total = pa.concat_tables([LIVES.empty_table(), *tables])
    groups = total.group_by(["figure", "of"], use_threads=False).aggregate([("value", "list")])
    sums: dict[str, dict[str, float]] = defaultdict(dict)
    for figure, of, values in zip(*(column.to_pylist() for column in groups.columns), strict=True):
        sums[figure][of] = fsum(values)
    if "readers" not in sums:
        raise MeterError("there are no readers to add up")
    readers = int(sums["readers"][""])
    return {
        "readers": readers,
        "reader_months": sums["reader_months"][""],
        "summary": {
            measure.name: estimate_of(
                MeasureMoments(**sums[_MOMENTS + measure.name]), measure, readers
            ).to_dict()
            for measure in MEASURES
        },
        **_of_views(sums["page_views"]),
        "rules": {rule: int(views) for rule, views in sums["rules"].items()},
        "monthly": monthly_rows(
            {
                figure.removeprefix(_MONTHLY): _in_order(by_month)
                for figure, by_month in sums.items()
                if figure.startswith(_MONTHLY)
            }
        ),
        "stop_curve": stop_shares(_in_order(sums["wanted"])),
    }


def _of_views(shown: Mapping[str, float]) -> dict[str, object]:
    """Return how many page views got what, the most first, and which share of them met a wall."""
    walled = sum(views for show, views in shown.items() if Show(show).access is Access.PREVIEW)
    views = {show: int(count) for show, count in sorted(shown.items(), key=lambda row: -row[1])}
    return {"page_views": views, "walled_views": walled / max(1, sum(views.values()))}


def _in_order(by_number: Mapping[str, float]) -> NDArray[np.float64]:
    """Return values by the numbers that name them, from 0 on."""
    return np.array([by_number[str(number)] for number in range(len(by_number))])
