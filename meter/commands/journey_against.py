"""Two timelines of one journey, under two policies, where they part."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from attrs import frozen
from rich.text import Text

from meter.commands.timeline import (
    INDENT,
    gauge,
    moved,
    packed,
    print_below,
    prompt_lines,
    reasons_of,
    when_text,
)
from meter.journeys import JourneyStep
from meter.journeys.against import differing, prompt_text
from meter.policy import Policy
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

__all__ = ["OtherRun", "print_both"]


@frozen
class OtherRun:
    """The same journey under another policy."""

    policy: Policy
    steps: list[JourneyStep]

    def differing(
        self, policy: Policy, steps: Sequence[JourneyStep], locale: str | None
    ) -> list[list[str]]:
        """Return for each step in what the reader meets something else under `policy`.

        `says` is what the prompt says, in a locale.
        """
        found = []
        for old, new in zip(self.steps, steps, strict=True):
            keys = list(differing(old, new))
            if prompt_text(old, self.policy, locale) != prompt_text(new, policy, locale):
                keys.append("says")
            found.append(keys)
        return found


def print_both(
    console: Console,
    policy: Policy,
    steps: Sequence[JourneyStep],
    other: OtherRun,
    locale: str | None,
) -> list[str]:
    """Print the steps at which two timelines part, and return the lines that sum it up."""
    differing = other.differing(policy, steps, locale)
    month = ""
    pairs = list(zip(other.steps, steps, differing, strict=True))
    for parts, group in groupby(pairs, key=lambda pair: bool(pair[2])):
        found = list(group)
        if not parts:
            alike = "1 step goes alike" if len(found) == 1 else f"{len(found)} steps go alike"
            console.print(Text(f"{'':{INDENT}}… {alike}", style="dim"))
            continue
        for old, new, keys in found:
            if f"{new.at:%B %Y}" != month:
                month = f"{new.at:%B %Y}"
                console.print()
                console.rule(Text(month, style="bold"), align="left", characters="─", style="dim")
            _print_step(console, old, new, keys)
            _print_side(console, "old", old, prompt_text(old, other.policy, locale), keys)
            _print_side(console, "new", new, prompt_text(new, policy, locale), keys)
    first = next((step.number for step, keys in zip(steps, differing, strict=True) if keys), None)
    if first is None:
        return ["", "nothing differs: the reader meets the same under both policies"]
    count = sum(map(bool, differing))
    verb = "differs" if count == 1 else "differ"
    return ["", f"{count} of {len(steps)} steps {verb}; the timelines part at step {first}"]


def _print_step(console: Console, old: JourneyStep, new: JourneyStep, keys: list[str]) -> None:
    """Print when and what, where that is the same under both."""
    what = f"step {new.number}" if "what" in keys else new.what.replace("`", "")
    if "at" in keys:
        what += f" (old: {old.at:%Y-%m-%d %H:%M %Z}, new: {new.at:%Y-%m-%d %H:%M %Z})"
    console.print(Text.assemble((when_text(new.at), "dim"), (what, "bold")))


def _print_side(console: Console, name: str, step: JourneyStep, text: str, keys: list[str]) -> None:
    """Print what one policy makes of a step."""
    came = Text()
    if "what" in keys:
        came.append(step.what.replace("`", ""))
    if step.is_read:
        style = "green" if step.decision.access is Access.FULL else "bold yellow"
        came = Text.assemble(came, " " if came else "", (str(step.decision.show), style))
        came = Text.assemble(came, *gauge(step))
    elif "what" not in keys:
        came = Text.assemble(str(step.reader.status(step.at)), "  ", moved(step))
    lines = came.wrap(console, console.width - INDENT)
    for number, line in enumerate(lines):
        line.rstrip()
        label = f"{name:>{INDENT - 2}}  " if number == 0 else " " * INDENT
        console.print(Text.assemble((label, "bold"), line))
    print_below(console, prompt_lines(text), "italic")
    if step.is_read:
        reasons = packed(reasons_of(step, brief=False), console.width - INDENT)
        print_below(console, reasons, "dim")
    if step.problem is not None and not step.happened:
        print_below(console, f"✗ {step.problem}".splitlines()[:1], "red")
