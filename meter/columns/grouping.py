"""Put views into groups of equal facts, from the attributes of a log as columns.

What a value means to a policy is asked of `Vocabulary.observe`, once for each value (or stretch of
time) that can make a difference; here is only which columns a fact depends on. A fact that is not
listed here is asked of every view.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from meter.columns.attributes import LOG_ATTRIBUTES, BadValueError, read_value, scene
from meter.columns.classes import classes_of
from meter.facts.attributes import since
from meter.windows import DAY, instant

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from meter.columns.attributes import Form
    from meter.columns.decide import Columns
    from meter.facts import Slot
    from meter.view import Entitlement

__all__ = ["READER_ID", "Coded", "code_column", "group_views", "needs_of"]

READER_ID = "reader.id"
_RIGHTS = ("reader.entitlements", "reader.status", "reader.registered")
_NEEDS: dict[str, tuple[str, ...]] = {
    "reader": _RIGHTS,
    "access": ("article.access",),
    "section": ("article.section",),
    "kind": ("article.kind",),
    "country": ("country", "reader.country"),
    "device": ("device",),
    "channel": ("channel",),
    "language": ("language",),
    "referrer": ("referrer",),
    "product": _RIGHTS,
    "whole": _RIGHTS,
    "named": ("reader.entitlements", "article.id", "article.section", "article.tags"),
    "tags": ("article.tags",),
    "segments": ("reader.segments",),
    "score": ("reader.score",),
    "value": ("article.value",),
    "age": ("article.published",),
    "published": ("article.published",),
    "expiry": ("reader.entitlements",),
    "purchase": ("reader.entitlements",),
    "registration": ("reader.registered", "reader.registered_at"),
    "gift": ("gift",),
    "crawler": ("crawler",),
    "period": (),
    "weekday": (),
    "hour": (),
}
"""The attributes each fact depends on (the rest of `TIMED` ones is the instant)."""
_BY_RIGHTS = ("reader", "product", "whole", "named", "expiry", "purchase")
"""The facts that change when a right begins or ends."""
_UNKNOWN = -1
"""Stands for a length of time that nobody knows, or that is still to come."""
_QUARTER = DAY // 96
"""Clocks show whole hours at whole quarters of an hour, wherever they are,"""
_HALF_MINUTE = DAY // 2880
"""but in a few zones at half minutes,"""
_SINCE_1973 = instant(datetime(1973, 1, 1, tzinfo=UTC))
"""before this."""


def needs_of(slot: Slot) -> tuple[str, ...]:
    """Return the attributes that a fact depends on; a variant hangs on the id that is hashed."""
    if slot.assignment is not None:
        return ("reader.visitor",) if slot.assignment.by_visitor else (READER_ID,)
    return _NEEDS.get(slot.asks, tuple(LOG_ATTRIBUTES))


@frozen
class Coded:
    """A column as numbers.

    `values` are the distinct ones, as the classes want them; `codes` says which each view has.
    """

    codes: NDArray[np.int64]
    values: tuple[object, ...]


def code_column(
    name: str, codes: NDArray[np.int64], raw: Sequence[object], zone: ZoneInfo, form: Form
) -> tuple[Coded, dict[int, BadValueError]]:
    """Read the distinct values of a column.

    Return it, and by code what is wrong with the values that cannot be read.
    """
    values: list[object] = []
    faults = {}
    for code, value in enumerate(raw):
        read = None
        try:
            read = read_value(name, value, zone, form)
        except BadValueError as fault:
            faults[code] = fault
        values.append(read)
    return Coded(codes, tuple(values)), faults


def group_views(
    columns: Columns, at: NDArray[np.int64], attributes: Mapping[str, Coded]
) -> NDArray[np.int32]:
    """Return the number of each view's group (see `Columns.group`).

    `at` are instants in microseconds since 1970.
    """
    vocabulary = columns.rulebook.vocabulary
    total = len(at)
    if not total:
        return np.zeros(0, np.int32)
    # First each fact by itself: views that agree in all that the fact depends on are one class,
    # and the vocabulary is asked about one view of each. `facts` has the different codes of each
    # fact, `numbers` which of these each view has.
    facts: list[list[Hashable]] = []
    numbers = []
    for place, slot in enumerate(vocabulary.slots[: vocabulary.base]):
        names = [name for name in needs_of(slot) if name in attributes]
        classes = classes_of(_axes(slot, names, at, attributes), total)
        codes: dict[Hashable, int] = {}
        number = []
        for first in classes.firsts:
            reader, view = scene(_values_of(first, names, attributes))
            code = vocabulary.observe(reader, view, int(at[first]))[place]
            number.append(codes.setdefault(code, len(codes)))
        facts.append(list(codes))
        numbers.append(classes.spread(number))
    # Then all facts together: views that agree in all codes are one group.
    prefetch = _prefetch(attributes, total)
    classes = classes_of([*numbers, prefetch], total)
    groups = []
    for first in classes.firsts:
        values = tuple(codes[axis[first]] for codes, axis in zip(facts, numbers, strict=True))
        groups.append(columns.group(values, prefetch=bool(prefetch[first])))
    return classes.spread(groups).astype(np.int32)


def _values_of(
    view: int, names: Sequence[str], attributes: Mapping[str, Coded]
) -> dict[str, object]:
    """Return some attributes of one view."""
    return {name: attributes[name].values[attributes[name].codes[view]] for name in names}


def _prefetch(attributes: Mapping[str, Coded], total: int) -> NDArray[np.int64]:
    """Return 1 for each view that is a prefetch, which counts nothing, and 0 for the others."""
    column = attributes.get("prefetch")
    if column is None:
        return np.broadcast_to(np.int64(0), total)
    return np.array([value is True for value in column.values], np.int64)[column.codes]


def _axes(
    slot: Slot, names: Sequence[str], at: NDArray[np.int64], attributes: Mapping[str, Coded]
) -> list[NDArray[np.int64]]:
    """Return columns of whole numbers; views that agree in all of them agree in the fact."""
    coded = [attributes[name] for name in names]
    if slot.assignment is not None:
        return [column.codes for column in coded]
    if slot.asks not in _NEEDS:
        return [*(column.codes for column in coded), at]
    if slot.zone is not None:
        return [at // (_QUARTER if at.min() >= _SINCE_1973 else _HALF_MINUTE)]
    if slot.name == "period":
        return [_intervals(slot, at)]
    if slot.name in ("score", "value") and coded:
        return [_number_intervals(slot, coded[0])]
    if slot.name in ("age", "published") and coded:
        return [_since_published(slot, coded[0], at)]
    if slot.asks == "registration" and coded:
        return [*(column.codes for column in coded), _since_registered(slot, attributes, at)]
    if slot.name == "named":
        return [*_named(coded, names), *_stretches(slot, names, at, attributes)]
    if slot.asks in _BY_RIGHTS:
        return [*(column.codes for column in coded), *_stretches(slot, names, at, attributes)]
    return [column.codes for column in coded]


def _named(coded: Sequence[Coded], names: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return the columns on which it depends whether a right names an article.

    What is read matters to those only who have a right that names something.
    """
    if "reader.entitlements" not in names:
        return []
    rights = coded[names.index("reader.entitlements")]
    naming = np.array([_names_something(value) for value in rights.values])[rights.codes]
    return [np.where(naming, column.codes, 0) for column in coded]


