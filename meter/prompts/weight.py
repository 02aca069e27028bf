"""What a template costs: how many steps it takes, and how much it can print.

A text is no longer than its values, and a loop over the benefits runs as often as there are some:
so what is printed is known before anything is rendered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen
from jinja2 import nodes

from meter.prompts.variables import LISTS

__all__ = ["MOST_CHARACTERS", "Weight", "weigh"]

MOST_CHARACTERS = 256 * 1024
"""The most characters a template may have with all it includes, and the most it may print."""

_FIXED = ""
"""Stands for the characters that do not come from a variable; no variable has this name."""

_EACH = "for"
"""Stands for one of the benefits, whatever a loop calls it."""


@frozen
class Weight:
    """What a template comes to with all it includes.

    `printed` counts, for each variable and depth of loops, how often it is used.
    """

    steps: int
    characters: int
    deep: int
    printed: Mapping[tuple[int, str], int]

    def prints(self, values: Mapping[str, Any]) -> int:
        """Return the most characters that are printed with these values, before escaping."""
        times = max((len(values[name]) for name in LISTS), default=0)
        return sum(
            count * times**loops * _length(name, values)
            for (loops, name), count in self.printed.items()
        )


def _length(name: str, values: Mapping[str, Any]) -> int:
    if name == _FIXED:
        return 1
    if name == _EACH:
        return max((len(each) for key in LISTS for each in values[key]), default=0)
    value = values.get(name, "")
    if isinstance(value, tuple):
        return sum(map(len, value))
    return len(str(value))


@define
class _Scale:
    """Adds up what one template comes to."""

    printed: Counter[tuple[int, str]] = field(factory=Counter)

    def put(self, node: nodes.Node, loops: int, each: frozenset[str]) -> None:
        """Add a node and all below it."""
        self.printed[loops, _FIXED] += 1
        if isinstance(node, nodes.For):
            name = node.target.name if isinstance(node.target, nodes.Name) else ""
            for child in node.body:
                self.put(child, loops + 1, each | {name})
            for child in node.else_:
                self.put(child, loops, each)
            return
        if isinstance(node, nodes.TemplateData):
            self.printed[loops, _FIXED] += len(node.data)
        elif isinstance(node, nodes.Const):
            self.printed[loops, _FIXED] += len(str(node.value))
        elif isinstance(node, nodes.Name):
            self.printed[loops, _EACH if node.name in each else node.name] += 1
        # What a list is joined with is printed between any two.
        inside = loops + (isinstance(node, nodes.Filter) and node.name == "join")
        for child in node.iter_child_nodes():
            is_list = isinstance(child, nodes.Name) and child.name in LISTS
            self.put(child, loops if is_list else inside, each)


def weigh(
    tree: nodes.Template, steps: int, characters: int, included: list[tuple[Weight, int, int]]
) -> Weight:
    """Return what a template comes to.

    `included` is what each file comes to that it includes, how often it does, and inside how many
    loops.
    """
    scale = _Scale()
    scale.put(tree, 0, frozenset())
    for weight, _, loops in included:
        for (deep, name), count in weight.printed.items():
            scale.printed[deep + loops, name] += count
    return Weight(
        steps=steps + sum(weight.steps * times for weight, times, _ in included),
        characters=characters + sum(weight.characters * times for weight, times, _ in included),
        deep=1 + max((weight.deep for weight, _, _ in included), default=0),
        printed=scale.printed,
    )
