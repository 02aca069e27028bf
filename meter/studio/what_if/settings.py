"""How large a comparison is, and what decides which policy is best: read from a form's texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from attrs import field, frozen

from meter.studio.numbers import whole_number

__all__ = ["EXACTLY", "SimulationSettings", "WholeField", "day_of", "read_settings"]


@frozen(kw_only=True)
class WholeField:
    """A whole number of a form: its key, its label, and between what it lies."""

    name: str
    label: str
    least: int
    most: int
    default: int


_WHOLE = (
    WholeField(name="readers", label="Simulated readers", least=1, most=1_000_000, default=10_000),
    WholeField(name="months", label="Months", least=1, most=60, default=12),
    WholeField(name="draws", label="Draws of the assumptions", least=0, most=500, default=20),
    WholeField(name="seed", label="Seed", least=0, most=2**63 - 1, default=1),
)
_YEARS = (1990, 2190)
"""Years that are simulated; a calendar has an end, and nobody plans beyond these."""
_BY = {"net": "cash within these months", "net_lifetime": "lifetime value"}
EXACTLY: Mapping[str, str] = {"readers": "100000", "draws": "32", "sweep": "1"}
"""The comparison that `meter compare` makes where nothing else is said."""


@frozen(kw_only=True)
class SimulationSettings:
    """The size of a comparison; `start` is the first day, where it was given.

    `faults` say by field what cannot be used.
    """

    NAMES: ClassVar[tuple[str, ...]] = (*(item.name for item in _WHOLE), "sweep", "by", "start")
    FIELDS: ClassVar[tuple[WholeField, ...]] = _WHOLE
    BY: ClassVar[Mapping[str, str]] = _BY

    readers: int
    months: int
    draws: int
    seed: int
    sweep: bool = False
    by: str = "net"
    start: date | None = None
    faults: Mapping[str, str] = field(factory=dict)


def day_of(text: str) -> date | None:
    """Return the day that a text is, where that is a day to simulate."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _YEARS[0] <= day.year <= _YEARS[1] else None


def read_settings(texts: Mapping[str, str]) -> SimulationSettings:
    """Return the settings that were typed, by their names."""
    faults: dict[str, str] = {}
    numbers = {}
    for item in _WHOLE:
        numbers[item.name] = item.default
        text = texts.get(item.name, "").replace(",", "").strip()
        if not text:
            continue
        number = whole_number(text, item.most, least=item.least)
        if number is not None:
            numbers[item.name] = number
        else:
            faults[item.name] = (
                f"`{text[:40]}` cannot be used; write a whole number from {item.least:,} to"
                f" {item.most:,}"
            )
    by = texts.get("by", "net")
    if by not in _BY:
        faults["by"] = "choose one of these"
        by = "net"
    start = None
    text = texts.get("start", "")
    if text:
        start = day_of(text)
        if start is None:
            faults["start"] = f"`{text[:40]}` cannot be used; write a day such as `2027-06-01`"
    return SimulationSettings(
        readers=numbers["readers"],
        months=numbers["months"],
        draws=numbers["draws"],
        seed=numbers["seed"],
        sweep=texts.get("sweep") == "1",
        by=by,
        start=start,
        faults=faults,
    )
