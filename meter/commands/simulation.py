"""Run `meter simulate` and `meter compare`, and print their answers.

Imports the simulator, and with it numpy and numba: only a command that runs imports this.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import evolve, frozen
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from meter.commands.console import open_console, print_json, print_message, significant
from meter.commands.population import OutputOptions, People
from meter.simulate import report
from meter.simulate.assumptions import Assumptions, load_assumptions, published_assumptions
from meter.simulate.calibrate import Calibration, Known, calibrate
from meter.simulate.compare import compare, lives
from meter.simulate.limits import LimitChoice, LimitSearch
from meter.simulate.optimise import choose
from meter.simulate.report.charts import charts
from meter.simulate.report.html import html_report
from meter.simulate.report.summary import report_table
from meter.simulate.report.terminal import print_calibration, print_comparison
from meter.simulate.setting import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from meter.policy import Policy
    from meter.simulate.compare import Comparison

__all__ = ["Simulation"]


@frozen
class Simulation:
    """Simulated people, and assumptions that are fitted to the numbers known of real ones."""

    people: People
    assumptions: Assumptions
    calibration: Calibration | None

    @classmethod
    def fitted(cls, people: People, policies: Sequence[Policy]) -> Simulation:
        """Use the assumptions of a file, or the published ones, fitted to the known numbers.

        The first policy is the one under which those were seen.
        """
        assumptions = published_assumptions()
        if people.assumptions is not None:
            assumptions = load_assumptions(people.assumptions)
        assumptions = settled(policies, assumptions, people.today)
        if people.known is None:
            return cls(people, assumptions, None)
        known = Known.parse(people.known)
        if people.my_readers is None and known.uniques is not None:
            people = evolve(people, my_readers=round(known.uniques))
        calibration = calibrate(
            policies[0], known, assumptions, seed=people.seed, workers=people.workers
        )
        return cls(people, calibration.assumptions, calibration)

    def choose(self, policy: Policy, limits: str) -> tuple[LimitChoice, Policy]:
        """Try the limits that `limits` names; return the choice, and the policy with it."""
        people = self.people
        search = LimitSearch.parse(limits, policy)
        tried = search.high - search.low + 1
        half = tried * people.readers // 2
        total = half + lives(self.assumptions, tried, people.readers, people.draws, sweep=False)
        with _progress_bar(f"trying {tried} limits", total) as progress:
            choice = choose(
                policy,
                search,
                readers=people.readers,
                months=people.months,
                seed=people.seed,
                workers=people.workers,
                assumptions=self.assumptions,
                draws=people.draws,
                by=people.by,
                sweep=people.sweep,
                progress=progress,
            )
        return choice, search.turned(policy, choice.selected)

    def compare(
        self, policies: Sequence[Policy], names: Sequence[str], *, title: str
    ) -> Comparison:
        """Take the people through each policy; `title` stands beside the bar."""
        people = self.people
        total = lives(
            self.assumptions, len(policies), people.readers, people.draws, sweep=people.sweep
        )
        with _progress_bar(title, total) as progress:
            found = compare(
                policies,
                names=names,
                readers=people.readers,
                months=people.months,
                seed=people.seed,
                workers=people.workers,
                assumptions=self.assumptions,
                draws=people.draws,
                sweep=people.sweep,
                by=people.by,
                progress=progress,
            )
        fit = () if self.calibration is None else self.calibration.rows
        return evolve(found, my_readers=people.my_readers, fit=fit)

    def print_answer(
        self, comparison: Comparison, output: OutputOptions, choice: LimitChoice | None = None
    ) -> None:
        """Print an answer, and write its page and its pictures."""
        calibration = self.calibration
        if output.form == "json":
            fit = None if calibration is None else list(calibration.rows)
            print_json(significant({**report_table(comparison, choice), "calibration": fit}))
        else:
            console = open_console()
            if calibration is not None:
                print_calibration(calibration, console)
            print_comparison(comparison, console, choice, assumptions=output.assumptions)
        if output.html is not None:
            page = html_report(comparison, choice=choice)
            output.html.write_text(page, encoding="utf-8")
            print_message(f"wrote {output.html}")
        if output.charts is not None:
            written = report.write_pictures(output.charts, charts(comparison, choice))
            print_message(f"wrote {len(written)} files into {output.charts}")


@contextmanager
def _progress_bar(words: str, total: int) -> Iterator[Callable[[int], None] | None]:
    """Show how far it is on stderr, where somebody looks; otherwise nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=open_console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda done: bar.update(task, advance=done)
