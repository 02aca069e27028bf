"""What a replay found, as a drawing, as JSON and as CSV."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from meter.commands.console import open_console, print_drawn, print_json, print_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from meter.replay.run import Replay

__all__ = ["print_notes", "print_summary"]


def print_summary(found: Replay, form: str, policy: str) -> None:
    """Print the numbers of a replay on stdout: as a `table`, `json` or `csv`."""
    if form == "json":
        print_json(found.to_dict())
        return
    if form == "csv":
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(("name", "value"))
        out.writerows(_flat(found.to_dict()))
        return
    console = open_console()
    with console.capture() as drawn:
        _draw(console, found, policy)
    print_drawn(drawn.get())


def print_notes(found: Replay) -> None:
    """Say on stderr what the rows themselves cannot say."""
    if found.refused:
        print_message(f"refused: {found.refused}")
    for line in found.left_out_lines():
        print_message(line)
    if found.rows_left_out.count:
        print_message(f"left out: {found.rows_left_out.summary()}")
    for note in found.notes:
        print_message(f"note: {note}")
    for warning in found.cautions:
        print_message(f"{warning.code} {warning.text}")


def _flat(table: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values of nested tables and lists with the way to each, as `rules.0.name`."""
    below: Iterable[tuple[object, object]]
    if isinstance(table, dict):
        below = table.items()
    elif isinstance(table, list):
        below = enumerate(table)
    else:
        yield path, table
        return
    for key, value in below:
        yield from _flat(value, f"{path}.{key}" if path else str(key))


def _draw(console: Console, found: Replay, policy: str) -> None:
    console.print(Text(f"{found.log} through {policy}", style="bold"))
    when = ""
    if found.first_view:
        when = f"{found.first_view:%Y-%m-%d %H:%M} to {found.last_view:%Y-%m-%d %H:%M} · "
    console.print(Text(f"{when}policy {found.policy}", style="dim"))
    console.print(_numbers(found))
    if found.refused:
        console.print(Text(f"\nrefused: {found.refused}", style="bold"))
    if found.first_stop_curve:
        console.print(_stops(found))
    if found.tables["rules"]:
        console.print("", _counts("shown", found.prompts_shown.items()))
        console.print("", _counts("by rule", found.rules.items()))
    if len(found.meters) > 1:
        console.print("", _counts("counted by meter", found.meters.items()))
    if found.prompts:
        console.print("", _rows(("prompt", "shown", "kept back"), found.prompt_rows()))
    if found.experiments:
        names = ("experiment", "readers", "exposed", "exposures")
        console.print("", _rows(names, found.variant_rows()))
    console.print()
    for note in found.notes:
        console.print(Text(f"note: {note}"))
    for line in found.left_out_lines():
        console.print(Text(line))
    if found.rows_left_out.count:
        console.print(Text(f"left out in all: {found.rows_left_out.summary()}"))
    for warning in found.cautions:
        console.print(Text(f"{warning.code} {warning.text}"))
    console.print(Text(found.closing(), style="dim"))


def _numbers(found: Replay) -> Table:
    """Return the table of readers and views, and of those that were stopped."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for row in found.number_rows():
        table.add_row(*row)
    return table


def _counts(title: str, counts: Iterable[tuple[str, int]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title_justify="left")
    table.add_column(title)
    table.add_column("views", justify="right")
    for name, views in counts:
        table.add_row(str(name), f"{views:,}")
    return table


def _rows(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table whose first column is words, and the others numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _stops(found: Replay) -> Table:
    """Return the table of readers by the view that stopped them first."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title="")
    for name in ("first stopped at view", "readers", "stopped by then"):
        table.add_column(name, justify="right")
    for row in found.stop_rows():
        table.add_row(*row)
    return table
