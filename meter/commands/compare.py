"""`meter compare`: compare policies on the same simulated readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from meter import commands
from meter.commands.help import command
from meter.commands.options import FilePath
from meter.commands.population import population_options
from meter.errors import MeterError
from meter.loading import load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from meter.commands.population import OutputOptions, People

__all__ = ["compare"]


@command(
    "meter compare today.toml spring.toml --html report.html",
    "meter compare today.toml --optimise limit=1..20",
)
@click.argument("policy_paths", metavar="POLICY…", type=FilePath(), nargs=-1, required=True)
@population_options
@click.option(
    "--optimise",
    metavar="limit=1..20",
    help=(
        "Try every limit of the first policy's meter; `monthly.registered=1..20` names meter and"
        " status."
    ),
)
def compare(
    policy_paths: tuple[Path, ...], people: People, output: OutputOptions, optimise: str | None
) -> None:
    """Compare policies on the same readers.

    Simulate the same readers under several policies. The others are compared with the first.

    The first sentence says whether one of them is best by what --by names: that takes at least 20
    draws of readers and assumptions, of which 90 % agree.

    Printed are readers stopped, starts per million, subscribers at the end, articles read, and
    money (advertising, subscription cash and subscription lifetime value separately). Each has two
    intervals: one for other simulated readers, one for the ranges of the assumptions. Then come the
    assumptions that could change the order of the policies, and what the simulation cannot know.

    With --optimise, limits of the first policy are selected on half as many readers, estimated on
    fresh ones and drawn like policies: no single limit is called best where the draws do not agree
    on one.
    """
    policies = [load_policy(path) for path in policy_paths]
    if len(policies) == 1 and optimise is None:
        raise MeterError(
            "one policy is nothing to compare; name another one, or try limits of this one with"
            " `--optimise limit=1..20`"
        )
    names = _names(policy_paths)
    simulation = commands.Simulation.fitted(people, policies)
    choice = None
    if optimise is not None:
        choice, best = simulation.choose(policies[0], optimise)
        if len(policies) == 1:
            policies.append(best)
            names.append(f"limit {choice.selected}")
    title = f"comparing {len(policies)} policies"
    comparison = simulation.compare(policies, names, title=title)
    simulation.print_answer(comparison, output, choice)


def _names(paths: tuple[Path, ...]) -> list[str]:
    """Return the files' names without their ends, or their whole paths where those are the same."""
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    return names
