"""Put views into groups of equal facts, from the attributes of a log as columns.

What a value means to a policy is asked of `Vocabulary.observe`, once for each value (or stretch of
time) that can make a difference; here is only which columns a fact depends on. A fact that is not
listed here is asked of every view.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from attrs import define, frozen
from numpy.typing import NDArray

from meter.replay.logs.attributes import LOG_ATTRIBUTES, BadValueError, read_value, scene
from meter.windows import DAY, instant

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from meter.columns.decide import Columns
    from meter.facts import Slot
    from meter.replay.logs.rows import Form
    from meter.view import Entitlement

__all__ = ["NEEDS", "Coded", "code_column", "group_views"]

_RIGHTS = ("reader.entitlements", "reader.status", "reader.registered")
NEEDS: dict[str, tuple[str, ...]] = {
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
    "age_days": ("article.published",),
    "days_since_expiry": ("reader.entitlements",),
    "gift": ("gift",),
    "crawler": ("crawler",),
    "period": (),
}
"""The attributes each fact depends on (the rest of `TIMED` ones is the instant)."""
_BY_RIGHTS = ("reader", "product", "whole", "named", "days_since_expiry")
"""The facts that change when a right begins or ends."""
_FEW = 1 << 20
"""Up to this many possible classes are looked up in a table rather than sorted."""
_FAR = 1 << 62
"""Numbers of classes must stay below this to be whole numbers of 64 bits."""
_NO_AGE = -(1 << 40)
"""Stands for the age of an article that was published nobody knows when."""


@frozen
class Coded:
    """A column as numbers.

    `values` are the distinct ones, as the classes want them; `codes` says which each view has.
    """

    codes: NDArray[np.int64]
    values: tuple[object, ...]


def code_column(
    name: str, codes: NDArray[np.int64], raw: Sequence[object], zone: ZoneInfo, form: Form
) -> tuple[Coded, dict[int, str]]:
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
            faults[code] = f"{name}: {fault}"
        values.append(read)
    return Coded(codes, tuple(values)), faults


@define
class _Classes:
    """Views in classes: the class of each view, and one view (`firsts`) of each class."""

    codes: NDArray[np.int64]
    firsts: NDArray[np.int64]

    def spread(self, values: Sequence[int]) -> NDArray[np.int64]:
        """Return, for each view, the value of its class."""
        if len(values) == 1:
            return np.broadcast_to(np.int64(values[0]), len(self.codes))
        return np.array(values, np.int64)[self.codes]


def _classes(columns: Sequence[NDArray[np.int64]], total: int) -> _Classes:
    """Put views (at least one) that agree in all columns of whole numbers into one class."""
    # The columns are read as the digits of one number: `codes` is that number of each view, and
    # `size` how many there could be. Where there could be too many, those that are met are
    # numbered anew, so that another digit fits.
    codes = np.broadcast_to(np.int64(0), total)
    size = 1
    for column in columns:
        low = int(column.min())
        span = int(column.max()) - low + 1
        if span == 1:
            continue
        if size * span > _FEW:
            codes = np.unique(codes, return_inverse=True)[1]
            size = int(codes.max()) + 1
        digit = column - low
        if size * span > _FAR:
            digit = np.unique(column, return_inverse=True)[1]
            span = int(digit.max()) + 1
        codes = codes * span + digit
        size *= span
    if size == 1:
        return _Classes(codes, np.zeros(1, np.int64))
    if size <= _FEW:
        return _numbered(codes, size)
    _, firsts, codes = np.unique(codes, return_index=True, return_inverse=True)
    return _Classes(codes, firsts)


def _numbered(codes: NDArray[np.int64], size: int) -> _Classes:
    """Number the codes below `size` that are met, as `np.unique` would, but without sorting."""
    total = len(codes)
    first = np.full(size, -1, np.int64)
    first[codes[::-1]] = np.arange(total - 1, -1, -1)  # the first view of a code is written last
    met = first >= 0
    number = np.cumsum(met) - 1
    return _Classes(number[codes], first[met])


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
        names = [name for name in NEEDS.get(slot.name, tuple(LOG_ATTRIBUTES)) if name in attributes]
        classes = _classes(_axes(slot, names, at, attributes), total)
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
    classes = _classes([*numbers, prefetch], total)
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
    if slot.name not in NEEDS:
        return [*(column.codes for column in coded), at]
    if slot.name == "period":
        return [_intervals(slot, at)]
    if slot.name == "score" and coded:
        return [_score_intervals(slot, coded[0])]
    if slot.name == "age_days" and coded:
        return [_ages(coded[0], at)]
    if slot.name == "named":
        return [*_named(coded, names), *_stretches(slot, names, at, attributes)]
    if slot.name in _BY_RIGHTS:
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


def _score_intervals(slot: Slot, scores: Coded) -> NDArray[np.int64]:
    """Number the interval of each view's score; a missing one has an interval of its own."""
    missing = np.array([value is None for value in scores.values])
    numbers = np.array([-1.0 if value is None else value for value in scores.values], np.float64)
    return np.where(missing, -1, _intervals(slot, numbers))[scores.codes]


def _ages(published: Coded, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the day of its article's life that each view is on.

    An age counts completed days, so views of the same day agree.
    """
    dates = [value if isinstance(value, datetime) else None for value in published.values]
    instants = np.array([0 if date is None else instant(date) for date in dates], np.int64)
    known = np.array([date is not None for date in dates])
    days = (at - instants[published.codes]) // DAY
    return np.where(known[published.codes], days, _NO_AGE)


def _stretches(
    slot: Slot, names: Sequence[str], at: NDArray[np.int64], attributes: Mapping[str, Coded]
) -> list[NDArray[np.int64]]:
    """Return between which dates of the reader's rights each view lies.

    Where the fact counts days since the end of a right, also on which of these days.
    """
    if "reader.entitlements" not in names:
        return []
    rights = attributes["reader.entitlements"]
    stretch = np.zeros(len(at), np.int64)
    day = np.zeros(len(at), np.int64)
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
        if slot.name == "days_since_expiry":
            for number in np.unique(stretch[rows]):
                mine = rows[stretch[rows] == number]
                day[mine] = _days_since_expiry(value, at[mine])
    return [stretch, day]


def _days_since_expiry(rights: tuple[Entitlement, ...], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many days ago the rights had ended, at instants of one stretch between dates."""
    reader, _ = scene({"reader.entitlements": rights})
    first = int(at[0])
    since = reader.expired_for(first)
    if since is None:
        return np.zeros(len(at), np.int64)
    expired = first - since  # the same for the whole stretch
    return (at - expired) // DAY
