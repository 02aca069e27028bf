"""`meter prove` and `meter diff`: is it so for everyone, and for whom does it change?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meter.console import EXIT_BAD_INPUT, EXIT_NO, FilePath, format_option, open_console, write_json
from meter.errors import MeterError

if TYPE_CHECKING:
    from rich.console import Console

    from meter.verify.guarantees import Answer, Story
    from meter.verify.journeys import Told

__all__ = ["diff", "prove"]

_MARKS = {"proved": ("✓", "green"), "fails": ("✗", "red"), "not decided": ("?", "yellow")}


@click.command(short_help="Prove what a policy promises, or show who breaks it.")
@click.argument("policy", type=FilePath(), metavar="POLICY")
@click.option("--budget", type=click.FloatRange(min=0.01), default=10.0, show_default=True, metavar="SECONDS", help="The time to answer in.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write each counterexample there as a journey test.")
@click.option("--except", "leave_out", multiple=True, metavar="CODE", help="Leave out a standing promise; may be repeated.")
@format_option("text", "json")
def prove(policy: Path, budget: float, keep: Path | None, leave_out: tuple[str, ...], form: str) -> None:
    """Answer, for every reader, page view and count there can be, whether a policy keeps its promises: those that every
    paywall makes, and the policy's own `[[guarantees]]`.

    Each is proved, fails (with the shortest journey of a reader who sees it), or is not decided within the budget. The exit code
    is 0 if all are proved, 1 if one fails, and 2 if one is not decided or the policy cannot be read.

    \b
    meter prove policy.toml
    meter prove --keep . policy.toml    keep each counterexample as a journey test
    """  # noqa: D205, D301
    from meter.loading import load_policy  # noqa: PLC0415 - `--help` needs no policy
    from meter.verify.guarantees import STANDING, Outcome, guarantees  # noqa: PLC0415
    from meter.verify.space import ASSUMED  # noqa: PLC0415

    for code in leave_out:
        if code not in STANDING:
            raise click.UsageError(f"there is no standing promise `{code}`; there are: {', '.join(f'`{name}`' for name in STANDING)}")
    answers = guarantees(load_policy(policy), seconds=budget, leave_out=leave_out)
    kept = {}
    if keep is not None:
        from meter.verify.keeping import keep_story  # noqa: PLC0415

        kept = {answer.name: keep_story(answer, policy, keep) for answer in answers if answer.story is not None}
    if form == "json":
        write_json({
            "policy": str(policy), "answers": [_table(answer, kept.get(answer.name)) for answer in answers], "assumed": list(ASSUMED),
        })  # fmt: skip
    else:
        _print(open_console(), answers, kept, ASSUMED)
    outcomes = {answer.outcome for answer in answers}
    if Outcome.FAILS in outcomes:
        raise click.exceptions.Exit(EXIT_NO)
    if Outcome.NOT_DECIDED in outcomes:
        raise click.exceptions.Exit(EXIT_BAD_INPUT)


def _print(console: Console, answers: tuple[Answer, ...], kept: dict[str, Path | None], assumed: tuple[str, ...]) -> None:
    from rich.padding import Padding  # noqa: PLC0415 - only where something is printed
    from rich.text import Text  # noqa: PLC0415

    for answer in answers:
        mark, colour = _MARKS[answer.outcome]
        console.print(Text.assemble((f"{mark} {answer.outcome}", f"bold {colour}"), f"  {answer.name}"))
        lines = [answer.how]
        if answer.story is not None:
            lines = [*( [f"({answer.means})"] if answer.means else []), *_told(answer.story)]
            file = kept.get(answer.name)
            if file is not None:
                lines.append(f"kept as `{file}`")
        for line in lines:
            style = "" if answer.story is not None else "dim"
            console.print(Padding(Text(line, style=style), (0, 0, 0, 4)))
    counts = {outcome: sum(answer.outcome == outcome for answer in answers) for outcome in _MARKS}
    console.print(Text(", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count), style="bold"))
    if counts["proved"]:
        console.print("Proved means: for this policy as it was read, assuming that")
        for line in assumed:
            console.print(Padding(Text(f"- {line}"), (0, 0, 0, 2)))


def _told(story: Story) -> list[str]:
    """Tell a story: who, what happened when, and which rule was expected."""
    head = f"{_capital(story.cast)}" + (f" has read before ({story.before}), and" if story.before else "")
    lines = [f"{head}:"]
    lines += [f"  {number}. {_step(step)}" for number, step in enumerate(story.steps, 1)]
    return [*lines, f"expected: {story.expected}"]


def _step(step: Told) -> str:
    decision = step.decision
    when = f"{step.met.now:%a %d %b %Y %H:%M}".replace(" 0", " ")
    stands = ""
    if decision.meter is not None:
        stands = f", {decision.meter.used} of {decision.meter.limit} used"
    article = step.met.view.article.id
    return f"{when}, {step.words} (`{article}`): `{decision.show}` by rule `{decision.rule}`{stands}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(answer: Answer, file: Path | None) -> dict[str, Any]:
    story = answer.story
    return {
        "code": answer.code, "name": answer.name, "outcome": answer.outcome, "how": answer.how, "means": answer.means,
        "story": None if story is None else {
            "reader": story.cast, "before": story.before, "expected": story.expected, "wanted": sorted(story.wanted),
            "steps": [
                {
                    "at": step.met.now, "article": step.met.view.article.id, "what": step.words, "show": step.decision.show,
                    "rule": step.decision.rule, "offer": step.decision.offer, "counted": step.decision.counted,
                    "left": None if step.decision.meter is None else step.decision.meter.left,
                }
                for step in story.steps
            ],
        },
        "kept": None if file is None else str(file),
    }  # fmt: skip


@click.command(short_help="Show for whom two policies decide differently.")
@click.argument("old", type=FilePath(), metavar="OLD")
@click.argument("new", type=FilePath(), metavar="NEW")
def diff(old: Path, new: Path) -> None:
    """Show every reader and page view whose decision changes from one policy to another."""
    raise MeterError(f"{old} {new}")
