"""The page views that `meter decide`, `explain` and `render` read: lines of JSON."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from meter.commands.console import print_message
from meter.commands.options import FilePath
from meter.loading.events import read_events
from meter.memo import decide
from meter.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.decision import Decision
    from meter.loading.events import Event
    from meter.policy import Policy

__all__ = [
    "decide_all",
    "events_argument",
    "open_events",
    "read_stream",
    "source_name",
]

_STDIN = Path("-")
_AHEAD = 1000
"""How many more lines of a file are read after a bad one, so that every bad line is listed."""

events_argument = click.argument(
    "events", type=FilePath(dash=True), default=_STDIN, metavar="[EVENTS.jsonl]"
)


def decide_all(policy: Policy, events: Iterator[Event]) -> Iterator[tuple[Event, Decision]]:
    """Decide views one after the other, each reader with what was counted before."""
    usages: dict[str | None, Usage] = {}
    for event in events:
        reader = event.reader
        usage = usages.get(reader.id, Usage())
        decision, usages[reader.id] = decide(policy, reader, event.view, usage, event.at)
        yield event, decision


def read_stream(path: Path, policy: Policy) -> Iterator[Event]:
    """Read one JSON object a line from a file, or from stdin for `-`."""
    # A stream waits for its answer; in a file, every bad line is listed before the command ends.
    ahead = 0 if path == _STDIN else _AHEAD
    with open_events(path) as lines:
        yield from read_events(lines, source_name(path), policy.zone, ahead=ahead)


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
