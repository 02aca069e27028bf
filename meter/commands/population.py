"""The options that `meter simulate` and `meter compare` share.

Imports nothing heavy: help needs no arrays.
"""

from __future__ import annotations

from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import frozen

from meter.commands.options import FilePath, NewFilePath, format_option, today_option

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OutputOptions", "People", "population_options"]

_MEASURES = ("net", "net_lifetime")
_OPTIONS = (
    click.option(
        "--readers",
        type=click.IntRange(1),
        default=100_000,
        show_default=True,
        help="Readers in each month.",
    ),
    click.option(
        "--months", type=click.IntRange(1, 60), default=12, show_default=True, help="How long."
    ),
    click.option(
        "--seed",
        type=click.IntRange(0),
        default=1,
        show_default=True,
        help="The same seed gives the same answer.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        help="Threads; they change the speed, not the answer. [default: all processors]",
    ),
    click.option(
        "--assumptions",
        type=FilePath(),
        metavar="FILE",
        help="A TOML file with your own numbers.",
    ),
    click.option(
        "--known",
        metavar="NUMBERS",
        help=(
            "Five numbers of a usual month to fit to: `uniques=…, split=68/23/9, stops=…,"
            " starts=…, churn=…`."
        ),
    ),
    click.option(
        "--draws",
        type=click.IntRange(0, 1000),
        default=32,
        show_default=True,
        help="How often the assumptions are drawn from their ranges.",
    ),
    click.option(
        "--sweep/--no-sweep",
        default=True,
        help="Move each assumption alone from end to end of its range.",
    ),
    click.option(
        "--by",
        type=click.Choice(_MEASURES),
        default="net",
        show_default=True,
        help="What the best has most of: cash within the horizon, or lifetime value.",
    ),
    click.option(
        "--my-readers",
        type=click.IntRange(1),
        metavar="N",
        help="Also give the sums for as many readers a month as you have.",
    ),
    today_option,
    click.option(
        "--assumptions-used",
        is_flag=True,
        help="Print every assumption with its source, not only those you gave.",
    ),
    format_option("table", "json"),
    click.option(
        "--html",
        type=NewFilePath(),
        metavar="FILE",
        help="Also write a page for a meeting.",
    ),
    click.option(
        "--charts",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="Also write the charts as SVG and PNG files (needs the extra `plots`).",
    ),
)


@frozen(kw_only=True)
class People:
    """Who is simulated, for how long, and under which assumptions."""

    readers: int
    months: int
    seed: int
    workers: int | None
    assumptions: Path | None
    known: str | None
    draws: int
    sweep: bool
    by: str
    my_readers: int | None
    today: date | None


@frozen(kw_only=True)
class OutputOptions:
    """How an answer is printed, and the files it is also written to."""

    form: str
    html: Path | None
    charts: Path | None
    assumptions: bool


def population_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options, and hand them to the command as `people` and `output`."""

    @wraps(command)
    def gathered(  # a parameter an option
        *,
        readers: int,
        months: int,
        seed: int,
        workers: int | None,
        assumptions: Path | None,
        known: str | None,
        draws: int,
        sweep: bool,
        by: str,
        my_readers: int | None,
        today: date | None,
        assumptions_used: bool,
        form: str,
        html: Path | None,
        charts: Path | None,
        **others: object,
    ) -> None:
        people = People(
            readers=readers,
            months=months,
            seed=seed,
            workers=workers,
            assumptions=assumptions,
            known=known,
            draws=draws,
            sweep=sweep,
            by=by,
            my_readers=my_readers,
            today=today,
        )
        output = OutputOptions(form=form, html=html, charts=charts, assumptions=assumptions_used)
        command(people=people, output=output, **others)

    # click puts the option that is added last first
    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered
