"""The numbers of populations and comparisons as tidy rows, one an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.simulate.measures import MEASURES, PER_MONTH, estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.columns.tidy import TidyRow
    from meter.simulate.measures import Estimate, Measure
    from meter.simulate.population import Population
    from meter.simulate.results import Results

__all__ = ["comparison_rows", "population_rows", "unit_of"]

_DIFFERENCE = "_difference"
"""What ends the name of a measure minus that of the first policy."""


def unit_of(measure: Measure, currency: str) -> str:
    """Return the unit of a measure in words: the currency for money, for a rate also of what."""
    if measure.money:
        return currency
    return measure.unit if measure.per is None else f"{measure.unit} of {PER_MONTH}"


def comparison_rows(comparison: Results) -> list[TidyRow]:
    """Return each measure of each policy, and its difference from that of the first policy.

    A row is one interval (95 %): `sampling` is what other simulated readers would give,
    `assumptions` what the ranges of the assumptions leave open, where they were drawn.
    """
    currency = comparison.assumptions.word("money.currency")
    rows: list[TidyRow] = []
    for number, name in enumerate(comparison.names):
        for measure in MEASURES:
            unit = unit_of(measure, currency)
            rows += _rows(name, measure.name, comparison.measures[number][measure.name], unit)
            if number:
                found = comparison.differences[number][measure.name]
                rows += _rows(name, f"{measure.name}{_DIFFERENCE}", found, unit)
    return rows


def population_rows(people: Population) -> list[TidyRow]:
    """Return each measure of a population with the interval that sampling leaves open (95 %)."""
    currency = people.assumptions.word("money.currency")
    name = people.policy.publication.name
    return [
        row
        for measure in MEASURES
        for row in _rows(name, measure.name, estimate(people, measure), unit_of(measure, currency))
    ]


def _rows(policy: str, measure: str, found: Estimate, unit: str) -> Iterator[TidyRow]:
    intervals = [("sampling", found.low, found.high)]
    if found.least is not None and found.most is not None:
        intervals.append(("assumptions", found.least, found.most))
    for kind, low, high in intervals:
        yield {
            "policy": policy,
            "measure": measure,
            "value": found.value,
            "low": low,
            "high": high,
            "kind": kind,
            "unit": unit,
        }
