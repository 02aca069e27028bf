"""`meter simulate`: run a policy over a simulated population."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from meter import commands
from meter.commands.help import command
from meter.commands.options import policy_argument
from meter.commands.population import population_options
from meter.loading import load_policy
from meter.simulate.assumptions import assumptions_text, published_assumptions

if TYPE_CHECKING:
    from pathlib import Path

    from meter.commands.population import OutputOptions, People

__all__ = ["simulate"]


def _list_assumptions(ctx: click.Context, _option: click.Parameter, wanted: object) -> None:
    if wanted:
        click.echo(assumptions_text(published_assumptions()), nl=False)
        ctx.exit()


@command(
    "meter simulate policy.toml --html report.html",
    "meter simulate policy.toml --known"
    ' "uniques=500000, split=68/23/9, stops=4.2%, starts=210, churn=4%"',
    "meter simulate --list-assumptions > assumptions.toml",
)
@policy_argument
@population_options
@click.option(
    "--list-assumptions",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_assumptions,
    help="Print every assumption as a TOML file to change, and stop.",
)
def simulate(policy_path: Path, people: People, output: OutputOptions) -> None:
    """Run a policy over a population of readers.

    Simulate readers for some months: who is stopped, who subscribes, what is read and what is
    earned.

    Simulated readers have devices, sessions, habits and budgets. What they are shown is decided by
    the policy's own rules. Every number behind it is an assumption with a source: they are printed,
    and a file given with --assumptions overrides any of them. Each answer has an interval for other
    simulated readers, one for the ranges of the assumptions, and warnings.
    """
    policy = load_policy(policy_path)
    simulation = commands.Simulation.fitted(people, [policy])
    title = f"simulating {policy_path.name}"
    comparison = simulation.compare([policy], [policy_path.stem], title=title)
    simulation.print_answer(comparison, output)
