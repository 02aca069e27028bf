"""Compare policies for one publisher: people, assumptions, and the numbers that are known of them.

`meter compare` and the studio both ask here, so that they give the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.simulate.assumptions import Assumptions
from meter.simulate.calibrate import Calibration, calibrate
from meter.simulate.compare import compare, lives
from meter.simulate.report.summary import report_table
from meter.simulate.setting import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from meter.policy import Policy
    from meter.simulate.assumptions.known import Known
    from meter.simulate.compare import Comparison
    from meter.simulate.limits import LimitChoice

__all__ = ["SimulationPlan", "significant"]

_DIGITS = 12


@frozen(kw_only=True)
class SimulationPlan:
    """How many people are simulated, for how long, and under which assumptions.

    `calibration` is how the assumptions were fitted to known numbers, where any were given. The
    other names mean what they mean for `compare`.
    """

    assumptions: Assumptions
    calibration: Calibration | None = None
    readers: int = 100_000
    months: int = 12
    seed: int = 1
    workers: int | None = None
    draws: int = 32
    sweep: bool = True
    by: str = "net"
    my_readers: int | None = None

    def fitted(
        self, policies: Sequence[Policy], known: Known | None, today: date | None = None
    ) -> SimulationPlan:
        """Return this scenario with a first day, and fitted to the numbers that are known.

        The first policy is the one under which those were seen. Raises `MeterError` like `settled`
        and `calibrate`.
        """
        assumptions = settled(policies, self.assumptions, today)
        if known is None:
            return evolve(self, assumptions=assumptions)
        my_readers = self.my_readers
        if my_readers is None and known.uniques is not None:
            my_readers = round(known.uniques)
        calibration = calibrate(
            policies[0], known, assumptions, seed=self.seed, workers=self.workers
        )
        return evolve(
            self,
            assumptions=calibration.assumptions,
            calibration=calibration,
            my_readers=my_readers,
        )

    def lives(self, policies: int) -> int:
        """Return how many reader-lives a comparison of so many policies takes."""
        return lives(self.assumptions, policies, self.readers, self.draws, sweep=self.sweep)

    def compare(
        self,
        policies: Sequence[Policy],
        names: Sequence[str],
        progress: Callable[[int], None] | None = None,
        first: Callable[[Comparison], None] | None = None,
    ) -> Comparison:
        """Take the people through each policy; `progress` gets the reader-lives done since.

        `first` gets the comparison at the central assumptions, before others are tried.
        """

        def tell_first(found: Comparison) -> None:
            if first is not None:
                first(self._as_asked(found))

        found = compare(
            policies,
            names=names,
            readers=self.readers,
            months=self.months,
            seed=self.seed,
            workers=self.workers,
            assumptions=self.assumptions,
            draws=self.draws,
            sweep=self.sweep,
            by=self.by,
            progress=progress,
            first=tell_first,
        )
        return self._as_asked(found)

    def _as_asked(self, found: Comparison) -> Comparison:
        """Return a comparison that knows how many readers you have, and how your numbers fit."""
        fit = () if self.calibration is None else self.calibration.rows
        return evolve(found, my_readers=self.my_readers, fit=fit)

    def table(self, comparison: Comparison, choice: LimitChoice | None = None) -> dict[str, object]:
        """Return everything that a report says, and how the numbers known fit, for JSON."""
        fit = None if self.calibration is None else list(self.calibration.rows)
        found = {**report_table(comparison, choice), "calibration": fit}
        return {key: significant(value) for key, value in found.items()}


def significant(document: object) -> object:
    """Return a document with 12 digits of each fraction: what follows depends on the processor."""
    if isinstance(document, float):
        return float(f"{document:.{_DIGITS}g}")
    if isinstance(document, dict):
        return {key: significant(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [significant(value) for value in document]
    return document
