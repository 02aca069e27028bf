"""Which codes lead where? Decision diagrams over a few variables with a few codes each.

A diagram is a number. Equal functions have equal numbers, because nodes are hash-consed and a node
whose branches all agree is never made (Bryant 1986, with more than two branches); so "never",
"always" and "the same" are comparisons of two numbers. Leaves hold any value: `True` and `False`
for sets of situations, verdicts for whole policies.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from meter.errors import MeterError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Sequence

__all__ = ["FALSE", "TRUE", "Forest", "UndecidedError"]

FALSE, TRUE = 0, 1
MOST_STEPS = 250_000
MOST_VARIABLES = 300
_CHECK_EVERY = 4096


class UndecidedError(MeterError):
    """The question was too large for the budget it was given. Nothing is known about the answer."""


class Forest:
    """All diagrams over one order of variables; `sizes` says how many codes each level has.

    Work is bounded: after `steps` of it, or at the instant `until` of the monotonic clock, every
    question raises `UndecidedError`.
    """

    def __init__(
        self, sizes: Sequence[int], *, steps: int = MOST_STEPS, until: float | None = None
    ) -> None:
        if len(sizes) > MOST_VARIABLES:
            raise UndecidedError(
                f"the policy tells {len(sizes)} things apart; at most {MOST_VARIABLES} can be"
                " analysed"
            )
        self.sizes = tuple(sizes)
        self.steps = steps
        self.until = until
        self._bottom = len(self.sizes)
        self._levels: list[int] = []
        self._kids: list[tuple[int, ...]] = []
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
            self._kids.append(())
            self._values[found] = value
        return found

    def value(self, leaf: int) -> Any:
        """Return what a leaf holds."""
        return self._values[leaf]

    def level(self, diagram: int) -> int:
        """Return the level of a diagram's first variable; of a leaf, the number of levels."""
        return self._levels[diagram]

    def kids(self, diagram: int) -> tuple[int, ...]:
        """Return a diagram's branches, one a code; a leaf has none."""
        return self._kids[diagram]

    def node(self, level: int, kids: Iterable[int]) -> int:
        """Return the diagram that branches at `level`."""
        kids = tuple(kids)
        if kids.count(kids[0]) == len(kids):
            return kids[0]
        key = level, kids
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = len(self._levels)
            self._levels.append(level)
            self._kids.append(kids)
            self._step()
        return found

    def test(self, level: int, codes: Collection[int]) -> int:
        """Return where the variable at `level` holds one of the codes (their indices)."""
        return self.node(
            level, (TRUE if code in codes else FALSE for code in range(self.sizes[level]))
        )

    def choose(self, test: int, yes: int, no: int) -> int:
        """Return `yes` where `test` holds and `no` where it does not."""
        if test <= TRUE:
            return yes if test else no
        if yes == no:
            return yes
        if yes == TRUE and no == FALSE:
            return test
        key = test, yes, no
        found = self._chosen.get(key)
        if found is not None:
            return found
        self._step()
        levels, kids = self._levels, self._kids
        at_test, at_yes, at_no = levels[test], levels[yes], levels[no]
        level = min(at_test, at_yes, at_no)
        size = self.sizes[level]
        branches = []
        tests = kids[test] if at_test == level else (test,) * size
        for code, branch in enumerate(tests):
            left = kids[yes][code] if at_yes == level else yes
            right = kids[no][code] if at_no == level else no
            if branch <= TRUE:
                branches.append(left if branch else right)
            else:
                branches.append(left if left == right else self.choose(branch, left, right))
        found = self._chosen[key] = self.node(level, branches)
        return found

    def both(self, *parts: int) -> int:
        """Return where every part holds."""
        result = TRUE
        for part in parts:
            result = self.choose(result, part, FALSE)
        return result

    def either(self, *parts: int) -> int:
        """Return where at least one part holds."""
        result = FALSE
        for part in parts:
            result = self.choose(result, TRUE, part)
        return result

    def negate(self, diagram: int) -> int:
        """Return where a diagram does not hold."""
        return self.choose(diagram, FALSE, TRUE)

    def minus(self, diagram: int, other: int) -> int:
        """Return where a diagram holds and another does not."""
        return self.choose(other, FALSE, diagram)

    def relabel(self, diagram: int, value: Callable[[Any], Any]) -> int:
        """Return the diagram with every leaf's value replaced."""
        done: dict[int, int] = {}

        def walk(node: int) -> int:
            if node not in done:
                self._step()
                level, kids = self._levels[node], self._kids[node]
                done[node] = (
                    self.leaf(value(self._values[node]))
                    if not kids
                    else self.node(level, [walk(kid) for kid in kids])
                )
            return done[node]

        return walk(diagram)

    def combine(self, diagram: int, other: int, value: Callable[[Any, Any], Any]) -> int:
        """Return the diagram whose leaves are `value` of the two diagrams' leaves."""
        done: dict[tuple[int, int], int] = {}

        def walk(left: int, right: int) -> int:
            key = left, right
            found = done.get(key)
            if found is None:
                self._step()
                level = min(self._levels[left], self._levels[right])
                if level == self._bottom:
                    found = self.leaf(value(self._values[left], self._values[right]))
                else:
                    lefts = (
                        self._kids[left]
                        if self._levels[left] == level
                        else (left,) * self.sizes[level]
                    )
                    rights = (
                        self._kids[right]
                        if self._levels[right] == level
                        else (right,) * self.sizes[level]
                    )
                    found = self.node(
                        level, [walk(a, b) for a, b in zip(lefts, rights, strict=True)]
                    )
                done[key] = found
            return found

        return walk(diagram, other)

    def exists(self, diagram: int, levels: Collection[int]) -> int:
        """Return where some codes of the variables at `levels` make the diagram hold."""
        done: dict[int, int] = {}

        def walk(node: int) -> int:
            if node <= TRUE:
                return node
            if node not in done:
                self._step()
                level = self._levels[node]
                kids = [walk(kid) for kid in self._kids[node]]
                done[node] = self.either(*kids) if level in levels else self.node(level, kids)
            return done[node]

        return walk(diagram)

    def values(self, diagram: int) -> set[Any]:
        """Return the value of every leaf that can be reached."""
        return {self._values[node] for node in self.below(diagram) if node in self._values}

    def below(self, diagram: int) -> set[int]:
        """Return every node of a diagram, itself included."""
        seen, waiting = {diagram}, [diagram]
        while waiting:
            for kid in self._kids[waiting.pop()]:
                if kid not in seen:
                    seen.add(kid)
                    waiting.append(kid)
        return seen

    def path(self, diagram: int) -> dict[int, int] | None:
        """Return codes that make a set hold, the first of each variable that can.

        Level to code; `None` for an empty set.

        A level that is left out may hold any code.
        """
        if diagram == FALSE:
            return None
        chosen = {}
        while diagram != TRUE:
            code, kid = next(
                (code, kid) for code, kid in enumerate(self._kids[diagram]) if kid != FALSE
            )
            chosen[self._levels[diagram]] = code
            diagram = kid
        return chosen

    def meets(self, diagram: int, box: dict[int, frozenset[int]]) -> bool:
        """Say whether a set has anything in common with a box (level to the codes allowed; a level
        left out allows all).
        """
        seen, waiting = {diagram}, [diagram]
        while waiting:
            node = waiting.pop()
            if node == TRUE:
                return True
            kids = self._kids[node]
            allowed = box.get(self._levels[node])
            for kid in (
                kids if allowed is None else [kids[code] for code in allowed] if kids else ()
            ):
                if kid not in seen and kid != FALSE:
                    seen.add(kid)
                    waiting.append(kid)
        return False

    def box(self, box: dict[int, frozenset[int]]) -> int:
        """Return a box as a set."""
        result = TRUE
        for level in sorted(box, reverse=True):
            result = self.node(
                level,
                [result if code in box[level] else FALSE for code in range(self.sizes[level])],
            )
        return result

    def at(self, diagram: int, codes: Sequence[int]) -> Any:
        """Return the value at one code a level."""
        while self._kids[diagram]:
            diagram = self._kids[diagram][codes[self._levels[diagram]]]
        return self._values[diagram]

    def _step(self) -> None:
        self.steps -= 1
        if self.steps <= 0:
            raise UndecidedError("the policy's diagram grew past its budget")
        if self.until is not None and self.steps % _CHECK_EVERY == 0 and monotonic() > self.until:
            raise UndecidedError("the time given was used up")
