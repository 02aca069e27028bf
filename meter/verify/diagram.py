"""Decision diagrams: functions of a few variables that hold a few codes each.

A diagram is a number, and equal functions have equal numbers, so "never", "always" and "the same"
are comparisons of two numbers. Leaves hold any value: `True` and `False` for sets of situations,
verdicts for whole policies.
"""

# These are multi-terminal, multi-valued decision diagrams: Bryant's ordered, reduced diagrams
# (1986) with one branch a code in place of two, and any hashable value in place of 0 and 1 (Fujita,
# McGeer and Yang 1997). Two rules make them canonical. Every path asks for its variables in one
# order, that of their levels. And every node is made by `Forest.node`, which looks up a node with
# the same level and the same branches before it makes one (hash-consing), and makes none at all
# where the branches agree, since the variable does not matter there. Hence two functions are equal
# exactly when their numbers are, however they were built.

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from meter.errors import MeterError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence

__all__ = ["FALSE", "MOST_STEPS", "TRUE", "Box", "Diagrams", "UndecidedError"]

FALSE = 0
TRUE = 1
MOST_STEPS = 250_000
MOST_VARIABLES = 300
_CHECK_EVERY = 4096

Box = dict[int, frozenset[int]]
"""The codes allowed at some levels; a level that is left out allows all."""

# What the leaves of a diagram hold: who asks knows it, the diagram does not.
_Value = TypeVar("_Value")
_Other = TypeVar("_Other")


class UndecidedError(MeterError):
    """The question was too large for the budget it was given. Nothing is known about the answer."""


class Diagrams:
    """All diagrams over one order of variables; `sizes` says how many codes each level has.

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

    # Every operation below is one recursion, Shannon's expansion: to combine functions, branch on
    # the first variable that any of them asks for, combine the branches of each code, and join the
    # results by `node`. A function that does not ask for that variable is its own branch for every
    # code. Since each pair (or triple) of nodes is combined once and then looked up, the work is at
    # most the product of the diagrams' sizes. The depth is the number of levels.

    def ite(self, test: int, yes: int, no: int) -> int:
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
        level = min(self._levels[test], self._levels[yes], self._levels[no])
        yes_branches = self._branches(yes, level)
        no_branches = self._branches(no, level)
        branches = []
        for code, branch in enumerate(self._branches(test, level)):
            left = yes_branches[code]
            right = no_branches[code]
            # Where the recursion would end at once it is not begun: that is most of its calls.
            if branch <= TRUE:
                branches.append(left if branch else right)
            else:
                branches.append(left if left == right else self.ite(branch, left, right))
        found = self._chosen[key] = self.node(level, branches)
        return found

    def conjoin(self, *parts: int) -> int:
        """Return where every part holds."""
        result = TRUE
        for part in parts:
            result = self.ite(result, part, FALSE)
        return result

    def disjoin(self, *parts: int) -> int:
        """Return where at least one part holds."""
        result = FALSE
        for part in parts:
            result = self.ite(result, TRUE, part)
        return result

    def negate(self, diagram: int) -> int:
        """Return where a diagram does not hold."""
        return self.ite(diagram, FALSE, TRUE)

    def difference(self, diagram: int, other: int) -> int:
        """Return where a diagram holds and another does not."""
        return self.ite(other, FALSE, diagram)

    def relabel(self, diagram: int, value: Callable[[_Value], Hashable]) -> int:
        """Return the diagram with every leaf's value replaced."""
        done: dict[int, int] = {}

        def walk(node: int) -> int:
            if node not in done:
                self._step()
                children = self._children[node]
                if children:
                    done[node] = self.node(self._levels[node], [walk(child) for child in children])
                else:
                    done[node] = self.leaf(value(self._values[node]))
            return done[node]

        return walk(diagram)

    def combine(self, diagram: int, other: int, value: Callable[[_Value, _Other], Hashable]) -> int:
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
                    branches = zip(
                        self._branches(left, level), self._branches(right, level), strict=True
                    )
                    found = self.node(level, [walk(*branch) for branch in branches])
                done[key] = found
            return found

        return walk(diagram, other)

    def fixed(self, diagram: int, codes: Mapping[int, int]) -> int:
        """Return the diagram where some variables hold one code each, level to code."""
        done: dict[int, int] = {}

        def walk(node: int) -> int:
            if node not in done:
                self._step()
                level = self._levels[node]
                children = self._children[node]
                if level in codes:
                    done[node] = walk(children[codes[level]])
                elif children:
                    done[node] = self.node(level, [walk(child) for child in children])
                else:
                    done[node] = node
            return done[node]

        return walk(diagram)

    def exists(self, diagram: int, levels: Collection[int]) -> int:
        """Return where some codes of the variables at `levels` make the diagram hold."""
        done: dict[int, int] = {}

        def walk(node: int) -> int:
            if node <= TRUE:
                return node
            if node not in done:
                self._step()
                level = self._levels[node]
                children = [walk(child) for child in self._children[node]]
                done[node] = (
                    self.disjoin(*children) if level in levels else self.node(level, children)
                )
            return done[node]

        return walk(diagram)

    def some(self, where: int, parts: Sequence[int], wanted: Callable[..., bool]) -> bool:
        """Say whether somewhere in a set the values of some diagrams are `wanted` together.

        It makes no node and ends with the first place it finds: where there is one, that is nearly
        at once.
        """
        waiting = [(where, *parts)]
        seen = set(waiting)
        while waiting:
            here = waiting.pop()
            self._step()
            level = min(self._levels[node] for node in here)
            if level == self._bottom:
                if wanted(*(self._values[node] for node in here[1:])):
                    return True
                continue
            branches = zip(*(self._branches(node, level) for node in here), strict=True)
            new = [each for each in branches if each[0] != FALSE and each not in seen]
            seen.update(new)
            waiting += new
        return False

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
