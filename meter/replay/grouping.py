"""Which views have equal facts? Attributes of a log, in columns, become groups of equal facts.

What a value means to a policy is asked of `Vocabulary.observe`, once for each value (or stretch of
time) that can make a difference; here is only which columns a fact depends on. A fact that is not
listed here is asked of every view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import define, frozen

from meter.columns.tables import Array, spends
from meter.replay.logs.attributes import ATTRIBUTES, BadValueError, scene
from meter.vocabulary import ArticleAccess
from meter.windows import DAY, instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from meter.columns.decide import Columns
    from meter.facts import Slot

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
_BY_RIGHTS = ("reader", "product", "days_since_expiry")
_FEW = 1 << 20


@frozen
class Coded:
    """A column as numbers.

    `values` are the distinct ones, as the classes want them; `codes` says which each view has.
    """

    codes: Array
    values: tuple[Any, ...]


def code_column(
    name: str, codes: Array, raw: Sequence[Any], zone: ZoneInfo
) -> tuple[Coded, dict[int, str]]:
    """Read the distinct values of a column.

    Return it, and by code what is wrong with the values that cannot be read.
    """
    values, faults = [], {}
    for code, value in enumerate(raw):
        try:
            values.append(
                None
                if value is None or (value == "" and name != "referrer")
                else ATTRIBUTES[name].read(value, zone)
            )
        except BadValueError as fault:
            values.append(None)
            faults[code] = f"{name}: {fault}"
    return Coded(codes, tuple(values)), faults


@define
class _Classes:
    """Views in classes: `codes` says which class each view is in, `firsts` one view of each class."""

    codes: Array
    firsts: Array


def _classes(columns: Sequence[Array], total: int) -> _Classes:
    """Put views (at least one) that agree in all of some columns of whole numbers into one class."""
    codes, size = np.broadcast_to(np.int64(0), total), 1
    for column in columns:
        low = int(column.min())
        span = int(column.max()) - low + 1
        if span == 1:
            continue
        if size * span > _FEW:
            codes = np.unique(codes, return_inverse=True)[1]
            size = int(codes.max()) + 1
        if size * span > 1 << 62:
            part = np.unique(column, return_inverse=True)[1]
            span = int(part.max()) + 1
        else:
            part = column - low
        codes, size = codes * span + part, size * span
    if size == 1:
        return _Classes(codes, np.zeros(1, np.int64))
    if size <= _FEW:
        first = np.full(size, -1, np.int64)
        first[codes[::-1]] = np.arange(total - 1, -1, -1)
        present = np.flatnonzero(first >= 0)
        number = np.cumsum(first >= 0) - 1
        return _Classes(number[codes], first[present])
    _, firsts, codes = np.unique(codes, return_index=True, return_inverse=True)
    return _Classes(codes, firsts)


def group_views(columns: Columns, at: Array, attributes: Mapping[str, Coded]) -> Array:
    """Return the number of each view's group (see `Columns.group`).

    `at` are instants in microseconds since 1970.
    """
    vocabulary, total = columns.rulebook.vocabulary, len(at)
    if not total:
        return np.zeros(0, np.int32)
    found: list[list[Any]] = []
    axes = []
    for place, slot in enumerate(vocabulary.slots[: vocabulary.base]):
        names = [name for name in NEEDS.get(slot.name, tuple(ATTRIBUTES)) if name in attributes]
        classes = _classes(_axes(slot, names, at, attributes), total)
        codes: dict[Any, int] = {}
        number = []
        for first in classes.firsts:
            reader, view = scene(
                {name: attributes[name].values[attributes[name].codes[first]] for name in names}
            )
            code = vocabulary.observe(reader, view, int(at[first]))[place]
            number.append(codes.setdefault(code, len(codes)))
        found.append(list(codes))
        axes.append(_taken(number, classes))
    prefetch = attributes.get("prefetch")
    counts = (
        np.broadcast_to(np.int64(0), total)
        if prefetch is None
        else np.array([value is True for value in prefetch.values], np.int64)[prefetch.codes]
    )
    classes = _classes([*axes, counts], total)
    groups = []
    for first in classes.firsts:
        values = tuple(codes[axis[first]] for codes, axis in zip(found, axes, strict=True))
        groups.append(
            columns.group(
                values, spends=spends(ArticleAccess(values[1]), prefetch=bool(counts[first]))
            )
        )
    return _taken(groups, classes).astype(np.int32)


def _taken(values: Sequence[int], classes: _Classes) -> Array:
    """Return the value of each view's class."""
    if len(values) == 1:
        return np.broadcast_to(np.int64(values[0]), len(classes.codes))
    return np.array(values, np.int64)[classes.codes]


def _axes(
    slot: Slot, names: Sequence[str], at: Array, attributes: Mapping[str, Coded]
) -> list[Array]:
    """Return columns of whole numbers; views that agree in all of them agree in the fact."""
    coded = [attributes[name] for name in names]
    if slot.name not in NEEDS:
        return [*(column.codes for column in coded), at]
    if slot.name == "period":
        return [_intervals(slot, at)]
    if slot.name == "score" and coded:
        missing = np.array([value is None for value in coded[0].values])
        numbers = np.array([-1.0 if value is None else value for value in coded[0].values])
        return [np.where(missing, -1, _intervals(slot, numbers))[coded[0].codes]]
    if slot.name == "age_days" and coded:
        # An age counts completed days, so views of the same day of an article's life agree.
        published = np.array(
            [0 if value is None else instant(value) for value in coded[0].values], np.int64
        )[coded[0].codes]
        known = np.array([value is not None for value in coded[0].values])[coded[0].codes]
        return [np.where(known, (at - published) // DAY, -(1 << 40))]
    if slot.name in _BY_RIGHTS:
        return [*(column.codes for column in coded), *_stretches(slot, names, at, attributes)]
    return [column.codes for column in coded]


def _intervals(slot: Slot, numbers: Array) -> Array:
    """Number the intervals between a slot's constants, and the constants themselves."""
    marks = np.array(slot.mentioned)
    return np.searchsorted(marks, numbers, "left") + np.searchsorted(marks, numbers, "right")


def _stretches(
    slot: Slot, names: Sequence[str], at: Array, attributes: Mapping[str, Coded]
) -> list[Array]:
    """Return, for views of readers with dated rights, in which stretch between those dates a view
    lies (and on which day of it).
    """
    if "reader.entitlements" not in names:
        return []
    rights = attributes["reader.entitlements"]
    stretch, day = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    order = np.argsort(rights.codes, kind="stable")
    cuts = np.searchsorted(rights.codes[order], np.arange(len(rights.values) + 1))
    for code, value in enumerate(rights.values):
        rows = order[cuts[code] : cuts[code + 1]]
        if not value or not len(rows):
            continue
        edges = np.array(
            sorted({edge for right in value for edge in (right.from_instant, right.until_instant)}),
            np.int64,
        )
        stretch[rows] = np.searchsorted(edges, at[rows], "right")
        if slot.name == "days_since_expiry":
            for number in np.unique(stretch[rows]):
                mine = rows[stretch[rows] == number]
                since = scene({"reader.entitlements": value})[0].expired_for(int(at[mine[0]]))
                if since is not None:
                    day[mine] = (at[mine] - (int(at[mine[0]]) - since)) // DAY
    return [stretch, day]
