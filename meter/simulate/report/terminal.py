"""Print a comparison, a search for a limit and the assumptions in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from meter.simulate.report.cautions import UNKNOWABLE, cautions_of, closing
from meter.simulate.report.html import format_range, format_value, plain_value
from meter.simulate.report.summary import (
    break_even_month,
    currency_of,
    headline,
    rates_sentence,
    shown_measures,
    span_words,
)
from meter.simulate.report.words import counted, share_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from meter.simulate.assumptions import Assumption, Assumptions
    from meter.simulate.calibrate import Calibration
    from meter.simulate.limits import LimitChoice
    from meter.simulate.measures import Estimate, Measure
    from meter.simulate.results import Results

__all__ = ["print_calibration", "print_choice", "print_comparison"]

_MOST_SENSITIVITIES = 8


def print_comparison(
    comparison: Results,
    console: Console,
    choice: LimitChoice | None = None,
    *,
    assumptions: bool = False,
) -> None:
    """Print the numbers, what would change them, and the cautions.

    Of the assumptions it prints those that were given, or all.
    """
    console.print(
        f"{counted(comparison.readers, 'reader', 'simulated')} a month,"
        f" {counted(comparison.months, 'month')} from"
        f" {comparison.assumptions.day('horizon.start')}, seed {comparison.seed}, money in"
        f" {currency_of(comparison)}"
    )
    console.print()
    if choice is not None:
        print_choice(choice, console)
    console.print(headline(comparison))
    console.print()
    _numbers(comparison, console)
    _totals(comparison, console)
    _views(comparison, console)
    _sensitivities(comparison, console)
    console.print("Cautions", style="bold")
    found = [(caution.code, caution.text) for caution in cautions_of(comparison)]
    if choice is not None:
        found += [(caution["code"], caution["text"]) for caution in choice.warnings()]
    _list(sorted(found), console)
    console.print("What no simulation can know", style="bold")
    _list([("", thing) for thing in UNKNOWABLE], console)
    _print_assumptions(comparison.assumptions, console, everything=assumptions)
    console.print(closing(comparison), style="bold")


def _list(rows: list[tuple[str, str]], console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(overflow="fold")
    for code, text in rows:
        table.add_row(code or "·", text)
    _print_table(table, console)


def _table() -> Table:
    """Return an empty table without lines."""
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")


def _print_table(table: Table, console: Console) -> None:
    console.print(table)
    console.print()


def _numbers(comparison: Results, console: Console) -> None:
    table = _table()
    table.add_column(f"over {counted(comparison.months, 'month')}")
    for name in comparison.names:
        table.add_column(name, justify="right", overflow="fold")
    for measure in shown_measures(comparison):
        cells = (_cell(row[measure.name], measure) for row in comparison.measures)
        table.add_row(measure.title, *cells)
    if len(comparison.names) > 1:
        table.add_section()
        _add_differences(table, comparison)
        _add_chances(table, comparison)
    console.print(table)
    note = "Below each number: what other simulated readers would give (95%)"
    if comparison.moved:
        note += f"; in brackets: {span_words(comparison)}"
    console.print(f"{note}. {rates_sentence(comparison)}", style="dim")
    console.print()


def _add_differences(table: Table, comparison: Results) -> None:
    """Add what each policy does to each measure, against the first one."""
    for measure in shown_measures(comparison):
        cells = (_cell(row[measure.name], measure, sign=True) for row in comparison.differences[1:])
        head = f"  against {comparison.names[0]}: {measure.title.lower()}"
        table.add_row(head, "", *cells)


def _add_chances(table: Table, comparison: Results) -> None:
    """Add how often each policy comes first, and what choosing it costs."""
    by = comparison.by.plain
    table.add_row(
        f"first by {by}, in other samples of readers", *map(share_text, comparison.sampled)
    )
    if comparison.shares:
        draws = counted(len(comparison.drawn), "draw")
        table.add_row(f"first by {by}, in {draws}", *map(share_text, comparison.shares))
        table.add_row("regret", *(format_value(cost, comparison.by) for cost in comparison.regret))
    first, *others = comparison.names
    months = (break_even_month(comparison, number) for number, _ in enumerate(others, 1))
    words = ("never" if month is None else f"month {month}" for month in months)
    table.add_row(f"at the central assumptions has earned what {first} has, from", "", *words)
    table.add_row(
        "on the front (starts against reading)",
        *("yes" if number in comparison.front else "no" for number in range(len(comparison.names))),
    )


def _cell(found: Estimate, measure: Measure, *, sign: bool = False) -> str:
    lines = [
        format_value(found.value, measure, sign=sign),
        format_range((found.low, found.high), measure, sign=sign),
    ]
    if found.least is not None and found.most is not None:
        lines.append(f"[{format_range((found.least, found.most), measure, sign=sign)}]")
    return "\n".join(lines)


def _totals(comparison: Results, console: Console) -> None:
    """Print the sums for as many readers as somebody has."""
    if comparison.my_readers is None:
        return
    table = _table()
    table.add_column(f"for your {counted(comparison.my_readers, 'reader')} a month")
    for name in comparison.names:
        table.add_column(name, justify="right", overflow="fold")
    totals = [comparison.totals(number) for number in range(len(comparison.names))]
    for measure in shown_measures(comparison):
        if measure.name in totals[0]:
            table.add_row(measure.title, *(_cell(row[measure.name], measure) for row in totals))
    _print_table(table, console)


def _views(comparison: Results, console: Console) -> None:
    table = _table()
    table.add_column("page views show")
    for name in comparison.names:
        table.add_column(name, justify="right", overflow="fold")
    shown = [people.by_show() for people in comparison.populations]
    for show in dict.fromkeys(show for row in shown for show in row):
        table.add_row(show, *(f"{row.get(show, 0):,}" for row in shown))
    walled = (f"{people.walled_views():.1%}" for people in comparison.populations)
    table.add_row("a wall, of all", *walled)
    console.print(table)
    console.print("Search engines advise that at most a tenth of page views meets a wall.")
    console.print()


def _sensitivities(comparison: Results, console: Console) -> None:
    if not comparison.sensitivities:
        return
    table = _table()
    table.add_column("what would change it")
    for head in ("low end", "then", "high end", "then"):
        table.add_column(head, justify="right")
    table.add_column("")
    for sensitivity in comparison.sensitivities[:_MOST_SENSITIVITIES]:
        ends = (
            f"{sensitivity.low:g}",
            format_value(sensitivity.at_low, comparison.by),
            f"{sensitivity.high:g}",
            format_value(sensitivity.at_high, comparison.by),
        )
        table.add_row(
            sensitivity.assumption, *ends, "reverses the order" if sensitivity.flips else ""
        )
    _print_table(table, console)


def print_choice(choice: LimitChoice, console: Console) -> None:
    """Print every limit tried and what can be said of them."""
    table = _table()
    table.add_column("limit", justify="right")
    table.add_column(choice.by.replace("_", " "), justify="right")
    table.add_column("sampling", justify="right")
    table.add_column("")
    measure = choice.comparison.by
    for limit, found in zip(choice.limits, choice.estimates, strict=True):
        table.add_row(
            str(limit),
            format_value(found.value, measure),
            format_range((found.low, found.high), measure),
            _standing(choice, limit),
        )
    console.print(
        f"Tried: {choice.search.title}, selected on {counted(choice.chosen_on, 'reader')} and"
        f" estimated on {counted(choice.comparison.readers, 'reader', 'other')}."
    )
    _print_table(table, console)
    console.print(choice.verdict.sentence, style="bold")
    console.print()


def _standing(choice: LimitChoice, limit: int) -> str:
    """Return how a limit compares with the one selected, where that is worth a word."""
    if limit == choice.selected:
        return "selected"
    return "within sampling of the one selected" if limit in choice.alike else ""


def print_calibration(calibration: Calibration, console: Console) -> None:
    """Print what you said beside what the fitted simulation gives."""
    table = _table()
    table.add_column("fitted to")
    for head in ("yours", "simulated"):
        table.add_column(head, justify="right")
    table.add_column("")
    for row in calibration.rows:
        form = ".1%" if row["yours"] < 1 else ",.0f"
        yours = format(row["yours"], form)
        simulated = format(row["simulated"], form)
        table.add_row(row["name"], yours, simulated, "" if row["fits"] else "does not fit")
    _print_table(table, console)


def _print_assumptions(assumptions: Assumptions, console: Console, *, everything: bool) -> None:
    """Print the assumptions: those that were given, then, if all are wanted, the others.

    Of the others, those that nobody has measured come first.
    """
    shown = list(assumptions) if everything else assumptions.given()
    number = len(list(assumptions))
    if shown:
        _assumption_table(shown, console)
    if not everything:
        console.print(f"All {number} assumptions, with sources: `--assumptions-used`.")
        console.print()


def _assumption_table(assumptions: Iterable[Assumption], console: Console) -> None:
    table = _table()
    table.add_column("assumption", no_wrap=True)
    for head in ("value", "range", "basis", "source"):
        table.add_column(head, overflow="fold", max_width=None if head == "source" else 22)
    order = ("yours", "assumed", "derived", "published")
    for item in sorted(assumptions, key=lambda item: order.index(item.basis)):
        span = f"{item.low:g} to {item.high:g}" if item.uncertain else ""
        table.add_row(item.name, plain_value(item.value), span, str(item.basis), item.source)
    _print_table(table, console)
