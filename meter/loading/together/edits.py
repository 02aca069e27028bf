"""Which parts of a policy were written otherwise in another version of it, and where both stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, frozen

from meter.canonical import texts_by_key, to_table
from meter.loading.together.places import PlaceInFile, as_written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from meter.loading.positions import Path
    from meter.loading.together.places import Places
    from meter.policy import Policy

    Side = tuple[Policy, Places]

__all__ = ["EditedPart", "edited_parts"]

_NAMED = {
    "experiments": "experiment",
    "guarantees": "guarantee",
    "meters": "meter",
    "offers": "offer",
    "products": "product",
    "prompts": "prompt",
}
_TABLES = ("publication", "links", "promises", "machines", "gifts", "holdout")
_SPREAD = ("copy", "words", "switches")
"""The tables whose parts may stand in different files."""


@frozen
class EditedPart:
    """A part of a policy that is not as it was: what it is, and where it was and is written.

    A place is a file and a line such as `walls.toml:12`; it is `None` where there is no such part.
    `keys` are those of a part that is there before and after, and that say something else.
    """

    what: str
    change: str
    old: str | None
    new: str | None
    keys: tuple[str, ...] = ()


class _Part(NamedTuple):
    """A part of a policy: where it was written, what it says, and what of that is its own."""

    place: PlaceInFile
    says: object
    own: object = None


def edited_parts(old: Side, new: Side) -> tuple[EditedPart, ...]:
    """Return the parts that two versions of a policy do not have alike.

    Groups and rules first, then what else has a name, then the tables. A rule or a guarantee is
    `moved` where it says the same and stands between others; a rule that differs by what its group
    shares is told with the group. Parts of a policy with another digest are never all alike.
    """
    return (*_edits("group", old, new), *_edits("rule", old, new), *_others(old, new))


def _others(old: Side, new: Side) -> Iterator[EditedPart]:
    for noun in _NAMED.values():
        yield from _edits(noun, old, new)
    for key in _TABLES:
        was, now = (getattr(policy, key) for policy, _ in (old, new))
        keys = _keys(was, now)
        if keys or (was is None) is not (now is None):
            before, after = (_table_place(one, key) for one in (old[1], new[1]))
            yield EditedPart(f"`[{key}]`", "changed", before, after, keys)
    for key in _SPREAD:
        yield from _spread_edits(key, old, new)


def _spread_edits(key: str, old: Side, new: Side) -> Iterator[EditedPart]:
    """Yield what differs in a table whose parts may stand in several files, part by part."""
    was, now = (dict(_spread(key, policy)) for policy, _ in (old, new))
    for path in dict.fromkeys((*now, *was)):
        if was.get(path) == now.get(path) or any(_is_within(path, each) for each in (was, now)):
            continue
        before, after = (
            _words(side[1], side[1].where(path)) if path in known else None
            for side, known in ((old, was), (new, now))
        )
        change = "changed"
        if before is None or after is None:
            change = "added" if path in now else "removed"
        *table, name = as_written(path, {"copy": {}}, new[0].publication.locale)
        what = f"`{name}` of `[{'.'.join(map(str, table))}]`" if table else f"`[{name}]`"
        yield EditedPart(what, change, before, after)


def _is_within(path: Path, parts: Iterable[Path]) -> bool:
    """Say whether a table has parts of its own, which say more of it."""
    return any(len(part) > len(path) and part[: len(path)] == path for part in parts)


def _spread(key: str, policy: Policy) -> Iterator[tuple[Path, object]]:
    """Yield the parts of such a table with their paths: a word, a prompt, a table of texts."""
    table = to_table(policy).get(key, {})
    for name, part in table.items():
        if key != "copy":
            yield (key, name), part
            continue
        if not part:
            yield (key, name), part
        for word, said in part.items():
            if not isinstance(said, dict):
                yield (key, name, word), said
                continue
            for inner, value in said.items():
                yield (key, name, word, inner), value


def _edits(noun: str, old: Side, new: Side) -> Iterator[EditedPart]:
    """Yield the parts of one kind that differ: those of the new version in order, then those gone.

    A group that is only in one of the two says nothing that its rules do not.
    """
    before, after = _parts(noun, old), _parts(noun, new)
    in_order = noun in ("rule", "guarantee")
    moved = _moved([*before], [*after]) if in_order else frozenset()
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
            () if was is None or now is None else _keys(was.says, now.says),
        )


def _change(was: _Part | None, now: _Part | None) -> str | None:
    if was is None:
        return "added"
    if now is None:
        return "removed"
    is_own_alike = was.own is not None and was.own == now.own
    return "changed" if _keys(was.says, now.says) and not is_own_alike else None


def _keys(was: object, now: object) -> tuple[str, ...]:
    """Return the keys that two parts do not have alike."""
    if was is None or now is None:
        return ()
    before, after = texts_by_key(was), texts_by_key(now)
    keys = dict.fromkeys((*before, *after))
    return tuple(key for key in keys if before.get(key) != after.get(key))


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
