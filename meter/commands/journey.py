"""`meter journey`: show what one reader sees, month after month, and test it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click
from attrs import asdict
from rich.text import Text

from meter.commands.console import EXIT_NO, open_console, print_json, print_message
from meter.commands.help import command
from meter.commands.locales import locale_option
from meter.commands.options import FilePath, format_option
from meter.commands.timeline import WIDEST, print_timeline, prompt_text, summary_parts
from meter.journeys import Journey, JourneyStep
from meter.loading import load_policy
from meter.loading.events import decision_table

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from meter.policy import Policy

__all__ = ["journey"]


class _Run(NamedTuple):
    """A journey as it went under a policy."""

    journey: Journey
    policy: Policy
    steps: list[JourneyStep]

    @property
    def broken(self) -> list[JourneyStep]:
        """The steps that did not go as expected."""
        return [step for step in self.steps if step.problem is not None]


@command(
    "meter journey months.journey.toml",
    "meter journey --policy next-spring.toml *.journey.toml",
    "meter journey --locale ja --format json months.journey.toml",
)
@click.argument("files", nargs=-1, required=True, type=FilePath(), metavar="FILE…")
@click.option(
    "--policy",
    "policy_path",
    type=FilePath(),
    help="The policy to use instead of the one a file names.",
)
@locale_option
@format_option("text", "json")
def journey(
    files: tuple[Path, ...], policy_path: Path | None, locale: str | None, form: str
) -> None:
    """Show one reader's months; with expectations, test them.

    Run journeys through a policy and show what the reader sees: what was opened, what the page
    said, what was counted, which rule decided, and when allowance comes back.

    A step may say what it expects (in the language of its file, whatever `--locale` shows). Then
    the journey is a test: the first broken expectation is named with its reason, and the exit code
    is 1.
    """
    given = None if policy_path is None else load_policy(policy_path)
    runs = [_run(path, given) for path in files]
    if form == "json":
        print_json({"journeys": [_table(run, locale) for run in runs]})
    else:
        _print_runs(runs, locale)
    broken = [run for run in runs if run.broken]
    for run in broken:
        _print_broken(run.journey, run.broken[0])
    if broken:
        raise click.exceptions.Exit(EXIT_NO)


def _run(path: Path, given: Policy | None) -> _Run:
    loaded = Journey.load(path)
    policy = given or loaded.load_policy()
    return _Run(loaded, policy, loaded.run(policy))


def _print_broken(loaded: Journey, step: JourneyStep) -> None:
    where = loaded.name if step.line is None else f"{loaded.name}:{step.line}"
    what = f"step {step.number} ({step.what}, {step.at:%Y-%m-%d %H:%M})"
    print_message(f"{where}: {what}: {step.problem}")


def _print_runs(runs: list[_Run], locale: str | None) -> None:
    console = open_console(widest=WIDEST)
    for run in runs:
        _print_run(console, run, locale)
    if len(runs) > 1:
        kept = sum(not run.broken for run in runs)
        console.print(Text(f"{kept} of {len(runs)} journeys went as expected", style="bold"))


def _print_run(console: Console, run: _Run, locale: str | None) -> None:
    loaded, policy, steps = run
    about = (loaded.name, policy.publication.name, f"times in {policy.publication.timezone}")
    if loaded.title is not None:
        console.print(Text(loaded.title, style="bold"))
    console.print(Text(" · ".join(about), style="dim"))
    print_timeline(console, policy, steps, locale=locale or loaded.locale)
    lines = ["", ", ".join(summary_parts(steps))]
    expecting = sum(step.expect is not None for step in loaded.steps)
    if expecting or run.broken:
        broken = len(run.broken) or "none"
        lines.append(f"{expecting} of {len(steps)} steps say what they expect; {broken} broken")
    console.print(Text("\n".join([*lines, ""])))


def _table(run: _Run, locale: str | None) -> dict[str, object]:
    loaded, policy, steps = run
    locale = locale or loaded.locale
    return {
        "journey": loaded.name,
        "title": loaded.title,
        "publication": policy.publication.name,
        "timezone": policy.publication.timezone,
        "policy": policy.digest,
        "as_expected": not run.broken,
        "steps": [_step(step, prompt_text(step, policy, locale)) for step in steps],
    }


def _step(step: JourneyStep, text: str) -> dict[str, object]:
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
        "continued": [asdict(paid) for paid in step.continued],
        "problem": step.problem,
    }
