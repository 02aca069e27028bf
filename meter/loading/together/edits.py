"""Which parts of a policy were written otherwise in another version of it, and where both stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, frozen

from meter.loading.together.places import PlaceInFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.loading.together.places import Places
    from meter.policy import Policy

    Side = tuple[Policy, Places]

__all__ = ["EditedPart", "edited_parts"]

_NAMED = {
    "guarantees": "guarantee",
    "meters": "meter",
    "offers": "offer",
    "products": "product",
    "prompts": "prompt",
}
_TABLES = ("publication", "copy", "links", "promises", "words", "switches", "machines", "gifts")


@frozen
class EditedPart:
    """A part of a policy that is not as it was: what it is, and where it was and is written.

    A place is a file and a line such as `walls.toml:12`; it is `None` where there is no such part.
    """

    what: str
    change: str
    old: str | None
    new: str | None


class _Part(NamedTuple):
    """A part of a policy: where it was written, what it says, and what of that is its own."""

    place: PlaceInFile
    says: object
    own: object = None


def edited_parts(old: Side, new: Side) -> tuple[EditedPart, ...]:
    """Return the parts that two versions of a policy do not have alike.

    Groups and rules first, then what else has a name, then the tables. A rule is `moved` where it
    says the same and stands between other rules; one that differs by what its group shares is told
    with the group.
    """
    return (*_edits("group", old, new), *_edits("rule", old, new), *_others(old, new))


def _others(old: Side, new: Side) -> Iterator[EditedPart]:
    for noun in _NAMED.values():
        yield from _edits(noun, old, new)
    for key in _TABLES:
        if getattr(old[0], key) != getattr(new[0], key):
            places = (_table_place(one, key) for one in (old[1], new[1]))
            yield EditedPart(f"`[{key}]`", "changed", *places)


def _edits(noun: str, old: Side, new: Side) -> Iterator[EditedPart]:
    """Yield the parts of one kind that differ: those of the new version in order, then those gone.

    A group that is only in one of the two says nothing that its rules do not.
    """
    before, after = _parts(noun, old), _parts(noun, new)
    moved = _moved([*before], [*after]) if noun == "rule" else frozenset()
    for name in [*after, *(name for name in before if name not in after)]:
        was = before.get(name)
        now = after.get(name)
        change = _change(was, now)
        if change is None and name in moved:
            change = "moved"
        if change is None or (noun == "group" and change != "changed"):
            continue
        yield EditedPart(
            f"{noun} `{name}`",
            change,
            None if was is None else _words(old[1], was.place),
            None if now is None else _words(new[1], now.place),
        )


def _change(was: _Part | None, now: _Part | None) -> str | None:
    if was is None:
        return "added"
    if now is None:
        return "removed"
    is_same = was.says == now.says or (was.own is not None and was.own == now.own)
    return None if is_same else "changed"


def _parts(noun: str, side: Side) -> dict[str, _Part]:
    """Return the parts of a kind by name."""
    policy, places = side
    found: dict[str, _Part] = {}
    if noun not in ("group", "rule"):
        key = next(key for key, word in _NAMED.items() if word == noun)
        for number, item in enumerate(getattr(policy, key)):
            path = (key, number if key == "guarantees" else item.name)
            found[item.name] = _Part(places.where(path), item)
        return found
    for rule, listed in zip(policy.rules, places.lists["rules"], strict=True):
        group = rule.group
        if noun == "rule":
            own = None if group is None else (evolve(rule, when=listed.own), group.name)
            found[rule.name] = _Part(PlaceInFile(listed.file, listed.path), rule, own)
        elif group is not None:
            found[group.name] = _Part(PlaceInFile(listed.file, listed.group), group.when)
    return found


def _moved(before: list[str], after: list[str]) -> frozenset[str]:
    """Return the names in both lists that are not in the longest part both have in one order."""
    places = {name: number for number, name in enumerate(before)}
    shared = [name for name in after if name in places]
    chains: list[list[str]] = []  # the best chain that ends with each
    for name in shared:
        earlier = [chain for chain in chains if places[chain[-1]] < places[name]]
        chains.append([*max(earlier, key=len, default=[]), name])
    longest = max(chains, key=len, default=[])
    return frozenset(shared).difference(longest)


def _words(places: Places, place: PlaceInFile) -> str:
    found = places.line_of(place)
    return f"{found.name}:{found.line}"


def _table_place(places: Places, key: str) -> str | None:
    """Return the place of a table, if any file has it."""
    has = any(key in file.table for file in places.files.all)
    return _words(places, places.where((key,))) if has else None
