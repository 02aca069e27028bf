"""Mistakes in a condition: a number, a date, a word of a list, a flag, a part of a group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from attrs import evolve, fields

from meter.forms import span_text
from meter.policy import Dates, Hours, Lengths, Since, When
from meter.verify.mutants.edit import Edit, Kind, lifted, listing, replaced, with_field
from meter.vocabulary import Members, Range

__all__ = ["date_edits", "dates_moved", "when_edits"]

_STEP = {"score": 0.1, "value": 0.1}
"""By how much a number is off: one, unless it is a share."""
_DIGITS = 6
_MIDNIGHT = 24
_DAY = timedelta(days=1)
_NOT_ASKED = "not asked"
_NEIGHBOUR = {
    "at_least": "above",
    "above": "at_least",
    "at_most": "below",
    "below": "at_most",
}
"""The bound that differs from another on the constant itself only."""


def when_edits(when: When, where: str) -> Iterator[Edit[When]]:
    """Yield every mistake in a condition; `where` says in words whose it is."""
    for attribute in fields(When):
        value = getattr(when, attribute.name)
        if value is None:
            continue
        key = attribute.name.rstrip("_")
        set_to = partial(with_field, when, attribute.name)
        for edits_of in (edits for kind, edits in _BY_TYPE if isinstance(value, kind)):
            yield from lifted(edits_of(value, key, f"{where}, `{key}`"), (key,), set_to)
            break


# Each takes a value that is asked for, the key it is asked for by and the words for where it is.
# `None` for a value asks nothing any more.


def _flag(value: bool, _: str, what: str) -> Iterator[Edit[Any]]:  # noqa: FBT001 - a value
    turned = not value
    old, new = (str(flag).lower() for flag in (value, turned))
    yield Edit(Kind.FLAGS, what, old, new, (), lambda: turned)


def _words(value: frozenset[str], _: str, what: str) -> Iterator[Edit[Any]]:
    words = sorted(map(str, value))
    if len(words) == 1:
        yield Edit(Kind.LISTS, what, listing(words), _NOT_ASKED, (), lambda: None)
        return
    for place, word in enumerate(words):
        rest = replaced(tuple(words), place)
        fewer = value - {word}
        yield Edit(Kind.LISTS, what, listing(words), listing(rest), (), partial(_same, fewer))


def _same(value: object) -> object:
    return value


def _members(value: Members, key: str, what: str) -> Iterator[Edit[Any]]:
    asked = [
        attribute.name
        for attribute in fields(Members)
        if getattr(value, attribute.name) is not None
    ]
    for name in asked:
        edits = _words(getattr(value, name), key, f"{what} {name}")
        yield from lifted(edits, (name,), partial(_part_of, value, name, asked))


def _part_of(value: Any, name: str, asked: list[str], part: object) -> object:  # noqa: ANN401
    """Return a table with another part; nothing, where that was the only one and is gone."""
    if part is None and asked == [name]:
        return None
    return evolve(value, **{name: part})


def _range(value: Range, key: str, what: str) -> Iterator[Edit[Any]]:
    step = _STEP.get(key, 1)
    given = dict(value.given())
    for name, bound in given.items():
        for off in (bound - step, bound + step):
            moved = round(off, _DIGITS)
            yield _bound(value, what, name, bound, name, moved)
        other = _NEIGHBOUR.get(name)
        if other is not None and other not in given:
            yield _bound(value, what, name, bound, other, bound)


def _bound(
    value: Any,  # noqa: ANN401 - numbers and lengths have the same bounds
    what: str,
    name: str,
    bound: object,
    other: str,
    moved: object,
) -> Edit[Any]:
    return Edit(
        Kind.NUMBERS,
        what,
        f"{name} = {_said(bound)}",
        f"{other} = {_said(moved)}",
        (name,),
        lambda: evolve(value, **{name: None, other: moved}),
    )


def _said(bound: object) -> str:
    return f'"{span_text(bound)}"' if isinstance(bound, timedelta) else f"{bound:g}"


def _by_meter(value: Mapping[str, Any], key: str, what: str) -> Iterator[Edit[Any]]:
    for name, asked in value.items():
        for edits_of in (edits for kind, edits in _BY_TYPE if isinstance(asked, kind)):
            edits = edits_of(asked, key, f"{what} of `{name}`")
            yield from lifted(edits, (name,), partial(_with_entry, value, name))
            break


def _with_entry(value: Mapping[str, Any], name: str, part: object) -> object:
    changed = {**value, name: part}
    return {key: asked for key, asked in changed.items() if asked is not None} or None


def _lengths(value: Lengths, key: str, what: str) -> Iterator[Edit[Any]]:
    given = {name: getattr(value, name) for name in _NEIGHBOUR}
    asked = {name: bound for name, bound in given.items() if bound is not None}
    for name, bound in asked.items():
        step = _unit_of(bound)
        for moved in (bound - step, bound + step):
            yield _bound(value, what, name, bound, name, moved)
        if _NEIGHBOUR[name] not in asked:
            yield _bound(value, what, name, bound, _NEIGHBOUR[name], bound)
    product = getattr(value, "product", None)
    if product is not None:
        edits = _words(product, key, f"{what}, `product`")
        yield from lifted(edits, ("product",), partial(with_field, value, "product"))


def _unit_of(length: timedelta) -> timedelta:
    for unit in (_DAY, timedelta(hours=1)):
        if not length % unit:
            return unit
    return timedelta(minutes=1)


def _since(value: Since, key: str, what: str) -> Iterator[Edit[Any]]:
    for name, lengths in value.asked():
        edits = _lengths(lengths, key, f"{what} {name}")
        yield from lifted(edits, (name,), partial(with_field, value, name))


def _dates(value: Dates, _: str, what: str) -> Iterator[Edit[Any]]:
    bounds = {"from_": value.from_, "until": value.until}
    asked = [name for name, bound in bounds.items() if bound is not None]
    for name in asked:
        edits = date_edits(bounds[name], f"{what} {name.rstrip('_')}")
        whole = partial(_part_of, value, name, asked)
        yield from lifted(edits, (name.rstrip("_"),), whole)


def date_edits(when: date | None, what: str) -> Iterator[Edit[date | None]]:
    """Yield the mistakes in a date or a time: a day earlier, a day later, left out."""
    if when is None:
        return
    for moved in dates_moved(when):
        yield Edit(Kind.DATES, what, when.isoformat(), moved.isoformat(), (), partial(_day, moved))
    yield Edit(Kind.DATES, what, when.isoformat(), "left out", (), lambda: None)


def _day(day: date) -> date | None:
    return day


def dates_moved(when: date) -> list[date]:
    """Return the day before and the day after, as far as there are any."""
    moved = []
    for step in (-_DAY, _DAY):
        try:
            moved.append(when + step)
        except OverflowError:
            continue
    return moved


def _hours(value: Hours, _: str, what: str) -> Iterator[Edit[Any]]:
    for name in ("at_least", "below"):
        hour = getattr(value, name)
        if hour is None:
            continue
        for moved in ((hour - 1) % _MIDNIGHT, (hour + 1) % _MIDNIGHT):
            yield _bound(value, what, name, hour, name, moved)


def _alternatives(value: tuple[When, ...], _: str, what: str) -> Iterator[Edit[Any]]:
    for place, part in enumerate(value):
        numbered = f"{what} (alternative {place + 1})"
        rest = replaced(value, place)
        if rest:
            yield Edit(Kind.LISTS, numbered, "there", "left out", (place,), partial(_same, rest))
        edits = when_edits(part, numbered)
        yield from lifted(edits, (place,), partial(replaced, value, place))


def _negated(value: When, _: str, what: str) -> Iterator[Edit[Any]]:
    yield Edit(Kind.LISTS, what, "there", "left out", (), lambda: None)
    yield from when_edits(value, what)


_BY_TYPE: tuple[tuple[Any, Callable[[Any, str, str], Iterator[Edit[Any]]]], ...] = (
    (bool, _flag),
    (frozenset, _words),
    (Members, _members),
    (Range, _range),
    (Lengths, _lengths),
    (Since, _since),
    (Dates, _dates),
    (Hours, _hours),
    (Mapping, _by_meter),
    (When, _negated),
    (tuple, _alternatives),
)
"""What can go wrong with what is asked for, by its kind of value."""
