"""What would a policy have done to the readers of a log?

Every view is decided as it came; readers are taken to read on unchanged.

A log says nothing of reading that its own policy prevented, nor of who would have registered or
paid: see `censoring`, `cautions`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from meter.columns.compiled import missing

try:
    import numpy as np
    import pyarrow as pa
except ImportError as error:  # pragma: no cover - checked in an environment without the extra
    raise missing(error) from error

from meter.columns.cautions import Caution, caution, holdout_size
from meter.columns.decide import Columns, Decided
from meter.decision import Show
from meter.replay.censoring import cut_off, looser
from meter.replay.decisions import Decisions
from meter.replay.gathering import Gathered, Gathering, Part, Reading, prepare
from meter.replay.logs.log import BadRows, Log
from meter.replay.logs.times import Times
from meter.windows import Timeline, moment

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["Bounds", "Replay", "replay"]

NO_CLOCK_DAY = date(2000, 1, 1)
"""The day on which a log without a clock is taken to lie."""
_BUDGET = 1 << 30
_DENSE = 4
"""Readers' numbers below this many times the views are looked up in a table."""
_HUNDRED = 100
_LATE = 0.05
"""A log that begins later than this part of its first window lacks what was read before."""
_HEAVY = 0.25
"""From this share of the views on, the busiest 1 % of the readers are worth a caution."""


@frozen(kw_only=True)
class Bounds:
    """Between which numbers an answer lies that the log cannot give.

    `None` means that there is no upper bound.
    """

    at_least: int
    at_most: int | None


@frozen(kw_only=True)
class Replay:
    """What a replay found.

    Every number counts readers or views of the log; `rows_left_out` could not be read.

    `readers_stopped` (readers with at least one blocked view) and `views_blocked` are `None` where
    the log cannot tell: `refused` then says why, and `bounds` between which numbers they lie.
    `first_stop_curve` maps the number of a reader's view to how many readers were first stopped at
    it. `prompts_shown` and `rules` count views.
    """

    policy: str
    log: str
    readers: int
    views: int
    views_counted: int
    readers_stopped: int | None
    views_blocked: int | None
    first_stop_curve: Mapping[int, int]
    prompts_shown: Mapping[Show, int]
    rules: Mapping[str, int]
    first_view: Any
    last_view: Any
    rows_left_out: BadRows
    notes: tuple[str, ...]
    cautions: tuple[Caution, ...]
    refused: str | None = None
    bounds: Mapping[str, Bounds] = field(factory=dict)
    holdout: int | None = None
    by_reader: pa.Table | None = None
    decisions: Iterator[pa.Table] | None = None
    engine_calls: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain data, with the names that `--format json` uses."""
        stopped = self.readers_stopped
        curve, so_far = [], 0
        for view, readers in self.first_stop_curve.items():
            so_far += readers
            curve.append(
                {"view": view, "readers": readers, "share_stopped": round(so_far / self.readers, 6)}
            )
        return {
            "policy": self.policy,
            "log": self.log,
            "readers": self.readers,
            "views": self.views,
            "views_counted": self.views_counted,
            "readers_stopped": stopped,
            "share_stopped": (
                None if stopped is None or not self.readers else round(stopped / self.readers, 6)
            ),
            "views_blocked": self.views_blocked,
            "share_blocked": (
                None
                if self.views_blocked is None or not self.views
                else round(self.views_blocked / self.views, 6)
            ),
            "refused": self.refused,
            "bounds": {
                name: {"at_least": bound.at_least, "at_most": bound.at_most}
                for name, bound in self.bounds.items()
            },
            "first_stop_curve": curve,
            "prompts_shown": {str(show): views for show, views in self.prompts_shown.items()},
            "rules": dict(self.rules),
            "first_view": self.first_view and self.first_view.isoformat(),
            "last_view": self.last_view and self.last_view.isoformat(),
            "rows_left_out": {
                "count": self.rows_left_out.count,
                "reasons": dict(self.rows_left_out.reasons),
                "first": [
                    {"row": row.row, "code": str(row.code), "reason": row.reason}
                    for row in self.rows_left_out.first
                ],
            },
            "notes": list(self.notes),
            "warnings": [{"code": c.code, "name": c.name, "text": c.text} for c in self.cautions],
            "holdout_readers_per_group": self.holdout,
        }


@define
class _Sums:
    """What is summed up over the parts of a log."""

    readers: int = 0
    stopped: int = 0
    blocked: int = 0
    counted: int = 0
    certain: int = 0
    unknown: int = 0
    verdicts: Counter[int] = field(factory=Counter)
    first_stops: Counter[int] = field(factory=Counter)
    sizes: Counter[int] = field(factory=Counter)
    rows: list[pa.Table] = field(factory=list)

    def add(self, decided: Decided) -> None:
        readers = decided.readers
        self.readers += len(readers.reader)
        self.stopped += int((readers.blocked > 0).sum())
        self.blocked += int(readers.blocked.sum())
        self.counted += int(readers.counted.sum())
        self.verdicts.update(
            {number: int(views) for number, views in enumerate(decided.views) if views}
        )
        for counter, column in (
            (self.first_stops, readers.first_stop),
            (self.sizes, readers.views),
        ):
            numbers, counts = np.unique(column, return_counts=True)
            counter.update(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))


def replay(
    policy: Policy,
    log: Any,
    *,
    columns: Mapping[str, str] | None = None,
    recorded_under: Policy | str | None = None,
    zone: str | None = None,
    clock: bool = True,
    decisions: bool = False,
    by_reader: bool = False,
    workers: int = 1,
    memory: int = _BUDGET,
) -> Replay:
    """Run a log of page views through a policy.

    `log` is a path or Arrow data (see `Log`), `columns` maps our names to the log's, such as
    `{"reader": "user_id"}`. Times without a zone are read in `zone`, by default the publication's;
    `clock=False` takes a log without times in its order, as one day. `recorded_under` is the policy
    that was in force when the log was written, or `"none"` if nobody was stopped then; where it
    stopped readers whom `policy` would let read on, the answer is refused and bounded. `decisions`
    and `by_reader` ask for these tables. More than `memory` bytes of columns go through temporary
    files. `workers` is the number of threads.

    Raises `LogError` for a log that cannot be read, or of which no view can.
    """
    source = log if isinstance(log, Log) else Log(log, columns, clock=clock)
    asked = Columns(policy)
    recorded = (
        Columns(recorded_under)
        if recorded_under is not None and not isinstance(recorded_under, str)
        else None
    )
    times = Times(ZoneInfo(zone) if zone else policy.zone)
    reading = Reading(
        policies=(asked,) if recorded is None else (asked, recorded),
        times=times,
        day=None if source.clock else NO_CLOCK_DAY,
        texts=source.kind in ("CSV", "JSON Lines"),
    )
    bad, gathering, pairs, seen = BadRows(), Gathering(memory, decisions or by_reader), set(), set()
    try:
        for piece in source.pieces(bad):
            seen.update(piece.table.column_names)
            prepared = prepare(piece, reading, bad)
            if recorded is not None and len(prepared.at):
                pairs |= set(
                    map(tuple, np.unique(np.stack(prepared.groups[::-1]), axis=1).T.tolist())
                )
            gathering.add(prepared)
        gathered, sums = gathering.finish(), _Sums()
        if (
            gathered.last_at < gathered.first_at and source.kind != "table"
        ):  # a table may be a part of a log
            raise source.nothing_read(bad)
        results = Decisions(gathered) if decisions else None
        censored = recorded is not None and looser(recorded, asked, pairs)
        for part in gathered.parts:
            decided = asked.decide(part.views[0], by_view=decisions, workers=workers)
            sums.add(decided)
            if recorded is not None and censored:
                certain, unknown = cut_off(
                    recorded,
                    recorded.decide(part.views[1], workers=workers),
                    part.views[1],
                    decided,
                )
                sums.certain, sums.unknown = sums.certain + certain, sums.unknown + unknown
            if by_reader:
                sums.rows.append(_reader_rows(part, decided, policy.zone))
            if results is not None:
                results.keep(part, decided)
    finally:
        gathering.close()
    refused = censored and sums.unknown > 0
    found = [asked.verdicts[number] for number in sums.verdicts]
    views = sum(sums.verdicts.values())
    prompts = Counter(dict.fromkeys(Show, 0))
    rules = Counter({rule.name: 0 for rule in policy.rules})
    for verdict, count in zip(found, sums.verdicts.values(), strict=True):
        prompts[verdict.show] += count
        rules[verdict.rule] += count
    return Replay(
        policy=policy.digest,
        log=source.name,
        readers=sums.readers,
        views=views,
        views_counted=sums.counted,
        readers_stopped=None if refused else sums.stopped,
        views_blocked=None if refused else sums.blocked,
        first_stop_curve=(
            {}
            if refused
            else {view: sums.first_stops[view] for view in sorted(sums.first_stops) if view}
        ),
        prompts_shown={show: count for show, count in prompts.items() if count},
        rules=dict(rules),
        first_view=moment(gathered.first_at, policy.zone) if views and source.clock else None,
        last_view=moment(gathered.last_at, policy.zone) if views and source.clock else None,
        rows_left_out=bad,
        notes=tuple(_notes(times, source, zone, policy)),
        cautions=tuple(
            _cautions(
                policy, source, gathered, sums, asked, recorded_under, seen, censored=censored
            )
        ),
        refused=_REFUSAL if refused else None,
        bounds=(
            {}
            if not refused
            else {
                "readers_stopped": Bounds(
                    at_least=sums.certain, at_most=sums.certain + sums.unknown
                ),
                "views_blocked": Bounds(at_least=0, at_most=None),
            }
        ),
        holdout=holdout_size(sums.stopped / sums.readers) if sums.readers and not refused else None,
        by_reader=_by_reader(sums.rows) if by_reader else None,
        decisions=results.tables(source, asked, policy.zone) if results is not None else None,
        engine_calls=asked.judged,
    )


_REFUSAL = (
    "the policy the log was recorded under stopped readers whom this one would let read on, so what"
    " they would have read is not in the log; how many would be stopped lies between the bounds"
)


def _notes(times: Times, source: Log, zone: str | None, policy: Policy) -> Iterator[str]:
    if times.without_zone:
        whose = "as asked for" if zone else "the publication's zone"
        yield (
            f"{times.without_zone:,} times have no zone and are read in"
            f" {zone or policy.publication.timezone}, {whose}"
        )
    for unit in sorted(times.units):
        yield f"times are whole numbers, read as {unit} since 1970 (UTC)"
    if not source.clock:
        yield "the log has no clock: its views are taken in their order, as one day"


def _cautions(
    policy: Policy,
    source: Log,
    gathered: Gathered,
    sums: _Sums,
    asked: Columns,
    recorded_under: Policy | str | None,
    seen: set[str],
    *,
    censored: bool,
) -> Iterator[Caution]:
    if censored and recorded_under is not None and not isinstance(recorded_under, str):
        yield caution("W01", recorded=recorded_under.digest, policy=policy.digest)
    if recorded_under is None:
        yield caution("W02")
    yield caution("W03")
    yield caution("W05")
    statuses = sorted({str(values[0]) for values, _ in asked.groups})
    if len(statuses) > 1:
        yield caution("W06", statuses=", ".join(statuses))
    if sums.readers >= _HUNDRED and min(sums.sizes) > 1:
        yield caution("W07", least=min(sums.sizes))
    length = timedelta(microseconds=max(0, gathered.last_at - gathered.first_at))
    for name, timeline, _ in asked.rulebook.meters:
        window = timeline.window
        if source.clock and sums.readers and _begins_late(timeline, gathered):
            yield caution(
                "W08", days=max(1, round(length / timedelta(days=1))), meter=name, window=window
            )
    yield caution("W09")
    yield caution("W15")
    share = _heavy_share(sums.sizes)
    if share > _HEAVY:
        yield caution("W16", share=share)
    if not seen & {"crawler", "prefetch"}:
        yield caution("W17")


def _begins_late(timeline: Timeline, gathered: Gathered) -> bool:
    """Say whether much of what the log's first window counts was read before the log began."""
    if timeline.window.lifetime:
        return True
    if timeline.window.calendar is None:
        return gathered.last_at - gathered.first_at < 2 * (timeline.ends((0,)) or 0)
    start, end = timeline.bounds(gathered.first_at)
    return gathered.first_at - start > _LATE * (end - start)


