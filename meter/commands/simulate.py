"""`meter simulate`: what would a policy do to readers in a year?"""

from __future__ import annotations

from pathlib import Path

import click

from meter.commands.console import FilePath
from meter.commands.options import answer, assumed, population_options, progress_bar

__all__ = ["simulate"]


def _list_assumptions(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from meter.simulate.assumptions import (
            assumptions_text,
            published_assumptions,
        )

        click.echo(assumptions_text(published_assumptions()), nl=False)
        ctx.exit()


@click.command
@click.argument("policy_path", metavar="POLICY", type=FilePath())
@population_options
@click.option(
    "--list-assumptions",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_assumptions,
    help="Print every assumption as a TOML file to change, and stop.",
)
def simulate(
    policy_path: Path,
    readers: int,
    months: int,
    seed: int,
    workers: int | None,
    assumptions_path: Path | None,
    known: str | None,
    draws: int,
    sweep: bool,
    by: str,
    form: str,
    html_path: Path | None,
    charts_path: Path | None,
) -> None:
    """Take simulated readers through months under a policy: whom it stops, who starts, what is read and what is earned.

    People have devices, sessions, habits and purses; what they are shown is decided by the policy's
    own rules. Every number behind it is an assumption with a source: they are printed, and a file
    given with --assumptions overrides any of them. An answer comes with what other simulated
    readers would have given, with what the ranges of the assumptions leave open, and with its
    doubts.

    \b meter simulate policy.toml --html report.html meter simulate policy.toml --known
    "uniques=500000, split=68/23/9, stops=4.2%, starts=210, churn=4%" meter simulate
    --list-assumptions > assumptions.toml
    """
    from meter.loading import load_policy
    from meter.simulate.compare import compare, lives

    policy = load_policy(policy_path)
    assumptions, calibration = assumed(policy, assumptions_path, known, seed, workers)
    with progress_bar(
        f"simulating {policy_path.name}", lives(assumptions, 1, readers, draws, sweep=sweep)
    ) as progress:
        found = compare(
            [policy],
            names=[policy_path.stem],
            readers=readers,
            months=months,
            seed=seed,
            workers=workers,
            assumptions=assumptions,
            draws=draws,
            sweep=sweep,
            by=by,
            progress=progress,
        )
    answer(found, form, html_path, charts_path, calibration)
