"""Estimates as tidy rows, one an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.simulate.measures import MEASURES, PER_MONTH, estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.columns.tidy import TidyRow
    from meter.simulate.measures import Estimate, Measure, MeasuredReaders

__all__ = ["population_rows", "rows_of", "unit_of"]


def unit_of(measure: Measure, currency: str) -> str:
    """Return the unit of a measure in words: the currency for money, for a rate also of what."""
    if measure.money:
        return currency
    return measure.unit if measure.per is None else f"{measure.unit} of {PER_MONTH}"


def population_rows(name: str, people: MeasuredReaders, currency: str) -> list[TidyRow]:
    """Return each measure of some readers with the interval that sampling leaves open (95 %)."""
    return [
        row
        for measure in MEASURES
        for row in rows_of(
            name, measure.name, estimate(people, measure), unit_of(measure, currency)
        )
    ]


def rows_of(policy: str, measure: str, found: Estimate, unit: str) -> Iterator[TidyRow]:
    """Yield a row for each interval of an estimate."""
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
