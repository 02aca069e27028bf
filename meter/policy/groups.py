"""Groups of rules: a condition that several rules share, and what it comes to in each of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from attrs import evolve, fields, frozen

from meter.errors.kinds import TEXT, instance
from meter.errors.values import check_fields
from meter.policy.conditions import EVERYONE, When

__all__ = ["RuleGroup", "Shared", "joined", "place_in_join"]

_Path = tuple[str | int, ...]


@frozen(kw_only=True)
class RuleGroup:
    """The group that a rule was written in: its name, and the condition that its rules share.

    Only words use it: a policy that has the same rules without a group is equal.
    """

    name: str
    when: When = EVERYONE

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"name": TEXT, "when": instance(When)})


class Shared(NamedTuple):
    """Where a part of a joined condition was written: in the shared one or in a rule's own."""

    is_shared: bool
    path: _Path


def joined(shared: When, own: When) -> When:
    """Return the condition that holds where both do.

    Their keys stand side by side. Where both have a key, one of the two conditions stands in the
    `any` of the other; where both have an `any`, it is said by "not" twice, which is the same (what
    is not known never matches, under two as under none).
    """
    of_shared = _keys(shared)
    of_own = _keys(own)
    if not _clash(of_shared, of_own):
        return When(**of_shared, **of_own)
    if own.any is None:
        return evolve(own, any=(shared,))
    if shared.any is None:
        return evolve(shared, any=(own,))
    return When(not_=When(any=(When(not_=shared), When(not_=own))))


def place_in_join(shared: When, own: When, path: _Path) -> Shared:
    """Return where the part of `joined(shared, own)` at `path` was written."""
    of_own = _keys(own)
    if not _clash(_keys(shared), of_own):
        key = {"not": "not_"}.get(str(path[0]), path[0]) if path else None
        return Shared(key is not None and key not in of_own, path)
    if own.any is None:
        is_shared = path[:2] == ("any", 0)
        return Shared(is_shared, path[2:] if is_shared else path)
    if shared.any is None:
        is_own = path[:2] == ("any", 0)
        return Shared(not is_own, path[2:] if is_own else path)
    return Shared(path[:3] != ("not", "any", 1), path[4:])


def _keys(when: When) -> dict[str, Any]:
    """Return what a condition asks, by key."""
    found = {one.name: getattr(when, one.name) for one in fields(When)}
    return {name: value for name, value in found.items() if value is not None}


def _clash(shared: dict[str, Any], own: dict[str, Any]) -> bool:
    """Say whether both ask something under one key."""
    return not shared.keys().isdisjoint(own)
