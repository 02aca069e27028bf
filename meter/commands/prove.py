"""`meter prove`: prove the guarantees of a policy, or show who breaks them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

import click
from rich.markup import escape

from meter.commands.console import EXIT_BAD_INPUT, EXIT_NO, open_console, print_json
from meter.commands.help import command
from meter.commands.options import format_option, policy_argument
from meter.loading import load_policy
from meter.verify.answers import EVERYONE, ProofOutcome
from meter.verify.export import export_counterexamples
from meter.verify.properties import BUILT_IN
from meter.verify.prove import guarantees
from meter.verify.situations import assumed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from meter.verify.answers import ProofAnswer
    from meter.verify.counterexample import Counterexample
    from meter.verify.search import SearchStep

__all__ = ["prove"]

_MARKS = {
    ProofOutcome.PROVED: ("✓", "green"),
    ProofOutcome.FAILS: ("✗", "red"),
    ProofOutcome.NOT_DECIDED: ("?", "yellow"),
}


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
@format_option("text", "json")
def prove(
    policy_path: Path, budget: float, keep: Path | None, leave_out: tuple[str, ...], form: str
) -> None:
    """Prove a policy's guarantees for every possible reader.

    Answer for every possible reader, page view and count whether a policy keeps its promises: those
    that every paywall makes, and the policy's own `[[guarantees]]`.

    Each is proved, fails (with the shortest journey of a reader who sees it), or is not decided
    within the budget. The exit code is 0 if all are proved, 1 if one fails, and 2 if one is not
    decided or the policy cannot be read.
    """
    for code in leave_out:
        if code not in BUILT_IN:
            known = ", ".join(f"`{name}`" for name in BUILT_IN)
            raise click.UsageError(f"there is no built-in promise `{code}`; there are: {known}")
    loaded = load_policy(policy_path)
    answers = guarantees(loaded, seconds=budget, leave_out=leave_out)
    excepted = [name for code, name in BUILT_IN.items() if code in loaded.promises.except_]
    taken = assumed(loaded.rulebook.vocabulary)
    kept = {} if keep is None else export_counterexamples(answers, policy_path, keep)
    if form == "json":
        tables = [_table(answer, kept.get(answer.name)) for answer in answers]
        document = {"policy": str(policy_path), "answers": tables, "assumed": list(taken)}
        if excepted:
            document["excepted"] = excepted
        print_json(document)
    else:
        _print(open_console(), answers, kept, taken)
        for name in excepted:
            _print_paragraph(open_console(), f"not asked, as the policy says: {name}", indent=0)
    outcomes = {answer.outcome for answer in answers}
    if ProofOutcome.FAILS in outcomes:
        raise click.exceptions.Exit(EXIT_NO)
    if ProofOutcome.NOT_DECIDED in outcomes:
        raise click.exceptions.Exit(EXIT_BAD_INPUT)


def _print(
    console: Console,
    answers: tuple[ProofAnswer, ...],
    kept: dict[str, Path | None],
    taken: tuple[str, ...],
) -> None:
    for answer in answers:
        _print_answer(console, answer)
        if answer.counterexample is not None and answer.name in kept:
            _print_kept(console, kept[answer.name], answer.counterexample)
    counts = Counter(answer.outcome for answer in answers)
    totals = ", ".join(_total(outcome, counts[outcome]) for outcome in _MARKS if counts[outcome])
    _print_paragraph(console, totals, indent=0, style="bold")
    if counts[ProofOutcome.PROVED]:
        proved = f"proved: {EVERYONE}, under this policy as it was read, assuming that"
        _print_paragraph(console, proved, indent=0)
        for line in taken:
            _print_paragraph(console, f"- {line}", indent=2)


def _total(outcome: ProofOutcome, count: int) -> str:
    if outcome is ProofOutcome.FAILS and count > 1:
        return f"{count} fail"
    return f"{count} {outcome}"


def _print_answer(console: Console, answer: ProofAnswer) -> None:
    """Print the answer to one promise, with the reader who breaks it, if any."""
    mark, colour = _MARKS[answer.outcome]
    console.print(f"[bold {colour}]{mark} {answer.outcome}[/]  {escape(answer.name)}", markup=True)
    story = answer.counterexample
    if story is None:
        if answer.how != EVERYONE:  # said once, at the end
            _print_paragraph(console, f"({answer.how})", style="dim")
        return
    if answer.means:
        _print_paragraph(console, f"({answer.means})", style="dim")
    for line in _story_lines(story):
        _print_paragraph(console, line.text, indent=line.indent)


def _print_kept(console: Console, file: Path | None, story: Counterexample) -> None:
    if story.turned:
        _print_paragraph(console, f"not kept: it is with {story.turned}, and the file has it not")
    elif file is None:
        _print_paragraph(console, "not kept: it starts with a reader who has read before")
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


class _Line(NamedTuple):
    text: str
    indent: int


def _story_lines(story: Counterexample) -> Iterator[_Line]:
    """Tell a story: who, what happened when, and which rule was expected."""
    head = _capital(story.reader) + _ended(story)
    if story.turned:
        head += f", with {story.turned},"
    if story.before:
        head += f" has read before ({story.before}), and"
    yield _Line(f"{head.removesuffix(',')}:", 2)
    for line in _steps(story.steps):
        yield _Line(line, 4)
    yield _Line(f"expected: {story.expected.words}", 2)


def _steps(steps: tuple[SearchStep, ...]) -> Iterator[str]:
    """Tell steps one a line; of more than two alike in a row only the first and the last."""
    start = 0
    while start < len(steps):
        end = start
        while end + 1 < len(steps) and _kind(steps[end + 1]) == _kind(steps[start]):
            end += 1
        yield f"{start + 1}. {_step(steps[start])}"
        between = end - start - 1
        if between > 1:
            yield f"{start + 2}. and so on, {between} times"
        elif between == 1:
            yield f"{start + 2}. {_step(steps[start + 1])}"
        if end > start:
            yield f"{end + 1}. {_step(steps[end])}"
        start = end + 1


def _kind(step: SearchStep) -> tuple[object, ...]:
    return step.words, step.decision.show, step.decision.rule


def _step(step: SearchStep) -> str:
    decision = step.decision
    article = step.asked.view.article
    text = (
        f"{step.asked.now:%a %d %b %Y %H:%M}  {step.words} (`{article.id}`):"
        f" `{decision.show}` by rule `{decision.rule}`"
    )
    if decision.meter is not None:
        limit = decision.meter.limit
        of = "" if limit is None else f" of {limit}"
        text += f" ({decision.meter.used}{of} used)"
    return text


def _ended(story: Counterexample) -> str:
    """Say when the access of a reader ended, if it has."""
    met = story.steps[0].asked
    ends = [right.ends for right in met.reader.entitlements if right.ends is not None]
    if not ends:
        return ""
    return f" (it ended on {max(ends).astimezone(met.now.tzinfo):%d %b %Y})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(answer: ProofAnswer, file: Path | None) -> dict[str, object]:
    return {
        "code": answer.code,
        "name": answer.name,
        "outcome": answer.outcome,
        "how": answer.how,
        "means": answer.means,
        "story": None if answer.counterexample is None else _story_table(answer.counterexample),
        "kept": None if file is None else str(file),
    }


def _story_table(story: Counterexample) -> dict[str, object]:
    return {
        "reader": story.reader,
        "before": story.before,
        "switches": story.turned or None,
        "expected": story.expected.words,
        "wanted": sorted(story.wanted),
        "steps": [_step_table(step) for step in story.steps],
    }


def _step_table(step: SearchStep) -> dict[str, object]:
    decision = step.decision
    return {
        "at": step.asked.now,
        "article": step.asked.view.article.id,
        "what": step.words,
        "show": decision.show,
        "rule": decision.rule,
        "offer": decision.offer,
        "counted": decision.counted,
        "left": None if decision.meter is None else decision.meter.left,
    }
