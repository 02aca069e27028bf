"""The page views that `meter decide`, `explain` and `render` read: lines of JSON."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from meter.commands.console import EXIT_BAD_INPUT, print_message, print_problems
from meter.commands.options import FilePath
from meter.engine import close, start
from meter.errors import MOST_PROBLEMS
from meter.loading.events import read_events, readable_events
from meter.loading.other_events import Dismissed, Started
from meter.memo import decide
from meter.policy.faults.frequency import known_prompts
from meter.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.decision import Decision
    from meter.loading.events import Event, EventError
    from meter.policy import Policy

__all__ = [
    "decide_all",
    "decide_each",
    "events_argument",
    "offer_names",
    "open_events",
    "read_readable",
    "read_stream",
    "source_name",
]

_STDIN = Path("-")
_AHEAD = 1000
"""How many more lines of a file are read after a bad one, so that every bad line is listed."""

events_argument = click.argument(
    "events", type=FilePath(dash=True), default=_STDIN, metavar="[EVENTS.jsonl]"
)


def decide_all(
    policy: Policy, events: Iterator[Event | Started | Dismissed]
) -> Iterator[tuple[Event, Decision]]:
    """Decide views one after the other, each reader with what was counted and started before."""
    for event, _, decision in decide_each(policy, events):
        yield event, decision


def decide_each(
    policy: Policy, events: Iterator[Event | Started | Dismissed]
) -> Iterator[tuple[Event, Usage, Decision]]:
    """Decide views as `decide_all` does, each with what was remembered before it."""
    usages: dict[str | None, Usage] = {}
    for event in events:
        reader = event.reader
        usage = usages.get(reader.id, Usage())
        if isinstance(event, Started):
            usages[reader.id] = start(policy, usage, event.started)
            continue
        if isinstance(event, Dismissed):
            usages[reader.id] = close(policy, usage, event.dismissed, event.at)
            continue
        decision, usages[reader.id] = decide(policy, reader, event.view, usage, event.at)
        yield event, usage, decision


def read_stream(path: Path, policy: Policy) -> Iterator[Event | Started | Dismissed]:
    """Read one JSON object a line from a file, or from stdin for `-`."""
    # A stream waits for its answer; in a file, every bad line is listed before the command ends.
    ahead = 0 if path == _STDIN else _AHEAD
    with open_events(path) as lines:
        offers = offer_names(policy)
        prompts = known_prompts(policy)
        name = source_name(path)
        yield from read_events(
            lines, name, policy.zone, ahead=ahead, offers=offers, prompts=prompts
        )


def offer_names(policy: Policy) -> set[str]:
    """Return the names of the offers that a reader can start."""
    return {offer.name for offer in policy.offers}


def read_readable(path: Path, policy: Policy) -> Iterator[Event | Started | Dismissed]:
    """Read what can be read of one JSON object a line; other lines are told on stderr.

    At the end they are counted. Where there are lines and none can be read, ends with exit code 2.
    """
    name = source_name(path)
    bad = _BadLines()
    read = 0
    with open_events(path) as lines:
        offers = offer_names(policy)
        prompts = known_prompts(policy)
        for event in readable_events(lines, name, policy.zone, bad.add, offers, prompts):
            read += 1
            yield event
    if bad.count:
        bad.print_count(name, read)
    if bad.count and not read:
        raise click.exceptions.Exit(EXIT_BAD_INPUT)


class _BadLines:
    """Lines that could not be read: the first are told as they come, all are counted."""

    def __init__(self) -> None:
        self.count = 0
        self._told = 0

    def add(self, error: EventError) -> None:
        self.count += 1
        if self._told < MOST_PROBLEMS:
            self._told += len(error.problems)
            print_problems(error.problems)

    def print_count(self, name: str, read: int) -> None:
        lines = "line" if self.count == 1 else "lines"
        more = "; the first are listed" if self._told >= MOST_PROBLEMS else ""
        print_message(
            f"{name}: {self.count:,} {lines} could not be read and"
            f" {'was' if self.count == 1 else 'were'} passed by, {read:,} read{more}"
        )


def source_name(path: Path) -> str:
    """Return what messages call a source of page views."""
    return "stdin" if path == _STDIN else str(path)


@contextmanager
def open_events(path: Path) -> Iterator[BinaryIO]:
    """Open a file, or stdin for `-`; whoever sits at a terminal is told what to type."""
    if path == _STDIN:
        if sys.stdin.isatty():
            print_message(
                "reading page views, one JSON object a line, from the terminal; Ctrl-D ends"
            )
        yield sys.stdin.buffer
    else:
        with path.open("rb") as file:
            yield file
