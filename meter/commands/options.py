"""What `meter simulate` and `meter compare` have in common on the command line.

Imports nothing heavy: `--help` needs no arrays.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from meter.commands.console import FilePath, format_option, say, write_json

if TYPE_CHECKING:
    from meter.policy import Policy
    from meter.simulate.assumptions import Assumptions
    from meter.simulate.calibrate import Calibration
    from meter.simulate.compare import Comparison
    from meter.simulate.limits import Choice

__all__ = ["answer", "assumed", "population_options", "progress_bar"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
MEASURES = ("net", "net_lifetime")


def population_options(command: _Command) -> _Command:
    """Add the options that say who is simulated, for how long, and what is taken for granted."""
    options = (
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
            "assumptions_path",
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
            type=click.Choice(MEASURES),
            default="net",
            show_default=True,
            help="What the best has most of: cash within the horizon, or lifetime value.",
        ),
        format_option("table", "json"),
        click.option(
            "--html",
            "html_path",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Also write a page for a meeting.",
        ),
        click.option(
            "--charts",
            "charts_path",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="FOLDER",
            help="Also write the charts as SVG and PNG files (needs the extra `plots`).",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def progress_bar(words: str, total: int) -> Iterator[Callable[[int], None] | None]:
    """Show how far it is on stderr, where somebody looks; otherwise nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from meter.commands.console import open_console

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=open_console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda done: bar.update(task, advance=done)


def assumed(
    policy: Policy, path: Path | None, known: str | None, seed: int, workers: int | None
) -> tuple[Assumptions, Calibration | None]:
    """Return what is taken for granted, fitted to what is known."""
    from meter.simulate.assumptions import load_assumptions, published_assumptions

    assumptions = load_assumptions(path) if path else published_assumptions()
    if known is None:
        return assumptions, None
    from meter.simulate.calibrate import Known, calibrate

    calibration = calibrate(policy, Known.parse(known), assumptions, seed=seed, workers=workers)
    return calibration.assumptions, calibration


def answer(
    comparison: Comparison,
    form: str,
    html: Path | None,
    pictures: Path | None,
    calibration: Calibration | None,
    choice: Choice | None = None,
) -> None:
    """Print an answer, and write its page."""
    from meter.simulate.report.html import html_report
    from meter.simulate.report.summary import report_table

    if form == "json":
        fit = None if calibration is None else list(calibration.rows)
        write_json({**report_table(comparison, choice), "calibration": fit})
    else:
        from meter.commands.console import open_console
        from meter.simulate.report.terminal import (
            print_calibration,
            print_comparison,
        )

        console = open_console()
        if calibration is not None:
            print_calibration(calibration, console)
        print_comparison(comparison, console, choice)
    if html is not None:
        html.write_text(html_report(comparison, choice=choice), encoding="utf-8")
        say(f"wrote {html}")
    if pictures is not None:
        from meter.simulate.report.charts import charts
        from meter.simulate.report.pictures import write_pictures

        say(
            f"wrote {len(write_pictures(pictures, charts(comparison, choice)))} files into"
            f" {pictures}"
        )
