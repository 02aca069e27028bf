"""What a replay found, and that as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
from attrs import asdict, field, frozen

from meter.columns.cautions import Caution
from meter.columns.tidy import TidyRow, tidy
from meter.replay.logs.rows import BadRows
from meter.replay.measures import PromptViews, ReplayNumber, VariantReaders
from meter.vocabulary import Show

__all__ = ["Bounds", "NumberRow", "Replay", "stop_curve"]

_MOST_STOPS = 12
_MOST_LEFT_OUT = 3
_NUMBERS = (
    ("readers", "readers", None),
    ("readers_stopped", "readers stopped", "readers"),
    ("views", "views", None),
    ("views_blocked", "views blocked", "views"),
    ("views_counted", "views counted", None),
)
"""The numbers of a summary, what they are called, and of what a share of them is told."""


@frozen(kw_only=True)
class Bounds:
    """Between which numbers an answer lies that the log cannot give.

    `None` means that there is no upper bound.
    """

    at_least: int
    at_most: int | None


class NumberRow(NamedTuple):
    """A number of a replay in words: what it is called, the number, and its share or bounds."""

    words: str
    number: str
    share: str


@frozen(kw_only=True)
class Replay:
    """What a replay found.

    Every number counts readers or views of the log; `rows_left_out` could not be read.

    `readers_stopped` (readers with at least one blocked view), `views_blocked` and `views_counted`
    are `None` where the log cannot tell: `measures` says of each number what is known of it, and
    `bounds` between which numbers those lie that are not. `refused` says why, where it is not known
    how many readers are stopped, or where this policy lets some read on and the log ends. Tables of
    which `tables` says that they are not known are empty.

    `first_stop_curve` maps the number of a reader's view to how many readers were first stopped at
    it. `prompts_shown` and `rules` count views, but for the `views_speculative`: prefetches that
    would have counted, and are nobody's views yet. `views_counted` are views that spent, each once;
    `meters` says of each meter how many it has counted: a view that spends two is counted by both.
    Of a policy that does not show every prompt every time, or has experiments, `prompts` says how
    many views showed each prompt and at how many it was kept back, and `experiments` who was in
    each variant and was exposed.
    """

    policy: str
    log: str
    readers: int
    views: int
    views_counted: int | None
    readers_stopped: int | None
    views_blocked: int | None
    first_stop_curve: Mapping[int, int]
    prompts_shown: Mapping[Show, int]
    rules: Mapping[str, int]
    meters: Mapping[str, int]
    first_view: datetime | None
    last_view: datetime | None
    rows_left_out: BadRows
    notes: tuple[str, ...]
    cautions: tuple[Caution, ...]
    refused: str | None = None
    measures: Mapping[str, ReplayNumber] = field(factory=dict)
    tables: Mapping[str, bool] = field(factory=dict)
    holdout: int | None = None
    views_speculative: int = 0
    by_reader: pa.Table | None = None
    decisions: Iterator[pa.Table] | None = None
    engine_calls: int = 0
    prompts: Mapping[str, PromptViews] = field(factory=dict)
    experiments: Mapping[str, Mapping[str, VariantReaders]] = field(factory=dict)

    @property
    def bounds(self) -> Mapping[str, Bounds]:
        """Between which numbers those lie that the log cannot give."""
        return {
            name: Bounds(at_least=measure.low or 0, at_most=measure.high)
            for name, measure in self.measures.items()
            if measure.kind != "exact"
        }

    def to_frame(self) -> object:
        """Return the numbers as rows: policy, measure, value, low, high, kind and unit.

        A pandas frame where pandas is installed, else an Arrow table. `kind` is as in `measures`;
        an end that is not known is none.
        """
        return tidy(
            [
                TidyRow(
                    policy=self.policy,
                    measure=name,
                    value=_float(measure.value),
                    low=_float(measure.low),
                    high=_float(measure.high),
                    kind=measure.kind,
                    unit="readers" if name.startswith("readers") else "views",
                )
                for name, measure in self.measures.items()
            ]
        )

    def to_dict(self) -> dict[str, object]:
        """Return the summary as plain data, with the names that `--format json` uses."""
        return {
            "policy": self.policy,
            "log": self.log,
            "readers": self.readers,
            "views": self.views,
            "views_counted": self.views_counted,
            "views_speculative": self.views_speculative,
            "readers_stopped": self.readers_stopped,
            "share_stopped": _share(self.readers_stopped, self.readers),
            "views_blocked": self.views_blocked,
            "share_blocked": _share(self.views_blocked, self.views),
            "refused": self.refused,
            "bounds": {
                name: {"at_least": bound.at_least, "at_most": bound.at_most}
                for name, bound in self.bounds.items()
            },
            "measures": {name: measure.to_dict() for name, measure in self.measures.items()},
            "tables": {
                name: "exact" if is_known else "refused" for name, is_known in self.tables.items()
            },
            "first_stop_curve": stop_curve(self.first_stop_curve, self.readers),
            "prompts_shown": {str(show): views for show, views in self.prompts_shown.items()},
            "rules": dict(self.rules),
            "meters": dict(self.meters),
            **self._campaigns(),
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

    def _campaigns(self) -> dict[str, object]:
        """Return what is known of prompts and experiments, where the policy has such."""
        found: dict[str, object] = {}
        if "prompts" in self.tables:
            found["prompts"] = {name: asdict(views) for name, views in self.prompts.items()}
        if "experiments" in self.tables:
            found["experiments"] = {
                name: {variant: asdict(readers) for variant, readers in variants.items()}
                for name, variants in self.experiments.items()
            }
        return found

    def prompt_rows(self) -> list[tuple[str, str, str]]:
        """Return each prompt with how often it was shown and kept back."""
        return [
            (name, f"{views.shown:,}", f"{views.kept_back:,}")
            for name, views in self.prompts.items()
        ]

    def variant_rows(self) -> list[tuple[str, str, str, str]]:
        """Return each variant with the readers in it, those exposed, and their exposures."""
        return [
            (
                f"{name}: {variant}",
                f"{found.readers:,}",
                f"{found.readers_exposed:,}",
                f"{found.exposures:,}",
            )
            for name, variants in self.experiments.items()
            for variant, found in variants.items()
        ]

    def number_rows(self) -> Iterator[NumberRow]:
        """Yield the numbers of readers and views, and of those that were stopped, in words."""
        for name, words, total in _NUMBERS:
            measure = self.measures[name]
            whole = 0 if total is None else self.measures[total].low or 0
            yield NumberRow(words, *_with_share(measure, whole))
        if self.views_speculative:
            yield NumberRow("prefetches to ask again", f"{self.views_speculative:,}", "")

    def stop_rows(self) -> list[tuple[str, str, str]]:
        """Return the view that stopped readers first, how many, and the share stopped by then.

        What comes after the first dozen stands in one row.
        """
        rows = []
        so_far = 0
        for view, readers in self.first_stop_curve.items():
            so_far += readers
            rows.append((f"{view:,}", f"{readers:,}", f"{so_far / self.readers:.2%}"))
        if len(rows) > _MOST_STOPS:
            later = sum(list(self.first_stop_curve.values())[_MOST_STOPS:])
            rows = [*rows[:_MOST_STOPS], ("later", f"{later:,}", rows[-1][2])]
        return rows

    def left_out_lines(self) -> Iterator[str]:
        """Yield the first rows that could not be read, and why."""
        for row in self.rows_left_out.first[:_MOST_LEFT_OUT]:
            yield f"{self.log}:{row.row} is left out ({row.code}): {row.reason}"

    def closing(self) -> str:
        """Say what a replay is not, and what would tell it."""
        end = "a replay ranks policies on views that were made anyway; it does not forecast revenue"
        if self.holdout is None:
            return f"{end}. A randomised holdout would tell."
        return (
            f"{end}. A randomised holdout would tell: {self.holdout:,} readers in each of two"
            " groups show a tenth more or a tenth fewer readers stopped, four times in five."
        )


def stop_curve(first_stops: Mapping[int, int], readers: int) -> list[dict[str, float]]:
    """Return how many readers are first stopped at a view, and which share is stopped by then."""
    curve: list[dict[str, float]] = []
    stopped = 0
    for view, count in first_stops.items():
        stopped += count
        share = round(stopped / readers, 6)
        curve.append({"view": view, "readers": count, "share_stopped": share})
    return curve


def _float(number: int | None) -> float | None:
    return None if number is None else float(number)


def _share(part: int | None, whole: int) -> float | None:
    return None if part is None or not whole else round(part / whole, 6)


def _with_share(measure: ReplayNumber, whole: int) -> tuple[str, str]:
    """Return a number and its share of all, or between which numbers it lies."""
    if measure.value is not None:
        return f"{measure.value:,}", f"{measure.value / whole:.2%}" if whole else ""
    between = f"at least {measure.low:,}"
    if measure.high is not None:
        between += f", at most {measure.high:,}"
    return "not known", between
