"""`meter journey`: show what one reader sees, month after month, and test it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click
from attrs import asdict
from rich.text import Text

from meter.commands.console import EXIT_NO, open_console, print_json, print_message
from meter.commands.help import command
from meter.commands.journey_against import OtherRun, print_both
from meter.commands.locales import locale_option
from meter.commands.options import FilePath, format_option, today_option
from meter.commands.timeline import WIDEST, print_timeline, summary_parts
from meter.journeys import Journey, JourneyStep
from meter.journeys.accepting import (
    AcceptedAnswer,
    accepted_answers,
    replace_text,
    rewritten,
)
from meter.journeys.against import prompt_text
from meter.journeys.telling import expectations_text
from meter.loading import load_policy
from meter.loading.events import decision_table
from meter.loading.toml import read_text

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from rich.console import Console

    from meter.policy import Policy

__all__ = ["journey"]


class _Run(NamedTuple):
    """A journey as it went under a policy, and which of its answers were accepted before."""

    journey: Journey
    policy: Policy
    steps: list[JourneyStep]
    accepted: list[AcceptedAnswer]
    locale: str | None
    other: OtherRun | None = None

    @property
    def broken(self) -> list[JourneyStep]:
        """The steps that did not go as expected."""
        return [step for step in self.steps if step.problem is not None]

    @property
    def differing(self) -> list[list[str]]:
        """In what each step differs under the other policy, if there is one."""
        if self.other is None:
            return []
        return self.other.differing(self.policy, self.steps, self.locale)


@command(
    "meter journey months.journey.toml",
    "meter journey --policy next-spring.toml *.journey.toml",
    "meter journey --accept months.journey.toml",
    "meter journey --against last-spring.toml months.journey.toml",
    "meter journey --locale ja --format json months.journey.toml",
)
@click.argument("files", nargs=-1, required=True, type=FilePath(), metavar="FILE…")
@click.option(
    "--policy",
    "policy_path",
    type=FilePath(),
    help="The policy to use instead of the one a file names.",
)
@click.option(
    "--accept",
    is_flag=True,
    help="Write what the steps bring into the file, where they expect something else.",
)
@click.option(
    "--against",
    "other_path",
    type=FilePath(),
    metavar="OLD",
    help="Show only where the journey goes otherwise than under this policy.",
)
@locale_option
@today_option
@format_option("text", "json")
def journey(
    files: tuple[Path, ...],
    policy_path: Path | None,
    other_path: Path | None,
    locale: str | None,
    today: date | None,
    form: str,
    *,
    accept: bool,
) -> None:
    """Show one reader's months; with expectations, test them.

    Run journeys through a policy and show what the reader sees: what was opened, what the page
    said, what was counted, which rule decided, and when allowance comes back.

    A step may say what it expects (in the language of its file, whatever `--locale` shows). Then
    the journey is a test: the first broken expectation is named with its reason, and the exit code
    is 1. `--accept` puts the new values in the place of those that are broken; nothing else in the
    file changes. A step that cannot happen stays broken.

    With `--against OLD` both timelines are shown where they part; if they do, the exit code is 1.
    """
    if accept and other_path is not None:
        raise click.UsageError(
            "`--accept` writes answers and `--against` compares them; use one of the two"
        )
    given = None if policy_path is None else load_policy(policy_path)
    other = None if other_path is None else load_policy(other_path)
    journeys = [_dated(Journey.load(path), today) for path in files]
    accepted: list[list[AcceptedAnswer]] = [[] for _ in files]
    if accept:
        accepted = [
            _accept(path, loaded, given) for path, loaded in zip(files, journeys, strict=True)
        ]
        journeys = [_dated(Journey.load(path), today) for path in files]
    runs = [
        _run(loaded, given, other, locale, answers)
        for loaded, answers in zip(journeys, accepted, strict=True)
    ]
    if form == "json":
        print_json({"journeys": [_table(run) for run in runs]})
    else:
        _print_runs(runs, [policy_path, other_path])
    for run in runs:
        _print_accepted(run)
    broken = [run for run in runs if run.broken]
    for run in broken:
        _print_broken(run.journey, run.broken[0])
    if broken or any(any(run.differing) for run in runs):
        raise click.exceptions.Exit(EXIT_NO)


def _dated(loaded: Journey, today: date | None) -> Journey:
    return loaded if today is None else loaded.starting(today)


def _run(
    loaded: Journey,
    given: Policy | None,
    other: Policy | None,
    locale: str | None,
    accepted: list[AcceptedAnswer],
) -> _Run:
    policy = given or loaded.load_policy()
    other_run = None if other is None else OtherRun(other, loaded.run(other))
    told = locale or loaded.locale
    return _Run(loaded, policy, loaded.run(policy), accepted, told, other_run)


def _accept(path: Path, loaded: Journey, given: Policy | None) -> list[AcceptedAnswer]:
    """Write the answers of a journey into its file, and return those that are new."""
    text = read_text(path)
    policy = given or loaded.load_policy()
    answers = accepted_answers(loaded, loaded.run(policy), policy)
    if answers:
        replace_text(path, text, rewritten(text, answers, policy, str(path)))
    return answers


def _print_accepted(run: _Run) -> None:
    name = run.journey.name
    for answer in run.accepted:
        where = name if answer.line is None else f"{name}:{answer.line}"
        change = f"`{answer.key} = {answer.old_text}` is now `{answer.new_text}`"
        print_message(f"{where}: step {answer.step}: {change}")


def _print_broken(loaded: Journey, step: JourneyStep) -> None:
    where = loaded.name if step.line is None else f"{loaded.name}:{step.line}"
    what = f"step {step.number} ({step.what}, {step.at:%Y-%m-%d %H:%M})"
    print_message(f"{where}: {what}: {step.problem}")


def _print_runs(runs: list[_Run], names: list[Path | None]) -> None:
    console = open_console(widest=WIDEST)
    for run in runs:
        _print_run(console, run, names)
    if len(runs) > 1:
        kept = sum(not run.broken for run in runs)
        console.print(Text(f"{kept} of {len(runs)} journeys went as expected", style="bold"))


def _print_run(console: Console, run: _Run, names: list[Path | None]) -> None:
    loaded = run.journey
    policy = run.policy
    steps = run.steps
    about = (loaded.name, policy.publication.name, f"times in {policy.publication.timezone}")
    if loaded.title is not None:
        console.print(Text(loaded.title, style="bold"))
    console.print(Text(" · ".join(about), style="dim"))
    if run.other is None:
        print_timeline(console, policy, steps, locale=run.locale)
        lines = ["", ", ".join(summary_parts(steps))]
    else:
        new, old = (str(name or loaded.policy) for name in names)
        console.print(Text(f"old: {old} · new: {new}", style="dim"))
        lines = print_both(console, policy, steps, run.other, run.locale)
    expected = expectations_text(loaded, steps)
    if expected:
        lines.append(expected)
    console.print(Text("\n".join([*lines, ""])))


def _table(run: _Run) -> dict[str, object]:
    loaded = run.journey
    policy = run.policy
    locale = run.locale
    table: dict[str, object] = {
        "journey": loaded.name,
        "title": loaded.title,
        "publication": policy.publication.name,
        "timezone": policy.publication.timezone,
        "policy": policy.digest,
        "as_expected": not run.broken,
        "steps": [_step(step, prompt_text(step, policy, locale)) for step in run.steps],
        "accepted": [
            {
                "step": answer.step,
                "line": answer.line,
                "key": answer.key,
                "old": answer.old,
                "new": answer.new,
            }
            for answer in run.accepted
        ],
    }
    if run.other is not None:
        old = run.other
        table["against"] = {
            "policy": old.policy.digest,
            "steps": [_step(step, prompt_text(step, old.policy, locale)) for step in old.steps],
            "differs": [
                {"step": step.number, "keys": keys}
                for step, keys in zip(run.steps, run.differing, strict=True)
                if keys
            ],
        }
    return table


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
