"""A journey drawn month by month: what was opened, shown, counted, and why.

Every word in quotes is the prompt's own; every number is the engine's.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from rich.box import ROUNDED
from rich.cells import cell_len
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from meter.journeys.against import prompt_text
from meter.journeys.telling import (
    campaign_parts,
    count_text,
    dots,
    format_time,
    moved_text,
    paid_again_text,
    renewed_text,
)
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from rich.console import Console, RenderableType

    from meter.journeys import JourneyStep
    from meter.policy import Policy

__all__ = [
    "INDENT",
    "WIDEST",
    "gauge",
    "moved",
    "packed",
    "print_below",
    "print_timeline",
    "prompt_lines",
    "reasons_of",
    "summary_parts",
    "when_text",
]

WIDEST = 80
"""The columns a timeline takes at most: what belongs together stays together."""

INDENT = 15


def prompt_lines(text: str) -> list[str]:
    """Return the lines of a prompt that say where the reader stands and what is offered.

    Its first and its last paragraph.
    """
    paragraphs = [part.splitlines() for part in text.split("\n\n") if part.strip()]
    if not paragraphs:
        return []
    first = paragraphs[0]
    last = paragraphs[-1]
    return first if first == last else first + last


def print_timeline(
    console: Console,
    policy: Policy,
    steps: Iterable[JourneyStep],
    *,
    locale: str | None = None,
    cards: bool = False,
) -> None:
    """Print a timeline.

    With `cards`, a prompt that comes up for the first time is shown whole, as on a page.
    """
    month = ""
    rule = ""
    shown = set[object]()
    for step in steps:
        for at, line in _heads(step, policy, console):
            if f"{at:%B %Y}" != month:
                month = f"{at:%B %Y}"
                console.print()
                console.rule(Text(month, style="bold"), align="left", characters="─", style="dim")
            console.print(line)
        decision = step.decision
        text = prompt_text(step, policy, locale)
        prompt = (decision.show, decision.prompt, decision.offers)
        if cards and text and prompt not in shown:
            console.print(_indented(_card(text)))
        else:
            print_below(console, prompt_lines(text), "italic")
        shown.add(prompt)
        if step.is_read:
            reasons = [] if cards and decision.rule == rule else reasons_of(step, brief=cards)
            reasons += campaign_parts(step)
            print_below(console, packed(reasons, console.width - INDENT), "dim")
            rule = decision.rule
        if step.problem is not None:
            print_below(console, f"✗ {step.problem}".splitlines(), "red")


def _heads(step: JourneyStep, policy: Policy, console: Console) -> Iterator[tuple[datetime, Text]]:
    """Yield the lines of a step with their times: what came back before it, and the step."""
    before = [(one.at, renewed_text(one, policy)) for one in step.renewals]
    before += [(one.at, paid_again_text(one)) for one in step.continued]
    for at, words in sorted(before, key=itemgetter(0)):
        yield at, _came_back(at, words)
    yield step.at, _head(step, console)


def _indented(drawn: RenderableType) -> Padding:
    return Padding(drawn, (0, 0, 0, INDENT), expand=False)


def print_below(console: Console, lines: Iterable[str], style: str) -> None:
    """Print lines below a step, each as many times broken as it has to be."""
    for line in lines:
        for part in Text(line, style=style).wrap(console, console.width - INDENT):
            part.rstrip()
            console.print(_indented(part))


def _came_back(at: datetime, words: str) -> Text:
    return Text.assemble((when_text(at), "dim"), (f"↻ {words}", "green"))


def when_text(at: datetime) -> str:
    """Write the day and the time at the beginning of a line."""
    return f"{at:%a} {at.day:>2} {at:%H:%M}  ".ljust(INDENT)


def _head(step: JourneyStep, console: Console) -> Text:
    """Write the line of a step: when, what, and at the right end what came of it."""
    what = step.what.replace("`", "")
    if step.is_read:
        style = "green" if step.decision.access is Access.FULL else "bold yellow"
        verb, _, article = what.partition(" ")
        left = Text.assemble(f"{verb} ", (article, "bold"))
        right = Text.assemble((str(step.decision.show), style), *gauge(step))
    else:
        left = Text(what, style="cyan")
        right = moved(step)
    lines = left.wrap(console, console.width - INDENT)
    for line in lines:
        line.rstrip()
    *above, left = lines
    gap = console.width - INDENT - left.cell_len - right.cell_len
    if not right:
        ending = Text()
    elif gap > 1:
        ending = Text.assemble(" " * gap, right)
    else:
        ending = Text.assemble("\n", " " * max(0, console.width - right.cell_len), right)
    wrapped: list[Text | str] = []
    for line in above:
        wrapped += [line, "\n" + " " * INDENT]
    return Text.assemble((when_text(step.at), "dim"), *wrapped, left, ending)


def gauge(step: JourneyStep) -> list[str | tuple[str, str]]:
    """Draw the allowance as dots, what is used first, and say how this view changed it."""
    meter = step.decision.meter
    if meter is None:
        return []
    drawn = dots(meter)
    counted = count_text(step)
    if meter.limit is None:
        return ["  ", counted]
    return ["  ", (f"{drawn} " if drawn else "", "magenta"), counted]


def moved(step: JourneyStep) -> Text:
    """Say how a step that opens nothing changed what the reader has."""
    return Text(moved_text(step), style="magenta")


def reasons_of(step: JourneyStep, *, brief: bool) -> list[str]:
    """Say which rule decided, and when allowance comes back."""
    decision = step.decision
    meter = decision.meter
    parts = [f"rule: {decision.rule}"]
    if meter is None:
        return parts
    if not decision.counted and decision.access is Access.FULL:
        parts.append("read before" if meter.used else "not counted")
    if meter.resets_at is not None and not brief:
        parts.append(f"more from {format_time(meter.resets_at, step.at)}")
    return parts


def packed(parts: Iterable[str], width: int) -> list[str]:
    """Put parts side by side while they fit; no part is broken over two lines."""
    lines: list[str] = []
    for part in parts:
        if lines and cell_len(f"{lines[-1]} · {part}") <= width:
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return lines


def _card(text: str) -> Panel:
    """Draw a prompt as it stands on a page.

    The first line is its heading, what is in brackets its button.
    """
    lines = [_line(line, first=index == 0) for index, line in enumerate(text.splitlines())]
    return Panel(Text("\n").join(lines), box=ROUNDED, border_style="blue")


def _line(line: str, *, first: bool) -> Text:
    if first:
        return Text(line, style="bold")
    if line.startswith("[ "):
        label, _, link = line.partition(" ]")
        return Text.assemble((f" {label[2:]} ", "bold reverse"), (link, "dim"))
    return Text(line)


def summary_parts(steps: Iterable[JourneyStep]) -> Iterator[str]:
    """Yield how many articles were opened, and how many of them counted or stopped."""
    reads = [step.decision for step in steps if step.is_read]
    articles = "article" if len(reads) == 1 else "articles"
    yield f"{len(reads)} {articles} opened"
    yield f"{sum(read.counted for read in reads)} counted"
    yield f"{sum(read.access is Access.PREVIEW for read in reads)} stopped"
