"""A set of situations as few boxes: one condition an attribute, as wide as the truth allows."""

# This is the covering problem of logic minimisation (Quine and McCluskey), solved greedily as
# Espresso does: take a point that is not covered yet, expand it to a box as wide as possible, and
# go on until nothing is left; then make boxes smaller again where they repeat each other. A cover
# with the fewest boxes of all is not searched for (that is NP-hard). What matters is that the cover
# is exact and that each box is short to read, so expansion tries first to drop whole attributes,
# views and counts before readers, and only then to allow single codes. Situations that are neither
# wanted nor forbidden, such as those that cannot be, may fall on either side ("don't cares"): that
# is where most of the short sentences come from.

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meter.verify.diagram import Box, Diagrams
    from meter.verify.space import Space

__all__ = ["cover"]

_MOST_TIDIED = 60


def cover(space: Space, wanted: int, forbidden: int) -> list[Box]:
    """Return boxes that together hold all of `wanted` and nothing of `forbidden`.

    What is neither may be in or out.
    """
    diagrams = space.diagrams
    rest = wanted
    boxes: list[Box] = []
    while True:
        path = diagrams.path(rest)
        if path is None:
            break
        point = {level: frozenset({code}) for level, code in path.items()}
        box = _widened(diagrams, point, rest, forbidden)
        boxes.append(box)
        rest = diagrams.difference(rest, diagrams.box(box))
    if len(boxes) > _MOST_TIDIED:
        return boxes
    return _tidied(diagrams, boxes, wanted)


def _widened(diagrams: Diagrams, box: Box, rest: int, forbidden: int) -> Box:
    """Return a box made as wide as it can be without meeting what is forbidden."""
    # From the last level to the first: what is opened, and the state of the meters, are dropped
    # before who it is, which matters most.
    for level in sorted(box, reverse=True):
        fewer = {other: codes for other, codes in box.items() if other != level}
        if not diagrams.meets(forbidden, fewer):
            box = fewer
    for level in sorted(box, reverse=True):
        for code in range(diagrams.sizes[level]):
            if code not in box[level] and _may_hold(diagrams, box, level, code, rest, forbidden):
                box = {**box, level: box[level] | {code}}
    return box


def _may_hold(
    diagrams: Diagrams, box: Box, level: int, code: int, rest: int, forbidden: int
) -> bool:
    """Say whether a box may be widened by a code, and whether that is worth a word.

    It is not where the code cannot be there, or is said by another box already.
    """
    more = {**box, level: frozenset({code})}
    return not diagrams.meets(forbidden, more) and diagrams.meets(rest, more)


def _tidied(diagrams: Diagrams, boxes: list[Box], wanted: int) -> list[Box]:
    """Return the boxes without what others of them cover, those with most conditions first."""
    kept: list[Box | None] = list(boxes)
    for place, box in sorted(enumerate(boxes), key=lambda item: -len(item[1])):
        others = [
            diagrams.box(other)
            for index, other in enumerate(kept)
            if index != place and other is not None
        ]
        needed = diagrams.difference(wanted, diagrams.disjoin(*others))
        kept[place] = _narrowed(diagrams, box, needed)
    return [box for box in kept if box is not None]


def _narrowed(diagrams: Diagrams, box: Box, needed: int) -> Box | None:
    """Return a box with the codes that are needed only; `None` if it is not needed at all."""
    if not diagrams.meets(needed, box):
        return None
    for level, codes in box.items():
        kept = frozenset(
            code for code in codes if diagrams.meets(needed, {**box, level: frozenset({code})})
        )
        box = {**box, level: kept}
    return box
