"""`meter prove` and `meter diff`: is it so for everyone, and for whom does it change?"""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from meter.commands.console import (
    EXIT_BAD_INPUT,
    EXIT_NO,
    FilePath,
    format_option,
    open_console,
    write_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from meter.replay.both import Logged
    from meter.verify.counterexample import Story
    from meter.verify.diff import Changes
    from meter.verify.prove import Answer
    from meter.verify.search import Told

__all__ = ["diff", "prove"]

_MARKS = {"proved": ("✓", "green"), "fails": ("✗", "red"), "not decided": ("?", "yellow")}


@click.command(short_help="Prove what a policy promises, or show who breaks it.")
@click.argument("policy", type=FilePath(), metavar="POLICY")
@click.option(
    "--budget",
    type=click.FloatRange(min=0.01),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="The time to answer in.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write each counterexample there as a journey test.",
)
@click.option(
    "--except",
    "leave_out",
    multiple=True,
    metavar="CODE",
    help="Leave out a standing promise; may be repeated.",
)
@format_option("text", "json")
def prove(
    policy: Path, budget: float, keep: Path | None, leave_out: tuple[str, ...], form: str
) -> None:
    """Answer, for every reader, page view and count there can be, whether a policy keeps its promises: those that every
    paywall makes, and the policy's own `[[guarantees]]`.

    Each is proved, fails (with the shortest journey of a reader who sees it), or is not decided
    within the budget. The exit code is 0 if all are proved, 1 if one fails, and 2 if one is not
    decided or the policy cannot be read.

    \b
    meter prove policy.toml
    meter prove --keep . policy.toml    keep each counterexample as a journey test
    """
    from meter.loading import load_policy
    from meter.verify.properties import STANDING
    from meter.verify.prove import Outcome, guarantees
    from meter.verify.situations import assumed

    for code in leave_out:
        if code not in STANDING:
            raise click.UsageError(
                f"there is no standing promise `{code}`; there are:"
                f" {', '.join(f'`{name}`' for name in STANDING)}"
            )
    loaded = load_policy(policy)
    answers, taken = (
        guarantees(loaded, seconds=budget, leave_out=leave_out),
        assumed(loaded.rulebook.vocabulary),
    )
    kept: dict[str, Path | None] = {}
    if keep is not None:
        from meter.verify.export import keep_stories

        kept = keep_stories(answers, policy, keep)
    if form == "json":
        write_json(
            {
                "policy": str(policy),
                "answers": [_table(answer, kept.get(answer.name)) for answer in answers],
                "assumed": list(taken),
            }
        )
    else:
        _print(open_console(), answers, kept, taken)
    outcomes = {answer.outcome for answer in answers}
    if Outcome.FAILS in outcomes:
        raise click.exceptions.Exit(EXIT_NO)
    if Outcome.NOT_DECIDED in outcomes:
        raise click.exceptions.Exit(EXIT_BAD_INPUT)


def _print(
    console: Console,
    answers: tuple[Answer, ...],
    kept: dict[str, Path | None],
    taken: tuple[str, ...],
) -> None:
    from meter.verify.prove import EVERYONE

    for answer in answers:
        mark, colour = _MARKS[answer.outcome]
        console.print(
            f"[bold {colour}]{mark} {answer.outcome}[/]  {escape(answer.name)}", markup=True
        )
        story = answer.story
        if story is None:
            if answer.how != EVERYONE:  # said once, at the end
                _say(console, f"({answer.how})", style="dim")
            continue
        if answer.means:
            _say(console, f"({answer.means})", style="dim")
        for line, indent in _told(story):
            _say(console, line, indent=indent)
        file = kept.get(answer.name)
        if file is not None:
            _say(console, f"kept as `{file}`")
        elif answer.name in kept:
            _say(console, "not kept: it starts with a reader who has read before")
    counts = {outcome: sum(answer.outcome == outcome for answer in answers) for outcome in _MARKS}
    words = {"fails": "fails" if counts["fails"] == 1 else "fail"}
    _say(
        console,
        ", ".join(
            f"{count} {words.get(outcome, outcome)}" for outcome, count in counts.items() if count
        ),
        indent=0,
        style="bold",
    )
    if counts["proved"]:
        _say(
            console,
            f"proved: {EVERYONE}, under this policy as it was read, assuming that",
            indent=0,
        )
        for line in taken:
            _say(console, f"- {line}", indent=2)


def _say(console: Console, text: str, *, indent: int = 2, style: str | None = None) -> None:
    """Print a paragraph, its lines hanging."""
    hang = indent + (3 if text[:1].isdigit() else 2 if text.startswith("- ") else 0)
    for line in wrap(
        text,
        console.width,
        initial_indent=" " * indent,
        subsequent_indent=" " * hang,
        break_on_hyphens=False,
    ):
        console.print(line, style=style, overflow="ignore", no_wrap=True)


def _told(story: Story) -> list[tuple[str, int]]:
    """Tell a story, with the indent of each line.

    Who, what happened when, and which rule was expected.
    """
    head = (
        _capital(story.cast)
        + _ended(story)
        + (f" has read before ({story.before}), and" if story.before else "")
    )
    lines = [(f"{head}:", 2)]
    lines += [(line, 4) for line in _steps(story.steps)]
    return [*lines, (f"expected: {story.expected.words}", 2)]


def _steps(steps: tuple[Told, ...]) -> Iterator[str]:
    """Tell steps one a line, and more than two alike in a row as their first, how many follow, and
    their last.
    """
    start = 0
    while start < len(steps):
        end = start
        while end + 1 < len(steps) and _kind(steps[end + 1]) == _kind(steps[start]):
            end += 1
        yield f"{start + 1}. {_step(steps[start])}"
        if end > start + 2:
            yield f"{start + 2}. and so on, {end - start - 1} times"
        elif end == start + 2:
            yield f"{start + 2}. {_step(steps[start + 1])}"
        if end > start:
            yield f"{end + 1}. {_step(steps[end])}"
        start = end + 1


def _kind(step: Told) -> tuple[object, ...]:
    return step.words, step.decision.show, step.decision.rule


def _step(step: Told) -> str:
    decision, meter = step.decision, step.decision.meter
    when = f"{step.met.now:%a %d %b %Y %H:%M}"
    stands = "" if meter is None else f" ({meter.used} of {meter.limit} used)"
    return (
        f"{when}  {step.words} (`{step.met.view.article.id}`): `{decision.show}` by rule"
        f" `{decision.rule}`{stands}"
    )


def _ended(story: Story) -> str:
    """Say when the access of a reader ended, if it has."""
    met = story.steps[0].met
    ends = [right.ends for right in met.reader.entitlements if right.ends is not None]
    return f" (it ended on {max(ends).astimezone(met.now.tzinfo):%d %b %Y})" if ends else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(answer: Answer, file: Path | None) -> dict[str, Any]:
    story = answer.story
    return {
        "code": answer.code,
        "name": answer.name,
        "outcome": answer.outcome,
        "how": answer.how,
        "means": answer.means,
        "story": (
            None
            if story is None
            else {
                "reader": story.cast,
                "before": story.before,
                "expected": story.expected.words,
                "wanted": sorted(story.wanted),
                "steps": [
                    {
                        "at": step.met.now,
                        "article": step.met.view.article.id,
                        "what": step.words,
                        "show": step.decision.show,
                        "rule": step.decision.rule,
                        "offer": step.decision.offer,
                        "counted": step.decision.counted,
                        "left": None if step.decision.meter is None else step.decision.meter.left,
                    }
                    for step in story.steps
                ],
            }
        ),
        "kept": None if file is None else str(file),
    }


@click.command(short_help="Show for whom two policies decide differently.")
@click.argument("old", type=FilePath(), metavar="OLD")
@click.argument("new", type=FilePath(), metavar="NEW")
@click.option(
    "--log",
    type=FilePath(dash=True),
    metavar="EVENTS.jsonl",
    help="Page views to decide under both policies, and count.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0.01),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="The time to answer in.",
)
@format_option("text", "json")
def diff(old: Path, new: Path, log: Path | None, budget: float, form: str) -> None:
    """Show every reader and page view whose decision changes from one policy to another.

    Who, before, after. The order and the names of rules do not matter, only what readers see and
    what is counted.

    The exit code is 0 if nothing differs, 1 if something does, and 2 if that cannot be decided or a
    file cannot be read.

    \b
    meter diff policy.toml new.toml
    meter diff policy.toml new.toml --log yesterday.jsonl
    """
    from meter.loading import load_policy
    from meter.verify.diff import changes

    policies = load_policy(old), load_policy(new)
    found = changes(*policies, seconds=budget)
    logged = None
    if log is not None:
        from meter.replay.both import replay_both

        logged = replay_both(*policies, log)
    if form == "json":
        rows = [
            {"about": row.about, "who": row.who, "before": row.before, "after": row.after}
            for row in found.rows
        ]
        write_json(
            {
                "old": str(old),
                "new": str(new),
                "equal": not found.rows,
                "complete": found.complete,
                "changes": rows,
                "log": (
                    None
                    if logged is None
                    else {
                        "file": str(log),
                        "decisions": logged.decisions,
                        "changed": logged.changed,
                        "readers": logged.readers,
                        "changes": [
                            {"before": before, "after": after, "decisions": count}
                            for (before, after), count in logged.pairs
                        ],
                    }
                ),
            }
        )
    else:
        _print_changes(open_console(), found, logged, log)
    if found.rows or (logged is not None and logged.changed):
        raise click.exceptions.Exit(EXIT_NO)


def _print_changes(
    console: Console, found: Changes, logged: Logged | None, log: Path | None
) -> None:
    if not found.rows:
        console.print(
            "nothing differs: every reader sees the same under both policies, and the same is"
            " counted"
        )
    else:
        _print_rows(
            console,
            ("who", "before", "after"),
            [(row.who, row.before, row.after) for row in found.rows],
        )
        if not found.complete:
            console.print(
                "the policies are too large to list everything: this is one example, there may be"
                " more"
            )
    if logged is not None:
        people = "1 reader" if logged.readers == 1 else f"{logged.readers:,} readers"
        share = f" ({logged.changed / logged.decisions:.1%})" if logged.decisions else ""
        console.print(
            f"\nof {logged.decisions:,} decisions in `{log}`, {logged.changed:,}{share} would have"
            f" changed, for {people}"
        )
        if logged.pairs:
            _print_rows(
                console,
                ("decisions", "before", "after"),
                [(f"{n:,}", before, after) for (before, after), n in logged.pairs],
            )


def _print_rows(console: Console, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        expand=False,
        leading=1 if heads[0] == "who" else 0,
    )
    for index, head in enumerate(heads):
        table.add_column(
            head,
            overflow="fold",
            max_width=None if index == 0 else 26,
            justify="right" if head == "decisions" else "left",
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
