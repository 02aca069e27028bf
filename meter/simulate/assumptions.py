"""What does the simulator take for granted, where does each number come from, and how wrong may it
be?

Every number is a named `Assumption` with a range and a source (the table is in `published`). A TOML
file overrides any of them: a bare value, or `{ value, low, high, source }`. The simulator uses no
number that is hidden elsewhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import evolve, field, frozen

from meter.errors import MeterError, Problem, meant, quoted
from meter.loading.problems import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "Assumption",
    "AssumptionError",
    "Assumptions",
    "Basis",
    "assumptions_text",
    "load_assumptions",
    "loads_assumptions",
    "published_assumptions",
]

_MOST_BYTES = 64 * 1024
_ROUNDING = 1e-6


class Basis(StrEnum):
    """How a number came to be.

    Read in a source, computed from one, our own judgement, or given by the user.
    """

    PUBLISHED = "published"
    DERIVED = "derived"
    ASSUMED = "assumed"
    YOURS = "yours"


class AssumptionError(MeterError):
    """A file of assumptions cannot be used.

    `problems` holds every problem, with its place in the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@frozen(kw_only=True)
class Assumption:
    """One number the simulator takes for granted.

    `name` is the dotted key of a TOML file. `low` and `high` are the range in which we would not be
    surprised to find it: answers are given for the whole of it. `least` and `most` bound what makes
    sense at all. `value` is a number, a date, or a table of shares by name; shares add up to 1
    where `most` is 1 and each stand for themselves where it is larger.
    """

    name: str
    value: Any
    words: str
    source: str
    basis: Basis = field(converter=Basis)
    low: float | None = None
    high: float | None = None
    least: float = 0
    most: float = 1

    @property
    def uncertain(self) -> bool:
        """Whether there is a range to draw from."""
        return self.low is not None and self.high is not None and self.low < self.high

    @property
    def is_table(self) -> bool:
        """Whether this is a table of names and shares."""
        return isinstance(self.value, Mapping)

    @property
    def adds_up(self) -> bool:
        """Whether the shares of this table are shares of one whole."""
        return self.is_table and self.most == 1


@frozen
class Assumptions:
    """Everything taken for granted in one simulation.

    >>> published_assumptions()["walls.leave"]
    0.1
    >>> published_assumptions().replace({"walls.leave": 0.2})["walls.leave"]
    0.2
    """

    table: dict[str, Assumption]

    def __getitem__(self, name: str) -> Any:
        return self.table[name].value

    def __iter__(self) -> Iterator[Assumption]:
        return iter(self.table.values())

    def replace(self, values: Mapping[str, Any]) -> Assumptions:
        """Return these with other values in place of some.

        Raises `AssumptionError` for a name that does not exist.
        """
        report = Report()
        for name in values:
            if name not in self.table:
                report(
                    "unknown-assumption",
                    (name,),
                    f"there is no assumption called {quoted(name)}",
                    _meant(name, self.table),
                )
        if report.found:
            raise AssumptionError(problem for problem, _ in report.found)
        return Assumptions(
            {
                **self.table,
                **{name: evolve(self.table[name], value=value) for name, value in values.items()},
            }
        )

    def uncertain(self) -> list[Assumption]:
        """Return those that have a range."""
        return [item for item in self if item.uncertain]

    def changed(self) -> list[Assumption]:
        """Return those that are not the published defaults."""
        defaults = published_assumptions().table
        return [item for item in self if item != defaults[item.name]]

    def rows(self) -> list[dict[str, Any]]:
        """Return one plain dictionary an assumption, for a table or for JSON."""
        return [
            {
                "name": item.name,
                "value": str(item.value) if isinstance(item.value, date) else item.value,
                "low": item.low,
                "high": item.high,
                "basis": str(item.basis),
                "words": item.words,
                "source": item.source,
            }
            for item in self
        ]


@cache
def published_assumptions() -> Assumptions:
    """Return the defaults: published or derived where a number was found, assumed where not."""
    from meter.simulate.defaults import (
        PUBLISHED,
    )

    return Assumptions({item.name: item for item in PUBLISHED})


