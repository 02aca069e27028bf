"""What a report says, in plain tables: the same for a terminal, for JSON and for a page."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from meter.simulate.codes import caution_row
from meter.simulate.kernel.arrays import MONTHLY
from meter.simulate.measures import MEASURES, Measure
from meter.simulate.report.cautions import UNKNOWABLE, cautions_of, closing, holdout
from meter.simulate.report.words import counted
from meter.simulate.results import leader_and_rival

if TYPE_CHECKING:
    from meter.simulate.limits import LimitChoice
    from meter.simulate.population import Population
    from meter.simulate.report.shapes import PolicyTable, ReportTable, StopShare
    from meter.simulate.results import Results

__all__ = ["currency_of", "headline", "report_table", "shown_measures", "versions"]

_STOPS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 16, 20, 30)


def versions() -> dict[str, str]:
    """Return what the answer was computed with."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package, name in (("meter-paywall", "meter"), ("numpy", "numpy"), ("numba", "numba")):
        try:
            found[name] = version(package)
        except PackageNotFoundError:  # pragma: no cover - a checkout that was never installed
            found[name] = "unknown"
    return found


def currency_of(comparison: Results) -> str:
    """Return the currency of the first offer there is, or nothing."""
    return next((offer.currency for policy in comparison.policies for offer in policy.offers), "")


def report_table(comparison: Results, choice: LimitChoice | None = None) -> ReportTable:
    """Return everything a report says."""
    table: ReportTable = {
        "readers": comparison.readers,
        "months": comparison.months,
        "seed": comparison.seed,
        "versions": versions(),
        "currency": currency_of(comparison) or None,
        "policies": [_policy(comparison, number) for number in range(len(comparison.names))],
        "by": comparison.by.name,
        "best": comparison.names[comparison.best],
        "front": [comparison.names[number] for number in comparison.front],
        "tornado": [sensitivity.to_dict() for sensitivity in comparison.sensitivities],
        "measures": {measure.name: measure.words for measure in MEASURES},
        "assumptions": comparison.assumptions.rows(),
        "warnings": [caution_row(caution) for caution in cautions_of(comparison)],
        "cannot_know": list(UNKNOWABLE),
        "holdout": holdout(comparison),
        "closing": closing(comparison),
    }
    if choice is not None:
        table["optimise"] = choice.to_dict()
        warnings = [*table["warnings"], *choice.warnings()]
        table["warnings"] = sorted(warnings, key=lambda caution: caution["code"])
    return table


def shown_measures(comparison: Results) -> list[Measure]:
    """Return the measures worth a line: those that are not nothing everywhere."""
    return [
        measure
        for measure in MEASURES
        if any(row[measure.name].value for row in comparison.measures)
    ]


def _policy(comparison: Results, number: int) -> PolicyTable:
    people = comparison.populations[number]
    summary = comparison.measures[number]
    difference = comparison.differences[number]
    return {
        "name": comparison.names[number],
        "digest": people.policy.digest,
        "summary": {name: found.to_dict() for name, found in summary.items()},
        "difference": {name: found.to_dict() for name, found in difference.items()},
        "probability_best": comparison.probability_best[number],
        "regret": comparison.regret[number],
        "on_front": number in comparison.front,
        "page_views": people.by_show(),
        "walled_views": people.walled_views(),
        "rules": people.by_rule(),
        "monthly": _monthly(people),
        "stop_curve": _stop_curve(people),
    }


def _monthly(people: Population) -> list[dict[str, float]]:
    return [
        {
            "month": number,
            **{name: round(float(row[place]), 2) for place, name in enumerate(MONTHLY)},
        }
        for number, row in enumerate(people.monthly, 1)
    ]


def _stop_curve(people: Population) -> list[StopShare]:
    """Return the share of the first month's readers who wanted more than so many articles."""
    total = float(people.wanted[1:].sum()) or 1.0
    return [
        {"articles": most, "share": float(people.wanted[most + 1 :].sum()) / total}
        for most in _STOPS
    ]


def headline(comparison: Results) -> str:
    """Return one paragraph for somebody who reads nothing else."""
    if len(comparison.names) == 1:
        return _about_one(comparison)
    names = comparison.names
    months = counted(comparison.months, "month")
    best, other = leader_and_rival(comparison)
    challenger = best or other or 0
    gain = comparison.differences[challenger]
    stopped = _more(gain["readers_stopped"].value, "reader")
    starts = _more(gain["starts_per_million"].value, "start")
    money = f" {currency_of(comparison)}".rstrip()
    by = comparison.by.title.lower().replace(",", "")
    return (
        f"`{names[best]}` is best by {by} over {months} at the central assumptions."
        f" Against `{names[0]}`, `{names[challenger]}` earns"
        f" {_more_money(gain[comparison.by.name].value, money)}"
        f" ({_more_money(gain['advertising'].value)} advertising,"
        f" {_more_money(gain['subscription_cash'].value)} subscription cash), stops {stopped} and"
        f" brings {starts} in a million."
        f" {_sureness(comparison)}"
    )


def _about_one(comparison: Results) -> str:
    """Return the paragraph about a single policy."""
    row = comparison.measures[0]
    subscribers = round(row["active_subscribers"].value)
    what = "is a subscriber" if subscribers == 1 else "are subscribers"
    return (
        f"Of {counted(comparison.readers, 'reader')} a month, {row['stop_rate'].value:.1%} meet a"
        f" wall in a month; {row['starts_per_million'].value:,.0f} in a million start a trial or a"
        f" subscription, and {subscribers:,} {what} after"
        f" {counted(comparison.months, 'month')}."
    )


def _more_money(value: float, unit: str = "") -> str:
    return f"{abs(value):,.0f}{unit} {'more' if value >= 0 else 'less'}"


def _more(value: float, noun: str) -> str:
    return counted(round(abs(value)), noun, "more" if value >= 0 else "fewer")


def _sureness(comparison: Results) -> str:
    chance = comparison.probability_best[comparison.best]
    if "assumptions" not in chance:
        return (
            f"It is best in {chance['sampling']:.0%} of other samples of readers; the assumptions"
            " were not varied."
        )
    sure = (
        f"Over the stated ranges of the assumptions it is best {chance['assumptions']:.0%} of the"
        " time."
    )
    turning = [f"`{name}`" for name in comparison.turning]
    if not turning:
        return sure
    return f"{sure} Inside the stated range of {' or '.join(turning)} the order is reversed."
