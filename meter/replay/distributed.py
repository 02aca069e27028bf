"""Replay a log with one function of Arrow tables, for Spark, Dask, Ray and their like.

Deal the log so that each reader's views are in one table; call the function on each; add the
results up. However the readers are dealt, and in whatever order the tables come back, the sum is
the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from meter.errors import raise_missing_extra

try:
    import pyarrow as pa

    from meter.replay.gathering import shards_of
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise_missing_extra(error)

from meter.policy import Policy
from meter.replay.logs.log import LogError
from meter.replay.result import Replay, stop_curve
from meter.replay.run import replay

if TYPE_CHECKING:
    from meter.vocabulary import Show

__all__ = ["COUNTS", "READERS", "ReplayPart", "deal_by_reader", "sum_counts"]

COUNTS = pa.schema([("figure", pa.string()), ("of", pa.string()), ("count", pa.int64())])
"""What a part returns with `per="summary"`: figures that add up over parts."""
READERS = pa.schema(
    [
        ("reader", pa.string()),
        ("views", pa.int64()),
        ("counted", pa.int64()),
        ("blocked", pa.int64()),
        ("first_stop", pa.int64()),
        ("first_stop_at", pa.timestamp("us", "UTC")),
    ]
)
"""What a part returns with `per="reader"`: one row a reader."""
_WHOLE = ("readers", "views", "views_counted", "readers_stopped", "views_blocked")
_PROMPTS, _EXPERIMENTS = _OF_CAMPAIGNS = ("prompts", "experiments")
_BY_NAME = ("prompts_shown", "rules", "meters", "rows_left_out")


@frozen(kw_only=True)
class ReplayPart:
    """A function of an Arrow table with all the views of some readers.

    It returns what a policy makes of them. It can be pickled and sent to workers that have
    `meter-paywall[sim]`. Spark's `groupBy(…).applyInArrow(part, schema)`, Ray Data's `map_groups`
    (with `batch_format="pyarrow"`) and a Dask task all call it as `part(table)`. `per` is `summary`
    (see `COUNTS`) or `reader` (see `READERS`); `columns` and `zone` are those of `replay`.

    >>> from meter import loads_policy
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [[rules]]
    ... name = "everything is open"
    ... show = "article"
    ... ''')
    >>> times = ["2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z"]
    >>> views = pa.table({"reader": ["r1", "r1"], "time": times, "article": ["a1", "a2"]})
    >>> sum_counts([ReplayPart(policy=policy)(views)])["views"]
    2
    """

    policy: Policy
    columns: Mapping[str, str] = field(factory=dict)
    zone: str | None = None
    per: str = "summary"

    def __call__(self, table: pa.Table) -> pa.Table:
        """Return what the policy makes of the views in `table`.

        Raises `LogError` for columns that are missing.
        """
        found = replay(
            self.policy,
            table,
            columns=self.columns,
            zone=self.zone,
            by_reader=self.per == "reader",
            recorded_under="none",
        )
        if self.per == "reader":
            if found.by_reader is None or not found.readers:
                return READERS.empty_table()
            return found.by_reader.cast(READERS)
        columns = [list(column) for column in zip(*_counts(found), strict=True)]
        return pa.table(columns, schema=COUNTS)


def _counts(found: Replay) -> Iterator[tuple[str, str, int]]:
    """Yield what a replay found as rows of `COUNTS`."""
    yield "readers", "", found.readers
    yield "views", "", found.views
    yield "views_counted", "", found.views_counted or 0
    yield "readers_stopped", "", found.readers_stopped or 0
    yield "views_blocked", "", found.views_blocked or 0
    counts: dict[str, Mapping[str, int] | Mapping[Show, int] | Mapping[int, int]] = {
        "prompts_shown": found.prompts_shown,
        "rules": found.rules,
        "meters": found.meters,
        "first_stop": found.first_stop_curve,
        "rows_left_out": found.rows_left_out.reasons,
    }
    for figure, by_name in counts.items():
        for name, count in by_name.items():
            yield figure, str(name), count
    yield from _counts_of_campaigns(found)


def _counts_of_campaigns(found: Replay) -> Iterator[tuple[str, str, int]]:
    """Yield what a replay found of prompts and experiments, each with the way to it in JSON."""
    for prompt, views in found.prompts.items():
        for figure, count in asdict(views).items():
            yield _PROMPTS, json.dumps([prompt, figure]), count
    for experiment, variants in found.experiments.items():
        for variant, readers in variants.items():
            for figure, count in asdict(readers).items():
                yield _EXPERIMENTS, json.dumps([experiment, variant, figure]), count


def deal_by_reader(table: pa.Table, parts: int, reader: str = "reader") -> list[pa.Table]:
    """Split a table of views into some tables; each reader's views are in one of them, in order.

    A reader is dealt to the same part wherever this runs, so parts of several tables with the same
    number belong together.
    """
    if reader not in table.column_names:
        known = ", ".join(f"`{name}`" for name in table.column_names)
        raise LogError(f"the table has no column `{reader}`; it has {known}")
    if not table.num_rows:
        return [table] * parts
    number = shards_of(pa.concat_arrays(table[reader].chunks), parts)
    return [table.filter(pa.array(number == part)) for part in range(parts)]


def sum_counts(tables: Iterable[pa.Table]) -> dict[str, object]:
    """Add up what parts returned with `per="summary"`.

    The names are those that `meter replay --format json` uses.
    """
    total = pa.concat_tables([COUNTS.empty_table(), *tables])
    sums = total.group_by(["figure", "of"]).aggregate([("count", "sum")])
    figures: dict[str, dict[str, int]] = {}
    for row in sums.to_pylist():
        figures.setdefault(row["figure"], {})[row["of"]] = row["count_sum"]
    whole = {name: figures.get(name, {}).get("", 0) for name in _WHOLE}
    first = {int(view): readers for view, readers in figures.get("first_stop", {}).items()}
    by_name = {name: dict(sorted(figures.get(name, {}).items())) for name in _BY_NAME}
    curve = stop_curve(dict(sorted(first.items())), whole["readers"])
    campaigns = {name: _nested(figures[name]) for name in _OF_CAMPAIGNS if name in figures}
    return {**whole, "first_stop_curve": curve, **by_name, **campaigns}


def _nested(counts: Mapping[str, int]) -> dict[str, object]:
    """Return counts as tables in tables, given the way to each."""
    found: dict[str, object] = {}
    for way, count in sorted(counts.items()):
        *tables, last = json.loads(way)
        below: object = found
        for name in tables:
            if isinstance(below, dict):
                below = below.setdefault(name, {})
        if isinstance(below, dict):
            below[last] = count
    return found