def _names_something(rights: object) -> bool:
    return isinstance(rights, tuple) and any(right.is_named for right in rights)


def _intervals(slot: Slot, numbers: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.int64]:
    """Number the intervals between a slot's constants, and the constants themselves."""
    marks = np.array(slot.mentioned)
    return np.searchsorted(marks, numbers, "left") + np.searchsorted(marks, numbers, "right")


def _number_intervals(slot: Slot, scores: Coded) -> NDArray[np.int64]:
    """Number the interval of each view's number; a missing one has an interval of its own."""
    missing = np.array([value is None for value in scores.values])
    numbers = np.array([-1.0 if value is None else value for value in scores.values], np.float64)
    return np.where(missing, -1, _intervals(slot, numbers))[scores.codes]


def _since_published(slot: Slot, published: Coded, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the interval of each article's age, or of the instant at which it came out."""
    instants, known = _instants(published)
    ages = at - instants[published.codes]
    told = ages if slot.is_length else instants[published.codes]
    come = known[published.codes] & (ages >= 0)
    return np.where(come, _intervals(slot, told), _UNKNOWN)


def _since_registered(
    slot: Slot, attributes: Mapping[str, Coded], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Number the interval of the time since each reader registered."""
    registered = attributes.get("reader.registered_at")
    if registered is None:
        return np.zeros(len(at), np.int64)
    instants, known = _instants(registered)
    lengths = at - instants[registered.codes]
    come = known[registered.codes] & (lengths >= 0)
    return np.where(come, _intervals(slot, lengths), _UNKNOWN)


def _instants(dates: Coded) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the instants of a column of times, and which of its values are times."""
    times = [value if isinstance(value, datetime) else None for value in dates.values]
    instants = np.array([0 if time is None else instant(time) for time in times], np.int64)
    return instants, np.array([time is not None for time in times], np.bool_)


def _stretches(
    slot: Slot, names: Sequence[str], at: NDArray[np.int64], attributes: Mapping[str, Coded]
) -> list[NDArray[np.int64]]:
    """Return between which dates of the reader's rights each view lies.

    Where the fact is a time since a right began or ended, also in which interval of its own.
    """
    if "reader.entitlements" not in names:
        return []
    rights = attributes["reader.entitlements"]
    stretch = np.zeros(len(at), np.int64)
    length = np.zeros(len(at), np.int64)
    # A stable sort brings the views of readers with the same rights together: those with `code`
    # are the rows from one cut to the next.
    order = np.argsort(rights.codes, kind="stable")
    cuts = np.searchsorted(rights.codes[order], np.arange(len(rights.values) + 1))
    for code, value in enumerate(rights.values):
        rows = order[cuts[code] : cuts[code + 1]]
        if not isinstance(value, tuple) or not value or not len(rows):
            continue
        dates = {date for right in value for date in (right.from_instant, right.until_instant)}
        stretch[rows] = np.searchsorted(np.array(sorted(dates), np.int64), at[rows], "right")
        if slot.is_length:
            for number in np.unique(stretch[rows]):
                mine = rows[stretch[rows] == number]
                length[mine] = _since_right(slot, value, at[mine])
    return [stretch, length]


def _since_right(
    slot: Slot, rights: tuple[Entitlement, ...], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Number the interval of the time since a right, at instants of one stretch between dates."""
    reader, view = scene({"reader.entitlements": rights})
    first = int(at[0])
    length = since(slot.asks, slot.product)(reader, view, first)
    if length is None:
        return np.full(len(at), _UNKNOWN, np.int64)
    happened = first - length  # the same for the whole stretch
    return _intervals(slot, at - happened)
