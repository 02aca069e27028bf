"""Conditions on articles and readers that stand for Newspack's, and how several go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meter.loading.newspack.values import Node

__all__ = ["Condition", "Terms", "all_of", "any_of", "negated", "product_word"]

Condition: TypeAlias = dict[str, object]
"""A `when` as a policy file has it; an empty one always holds."""


def all_of(parts: Iterable[Condition]) -> Condition:
    """Return what holds where every one of some conditions does."""
    whole: Condition = {}
    for part in parts:
        for name, value in part.items():
            whole = _with(whole, name, value)
    return whole


def _with(whole: Condition, name: str, value: object) -> Condition:
    """Return a condition with one more key, which it may have already."""
    before = whole.get(name)
    if before is None or before == value:
        return {**whole, name: value}
    if name == "not":
        neither = [*_either(before), *_either(value)]
        return {**whole, "not": {"any": neither}}
    if isinstance(before, dict) and isinstance(value, dict) and not before.keys() & value.keys():
        return {**whole, name: before | value}
    return _with(whole, "not", {"not": {name: value}})


def _either(condition: object) -> list[object]:
    """Return the conditions of which one holds where this does."""
    if isinstance(condition, dict) and set(condition) == {"any"}:
        return list(condition["any"])
    return [condition]


def any_of(parts: Sequence[Condition]) -> Condition:
    """Return what holds where one of some conditions does, of which there is at least one."""
    return parts[0] if len(parts) == 1 else {"any": list(parts)}


def negated(part: Condition) -> Condition:
    """Return what holds where a condition does not."""
    return {"not": part}


def product_word(number: str, kind: str = "product") -> str:
    """Return the name of a product, or of what else rights are for, by its number in WordPress."""
    return f"{kind}-{number}"


@define
class Terms:
    """The categories and tags of WordPress, as tags of articles; names are known from an export."""

    _names: dict[tuple[str, str], str] = field(factory=dict)
    unnamed: dict[str, None] = field(factory=dict)

    def learn(self, kind: str, terms: Node) -> None:
        """Remember the names in a list of terms, each with `id` and `name`."""
        for term in terms.items():
            number, name = term.get("id").word(), term.get("name").word()
            if number and name:
                self._names[kind, number] = name

    def tag(self, kind: str, number: str) -> str:
        """Return the tag that articles of a term carry."""
        name = self._names.get((kind, number))
        if name is None:
            name = number
            self.unnamed[f"{kind} {number}"] = None
        return f"category/{name}" if kind == "category" else name

    def tags(self, kind: str, terms: Node) -> list[str]:
        """Return the tags of a list of terms, in their order, each once."""
        numbers = [one.get("id").word() for one in terms.items()]
        return list(dict.fromkeys(self.tag(kind, number) for number in numbers if number))
