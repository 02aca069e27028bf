"""What a report says, in plain tables: the same for a terminal, for JSON and for a page."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

from meter.simulate.codes import caution_row
from meter.simulate.export.rows import unit_of
from meter.simulate.measures import MEASURES, PER_MONTH, Measure
from meter.simulate.report.cautions import UNKNOWABLE, cautions_of, closing, holdout
from meter.simulate.report.words import counted, listed
from meter.simulate.results import TIE, leader_and_rival

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from meter.simulate.limits import LimitChoice
    from meter.simulate.report.shapes import PolicyTable, ReportTable, StopShare
    from meter.simulate.results import Results

__all__ = [
    "beside",
    "break_even_month",
    "currency_of",
    "denominator",
    "first_answer",
    "headline",
    "leading",
    "monthly_rows",
    "rates_sentence",
    "report_table",
    "shown_measures",
    "span_words",
    "stop_shares",
    "versions",
]

_MOST_AGAINST = 5
"""Of how many policies the first paragraph says what they do; a table says it of all."""
_SOLD = {
    "subscription_cash": "subscription cash",
    "subscription_lifetime": "subscription lifetime value",
}
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
    """Return the one currency that all money of a comparison is in."""
    return comparison.assumptions.word("money.currency")


def report_table(comparison: Results, choice: LimitChoice | None = None) -> ReportTable:
    """Return everything a report says."""
    table: ReportTable = {
        "readers": comparison.readers,
        "months": comparison.months,
        "seed": comparison.seed,
        "start": comparison.assumptions.day("horizon.start").isoformat(),
        "versions": versions(),
        "currency": currency_of(comparison),
        "policies": [_policy(comparison, number) for number in range(len(comparison.names))],
        "by": comparison.by.name,
        "verdict": leading(comparison),
        "headline": headline(comparison),
        "best": comparison.best,
        "shares": comparison.verdict.shares,
        "draws": comparison.verdict.draws,
        "front": [comparison.names[number] for number in comparison.front],
        "tornado": [sensitivity.to_dict() for sensitivity in comparison.sensitivities],
        "my_readers": comparison.my_readers,
        "measures": {measure.name: measure.words for measure in MEASURES},
        "units": {measure.name: unit_of(measure, currency_of(comparison)) for measure in MEASURES},
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


def denominator(comparison: Results, number: int) -> str:
    """Return what the rates of a policy are shares of, in words."""
    months = comparison.populations[number].total("months")
    return f"{months:,.0f} {PER_MONTH}"


def rates_sentence(comparison: Results) -> str:
    """Return what the rates of all policies are shares of, in a sentence."""
    names = comparison.names
    if len(names) == 1:
        return f"Rates are of {denominator(comparison, 0)}."
    parts = [
        f"{people.total('months'):,.0f} (`{name}`)"
        for name, people in zip(names, comparison.populations, strict=True)
    ]
    return f"Rates are of {PER_MONTH}: {listed(parts)}."


def span_words(comparison: Results) -> str:
    """Return what the wide interval is, in words."""
    return f"what 95% of {counted(len(comparison.drawn), 'draw')} of the assumptions give"


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
    gained = comparison.total_differences(number)
    return {
        "name": comparison.names[number],
        "digest": people.policy.digest,
        "summary": {name: found.to_dict() for name, found in summary.items()},
        "reader_months": people.total("months"),
        "totals": {name: found.to_dict() for name, found in comparison.totals(number).items()},
        "difference": {name: found.to_dict() for name, found in difference.items()},
        "total_difference": {name: found.to_dict() for name, found in gained.items()},
        "first_in": _first_in(comparison, number),
        "regret": comparison.regret[number],
        "on_front": number in comparison.front,
        "page_views": people.by_show(),
        "walled_views": people.walled_views(),
        "rules": people.by_rule(),
        "monthly": monthly_rows(people.by_month()),
        "break_even_month": break_even_month(comparison, number),
        "stop_curve": stop_shares(people.wanted),
    }


def _first_in(comparison: Results, number: int) -> dict[str, float]:
    """Return in which share of other samples, and of the draws, a policy comes first."""
    found = {"sampling": comparison.sampled[number]}
    if comparison.shares:
        found["draws"] = comparison.shares[number]
    return found


def monthly_rows(months: Mapping[str, NDArray[np.float64]]) -> list[dict[str, float]]:
    """Return a row for each month, of columns with a number a month; months count from 1."""
    return [
        {
            "month": number,
            **{name: round(float(value), 2) for name, value in zip(months, row, strict=True)},
        }
        for number, row in enumerate(zip(*months.values(), strict=True), 1)
    ]


def break_even_month(comparison: Results, number: int) -> int | None:
    """Return from which month on a policy has earned at least what the first has, and stays so.

    Months are counted from 1; `None` where it does not within the horizon. What is earned is net
    cash, at the central assumptions.
    """
    mine, first = (comparison.populations[place].by_month()["net"] for place in (number, 0))
    ahead = np.cumsum(mine - first) >= -TIE
    behind = np.flatnonzero(~ahead)
    month = 1 if not len(behind) else int(behind[-1]) + 2
    return month if month <= comparison.months else None


def stop_shares(wanted: NDArray[np.int64] | NDArray[np.float64]) -> list[StopShare]:
    """Return the share of the first month's readers who wanted more than so many articles.

    `wanted` counts them by the articles they wanted.
    """
    total = float(wanted[1:].sum()) or 1.0
    return [{"articles": most, "share": float(wanted[most + 1 :].sum()) / total} for most in _STOPS]


def headline(comparison: Results) -> str:
    """Return one paragraph for somebody who reads nothing else: the verdict, then the numbers."""
    return " ".join([leading(comparison), *beside(comparison)])


def first_answer(comparison: Results) -> str:
    """Return what is known before other assumptions are tried, and that it is no more than that."""
    said = [_about_one(comparison)] if len(comparison.names) == 1 else beside(comparison)
    return (
        f"First answer, before other assumptions are tried: {' '.join(said)} How far other"
        " assumptions move this is not known yet."
    )


def leading(comparison: Results) -> str:
    """Return the first sentence: the verdict on several policies, or what a single one does."""
    if len(comparison.names) == 1:
        return _about_one(comparison)
    return comparison.verdict.sentence


def _about_one(comparison: Results) -> str:
    """Return the sentence about a single policy."""
    row = comparison.of_all(comparison.measures[0])
    subscribers = round(row["active_subscribers"].value)
    what = "is a subscriber" if subscribers == 1 else "are subscribers"
    return (
        f"Under `{comparison.names[0]}`, of {comparison.population},"
        f" {row['stop_rate'].value:.1%} meet a wall in a month;"
        f" {row['starts_per_million'].value:,.0f} in a million start a trial or a subscription,"
        f" and {subscribers:,} {what} after {counted(comparison.months, 'month')}."
    )


def beside(comparison: Results) -> list[str]:
    """Return what follows the verdict: of each policy what it does, and where the order turns."""
    return [*_against(comparison), *_turned(comparison)]


def _against(comparison: Results) -> Iterator[str]:
    """Yield what each policy does against the first, at the central assumptions."""
    currency = currency_of(comparison)
    months = counted(comparison.months, "month")
    sold = "subscription_cash"
    if comparison.by.name == "net_lifetime":
        sold = "subscription_lifetime"
    first, *others = comparison.names
    for name, sample in list(zip(others, comparison.differences[1:], strict=True))[:_MOST_AGAINST]:
        gain = {measure: found.value for measure, found in comparison.of_all(sample).items()}
        yield (
            f"At the central assumptions, with {comparison.population}, `{name}` earns"
            f" {_more_money(gain[comparison.by.name], currency)} `{first}` over {months}"
            f" ({_more(gain['advertising'], 'advertising')},"
            f" {_more(gain[sold], _SOLD[sold])}), stops"
            f" {_more_things(gain['readers_stopped'], 'reader')} and brings"
            f" {_more_things(gain['starts_per_million'], 'start')} in a million reader-months."
            f"{_registered(comparison, name, gain['registrations'])}"
        )


def _registered(comparison: Results, name: str, more: float) -> str:
    """Say how many more register: no amount of money here holds what that is worth."""
    if not round(more):
        return ""
    worth = ""
    if comparison.assumptions.number("registered.conversion") == 1:
        worth = "; being registered makes nobody subscribe more often here"
    return f" `{name}` also has {_more_things(more, 'registration')}{worth}."


def _more_money(value: float, currency: str) -> str:
    if not round(value):
        return "as much as"
    return f"{abs(value):,.0f} {currency} {'more' if value > 0 else 'less'} than"


def _more(value: float, what: str) -> str:
    if not round(value):
        return f"as much {what}"
    return f"{abs(value):,.0f} {'more' if value > 0 else 'less'} {what}"


def _more_things(value: float, noun: str) -> str:
    if not round(value):
        return f"as many {noun}s"
    return counted(round(abs(value)), noun, "more" if value > 0 else "fewer")


def _turned(comparison: Results) -> Iterator[str]:
    """Yield where the order is another one at an end of a range that was tried."""
    if comparison.turning:
        leader, rival = leader_and_rival(comparison)
        names = listed([f"`{name}`" for name in comparison.turning])
        yield (
            f"The lead of `{comparison.names[leader]}` over `{comparison.names[rival or 0]}` is"
            f" reversed inside the stated range of {names}."
        )
