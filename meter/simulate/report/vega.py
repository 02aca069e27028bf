"""Parts of Vega-Lite specifications, and a chart: such a specification with a table."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

__all__ = ["Chart", "Spec", "amounts", "bar", "dot", "specification"]

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

Spec: TypeAlias = dict[str, object]
"""A specification in Vega-Lite, or a part of one."""


@frozen(kw_only=True)
class Chart:
    """A picture's specification, and the heads and rows of the table that says the same."""

    spec: Spec
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def specification(values: list[Spec], height: int | dict[str, int], **parts: object) -> Spec:
    """Return a specification as wide as its place; `parts` is what is drawn."""
    return {
        "$schema": _SCHEMA,
        "data": {"values": values},
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        **parts,
    }


def amounts(field: str, title: str | None, **parts: Spec) -> Spec:
    """Return an axis of amounts."""
    return {"field": field, "type": "quantitative", "title": title, **parts}


def bar(width: int, *, rounded: bool = False, **encoding: Spec) -> Spec:
    """Return a layer of thick or thin lines from one amount to another."""
    mark: Spec = {"type": "rule", "strokeWidth": width}
    if rounded:
        mark["strokeCap"] = "round"
    return {"mark": mark, "encoding": encoding}


def dot(size: int, **encoding: Spec) -> Spec:
    """Return a layer of filled points."""
    mark = {"type": "point", "filled": True, "size": size, "opacity": 1}
    return {"mark": mark, "encoding": encoding}
