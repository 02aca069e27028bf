"""A policy with some of its tables changed, for a test that needs a limit of 1 and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w

from meter.canonical import to_table
from meter.loading import loads_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meter.policy import Policy

__all__ = ["overridden"]


def overridden(policy: Policy, changes: Mapping[str, object]) -> Policy:
    """Return a copy of `policy` with `changes` laid over its tables.

    Tables are merged key by key; `None` removes a key; rules and guarantees are changed by name
    (`{"rules": {"everyone else": {"show": "subscription-wall"}}}`); anything else is replaced.
    Raises `PolicyError` where the result is not a policy, and `KeyError` for a rule that is not
    there.
    """
    table = to_table(policy)
    rest: dict[str, Any] = dict(changes)
    named = {}
    for key in ("rules", "guarantees"):
        if key in table:
            items = {item["name"]: item for item in table.pop(key)}
            named[key] = list(_changed(key, items, rest.pop(key, None) or {}).values())
    text = tomli_w.dumps(_merged(table, rest) | named)
    return loads_policy(text, name="overridden policy")


def _changed(
    key: str, items: dict[str, dict[str, Any]], changes: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return rules or guarantees by name, with what is changed of some."""
    for name, change in changes.items():
        if name not in items:
            known = ", ".join(f"`{item}`" for item in items)
            raise KeyError(f"`{name}` is not among the {key}: {known}")
        items[name] = _merged(items[name], change)
    return items


def _merged(table: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(table)
    for key, change in changes.items():
        if change is None:
            merged.pop(key, None)
        else:
            both = isinstance(change, dict) and isinstance(merged.get(key), dict)
            merged[key] = _merged(merged[key], change) if both else change
    return merged
