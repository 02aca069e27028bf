"""`meter diff`: for whom two policies decide differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from meter.commands.console import (
    EXIT_NO,
    open_console,
    print_answer,
    print_drawn,
    print_json,
    print_message,
)
from meter.commands.help import command
from meter.commands.options import FilePath, format_option
from meter.errors import listed
from meter.loading.policies import read_placed
from meter.loading.together import read_files
from meter.loading.together.edits import edited_parts
from meter.replay.both import replay_both
from meter.verify.diagram import UndecidedError
from meter.verify.diff import changes
from meter.verify.rows import NOTHING_DIFFERS, ONE_EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from meter.loading.together.edits import EditedPart
    from meter.replay.both import Logged
    from meter.verify.diff import Changes

__all__ = ["diff"]

_WIDEST_CELL = 26


@command(
    "meter diff policy.toml new.toml",
    "meter diff policy.toml new.toml --log yesterday.jsonl",
)
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
    """Say for whom two policies differ.

    List every kind of reader and page view whose decision differs: who, before, after. Only what
    readers see and what is counted matters, not the order and the names of rules. Where nothing
    differs, or a policy includes other files, the parts that were written otherwise follow, each
    with file and line.

    The exit code is 0 if nothing differs, 1 if something does or if that is not decided within the
    budget, and 2 if a file cannot be read.
    """
    read = [read_placed(read_files(path)) for path in (old, new)]
    policies = read[0][0], read[1][0]
    edits = edited_parts(read[0], read[1])
    try:
        found = changes(*policies, seconds=budget)
    except UndecidedError as error:
        if form == "json":
            unknown = {"equal": None, "complete": False, "changes": None, **_edits_table(edits)}
            unknown["log"] = None
            print_json({"old": str(old), "new": str(new), **unknown, "not_decided": str(error)})
        else:
            print_message(f"not decided: {error}")
        raise click.exceptions.Exit(EXIT_NO) from None
    logged = None if log is None else replay_both(*policies, log)
    if form == "json":
        files = {"old": str(old), "new": str(new)}
        logged_table = None if logged is None else {"file": str(log), **_logged_table(logged)}
        table = {**_changes_table(found), **_edits_table(edits)}
        print_json({**files, **table, "log": logged_table})
    else:
        console = open_console()
        _print_changes(console, found)
        if not found.rows or any(places.files.are_several for _, places in read):
            _print_edits(edits)
        if logged is not None:
            _print_logged(console, logged, str(log))
    if found.rows or (logged is not None and logged.changed):
        raise click.exceptions.Exit(EXIT_NO)


def _changes_table(found: Changes) -> dict[str, object]:
    rows = [
        {"about": row.about, "who": row.who, "before": row.before, "after": row.after}
        for row in found.rows
    ]
    return {"equal": not found.rows, "complete": found.complete, "changes": rows}


def _edits_table(edits: Sequence[EditedPart]) -> dict[str, object]:
    return {
        "edits": [
            {
                "what": one.what,
                "change": one.change,
                "keys": list(one.keys),
                "old": one.old,
                "new": one.new,
            }
            for one in edits
        ]
    }


def _print_edits(edits: Sequence[EditedPart]) -> None:
    """Print which parts were written otherwise, and in which file."""
    if not edits:
        return
    print_answer("\nwritten otherwise:")
    for one in edits:
        where = " → ".join(dict.fromkeys(place for place in (one.old, one.new) if place))
        keys = f" in {listed([f'`{key}`' for key in one.keys], 'and')}" if one.keys else ""
        told = f": {where}" if where else ""
        print_answer(f"  {one.what} {one.change}{keys}{told}")


def _logged_table(logged: Logged) -> dict[str, object]:
    rows = [
        {"before": before, "after": after, "decisions": count}
        for (before, after), count in logged.pairs
    ]
    return {
        "decisions": logged.decisions,
        "changed": logged.changed,
        "readers": logged.readers,
        "changes": rows,
    }


def _print_changes(console: Console, found: Changes) -> None:
    if not found.rows:
        console.print(NOTHING_DIFFERS)
        return
    # A line between the rows: who it is about may take several.
    table = _table("who", leading=1)
    for row in found.rows:
        table.add_row(*map(Text, (row.who, row.before, row.after)))
    _print_table(console, table)
    if not found.complete:
        console.print(ONE_EXAMPLE)


def _print_logged(console: Console, logged: Logged, log: str) -> None:
    console.print(f"\n{logged.summary(f'`{log}`')}")
    if not logged.pairs:
        return
    table = _table("decisions", justify="right")
    for (before, after), count in logged.pairs:
        table.add_row(*map(Text, (f"{count:,}", before, after)))
    _print_table(console, table)


def _table(first: str, *, leading: int = 0, justify: Literal["left", "right"] = "left") -> Table:
    """Return a table with a first column, and what was shown before and after."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=False, leading=leading)
    table.add_column(first, overflow="fold", justify=justify)
    for head in ("before", "after"):
        table.add_column(head, overflow="fold", max_width=_WIDEST_CELL)
    return table


def _print_table(console: Console, table: Table) -> None:
    with console.capture() as captured:
        console.print(table)
    print_drawn(captured.get())
