"""How is a set of situations said in few lines?

As boxes: one condition an attribute, each as wide as the truth allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.facts import ATTRIBUTES, OTHER
from meter.verify.concretize import listed, status_words, words_of
from meter.verify.diagram import FALSE
from meter.view import covers

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from meter.verify.situations import Standing, Variable
    from meter.verify.space import Space

__all__ = ["Box", "Phrase", "cover", "phrase"]

Box = dict[int, frozenset[int]]
"""The codes allowed at some levels; a level that is left out allows all."""

_MOST_TIDIED = 60

_BEFORE = {
    "section": "in",
    "kind": "of kind",
    "channel": "on channel",
    "device": "on device",
    "language": "in language",
    "referrer": "coming from",
    "country": "in",
}


def cover(space: Space, wanted: int, forbidden: int) -> list[Box]:
    """Return boxes that together hold all of `wanted` and nothing of `forbidden`.

    What is neither may be in or out.

    Boxes are widened by dropping whole attributes first, so that as few conditions as possible
    remain to be read.
    """
    forest, rest = space.forest, wanted
    boxes: list[Box] = []
    while rest != FALSE:
        path = forest.path(rest) or {}
        box = _widened(
            space, {level: frozenset({code}) for level, code in path.items()}, rest, forbidden
        )
        boxes.append(box)
        rest = forest.minus(rest, forest.box(box))
    if len(boxes) > _MOST_TIDIED:
        return boxes
    kept: list[Box | None] = list(boxes)
    for place, box in sorted(enumerate(boxes), key=lambda item: -len(item[1])):
        others = [
            forest.box(other)
            for index, other in enumerate(kept)
            if index != place and other is not None
        ]
        kept[place] = _narrowed(space, box, forest.minus(wanted, forest.either(*others)))
    return [box for box in kept if box is not None]


def _narrowed(space: Space, box: Box, needed: int) -> Box | None:
    """Return a box without the codes that other boxes cover already.

    `None` if they cover all of it.
    """
    if not space.forest.meets(needed, box):
        return None
    for level, codes in box.items():
        kept = frozenset(
            code for code in codes if space.forest.meets(needed, {**box, level: frozenset({code})})
        )
        box = {**box, level: kept}
    return box


def _widened(space: Space, box: Box, rest: int, forbidden: int) -> Box:
    forest = space.forest
    for level in sorted(
        box, reverse=True
    ):  # counts and views before readers: who it is matters most
        fewer = {other: codes for other, codes in box.items() if other != level}
        if not forest.meets(forbidden, fewer):
            box = fewer
    for level in sorted(box, reverse=True):
        for code in range(forest.sizes[level]):
            if code not in box[level]:
                more = {**box, level: frozenset({code})}
                if not forest.meets(forbidden, more) and forest.meets(
                    rest, more
                ):  # what cannot be, or is said already, is not worth a word
                    box = {**box, level: box[level] | {code}}
    return box


@frozen(kw_only=True)
class Phrase:
    """A box in words: who reads, what they open, and where they stand."""

    who: str
    what: str
    standing: str

    def __str__(self) -> str:
        return ", ".join(part for part in (self.who, self.what, self.standing) if part)


def phrase(space: Space, box: Box) -> Phrase:
    """Say a box in a person's words."""
    who, what, standing = ["every reader"], ["every article"], []
    members: dict[str, dict[bool, list[str]]] = {}
    for level in sorted(box):
        variable = space.variables[level]
        codes = [variable.domain[code] for code in sorted(box[level])]
        if variable.name == "reader":
            who[0] = status_words(codes)
        elif variable.name == "access":
            what[0] = f"{listed([str(code) for code in codes])} articles"
        elif variable.member is not None:
            members.setdefault(variable.name, {}).setdefault(bool(codes[0]), []).append(
                variable.member
            )
        elif variable.meter is not None:
            standing.append(_standing(space, variable, codes))
        elif variable.slot is None:
            standing.append("as a page view that counts" if codes[0] else "prefetched, not read")
        elif variable.name in _BEFORE:
            (who if variable.name == "country" else what).append(_words(variable, codes))
        elif variable.name in ("gift", "crawler"):
            noun = {"gift": "by a gift link", "crawler": "as a crawler"}[variable.name]
            what.append(noun if codes[0] else f"not {noun}")
        else:
            said = words_of(space.vocabulary, variable.name, codes)
            if variable.name == "period":
                standing.append(said.removeprefix("the date is "))
            else:
                (what if variable.name == "age_days" else who).append(f"where {said}")
    for name, sides in members.items():
        (what if name == "tags" else who).append(_membership(name, sides))
    if what == ["every article"] and (standing or who != ["every reader"]):
        what = []
    return Phrase(who=" ".join(who), what=" ".join(what), standing=" and ".join(standing))


def _membership(name: str, sides: dict[bool, list[str]]) -> str:
    inside, outside = {
        "tags": ("tagged", "not tagged"),
        "segments": ("in segment", "not in segment"),
        "product": ("with", "without"),
    }[name]
    parts = []
    if True in sides:
        parts.append(f"{inside} {listed([f'`{member}`' for member in sides[True]], 'and')}")
    if False in sides:
        parts.append(f"{outside} {listed([f'`{member}`' for member in sides[False]])}")
    return " and ".join(parts)


def _words(variable: Variable, codes: Collection[Hashable]) -> str:
    """Say which words a slot holds; most of them are better said by those it does not hold."""
    before = _BEFORE[variable.name]
    mark = ATTRIBUTES[variable.name].mark
    mentioned = [str(code) for code in variable.domain if code not in (OTHER, None)]
    inside, outside = (
        [code for code in mentioned if code in codes],
        [code for code in mentioned if code not in codes],
    )
    named, left_out = (
        [
            f"`{code}`"
            for code in group
            if not any(covers(other, code, mark) for other in group if other != code)
        ]
        for group in (inside, outside)
    )
    if OTHER in codes:
        known = "" if None in codes else f" ({variable.name} known)"
        return (
            f"not {before} {listed(left_out)}{known}"
            if left_out
            else f"of any known {variable.name}"
        )
    missing = [f"with no {variable.name} known"] if None in codes else []
    return listed([*([f"{before} {listed(named)}"] if named else []), *missing])


def _standing(space: Space, variable: Variable, codes: Collection[Standing]) -> str:
    meter = str(variable.meter)
    slot = space.vocabulary.slots[space.vocabulary.place("left", meter)]
    nothing = slot.code(0)
    nothing_left = any(not opened for standing in codes for opened, _ in standing.codes)
    left = {left for standing in codes for opened, left in standing.codes if opened}
    every = {left for standing in variable.domain for opened, left in standing.codes if opened}
    if left == every:
        return f"while `{meter}` lasts" + (" or nothing is left of it" if nothing_left else "")
    words = [f"with nothing left of `{meter}`"] if nothing_left else []
    if left == {nothing}:
        words.append(f"on the last one of `{meter}`")
    elif left and left == every - {nothing}:
        words.append(f"with more left of `{meter}`")
    elif left:
        words.append(f"where {words_of(space.vocabulary, 'left', left, meter)}")
    return listed(words)
