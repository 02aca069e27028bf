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

from typing import TYPE_CHECKING, TypeVar

from meter.verify.forest import FALSE, MOST_STEPS, TRUE, Box, Forest, UndecidedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping, Sequence

__all__ = ["FALSE", "MOST_STEPS", "TRUE", "Box", "Diagrams", "UndecidedError"]

# What the leaves of a diagram hold: who asks knows it, the diagram does not.
_Value = TypeVar("_Value")
_Other = TypeVar("_Other")


class Diagrams(Forest):
    """All diagrams over one order of variables, and what is made of them."""

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
