"""Run `meter simulate` and `meter compare`, and print their answers.

Imports the simulator, and with it numpy and numba: only a command that runs imports this.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import evolve, frozen
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from meter.commands.console import open_console, print_json, print_message
from meter.simulate import report
from meter.simulate.assumptions import load_assumptions, published_assumptions
from meter.simulate.assumptions.known import Known
from meter.simulate.limits import LimitChoice, LimitSearch
from meter.simulate.optimise import choose
from meter.simulate.report.charts import charts
from meter.simulate.report.html import html_report
from meter.simulate.report.summary import first_answer
from meter.simulate.report.terminal import print_calibration, print_comparison
from meter.simulate.scenario import SimulationPlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.commands.population import OutputOptions, People
    from meter.policy import Policy
    from meter.simulate.compare import Comparison

__all__ = ["Simulation"]


@frozen
class Simulation:
    """What is asked of simulated people, and the bars and answers of it in a terminal.

    A comparison that seems to take more than `patience` seconds says first what is known by then.
    """

    scenario: SimulationPlan
    patience: float = 2.0

    @classmethod
    def fitted(cls, people: People, policies: Sequence[Policy]) -> Simulation:
        """Use the assumptions of a file, or the published ones, fitted to the known numbers.

        The first policy is the one under which those were seen.
        """
        assumptions = published_assumptions()
        if people.assumptions is not None:
            assumptions = load_assumptions(people.assumptions)
        scenario = SimulationPlan(
            assumptions=assumptions,
            readers=people.readers,
            months=people.months,
            seed=people.seed,
            workers=people.workers,
            draws=people.draws,
            sweep=people.sweep,
            by=people.by,
            my_readers=people.my_readers,
        )
        known = None if people.known is None else Known.parse(people.known)
        return cls(scenario.fitted(policies, known, people.today))

    def choose(self, policy: Policy, limits: str) -> tuple[LimitChoice, Policy]:
        """Try the limits that `limits` names; return the choice, and the policy with it."""
        asked = self.scenario
        search = LimitSearch.parse(limits, policy)
        tried = search.high - search.low + 1
        half = tried * asked.readers // 2
        total = half + evolve(asked, sweep=False).lives(tried)
        with _progress_bar(f"trying {tried} limits", total) as bar:
            choice = choose(
                policy,
                search,
                readers=asked.readers,
                months=asked.months,
                seed=asked.seed,
                workers=asked.workers,
                assumptions=asked.assumptions,
                draws=asked.draws,
                by=asked.by,
                sweep=asked.sweep,
                progress=None if bar is None else bar.advance,
            )
        return choice, search.turned(policy, choice.selected)

    def compare(
        self, policies: Sequence[Policy], names: Sequence[str], *, title: str
    ) -> Comparison:
        """Take the people through each policy; `title` stands beside the bar.

        Where somebody looks and it takes long, the first answer is printed above the bar.
        """
        with _progress_bar(title, self.scenario.lives(len(policies))) as bar:
            if bar is None:
                return self.scenario.compare(policies, names)

            def print_first(found: Comparison) -> None:
                if bar.seconds > self.patience:
                    bar.print(first_answer(found))

            return self.scenario.compare(policies, names, bar.advance, print_first)

    def print_answer(
        self, comparison: Comparison, output: OutputOptions, choice: LimitChoice | None = None
    ) -> None:
        """Print an answer, and write its page and its pictures."""
        if output.form == "json":
            print_json(self.scenario.table(comparison, choice))
        else:
            console = open_console()
            if self.scenario.calibration is not None:
                print_calibration(self.scenario.calibration, console)
            print_comparison(comparison, console, choice, assumptions=output.assumptions)
        if output.html is not None:
            page = html_report(comparison, choice=choice)
            output.html.write_text(page, encoding="utf-8")
            print_message(f"wrote {output.html}")
        if output.charts is not None:
            written = report.write_pictures(output.charts, charts(comparison, choice))
            print_message(f"wrote {len(written)} files into {output.charts}")


@frozen
class _Bar:
    """How far the reader-lives of one answer are, on stderr."""

    shown: Progress
    task: TaskID

    def advance(self, done: int) -> None:
        """Move on by so many reader-lives."""
        self.shown.update(self.task, advance=done)

    @property
    def seconds(self) -> float:
        """How long all of it takes if it goes on as it has gone so far."""
        task = self.shown.tasks[self.task]
        return (task.elapsed or 0) * (task.total or 0) / max(task.completed, 1)

    def print(self, words: str) -> None:
        """Print words above the bar."""
        self.shown.console.print(words)


@contextmanager
def _progress_bar(words: str, total: int) -> Iterator[_Bar | None]:
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
    with Progress(*columns, console=open_console(stderr=True), transient=True) as shown:
        yield _Bar(shown, shown.add_task(words, total=total))
