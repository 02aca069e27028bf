"""`meter replay`: run a log of page views through a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from meter import commands
from meter import replay as logs
from meter.commands.console import EXIT_NO
from meter.commands.help import command
from meter.commands.options import FilePath, article_ids_option, policy_argument
from meter.commands.replay_report import print_notes, print_summary
from meter.loading import load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from meter.loading.article_ids import ArticleIds
    from meter.policy import Policy

__all__ = ["replay"]

_NOBODY = "none"
_MIB = 1 << 20


def _mapping(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Read `--column a=x --column b=y`, or both in one as `a=x,b=y`."""
    pairs: list[str] = []
    for word in given:
        pairs += word.split(",") if word.count("=") > 1 else [word]
    for pair in pairs:
        if "=" not in pair.strip("="):
            raise click.BadParameter(f"`{pair}` is not NAME=COLUMN, such as `reader=user_id`")
    return dict(pair.split("=", 1) for pair in pairs)


def _zone(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    if not name:
        return name
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError) as error:
        raise click.BadParameter(f"`{name}` is not a time zone such as `Europe/Oslo`") from error


@command(
    "meter replay policy.toml june.csv.gz --column reader=user_id --recorded-under today.toml",
    "meter replay policy.toml june.parquet --per decision --format csv > decisions.csv",
)
@policy_argument
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
    "--time-format",
    metavar="FORMAT",
    help="How times are written, if not in ISO 8601: such as `%d/%m/%Y %H:%M:%S`.",
)
@click.option(
    "--walls",
    type=click.Choice(["kept", "cut"]),
    help="Whether the log holds the views that were refused. [default: if there is one]",
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
@article_ids_option
def replay(
    policy_path: Path,
    log: Path,
    recorded_under: str | None,
    per: str,
    form: str | None,
    columns: dict[str, str],
    zone: str | None,
    time_format: str | None,
    walls: str | None,
    workers: int,
    memory: int,
    article_ids: ArticleIds,
    *,
    no_clock: bool,
) -> None:
    """Run a log of page views through a policy.

    The log is CSV, JSON Lines, Parquet or Arrow. The answer is how many readers the policy stops,
    when, and what it shows.

    The columns for the reader, the time and the article are found by their usual names, or named
    with --column. The log may be out of order and larger than memory. Rows that cannot be read are
    counted and located.

    A log does not contain what was never read: name with --recorded-under the policy that was in
    force when it was written. Numbers that such a log cannot tell are told as the least, or between
    which two, they can be. Where it is not known how many readers are stopped, or that policy
    stopped readers whom POLICY would let read on, the answer is refused and the exit code is 1.
    """
    policy = load_policy(policy_path)
    found = logs.replay(
        policy,
        log,
        columns=columns,
        recorded_under=_recorded(recorded_under),
        zone=zone,
        clock=not no_clock,
        decisions=per == "decision",
        by_reader=per == "reader",
        workers=workers,
        memory=memory * _MIB,
        article_ids=article_ids,
        walls=None if walls is None else walls == "kept",
        time_format=time_format,
        names=(str(policy_path), str(recorded_under)),
    )
    if per == "summary":
        print_summary(found, form or "table", str(policy_path))
    else:
        tables = found.decisions if per == "decision" else [found.by_reader]
        commands.print_rows(tables or (), form or "csv")
        print_notes(found)
    if found.refused:
        raise click.exceptions.Exit(EXIT_NO)


def _recorded(given: str | None) -> Policy | str | None:
    """Return the policy a log was written under; `none` and nothing stay what they are."""
    if given in (None, _NOBODY):
        return given
    return load_policy(FilePath().convert(given, None, click.get_current_context()))
