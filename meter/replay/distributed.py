"""How is a log replayed on machines that are already there?

One function of Arrow tables, for Spark, Dask, Ray and their like.

Deal the log so that each reader's views are in one table; call the function on each; add the
results up. However the readers are dealt, and in whatever order the tables come back, the sum is
the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from meter.columns.compiled import missing

try:
    import pyarrow as pa
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise missing(error) from error

from meter.policy import Policy
from meter.replay.gathering import parts_of
from meter.replay.logs.log import LogError
from meter.replay.run import replay

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


@frozen(kw_only=True)
class ReplayPart:
    """A function that takes an Arrow table with all the views of some readers and returns what a
    policy makes of them.

    It can be pickled and sent to workers that have `meter-paywall[sim]`. Spark's
    `groupBy(…).applyInArrow(part, schema)`, Ray Data's `map_groups` (with `batch_format="pyarrow"`)
    and a Dask task all call it as `part(table)`. `per` is `summary` (see `COUNTS`) or `reader` (see
    `READERS`); `columns` and `zone` are those of `replay`.

    >>> from meter import loads_policy
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [[rules]]
    ... name = "everything is open"
    ... show = "article"
    ... ''')
    >>> views = pa.table({"reader": ["r1", "r1"], "time": ["2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z"], "article": ["a1", "a2"]})
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
            return (
                found.by_reader.cast(READERS)
                if found.by_reader is not None and found.readers
                else READERS.empty_table()
            )
        rows: list[tuple[str, str, int]] = [
            ("readers", "", found.readers),
            ("views", "", found.views),
            ("views_counted", "", found.views_counted),
            ("readers_stopped", "", found.readers_stopped or 0),
            ("views_blocked", "", found.views_blocked or 0),
            *(("prompts_shown", str(show), views) for show, views in found.prompts_shown.items()),
            *(("rules", rule, views) for rule, views in found.rules.items()),
            *(
                ("first_stop", str(view), readers)
                for view, readers in found.first_stop_curve.items()
            ),
            *(
                ("rows_left_out", reason, rows)
                for reason, rows in found.rows_left_out.reasons.items()
            ),
        ]
        return pa.table([list(column) for column in zip(*rows, strict=True)], schema=COUNTS)


def deal_by_reader(table: pa.Table, parts: int, reader: str = "reader") -> list[pa.Table]:
    """Split a table of views into some tables, so that each reader's views are in one of them and
    stay in order.

    A reader is dealt to the same part wherever this runs, so parts of several tables with the same
    number belong together.
    """
    if reader not in table.column_names:
        raise LogError(
            f"the table has no column `{reader}`; it has"
            f" {', '.join(f'`{name}`' for name in table.column_names)}"
        )
    if not table.num_rows:
        return [table] * parts
    number = parts_of(pa.concat_arrays(table[reader].chunks), parts)
    return [table.filter(pa.array(number == part)) for part in range(parts)]


def sum_counts(tables: Iterable[pa.Table]) -> dict[str, Any]:
    """Add up what parts returned with `per="summary"`, under the names that `meter replay --format
    json` uses.
    """
    total = pa.concat_tables([COUNTS.empty_table(), *tables])
    sums = total.group_by(["figure", "of"]).aggregate([("count", "sum")])
    figures: dict[str, dict[str, int]] = {}
    for row in sums.to_pylist():
        figures.setdefault(row["figure"], {})[row["of"]] = row["count_sum"]
    whole = {
        name: figures.get(name, {}).get("", 0)
        for name in ("readers", "views", "views_counted", "readers_stopped", "views_blocked")
    }
    first = {int(view): readers for view, readers in figures.get("first_stop", {}).items()}
    curve, so_far = [], 0
    for view in sorted(first):
        so_far += first[view]
        curve.append(
            {
                "view": view,
                "readers": first[view],
                "share_stopped": round(so_far / whole["readers"], 6),
            }
        )
    return {
        **whole,
        "first_stop_curve": curve,
        "prompts_shown": dict(sorted(figures.get("prompts_shown", {}).items())),
        "rules": dict(sorted(figures.get("rules", {}).items())),
        "rows_left_out": dict(sorted(figures.get("rows_left_out", {}).items())),
    }
