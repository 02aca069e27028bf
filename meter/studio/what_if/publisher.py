"""What staff know of their own publication: a form's texts, read into the simulator's numbers.

Each may be left out. What is wrong with one is said of that one, and the others are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import tomli_w
from attrs import frozen

from meter.errors import MeterError
from meter.simulate.assumptions import AssumptionError, loads_assumptions, published_assumptions
from meter.simulate.assumptions.known import Known, read_number
from meter.studio.what_if.fields import ASSUMPTIONS_FILE, FIELDS, FIVE, MONEY, MORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.simulate.assumptions import Assumptions
    from meter.studio.what_if.fields import NumberField

__all__ = [
    "Publisher",
    "default_currency",
    "default_text",
    "read_publisher",
]

_GROUPED = re.compile(r"\d{1,3}(?:[ ,\u00a0\u202f']\d{3})+")
_POINTED = re.compile(r"\d{1,3}(?:\.\d{3})+")
_SOURCE = "given in the studio"
_CURRENCY = "money.currency"
_SUBSCRIBERS = "subscribers.share"
_OF_A_MONTH = ("uniques", "split", "stops", "starts", "churn")
_BARE = re.compile(r"\d+(?:\.\d+)?")


_FIELD_OF = {
    _SUBSCRIBERS: "subscribers",
    **{item.assumption: item.name for item in FIELDS.values() if item.assumption},
}


@frozen(kw_only=True)
class Publisher:
    """The numbers of one publisher.

    `known` is the text for `--known` and `assumptions_text` the file for `--assumptions`, each
    `None` where nothing is said of it. `faults` say by field what cannot be used.
    """

    known: str | None
    assumptions_text: str | None
    faults: Mapping[str, str]

    @property
    def assumptions(self) -> Assumptions:
        """What is taken for granted, with what was given."""
        return _loaded(self.assumptions_text)


def read_publisher(texts: Mapping[str, str], currency: str | None = None) -> Publisher:
    """Return what was typed into the fields, by their names; `currency` is that of the offers."""
    form = _Form(texts)
    known = _known(form)
    values = dict(_assumed(form))
    if currency is not None and currency != default_currency():
        values[_CURRENCY] = currency
        _ask_for_prices(form, currency)
    text = _toml(values) if values else None
    try:
        _loaded(text)
    except AssumptionError as error:
        for problem in error.problems:
            name = _FIELD_OF.get(".".join(map(str, problem.path[:2])), "uniques")
            form.faults.setdefault(name, f"{problem.message}; {problem.help}")
        text = None
    return Publisher(known=known, assumptions_text=text, faults=form.faults)


def default_currency() -> str:
    """Return the currency that the published prices are in."""
    return published_assumptions().word(_CURRENCY)


def default_text(item: NumberField) -> str:
    """Say what is taken where a field is left empty."""
    if item.assumption is None or item.left_out:
        return item.left_out
    return f"{published_assumptions().number(item.assumption):g} {default_currency()}"


class _Form:
    """The texts of a form, and what was found wrong with some of them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.faults: dict[str, str] = {}

    def is_empty(self, name: str) -> bool:
        """Say whether nothing was typed into a field."""
        return not self._texts.get(name, "").strip()

    def plain(self, item: NumberField) -> str | None:
        """Return a text as `--known` has it: without commas in numbers, shares with their mark."""
        text = self._texts.get(item.name, "").strip()
        if not text or item.name in self.faults:
            return None
        if _GROUPED.fullmatch(text):
            return re.sub(r"\D", "", text)
        if item.is_count and _POINTED.fullmatch(text):
            self.faults[item.name] = f"write it without the point: `{text.replace('.', '')}`"
            return None
        text = text.replace(" ", "")
        if item.is_share and _BARE.fullmatch(text):
            return self._percent(item, text)
        return text

    def _percent(self, item: NumberField, text: str) -> str | None:
        """Return a number as a percentage, where it cannot be meant as a share of 1."""
        if 0 < float(text) < 1:
            meant = f"{100 * float(text):g}%"
            self.faults[item.name] = f"`{text}` may be `{text}%` or `{meant}`; write which it is"
            return None
        return f"{text}%"

    def number(self, item: NumberField) -> float | None:
        """Return a number above 0, or nothing after noting what is wrong with it."""
        text = self.plain(item)
        if text is None:
            return None
        try:
            number = read_number(item.name, text)
        except MeterError as error:
            self.faults[item.name] = str(error)
            return None
        if item.is_share and number > 1:
            self.faults[item.name] = f"`{text}` is more than all of them; write at most `100%`"
            return None
        return number


