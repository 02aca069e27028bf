"""`meter journey`: what does one reader see, month after month, and is it what was meant?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meter.commands.console import (
    EXIT_NO,
    format_option,
    locale_option,
    open_console,
    say,
    write_json,
)

if TYPE_CHECKING:
    from meter.journeys import Journey, JourneyStep
    from meter.policy import Policy

__all__ = ["journey"]


@click.command
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option(
    "--policy",
    "policy_path",
    type=click.Path(path_type=Path),
    help="The policy to use instead of the one a file names.",
)
@locale_option
@format_option("text", "json")
def journey(
    files: tuple[Path, ...], policy_path: Path | None, locale: str | None, form: str
) -> None:
    """Run journeys through a policy and show what the reader sees: what was opened, what the page said, what was counted, which rule
    decided, and when allowance comes back.

    A step may say what it expects (in the language of its file, whatever `--locale` shows). Then
    the journey is a test: the first broken expectation is named with its reason, and the exit code
    is 1.

    \b
    meter journey months.journey.toml
    meter journey --policy next-spring.toml *.journey.toml
    meter journey --locale ja --format json months.journey.toml
    """
    from meter.journeys import Journey
    from meter.loading import load_policy

    given = None if policy_path is None else load_policy(policy_path)
    runs = []
    for path in files:
        loaded = Journey.load(path)
        policy = given or loaded.load_policy()
        runs.append((loaded, policy, loaded.run(policy)))
    if form == "json":
        write_json({"journeys": [_table(*run, locale) for run in runs]})
    else:
        _print(runs, locale)
    broken = [(loaded, step) for loaded, _, steps in runs for step in _broken(steps)[:1]]
    for loaded, step in broken:
        where = loaded.name if step.line is None else f"{loaded.name}:{step.line}"
        say(f"{where}: step {step.number} ({step.what}, {step.at:%Y-%m-%d %H:%M}): {step.problem}")
    if broken:
        raise click.exceptions.Exit(EXIT_NO)


def _broken(steps: list[JourneyStep]) -> list[JourneyStep]:
    return [step for step in steps if step.problem is not None]


def _print(runs: list[tuple[Journey, Policy, list[JourneyStep]]], locale: str | None) -> None:
    from rich.text import Text

    from meter.commands.timeline import WIDEST, draw, summary

    console = open_console(widest=WIDEST)
    for loaded, policy, steps in runs:
        about = (loaded.name, policy.publication.name, f"times in {policy.publication.timezone}")
        if loaded.title is not None:
            console.print(Text(loaded.title, style="bold"))
        console.print(Text(" · ".join(about), style="dim"))
        draw(console, policy, steps, locale=locale or loaded.locale)
        expecting = sum(step.expect is not None for step in loaded.steps)
        told = (
            f"{expecting} of {len(steps)} steps say what they expect;"
            f" {len(_broken(steps)) or 'none'} broken"
        )
        console.print(
            Text(
                "\n".join(
                    (
                        "",
                        ", ".join(summary(steps)),
                        *((told,) if expecting or _broken(steps) else ()),
                        "",
                    )
                )
            )
        )
    if len(runs) > 1:
        kept = sum(not _broken(steps) for _, _, steps in runs)
        console.print(Text(f"{kept} of {len(runs)} journeys went as expected", style="bold"))


def _table(
    loaded: Journey, policy: Policy, steps: list[JourneyStep], locale: str | None
) -> dict[str, Any]:
    from meter.commands.timeline import words_of

    return {
        "journey": loaded.name,
        "title": loaded.title,
        "publication": policy.publication.name,
        "timezone": policy.publication.timezone,
        "policy": policy.digest,
        "as_expected": not _broken(steps),
        "steps": [_step(step, words_of(step, policy, locale or loaded.locale)) for step in steps],
    }


def _step(step: JourneyStep, text: str) -> dict[str, Any]:
    from attrs import asdict

    from meter.loading.events import decision_table

    return {
        "step": step.number,
        "line": step.line,
        "at": step.at,
        "what": step.what,
        "reader": step.reader.status(step.at),
        "article": step.view.article.id if step.is_read else None,
        "decision": decision_table(step.decision),
        "says": text or None,
        "before": {name: asdict(reading) for name, reading in step.before.items()},
        "after": {name: asdict(reading) for name, reading in step.after.items()},
        "renewals": [asdict(renewal) for renewal in step.renewals],
        "problem": step.problem,
    }