def load_assumptions(path: str | Path) -> Assumptions:
    """Return the defaults with what a TOML file overrides.

    Raises `AssumptionError` with every problem and its line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        _refuse(
            "unreadable-file",
            f"{quoted(str(path))} cannot be read: {(error.strerror or str(error)).lower()}",
            str(path),
            "check the path",
        )
    except UnicodeDecodeError:
        _refuse(
            "not-utf-8", f"{quoted(str(path))} is not UTF-8 text", str(path), "save it as UTF-8"
        )
    return loads_assumptions(text, name=str(path))


def loads_assumptions(text: str, *, name: str = "assumptions.toml") -> Assumptions:
    r"""Return the defaults with what TOML text overrides.

    Raises `AssumptionError` with every problem and its line.

    >>> ours = loads_assumptions("[walls]\nleave = { value = 0.2, low = 0.1, high = 0.4, source = 'our exit survey' }")
    >>> ours.table["walls.leave"].source
    'our exit survey'
    """
    if len(text) > _MOST_BYTES:
        _refuse(
            "too-large",
            f"the file is larger than {_MOST_BYTES // 1024} KiB",
            name,
            "assumptions are a page or two; is this the right file?",
        )
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse(
            "not-toml",
            f"this is not TOML: {str(error)[:1].lower()}{str(error)[1:]}",
            name,
            "write `[walls]`, then `leave = 0.2`",
        )
    known, report, given = published_assumptions().table, Report(), {}
    groups = sorted({full.partition(".")[0] for full in known})
    for group, part in tables.items():
        if group not in groups:
            report(
                "unknown-group",
                (group,),
                f"there is no group of assumptions called {quoted(group)}",
                meant(group, groups),
                at="key",
            )
        elif not isinstance(part, dict):
            report(
                "not-a-table",
                (group,),
                f"{quoted(group)} is a group of assumptions, so it is a table",
                f"write `[{group}]` on a line",
            )
        else:
            for short, value in part.items():
                item = _read(f"{group}.{short}", (group, short), value, report, name)
                if item is not None:
                    given[item.name] = item
    if report.found:
        raise AssumptionError(report.problems(text, name))
    return Assumptions({**known, **given})


def assumptions_text(assumptions: Assumptions) -> str:
    """Return assumptions as a TOML file that `load_assumptions` reads, with what each is and where
    it comes from as comments.
    """
    import tomli_w

    lines: list[str] = [
        "# What the simulator takes for granted. Change what you know better, and leave out the"
        " rest.\n"
    ]
    group = ""
    for item in assumptions:
        head, _, short = item.name.partition(".")
        if head != group:
            group = head
            lines.append(f"\n[{group}]\n")
        span = f", {item.low:g} to {item.high:g}" if item.uncertain else ""
        lines.append(f"# {item.words} ({item.basis}{span}: {item.source})\n")
        if item.is_table:
            pairs = ", ".join(
                tomli_w.dumps({name: share}).strip() for name, share in item.value.items()
            )
            lines.append(f"{short} = {{ {pairs} }}\n")
        else:
            lines.append(tomli_w.dumps({short: item.value}))
    return "".join(lines)


def _refuse(code: str, message: str, name: str, advice: str) -> NoReturn:
    raise AssumptionError([Problem(code=code, message=message, name=name, help=advice)]) from None


def _meant(name: str, known: Iterable[str]) -> str:
    """Return the assumption a name may have meant.

    One of its group that is alike, or the same word in another group.
    """
    group, _, short = name.rpartition(".")
    here = [full.partition(".")[2] for full in known if full.startswith(f"{group}.")]
    elsewhere = [full for full in known if full.rpartition(".")[2] == short]
    return f"did you mean `{elsewhere[0]}`?" if elsewhere else meant(short, here or list(known))


def _read(
    name: str, path: tuple[str, str], value: Any, report: Report, file: str
) -> Assumption | None:
    item = published_assumptions().table.get(name)
    if item is None:
        report(
            "unknown-assumption",
            path,
            f"there is no assumption called {quoted(name)}",
            _meant(name, published_assumptions().table),
            at="key",
        )
        return None
    detailed, before = isinstance(value, dict) and "value" in value, len(report.found)
    parts: dict[str, Any] = dict(value) if detailed else {"value": value}
    for part in parts.keys() - {"value", "low", "high", "source"}:
        report(
            "unknown-key",
            (*path, part),
            f"an assumption has no {quoted(part)}",
            meant(part, ["value", "low", "high", "source"]),
            at="key",
        )
    for part in ("value", "low", "high"):
        if part in parts:
            _check(item, part, parts[part], (*path, part) if detailed else path, report)
    if len(report.found) > before:
        return None
    parts.setdefault("source", file)
    if item.is_table or isinstance(item.value, date):
        return evolve(item, value=parts["value"], source=str(parts["source"]), basis=Basis.YOURS)
    given = float(parts["value"])
    low, high = (parts.get(side, getattr(item, side)) for side in ("low", "high"))
    if low is not None and high is not None and not low <= given <= high:
        if "low" in parts or "high" in parts:
            report(
                "bad-range",
                path,
                f"{quoted(name)} is not between its `low` and its `high`",
                "low, value and high rise in this order",
            )
            return None
        low, high = min(low, given), max(high, given)
    return evolve(
        item, value=given, low=low, high=high, source=str(parts["source"]), basis=Basis.YOURS
    )


def _check(item: Assumption, part: str, value: Any, path: tuple[str, ...], report: Report) -> None:
    name = quoted(item.name)
    if part != "value" and (item.is_table or isinstance(item.value, date)):
        report("no-range", path, f"{name} has no range", "leave `low` and `high` out")
    elif isinstance(item.value, date):
        if type(value) is not date:
            report(
                "not-a-date",
                path,
                f"{name} is a day, not {quoted(value)}",
                "write it as `2026-01-01`, without quotes",
            )
    elif item.is_table:
        if not isinstance(value, dict) or not all(
            _is_number(share) and 0 <= share <= 1 for share in value.values()
        ):
            report(
                "not-shares",
                path,
                f"{name} is a table of names and shares between 0 and 1",
                "for example `{ news = 0.8, sport = 0.2 }`",
            )
        elif item.adds_up and value and abs(sum(value.values()) - 1) > _ROUNDING:
            report(
                "shares-not-one",
                path,
                f"the shares of {name} add up to {sum(value.values()):g}",
                "let them add up to 1",
            )
    elif not _is_number(value):
        report(
            "not-a-number",
            path,
            f"{name} is a number, not {quoted(value)}",
            "write a number, without quotes",
        )
    elif not item.least <= value <= item.most:
        report(
            "out-of-range",
            path,
            f"{name} is between {item.least:g} and {item.most:g}, not {value:g}",
            f"the default is {item.value:g}",
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
