"""`meter compare`: which of some policies does better, and how sure is that?"""

from __future__ import annotations

from pathlib import Path

import click

from meter.commands.console import FilePath
from meter.commands.options import answer, assumed, population_options, progress_bar

__all__ = ["compare"]


@click.command
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
    policy_paths: tuple[Path, ...],
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
    optimise: str | None,
) -> None:
    """Take the same simulated readers through several policies; the first is the one the others are compared with.

    Told are readers stopped, starts per million, subscribers at the end, articles read, and money
    (advertising, subscription cash, subscription lifetime apart), with two intervals each: what
    other simulated readers would give, and what the ranges of the assumptions leave open. Then
    which assumption would turn the order round, and what nothing of this can know.

    With --optimise, limits are chosen on one half of the readers and estimated on fresh ones; the
    answer is the set of limits that cannot be told from the best, and no single limit where an
    assumption's range turns the order.

    \b
    meter compare today.toml spring.toml --html report.html
    meter compare today.toml --optimise limit=1..20
    """
    from meter.errors import MeterError
    from meter.loading import load_policy
    from meter.simulate.compare import compare as run
    from meter.simulate.compare import lives
    from meter.simulate.limits import Knob
    from meter.simulate.optimise import choose

    policies = [load_policy(path) for path in policy_paths]
    if len(policies) == 1 and optimise is None:
        raise MeterError(
            "one policy is nothing to compare; name another one, or try limits of this one with"
            " `--optimise limit=1..20`"
        )
    assumptions, calibration = assumed(policies[0], assumptions_path, known, seed, workers)
    choice = None
    if optimise is not None:
        knob = Knob.parse(optimise, policies[0])
        limits = knob.high - knob.low + 1
        with progress_bar(f"trying {limits} limits", limits * readers) as progress:
            choice = choose(
                policies[0],
                knob,
                readers=readers,
                months=months,
                seed=seed,
                workers=workers,
                assumptions=assumptions,
                by=by,
                sweep=sweep,
                progress=progress,
            )
        if len(policies) == 1:
            policies.append(knob.turned(policies[0], choice.selected))
    names = _names(
        policy_paths,
        None if choice is None or len(policies) == len(policy_paths) else choice.selected,
    )
    with progress_bar(
        f"comparing {len(policies)} policies",
        lives(assumptions, len(policies), readers, draws, sweep=sweep),
    ) as progress:
        found = run(
            policies,
            names=names,
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
    answer(found, form, html_path, charts_path, calibration, choice)


def _names(paths: tuple[Path, ...], limit: int | None) -> list[str]:
    """Return the files' names without their ends, or their whole paths where those are the same."""
    stems = [path.stem for path in paths]
    names = stems if len(set(stems)) == len(stems) else [str(path) for path in paths]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    return names if limit is None else [*names, f"limit {limit}"]
