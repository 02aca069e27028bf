"""Read assumptions from a TOML file, and write them as one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, TypeGuard

import tomli_w
from attrs import evolve

from meter.errors import PolicyError, meant, quoted
from meter.loading.codes import currency_step
from meter.loading.problems import ProblemCollector
from meter.loading.toml import parse_toml, read_text
from meter.simulate.assumptions.assumption import Assumption, AssumptionValue, Basis
from meter.simulate.assumptions.table import (
    AssumptionError,
    Assumptions,
    meant_assumption,
    published_assumptions,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["assumptions_text", "load_assumptions", "loads_assumptions"]

_ROUNDING = 1e-6
_SOME_DAY = "2026-01-01"
_KEYS = ("value", "low", "high", "source")
_ENDS = ("low", "high")

_Place = tuple[str, ...]


def load_assumptions(path: str | Path) -> Assumptions:
    """Return the defaults with what a TOML file overrides.

    Raises `AssumptionError` with every problem and its line.
    """
    try:
        text = read_text(path)
    except PolicyError as error:
        raise AssumptionError(error.problems) from None
    return loads_assumptions(text, name=str(path))


def loads_assumptions(text: str, *, name: str = "assumptions.toml") -> Assumptions:
    """Return the defaults with what TOML text overrides.

    Raises `AssumptionError` with every problem and its line.

    >>> ours = loads_assumptions('''
    ... [walls]
    ... leave = { value = 0.2, low = 0.1, high = 0.4, source = "our exit survey" }
    ... ''')
    >>> ours.table["walls.leave"].source
    'our exit survey'
    """
    known = published_assumptions().table
    report = ProblemCollector()
    given: dict[str, Assumption] = {}
    for group, part in _tables(text, name).items():
        for short, value in _members(group, part, report).items():
            full = f"{group}.{short}"
            if full in known:
                item = _read(known[full], (group, short), value, report, name)
                if item is not None:
                    given[full] = item
            else:
                report.add(
                    "unknown-assumption",
                    (group, short),
                    f"there is no assumption called {quoted(full)}",
                    meant_assumption(full, known),
                    at="key",
                )
    if report.found:
        raise AssumptionError(report.problems(text, name))
    return Assumptions({**known, **given})


def assumptions_text(assumptions: Assumptions) -> str:
    """Return assumptions as a TOML file that `load_assumptions` reads.

    What each number is and where it comes from stands above it as a comment.
    """
    title = (
        "# What the simulator takes for granted. Change what you know better, and leave out the"
        " rest.\n"
    )
    lines = [title]
    group = ""
    for item in assumptions:
        head, _, short = item.name.partition(".")
        if head != group:
            group = head
            lines.append(f"\n[{group}]\n")
        span = f", {item.low:g} to {item.high:g}" if item.uncertain else ""
        lines.append(f"# {item.words} ({item.basis}{span}: {item.source})\n")
        lines.append(_line(short, item))
    return "".join(lines)


def _line(key: str, item: Assumption) -> str:
    """Return an assumption as a line of TOML, a table of shares on one line too.

    What is not said is a comment.
    """
    value = item.value
    if value is None:
        return f"# {key} = {_SOME_DAY}\n"
    if not isinstance(value, Mapping):
        return tomli_w.dumps({key: value})
    pairs = (tomli_w.dumps({name: share}).strip() for name, share in value.items())
    return f"{key} = {{ {', '.join(pairs)} }}\n"


def _tables(text: str, name: str) -> dict[str, object]:
    """Return what TOML text says."""
    try:
        return parse_toml(text, name)
    except PolicyError as error:
        raise AssumptionError(error.problems) from None


def _members(group: str, part: object, report: ProblemCollector) -> Mapping[str, object]:
    """Return what a file says about a group: nothing where that is no group, or no table."""
    groups = sorted({full.partition(".")[0] for full in published_assumptions().table})
    if group not in groups:
        report.add(
            "unknown-group",
            (group,),
            f"there is no group of assumptions called {quoted(group)}",
            meant(group, groups),
            at="key",
        )
        return {}
    if not isinstance(part, dict):
        report.add(
            "not-a-table",
            (group,),
            f"{quoted(group)} is a group of assumptions, so it is a table",
            f"write `[{group}]` on a line",
        )
        return {}
    return part


def _read(
    item: Assumption, path: _Place, given: object, report: ProblemCollector, file: str
) -> Assumption | None:
    """Return an assumption as a file gives it: a bare value, or a table with range and source."""
    parts: dict[str, object] = {"value": given}
    places = {"value": path}
    if isinstance(given, dict) and "value" in given:
        parts = given
        places = {part: (*path, part) for part in parts}
    before = _problems(report)
    for part in parts.keys() - set(_KEYS):
        report.add(
            "unknown-key",
            places[part],
            f"an assumption has no {quoted(part)}",
            meant(part, _KEYS),
            at="key",
        )
    value = _value(item, parts["value"], places["value"], report)
    ends = {end: _end(item, parts[end], places[end], report) for end in _ENDS if end in parts}
    if value is None or _problems(report) > before:
        return None
    ours = evolve(item, value=value, source=str(parts.get("source", file)), basis=Basis.YOURS)
    if not isinstance(value, int | float):
        return ours
    return _with_range(ours, float(value), ends, path, report)


def _with_range(
    item: Assumption,
    value: float,
    ends: dict[str, float | None],
    path: _Place,
    report: ProblemCollector,
) -> Assumption | None:
    """Return a number with the range that was given, or with its own, stretched if need be."""
    low = ends.get("low", item.low)
    high = ends.get("high", item.high)
    if low is not None and high is not None and not low <= value <= high:
        if ends:
            report.add(
                "bad-range",
                path,
                f"{quoted(item.name)} is not between its `low` and its `high`",
                "low, value and high rise in this order",
            )
            return None
        low = min(low, value)
        high = max(high, value)
    return evolve(item, value=value, low=low, high=high)


def _problems(report: ProblemCollector) -> int:
    """Return how many problems there are, listed or not."""
    return len(report.found) + report.more


def _value(
    item: Assumption, value: object, path: _Place, report: ProblemCollector
) -> AssumptionValue | None:
    """Return a value of the kind an assumption has, or `None` after reporting what is wrong."""
    if item.is_day:
        return _day(item, value, path, report)
    if item.is_table:
        return _shares(item, value, path, report)
    if isinstance(item.value, str):
        return _currency(item, value, path, report)
    return _number(item, value, path, report)


def _end(item: Assumption, value: object, path: _Place, report: ProblemCollector) -> float | None:
    """Return an end of a range, which only a number has."""
    if isinstance(item.value, int | float):
        return _number(item, value, path, report)
    report.add("no-range", path, f"{quoted(item.name)} has no range", "leave `low` and `high` out")
    return None


def _day(item: Assumption, value: object, path: _Place, report: ProblemCollector) -> date | None:
    # A time is a date as well, for Python.
    if isinstance(value, date) and type(value) is date:
        return value
    report.add(
        "not-a-date",
        path,
        f"{quoted(item.name)} is a day, not {quoted(value)}",
        f"write it as `{_SOME_DAY}`, without quotes",
    )
    return None


def _currency(
    item: Assumption, value: object, path: _Place, report: ProblemCollector
) -> str | None:
    step = 'write it as `"EUR"`'
    if isinstance(value, str):
        wrong = currency_step(value)
        if wrong is None:
            return value
        step = wrong
    report.add(
        "unknown-currency",
        path,
        f"{quoted(item.name)} is the code of a currency, not {quoted(value)}",
        step,
    )
    return None


def _shares(
    item: Assumption, value: object, path: _Place, report: ProblemCollector
) -> dict[str, float] | None:
    if not _is_shares(value):
        report.add(
            "not-shares",
            path,
            f"{quoted(item.name)} is a table of names and shares between 0 and 1",
            "for example `{ news = 0.8, sport = 0.2 }`",
        )
        return None
    whole = sum(value.values())
    if item.adds_up and value and abs(whole - 1) > _ROUNDING:
        report.add(
            "shares-not-one",
            path,
            f"the shares of {quoted(item.name)} add up to {whole:g}",
            "let them add up to 1",
        )
        return None
    return value


def _number(
    item: Assumption, value: object, path: _Place, report: ProblemCollector
) -> float | None:
    if not _is_number(value):
        report.add(
            "not-a-number",
            path,
            f"{quoted(item.name)} is a number, not {quoted(value)}",
            "write a number, without quotes",
        )
        return None
    if not item.least <= value <= item.most:
        report.add(
            "out-of-range",
            path,
            f"{quoted(item.name)} is between {item.least:g} and {item.most:g}, not {value:g}",
            f"the default is {item.value:g}",
        )
        return None
    return value


def _is_shares(value: object) -> TypeGuard[dict[str, float]]:
    return isinstance(value, dict) and all(
        _is_number(share) and 0 <= share <= 1 for share in value.values()
    )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
