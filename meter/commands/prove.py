"""`meter prove`: prove the guarantees of a policy, or show who breaks them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from meter.commands.console import EXIT_NO, open_console, print_json
from meter.commands.help import command
from meter.commands.options import FilePath, format_option, policy_argument
from meter.errors import meant, quoted
from meter.loading import load_policy
from meter.verify.answers import EVERYONE, ProofOutcome, ProofSection
from meter.verify.export import export_counterexamples
from meter.verify.properties import BUILT_IN
from meter.verify.prove import guarantees
from meter.verify.situations import assumed
from meter.verify.subsumption import never_stricter
from meter.verify.telling.outcomes import (
    ADVICE,
    SECTION_TITLES,
    is_advice,
    totals,
    why_not_kept,
)
from meter.verify.telling.stories import story_lines, story_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from meter.verify.answers import ProofAnswer
    from meter.verify.counterexample import Counterexample

__all__ = ["prove"]

_MARKS = {
    ProofOutcome.PROVED: ("✓", "green"),
    ProofOutcome.FAILS: ("✗", "red"),
    ProofOutcome.NOT_DECIDED: ("?", "yellow"),
}
_ADVICE = ("!", "yellow", f"fails ({ADVICE})")
"""What fails and is no matter of safety."""


@command(
    "meter prove policy.toml",
    "meter prove --keep . policy.toml    keep each counterexample as a journey test",
)
@policy_argument
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
    help="Leave out a built-in promise; may be repeated.",
)
@click.option(
    "--never-stricter-than",
    "old_path",
    type=FilePath(),
    metavar="OLD",
    help="Prove instead that nobody is worse off than under this policy.",
)
@click.option(
    "--strict", is_flag=True, help="Let every promise fail the answer that is not proved."
)
@format_option("text", "json")
def prove(
    policy_path: Path,
    budget: float,
    keep: Path | None,
    leave_out: tuple[str, ...],
    old_path: Path | None,
    form: str,
    *,
    strict: bool,
) -> None:
    """Prove a policy's guarantees for every possible reader.

    Answer for every possible reader, page view and count whether a policy keeps its promises: its
    own `[[guarantees]]`, and those that every paywall makes. Each is proved, fails (with the
    shortest journey of a reader who sees it), or is not decided within the budget.

    The exit code is 1 if one of the policy's own promises fails or is not decided, or if one that
    nobody means to break fails: more is read than the limit, a subscriber meets a wall, premium is
    open, a search crawler is refused. What else fails is advice, and 0; with --strict it is 1, and
    so is what is not decided. It is 2 if the policy cannot be read.

    What a policy does not promise on purpose it says itself: `[promises] except = [...]`.

    With --never-stricter-than the one question is whether whoever sees the whole article under OLD
    sees it under POLICY too, with the same articles counted so far. The exit code is 0 if that is
    proved, and 1 if somebody is worse off, or if it is not decided.
    """
    for code in leave_out:
        if code not in BUILT_IN:
            step = meant(code, BUILT_IN)
            raise click.UsageError(f"there is no built-in promise {quoted(code)}; {step}")
    loaded = load_policy(policy_path)
    if old_path is not None:
        answers: tuple[ProofAnswer, ...] = (
            never_stricter(loaded, load_policy(old_path), seconds=budget),
        )
    else:
        answers = guarantees(loaded, seconds=budget, leave_out=leave_out)
    asked = BUILT_IN if old_path is None else ()
    left_out = [code for code in asked if code in {*leave_out, *loaded.promises.except_}]
    taken = assumed(loaded.rulebook.vocabulary)
    kept = {} if keep is None else export_counterexamples(answers, policy_path, keep)
    if form == "json":
        print_json(
            {
                "policy": str(policy_path),
                "ok": not any(answer.is_no(strict=strict) for answer in answers),
                "counts": {section: _counts(answers, section) for section in ProofSection},
                "answers": [_table(answer, kept.get(answer.name)) for answer in answers],
                "left_out": left_out,
                "assumed": list(taken),
            }
        )
    else:
        _print(open_console(), answers, kept, left_out)
        _print_assumed(open_console(), answers, taken)
    if any(answer.is_no(strict=strict) for answer in answers):
        raise click.exceptions.Exit(EXIT_NO)


def _counts(answers: Sequence[ProofAnswer], section: ProofSection) -> dict[str, int]:
    """Return how many promises of a section there are, and with which outcome."""
    found = Counter(answer.outcome for answer in answers if answer.section is section)
    outcomes = {str(outcome): found[outcome] for outcome in ProofOutcome}
    return {"promises": found.total(), **outcomes}


def _print(
    console: Console,
    answers: Sequence[ProofAnswer],
    kept: dict[str, Path | None],
    left_out: Sequence[str],
) -> None:
    """Print both sections, each with its own count, and what was left out."""
    for section in ProofSection:
        mine = [answer for answer in answers if answer.section is section]
        not_asked = left_out if section is ProofSection.EVERY_PAYWALL else ()
        if mine or not_asked:
            title = f"{SECTION_TITLES[section]}: {totals(mine, not_asked)}"
            _print_paragraph(console, title, indent=0, style="bold")
        for answer in mine:
            _print_answer(console, answer)
            if answer.counterexample is not None and answer.name in kept:
                _print_kept(console, kept[answer.name], answer.counterexample)
        for code in not_asked:
            _print_paragraph(console, f"- left out  {BUILT_IN[code]} (`{code}`)", indent=0)
        if mine or not_asked:
            console.print()


def _print_assumed(console: Console, answers: Sequence[ProofAnswer], taken: Sequence[str]) -> None:
    if any(answer.outcome is ProofOutcome.PROVED for answer in answers):
        proved = f"proved: {EVERYONE}, under this policy as it was read, assuming that"
        _print_paragraph(console, proved, indent=0)
        for line in taken:
            _print_paragraph(console, f"- {line}", indent=2)


def _print_answer(console: Console, answer: ProofAnswer) -> None:
    """Print the answer to one promise, with the reader who breaks it, if any."""
    mark, colour = _MARKS[answer.outcome]
    outcome = str(answer.outcome)
    if is_advice(answer):
        mark, colour, outcome = _ADVICE
    console.print(f"[bold {colour}]{mark} {outcome}[/]  {escape(answer.name)}", markup=True)
    story = answer.counterexample
    if story is None:
        if answer.how != EVERYONE:  # said once, at the end
            _print_paragraph(console, f"({answer.how})", style="dim")
        return
    if answer.means:
        _print_paragraph(console, f"({answer.means})", style="dim")
    for line in story_lines(story):
        _print_paragraph(console, line.text, indent=line.indent)


def _print_kept(console: Console, file: Path | None, story: Counterexample) -> None:
    if file is None:
        _print_paragraph(console, f"not kept: {why_not_kept(story)}")
    else:
        _print_paragraph(console, f"kept as `{file}`")


def _print_paragraph(
    console: Console, text: str, *, indent: int = 2, style: str | None = None
) -> None:
    """Print a paragraph, its lines hanging."""
    lines = wrap(
        text,
        console.width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + _hang(text)),
        break_on_hyphens=False,
    )
    for line in lines:
        console.print(line, style=style, overflow="ignore", no_wrap=True)


def _hang(text: str) -> int:
    """Return how wide the number or the dash is that a paragraph starts with."""
    if text[:1].isdigit():
        return len("1. ")
    return len("- ") if text.startswith("- ") else 0


def _table(answer: ProofAnswer, file: Path | None) -> dict[str, object]:
    return {
        "section": answer.section,
        "code": answer.code,
        "name": answer.name,
        "outcome": answer.outcome,
        "how": answer.how,
        "means": answer.means,
        "story": None if answer.counterexample is None else story_table(answer.counterexample),
        "kept": None if file is None else str(file),
    }
