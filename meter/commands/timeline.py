"""How is a journey drawn for somebody who decides about it?

Month by month: what was opened, shown, counted, and why.

Every word in quotes is the prompt's own; every number is the engine's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import ROUNDED
from rich.cells import cell_len
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from rich.console import Console

    from meter.decision import MeterReading
    from meter.journeys import JourneyStep, Renewal
    from meter.policy import Policy

__all__ = ["WIDEST", "draw", "spoken", "summary", "time_words", "words_of"]

WIDEST = 80
"""The columns a timeline takes at most: what belongs together stays together."""

_INDENT = 15
_MOST_DOTS = 10


def time_words(when: datetime, now: datetime) -> str:
    """Write a time, such as `1 June 00:00`, with the year where it is not this one."""
    year = "" if when.year == now.year else f" {when.year}"
    return f"{when.day} {when:%B}{year} {when:%H:%M}"


def words_of(step: JourneyStep, policy: Policy, locale: str | None) -> str:
    """Return what the page says at a step that opens an article, as plain text.

    Nothing where it says nothing.
    """
    if not step.is_read or step.decision.prompt is None:
        return ""
    from meter.prompts import render

    return render(step.decision, policy, locale=locale, format="text").strip("\n")


def spoken(text: str) -> list[str]:
    """Return the lines of a prompt that say where the reader stands and what is offered.

    Its first and its last paragraph.
    """
    paragraphs = [part.splitlines() for part in text.split("\n\n") if part.strip()]
    return [
        line
        for part in dict.fromkeys(map(tuple, (paragraphs[:1] + paragraphs[-1:])))
        for line in part
    ]


def draw(
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
    month, rule, shown = "", "", set[object]()
    for step in steps:
        for at, line in (
            *((renewal.at, _renewed(renewal, policy)) for renewal in step.renewals),
            (step.at, _head(step, console)),
        ):
            if f"{at:%B %Y}" != month:
                month = f"{at:%B %Y}"
                console.print()
                console.rule(Text(month, style="bold"), align="left", characters="─", style="dim")
            console.print(line)
        text, state = (
            words_of(step, policy, locale),
            (step.decision.show, step.decision.prompt, step.decision.offer),
        )
        if cards and text and state not in shown:
            console.print(Padding(_card(text), (0, 0, 0, _INDENT), expand=False))
        else:
            _print_below(console, spoken(text), "italic")
        shown.add(state)
        if step.is_read and not (cards and step.decision.rule == rule):
            _print_below(
                console, _packed(_reasons(step, brief=cards), console.width - _INDENT), "dim"
            )
        rule = step.decision.rule if step.is_read else rule
        if step.problem is not None:
            _print_below(
                console,
                [f"✗ {line}" for line in step.problem.splitlines()[:1]]
                + step.problem.splitlines()[1:],
                "red",
            )


def _print_below(console: Console, lines: Iterable[str], style: str) -> None:
    for line in lines:
        for part in Text(line, style=style).wrap(console, console.width - _INDENT):
            part.rstrip()
            console.print(Padding(part, (0, 0, 0, _INDENT), expand=False))


def _renewed(renewal: Renewal, policy: Policy) -> Text:
    rolling = policy.meter(renewal.meter).window.rolling is not None
    were = f"{renewal.back} {'was' if renewal.back == 1 else 'were'} counted"
    words = (
        f"{renewal.back} counted on {renewal.meter} left its window"
        if rolling
        else f"{renewal.meter} starts again ({were})"
    )
    return Text.assemble((_when(renewal.at), "dim"), (f"↻ {words}", "green"))


def _when(at: datetime) -> str:
    return f"{at:%a} {at.day:>2} {at:%H:%M}  ".ljust(_INDENT)


def _head(step: JourneyStep, console: Console) -> Text:
    """Write the line of a step: when, what, and at the right end what came of it."""
    what = step.what.replace("`", "")
    if step.is_read:
        style = "green" if step.decision.access is Access.FULL else "bold yellow"
        verb, _, article = what.partition(" ")
        left, right = (
            Text.assemble(f"{verb} ", (article, "bold")),
            Text.assemble((str(step.decision.show), style), *_gauge(step)),
        )
    else:
        left, right = Text(what, style="cyan"), _moved(step)
    lines = left.wrap(console, console.width - _INDENT)
    for line in lines:
        line.rstrip()
    *above, left = lines
    gap = console.width - _INDENT - left.cell_len - right.cell_len
    if not right:
        ending = Text()
    elif gap > 1:
        ending = Text.assemble(" " * gap, right)
    else:
        ending = Text.assemble("\n", " " * max(0, console.width - right.cell_len), right)
    wrapped = (part for line in above for part in (line, "\n" + " " * _INDENT))
    return Text.assemble((_when(step.at), "dim"), *wrapped, left, ending)


def _gauge(step: JourneyStep) -> list[str | tuple[str, str]]:
    """Draw the allowance as dots, what is used first, and say how this view changed it."""
    meter = step.decision.meter
    if meter is None:
        return []
    before = step.before[meter.name]
    moved = f"{before.used} → {meter.used}" if before.used != meter.used else f"{meter.used}"
    dots = "" if meter.limit > _MOST_DOTS else "●" * meter.used + "○" * meter.left + " "
    return ["  ", (dots, "magenta"), f"{moved} of {meter.limit}"]


def _moved(step: JourneyStep) -> Text:
    """Say how a step that opens nothing changed what the reader has."""
    moves = []
    for name, after in step.after.items():
        before = step.before[name]
        if (before.used, before.limit) != (after.used, after.limit) and after.limit:
            moves.append(f"{_share(before)} → {_share(after)}")
    return Text(", ".join(moves), style="magenta")


def _share(reading: MeterReading) -> str:
    return f"{reading.used} of {reading.limit}"


def _reasons(step: JourneyStep, *, brief: bool) -> list[str]:
    """Say which rule decided, and when allowance comes back."""
    reset = step.decision.meter.resets_at if step.decision.meter is not None else None
    parts = [f"rule: {step.decision.rule}"]
    if (
        step.decision.meter is not None
        and not step.decision.counted
        and step.decision.access is Access.FULL
    ):
        parts.append("read before" if step.decision.meter.used else "not counted")
    if reset is not None and not brief:
        parts.append(f"more from {time_words(reset, step.at)}")
    return parts


def _packed(parts: Iterable[str], width: int) -> list[str]:
    """Put parts side by side while they fit; what belongs together is never broken over two lines."""
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


def summary(steps: Iterable[JourneyStep]) -> Iterator[str]:
    """Yield how many articles were opened, and how many of them counted or stopped."""
    reads = [step.decision for step in steps if step.is_read]
    yield f"{len(reads)} article{'' if len(reads) == 1 else 's'} opened"
    yield f"{sum(read.counted for read in reads)} counted"
    yield f"{sum(read.access is Access.PREVIEW for read in reads)} stopped"
