"""The numbers of a comparison as tidy rows, one an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.simulate.export.rows import rows_of, unit_of
from meter.simulate.measures import MEASURES

if TYPE_CHECKING:
    from meter.columns.tidy import TidyRow
    from meter.simulate.results import Results

__all__ = ["comparison_rows"]

_DIFFERENCE = "_difference"
"""What ends the name of a measure minus that of the first policy."""


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
            rows += rows_of(name, measure.name, comparison.measures[number][measure.name], unit)
            if number:
                found = comparison.differences[number][measure.name]
                rows += rows_of(name, f"{measure.name}{_DIFFERENCE}", found, unit)
    return rows