def _heavy_share(sizes: Counter[int]) -> float:
    """Return the share of the views that the busiest hundredth of the readers make."""
    busiest, views = max(1, sum(sizes.values()) // 100), 0
    for size in sorted(sizes, reverse=True):
        taken = min(busiest, sizes[size])
        views, busiest = views + taken * size, busiest - taken
        if not busiest:
            break
    total = sum(size * readers for size, readers in sizes.items())
    return views / total if sum(sizes.values()) >= _HUNDRED else 0.0


def _reader_rows(part: Part, decided: Decided, zone: ZoneInfo) -> pa.Table:
    readers = decided.readers
    who, most = part.views[0].reader, int(readers.reader.max(initial=0))
    if most < _DENSE * len(who):
        place_of = np.empty(most + 1, np.int64)
        place_of[readers.reader] = np.arange(len(readers.reader))
        place = place_of[who]
    else:
        order = np.argsort(readers.reader)
        place = order[np.searchsorted(readers.reader[order], who)]
    first_row = np.empty(len(readers.reader), np.int64)
    first_row[place[::-1]] = part.rows[::-1]  # rows ascend, so the first one is written last
    stopped = readers.first_stop > 0
    return pa.table(
        {
            "reader": pa.array(
                [str(name) for name in part.reader_names(readers.reader)], pa.string()
            ),
            "views": readers.views,
            "counted": readers.counted,
            "blocked": readers.blocked,
            "first_stop": pa.array(readers.first_stop, mask=~stopped),
            "first_stop_at": (
                pa.array(readers.first_stop_at, pa.timestamp("us", "UTC"), mask=~stopped).cast(
                    pa.timestamp("us", str(zone))
                )
            ),
            "row": first_row,
        }
    )


def _by_reader(rows: list[pa.Table]) -> pa.Table:
    """Return the readers in the order in which the log first names them."""
    if not rows:
        return pa.table(
            {
                name: []
                for name in ("reader", "views", "counted", "blocked", "first_stop", "first_stop_at")
            }
        )
    return pa.concat_tables(rows).sort_by("row").drop_columns(["row"])
