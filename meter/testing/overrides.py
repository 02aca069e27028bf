"""A policy with some of its tables changed, for a test that needs a limit of 1 and nothing else
different.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meter.canonical import to_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meter.policy import Policy

__all__ = ["overridden"]


def overridden(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """Return a copy of `policy` with `changes` laid over its tables.

    Tables are merged key by key; `None` removes a key; rules and guarantees are changed by name
    (`{"rules": {"everyone else": {"show": "subscription-wall"}}}`); anything else is replaced.
    Raises `PolicyError` where the result is not a policy, and `KeyError` for a rule that is not
    there.
    """
    import tomli_w

    from meter.loading import loads_policy

    table = to_table(policy)
    named = {
        key: {item["name"]: item for item in table.pop(key)}
        for key in ("rules", "guarantees")
        if key in table
    }
    changes = dict(changes)
    for key, items in named.items():
        for name, change in (changes.pop(key, None) or {}).items():
            if name not in items:
                raise KeyError(
                    f"`{name}` is not among the {key}: {', '.join(f'`{known}`' for known in items)}"
                )
            items[name] = _merged(items[name], change)
    return loads_policy(
        tomli_w.dumps(
            _merged(table, changes) | {key: list(items.values()) for key, items in named.items()}
        ),
        name="overridden policy",
    )


def _merged(table: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(table)
    for key, change in changes.items():
        if change is None:
            merged.pop(key, None)
        else:
            both = isinstance(change, dict) and isinstance(merged.get(key), dict)
            merged[key] = _merged(merged[key], change) if both else change
    return merged