def _known(form: _Form) -> str | None:
    """Return the numbers of a usual month as `--known` takes them."""
    texts = {item.name: form.plain(item) for item in (*FIVE, *MORE) if item.name in _OF_A_MONTH}
    given = {name: text for name, text in texts.items() if text is not None}
    for name, text in given.items():
        alone = f"uniques=1, {name}={text}" if name == "starts" else f"{name}={text}"
        try:
            Known.parse(alone)
        except MeterError as error:
            form.faults[name] = str(error)
    if "starts" in given and form.is_empty("uniques"):
        form.faults["uniques"] = "say how many readers you have: so many starts of how many?"
    return ", ".join(f"{name}={text}" for name, text in given.items()) or None


def _assumed(form: _Form) -> Iterator[tuple[str, object]]:
    """Yield each assumption that is given, with a range as wide as the published one."""
    subscribers = form.number(FIELDS["subscribers"])
    readers = form.number(FIELDS["uniques"])
    if subscribers is not None and form.is_empty("uniques"):
        form.faults["uniques"] = "say how many readers you have: subscribers are a share of them"
    elif subscribers is not None and readers is not None:
        if subscribers >= readers:
            form.faults["subscribers"] = "these are more than all your readers of a month"
        share = float(f"{subscribers / readers:.6g}")
        yield _SUBSCRIBERS, {"value": share, "source": _SOURCE}
    for item in (*MORE, *MONEY):
        if item.assumption is not None:
            value = form.number(item)
            if value is not None:
                yield item.assumption, {**_ranged(item.assumption, value), "source": _SOURCE}


def _ask_for_prices(form: _Form, currency: str) -> None:
    for item in MONEY:
        if form.is_empty(item.name):
            form.faults[item.name] = (
                f"say what this is in {currency}; the published number is in {default_currency()}"
            )


@lru_cache(maxsize=32)
def _loaded(text: str | None) -> Assumptions:
    if text is None:
        return published_assumptions()
    return loads_assumptions(text, name=ASSUMPTIONS_FILE)


def _ranged(name: str, value: float) -> dict[str, object]:
    """Return a value with the published range around it, moved along by the same ratio."""
    usual = published_assumptions().table[name]
    if not usual.uncertain or not isinstance(usual.value, int | float):
        return {"value": value}
    ends = {"low": usual.low, "high": usual.high}
    return {
        "value": value,
        **{
            end: float(f"{min(max(old / usual.value * value, usual.least), usual.most):.6g}")
            for end, old in ends.items()
            if old is not None
        },
    }


def _toml(values: Mapping[str, object]) -> str:
    """Return assumptions by their full names as TOML, one a line."""
    groups: dict[str, list[str]] = {}
    for name, value in values.items():
        group, _, short = name.partition(".")
        groups.setdefault(group, []).append(_line(short, value))
    return "".join(f"[{group}]\n{''.join(lines)}" for group, lines in groups.items())


def _line(key: str, value: object) -> str:
    if not isinstance(value, dict):
        return tomli_w.dumps({key: value})
    inner = ", ".join(tomli_w.dumps({name: part}).strip() for name, part in value.items())
    return f"{key} = {{ {inner} }}\n"
