"""`meter replay`: what would a policy have done to the readers of a log?"""

# Each form of the answer imports only what it needs.
from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Any

import click

from meter.commands.console import EXIT_NO, FilePath, open_console, say, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import Console

    from meter.policy import Policy
    from meter.replay.run import Replay

__all__ = ["replay"]

_NOBODY = "none"
_MOST_STOPS = 12


def _mapping(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    pairs = [
        pair for word in given for pair in (word.split(",") if word.count("=") > 1 else [word])
    ]
    for pair in pairs:
        if "=" not in pair.strip("="):
            raise click.BadParameter(f"`{pair}` is not NAME=COLUMN, such as `reader=user_id`")
    return dict(pair.split("=", 1) for pair in pairs)


def _zone(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    from zoneinfo import ZoneInfo

    try:
        return name and ZoneInfo(name).key
    except (ValueError, OSError, KeyError) as error:
        raise click.BadParameter(f"`{name}` is not a time zone such as `Europe/Oslo`") from error


@click.command
@click.argument("policy_path", metavar="POLICY", type=FilePath())
@click.argument("log", metavar="LOG", type=FilePath())
@click.option(
    "--recorded-under",
    metavar="POLICY|none",
    help="The policy in force when the log was written; `none` if nobody was stopped then.",
)
@click.option(
    "--per",
    type=click.Choice(["summary", "reader", "decision"]),
    default="summary",
    show_default=True,
    help="What a row of the answer is.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    help="How to print it. [default: table; csv for rows]",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=COLUMN",
    callback=_mapping,
    help="Which column of the log is the reader, the time, the article…",
)
@click.option(
    "--zone", callback=_zone, help="The zone of times without one; by default the publication's."
)
@click.option(
    "--no-clock", is_flag=True, help="The log has no times; its rows are in order and make one day."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Threads; they change the speed, not the answer.",
)
@click.option(
    "--memory",
    type=click.IntRange(1),
    default=1024,
    show_default=True,
    metavar="MIB",
    help="Beyond this much of the log, files on disk are used.",
)
def replay(
    policy_path: Path,
    log: Path,
    recorded_under: str | None,
    per: str,
    form: str | None,
    columns: dict[str, str],
    zone: str | None,
    no_clock: bool,
    workers: int,
    memory: int,
) -> None:
    """Run a log of page views (CSV, JSON Lines, Parquet or Arrow) through a policy: how many readers it stops, when, and what it shows.

    The columns for the reader, the time and the article are found by their usual names, or said
    with --column. The log may be out of order and larger than memory. Rows that cannot be read are
    counted and located.

    A log cannot tell what was never read: say with --recorded-under which policy was in force when
    it was written. Where that one stopped readers whom POLICY would let read on, the answer is
    refused, with the bounds within which it lies, and the exit code is 1.

    \b
    meter replay policy.toml june.csv.gz --column reader=user_id --recorded-under today.toml
    meter replay policy.toml june.parquet --per decision --format csv > decisions.csv
    """
    from meter.loading import load_policy
    from meter.replay.run import replay as run

    policy = load_policy(policy_path)
    recorded: Policy | str | None = recorded_under
    if recorded_under not in (None, _NOBODY):
        recorded = load_policy(
            FilePath().convert(recorded_under, None, click.get_current_context())
        )
    found = run(
        policy,
        log,
        columns=columns,
        recorded_under=recorded,
        zone=zone,
        clock=not no_clock,
        decisions=per == "decision",
        by_reader=per == "reader",
        workers=workers,
        memory=memory << 20,
    )
    if per == "summary":
        _print_summary(found, form or "table", str(policy_path))
    else:
        from meter.commands.rows import print_rows

        tables = found.decisions if per == "decision" else [found.by_reader]
        print_rows(tables or (), form or "csv")
        _tell_around(found)
    if found.refused:
        raise click.exceptions.Exit(EXIT_NO)


def _print_summary(found: Replay, form: str, policy: str) -> None:
    if form == "json":
        write_json(found.to_dict())
        return
    if form == "csv":
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(("name", "value"))
        out.writerows(_flat(found.to_dict()))
        return
    console = open_console()
    with console.capture() as drawn:
        _draw(console, found, policy)
    click.echo("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def _flat(table: Any, path: str = "") -> Iterable[tuple[str, Any]]:
    if isinstance(table, dict):
        for key, value in table.items():
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(table, list):
        for number, value in enumerate(table):
            yield from _flat(value, f"{path}.{number}")
    else:
        yield path, table


def _draw(console: Console, found: Replay, policy: str) -> None:
    from rich.table import Table
    from rich.text import Text

    console.print(Text(f"{found.log} through {policy}", style="bold"))
    when = (
        f"{found.first_view:%Y-%m-%d %H:%M} to {found.last_view:%Y-%m-%d %H:%M} · "
        if found.first_view
        else ""
    )
    console.print(Text(f"{when}policy {found.policy}", style="dim"))
    numbers = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    numbers.add_column()
    numbers.add_column(justify="right")
    numbers.add_column()
    numbers.add_row("readers", f"{found.readers:,}", "")
    numbers.add_row("readers stopped", *_told(found, "readers_stopped", found.readers))
    numbers.add_row("views", f"{found.views:,}", "")
    numbers.add_row("views blocked", *_told(found, "views_blocked", found.views))
    numbers.add_row("views counted", f"{found.views_counted:,}", "")
    console.print(numbers)
    if found.refused:
        console.print(Text(f"\nrefused: {found.refused}", style="bold"))
    if found.first_stop_curve:
        console.print(_stops(found))
    for title, counts in (("shown", found.prompts_shown), ("by rule", found.rules)):
        if found.refused:
            break
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title_justify="left")
        table.add_column(title)
        table.add_column("views", justify="right")
        for name, views in counts.items():
            table.add_row(str(name), f"{views:,}")
        console.print("", table)
    console.print()
    for note in found.notes:
        console.print(Text(f"note: {note}"))
    for row in found.rows_left_out.first[:3]:
        console.print(Text(f"{found.log}:{row.row} is left out ({row.code}): {row.reason}"))
    if found.rows_left_out.count:
        console.print(Text(f"left out in all: {found.rows_left_out.told()}"))
    for warning in found.cautions:
        console.print(Text(f"{warning.code} {warning.text}"))
    console.print(Text(_closing(found), style="dim"))


def _told(found: Replay, name: str, total: int) -> tuple[str, str]:
    value: int | None = getattr(found, name)
    if value is not None:
        return f"{value:,}", f"{value / total:.2%}" if total else ""
    bounds = found.bounds[name]
    return "not known", f"at least {bounds.at_least:,}" + (
        "" if bounds.at_most is None else f", at most {bounds.at_most:,}"
    )


def _stops(found: Replay) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title="")
    for name in ("first stopped at view", "readers", "stopped by then"):
        table.add_column(name, justify="right")
    so_far, rows = 0, []
    for view, readers in found.first_stop_curve.items():
        so_far += readers
        rows.append((f"{view:,}", f"{readers:,}", f"{so_far / found.readers:.2%}"))
    for row in rows[:_MOST_STOPS]:
        table.add_row(*row)
    if len(rows) > _MOST_STOPS:
        table.add_row(
            "later",
            f"{found.readers_stopped - sum(list(found.first_stop_curve.values())[:_MOST_STOPS]):,}",
            rows[-1][2],
        )  # type: ignore[operator]
    return table


def _closing(found: Replay) -> str:
    end = "a replay ranks policies on views that were made anyway; it does not forecast revenue"
    if found.holdout is None:
        return f"{end}. A randomised holdout would tell."
    return (
        f"{end}. A randomised holdout would tell: {found.holdout:,} readers in each group show a"
        " tenth more or fewer readers stopped."
    )


def _tell_around(found: Replay) -> None:
    """Say on stderr what the rows themselves cannot say."""
    for row in found.rows_left_out.first[:3]:
        say(f"{found.log}:{row.row} is left out ({row.code}): {row.reason}")
    if found.rows_left_out.count:
        say(f"left out: {found.rows_left_out.told()}")
    for note in found.notes:
        say(f"note: {note}")
    for warning in found.cautions:
        say(f"{warning.code} {warning.text}")
