"""Counts for Prometheus, added up over all workers.

Each worker adds to a row of its own in memory that all share, so nothing is locked and any worker
can tell the sum. What is counted is a closed list: no label holds what a client sent.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import product
from multiprocessing import get_context
from typing import TYPE_CHECKING

from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meter.decision import Decision

__all__ = ["CONTENT_TYPE", "Counters", "SharedCounts"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_OUTCOMES = ("2xx", "3xx", "4xx", "5xx")
_FLAGS = ("false", "true")
_SPARE = 64  # rows for workers that take the place of others

_REQUESTS = "meter_requests_total"
_DECISIONS = "meter_decisions_total"
_DURATION = "meter_request_duration_seconds"
_HELP = {
    _REQUESTS: ("counter", "Requests, by route and outcome."),
    _DECISIONS: ("counter", "Decisions, by route, what is shown, whether it counted or degraded."),
    _DURATION: ("histogram", "Seconds from a request to its answer."),
}

Labels = tuple[tuple[str, str], ...]
Cell = tuple[str, Labels]


class SharedCounts:
    """The memory that the workers of one server count in; it is handed to each of them."""

    def __init__(self, workers: int, cells: int) -> None:
        spawn = get_context("spawn")
        self._rows = workers + _SPARE
        self._cells = cells
        self._numbers = spawn.RawArray("d", self._rows * cells)
        self._taken = spawn.Value("i", 0)

    def take_row(self) -> int:
        """Return where a worker's row begins; no other worker that runs has the same."""
        with self._taken:
            row = int(self._taken.value) % self._rows
            self._taken.value += 1
        return row * self._cells

    def add(self, place: int, amount: float) -> None:
        """Add to a number of a worker's own row."""
        self._numbers[place] += amount

    def sums(self) -> list[float]:
        """Return the sums over all rows."""
        numbers = self._numbers[:]
        return [sum(numbers[cell :: self._cells]) for cell in range(self._cells)]


class Counters:
    """What one worker counts, and the page on which all is told."""

    def __init__(self, shared: SharedCounts, routes: Sequence[str]) -> None:
        self._shared = shared
        self._row = shared.take_row()
        self._places = {cell: index for index, cell in enumerate(cells(routes))}

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request by its route's template, the status and how long it took."""
        outcome = _OUTCOMES[min(max(status // 100 - 2, 0), len(_OUTCOMES) - 1)]
        self._add((_REQUESTS, (("route", route), ("outcome", outcome))))
        bucket = bisect_left(_SECONDS, seconds)
        self._add((f"{_DURATION}_bucket", (("le", _edges()[bucket]),)))
        self._add((f"{_DURATION}_sum", ()), seconds)

    def count_decision(self, route: str, decision: Decision) -> None:
        """Count a decision."""
        self._add(
            _decision_cell(
                route, str(decision.show), _FLAGS[decision.counted], _FLAGS[decision.degraded]
            )
        )

    def _add(self, cell: Cell, amount: float = 1.0) -> None:
        self._shared.add(self._row + self._places[cell], amount)

    def page(self) -> str:
        """Return the counts of all workers in Prometheus' text format."""
        told: set[str] = set()
        lines: list[str] = []
        in_buckets = 0.0
        for (name, labels), number in zip(self._places, self._shared.sums(), strict=True):
            family = next(known for known in _HELP if name.startswith(known))
            if family not in told:
                told.add(family)
                kind, words = _HELP[family]
                lines += [f"# HELP {family} {words}", f"# TYPE {family} {kind}"]
            if name.endswith("_bucket"):
                in_buckets += number
                lines.append(_line(name, labels, in_buckets))
            elif name.endswith("_sum"):
                lines += [_line(name, labels, number), _line(f"{family}_count", (), in_buckets)]
            elif number:
                lines.append(_line(name, labels, number))
        return "\n".join(lines) + "\n"


def cells(routes: Sequence[str]) -> Iterable[Cell]:
    """Yield everything that is counted, in the order in which it is told."""
    for route, outcome in product((*routes, "other"), _OUTCOMES):
        yield _REQUESTS, (("route", route), ("outcome", outcome))
    for route, show, counted, degraded in product(DECIDING, Show, _FLAGS, _FLAGS):
        yield _decision_cell(route, str(show), counted, degraded)
    for edge in _edges():
        yield f"{_DURATION}_bucket", (("le", edge),)
    yield f"{_DURATION}_sum", ()


DECIDING = (
    *("/v1/decide", "/v1/peek", "/v1/render"),
    *("/ofrep/v1/evaluate/flags/{article}", "/ofrep/v1/evaluate/flags"),
)
"""The routes whose answers are decisions."""


def _edges() -> list[str]:
    return [*map(str, _SECONDS), "+Inf"]


def _decision_cell(route: str, show: str, counted: str, degraded: str) -> Cell:
    labels = (("route", route), ("show", show), ("counted", counted), ("degraded", degraded))
    return _DECISIONS, labels


def _line(name: str, labels: Labels, number: float) -> str:
    shown = ",".join(f'{key}="{value}"' for key, value in labels)
    whole = int(number) if number == int(number) else number
    return f"{name}{{{shown}}} {whole}" if shown else f"{name} {whole}"
