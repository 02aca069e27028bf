"""The nodes of decision diagrams: each is made once, and looked up from then on.

A diagram is a number, and equal functions have equal numbers.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from meter.errors import MeterError

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

__all__ = ["FALSE", "MOST_STEPS", "TRUE", "Box", "Forest", "UndecidedError"]

FALSE = 0
TRUE = 1
MOST_STEPS = 250_000
MOST_VARIABLES = 300
_CHECK_EVERY = 4096

Box = dict[int, frozenset[int]]
"""The codes allowed at some levels; a level that is left out allows all."""


class UndecidedError(MeterError):
    """The question was too large for the budget it was given. Nothing is known about the answer."""


class Forest:
    """All nodes over one order of variables; `sizes` says how many codes each level has.

    Work is bounded: after `steps` of it, or at the instant `until` of the monotonic clock, every
    question raises `UndecidedError`.
    """

    def __init__(
        self, sizes: Sequence[int], *, steps: int = MOST_STEPS, until: float | None = None
    ) -> None:
        if len(sizes) > MOST_VARIABLES:
            raise UndecidedError(
                f"the policy distinguishes {len(sizes)} things; at most {MOST_VARIABLES} can be"
                " analysed"
            )
        self.sizes = tuple(sizes)
        self.steps = steps
        self.until = until
        # A node is its number: its level and its branches stand at that place of two lists. A leaf
        # has no branches, and stands at a level of its own below all variables.
        self._bottom = len(self.sizes)
        self._levels: list[int] = []
        self._children: list[tuple[int, ...]] = []
        self._values: dict[int, Any] = {}
        self._leaves: dict[Any, int] = {}
        self._nodes: dict[tuple[int, tuple[int, ...]], int] = {}
        self._chosen: dict[tuple[int, int, int], int] = {}
        self.leaf(value=False)
        self.leaf(value=True)

    def __len__(self) -> int:
        """Return how many nodes were made."""
        return len(self._levels)

    def leaf(self, value: Hashable) -> int:
        """Return the diagram that is `value` everywhere."""
        key = type(value), value  # `0` and `False` are equal and not the same answer
        found = self._leaves.get(key)
        if found is None:
            found = self._leaves[key] = len(self._levels)
            self._levels.append(self._bottom)
            self._children.append(())
            self._values[found] = value
        return found

    def level(self, diagram: int) -> int:
        """Return the level of a diagram's first variable; of a leaf, the number of levels."""
        return self._levels[diagram]

    def children(self, diagram: int) -> tuple[int, ...]:
        """Return a diagram's branches, one a code; a leaf has none."""
        return self._children[diagram]

    def node(self, level: int, children: Iterable[int]) -> int:
        """Return the diagram that branches at `level`."""
        children = tuple(children)
        if children.count(children[0]) == len(children):
            return children[0]
        key = level, children
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = len(self._levels)
            self._levels.append(level)
            self._children.append(children)
            self._step()
        return found

    def test(self, level: int, codes: Collection[int]) -> int:
        """Return where the variable at `level` holds one of the codes (their indices)."""
        return self.node(
            level, (TRUE if code in codes else FALSE for code in range(self.sizes[level]))
        )

    # What follows only looks: it makes no node, and takes no step of the budget.

    def values(self, diagram: int) -> set[Hashable]:
        """Return the value of every leaf that can be reached."""
        return {self._values[node] for node in self.below(diagram) if node in self._values}

    def below(self, diagram: int) -> set[int]:
        """Return every node of a diagram, itself included."""
        seen = {diagram}
        waiting = [diagram]
        while waiting:
            for child in self._children[waiting.pop()]:
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return seen

    def path(self, diagram: int) -> dict[int, int] | None:
        """Return codes that make a set hold, level to code; `None` for an empty set.

        Each is the first that can be. A level that is left out may hold any code.
        """
        if diagram == FALSE:
            return None
        chosen = {}
        while diagram != TRUE:
            children = self._children[diagram]
            # A reduced diagram that is not FALSE has a way to TRUE: no way back is ever needed.
            code = next(code for code, child in enumerate(children) if child != FALSE)
            chosen[self._levels[diagram]] = code
            diagram = children[code]
        return chosen

    def meets(self, diagram: int, box: Mapping[int, Collection[int]]) -> bool:
        """Say whether a set has anything in common with a box."""
        # The nodes that can be reached inside the box, depth first, each once: no diagram of the
        # box is built, which would cost steps for a question asked very often.
        seen = {diagram}
        waiting = [diagram]
        while waiting:
            node = waiting.pop()
            if node == TRUE:
                return True
            for child in self._inside(node, box):
                if child not in seen and child != FALSE:
                    seen.add(child)
                    waiting.append(child)
        return False

    def box(self, box: Mapping[int, Collection[int]]) -> int:
        """Return a box as a set."""
        result = TRUE
        for level in sorted(box, reverse=True):
            codes = range(self.sizes[level])
            result = self.node(level, [result if code in box[level] else FALSE for code in codes])
        return result

    def at(self, diagram: int, codes: Sequence[int]) -> Hashable:
        """Return the value at one code a level."""
        while self._children[diagram]:
            diagram = self._children[diagram][codes[self._levels[diagram]]]
        value: Hashable = self._values[diagram]
        return value

    def _branches(self, diagram: int, level: int) -> tuple[int, ...]:
        """Return a diagram's branch for each code at a level no later than its own."""
        if self._levels[diagram] == level:
            return self._children[diagram]
        return (diagram,) * self.sizes[level]

    def _inside(self, node: int, box: Mapping[int, Collection[int]]) -> Iterable[int]:
        """Return the branches of a node that a box allows."""
        children = self._children[node]
        allowed = box.get(self._levels[node])
        if allowed is None:
            return children
        return [children[code] for code in allowed]

    def _step(self) -> None:
        self.steps -= 1
        if self.steps <= 0:
            raise UndecidedError("the policy's diagram grew past its budget")
        if self.until is not None and self.steps % _CHECK_EVERY == 0 and monotonic() > self.until:
            raise UndecidedError("the time limit was reached")
