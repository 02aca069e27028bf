"""Put the parts of a policy's files together; what two of them say is told with both places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, fields_dict

from meter.loading.together.places import Listed, PlaceInFile, as_written, place_words
from meter.loading.together.rules import MOST_RULES
from meter.policy import Copy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from meter.loading.positions import Path
    from meter.loading.together.groups import WrittenGroup
    from meter.loading.together.places import Places
    from meter.policy import Guarantee, Rule

__all__ = ["put_together"]

_LISTS = ("groups", "rules", "guarantees")
_NAMED = [(key,) for key in ("meters", "offers", "products", "prompts", "switches", "experiments")]


def put_together(parts: Sequence[dict[str, Any]], places: Places) -> dict[str, Any]:
    """Return the parts of a policy from those of its files, its own the last.

    Rules come in the order of the files, in each those of its groups first. What a name stands for
    is said once, and so is each word of the copy; the lists of `[words]` add up.
    """
    whole: dict[str, Any] = {"rules": (), "guarantees": ()}
    first: dict[Path, PlaceInFile] = {}
    names: dict[str, PlaceInFile] = {}
    for file, found in enumerate(parts):
        _check_order(found, file, places)
        for number, group in enumerate(found.get("groups", ())):
            _note_name(group.name, PlaceInFile(file, ("groups", number, "name")), names, places)
        rules = tuple(_rules(found, file, places))
        guarantees = tuple(_guarantees(found, file, places))
        whole["rules"] += rules
        whole["guarantees"] += guarantees
        for key, part in found.items():
            if key not in _LISTS:
                whole[key] = _Merge(places, first, file).merged((key,), whole.get(key), part)
    _check_number(whole["rules"], places)
    return whole


def _rules(found: Mapping[str, Any], file: int, places: Places) -> Iterator[Rule]:
    """Yield the rules of a file as the policy has them, and note where each was written."""
    groups: tuple[WrittenGroup, ...] = found.get("groups", ())
    rules: tuple[Rule, ...] = found.get("rules", ())
    listed = places.lists["rules"]
    for number, group in enumerate(groups):
        for place, (own, rule) in enumerate(zip(group.rules, group.joined_rules(), strict=True)):
            path: Path = ("groups", number, "rules", place)
            listed.append(Listed(rule.name, file, path, own.when, group.when))
            yield rule
    for number, rule in enumerate(rules):
        listed.append(Listed(rule.name, file, ("rules", number), rule.when))
        yield rule


def _guarantees(found: Mapping[str, Any], file: int, places: Places) -> Iterator[Guarantee]:
    guarantees: tuple[Guarantee, ...] = found.get("guarantees", ())
    for number, guarantee in enumerate(guarantees):
        listed = Listed(guarantee.name, file, ("guarantees", number), guarantee.when)
        places.lists["guarantees"].append(listed)
        yield guarantee


class _Merge:
    """The merging of one part of one file into what the files before have."""

    def __init__(self, places: Places, first: dict[Path, PlaceInFile], file: int) -> None:
        self.places = places
        self.first = first
        self.file = file

    def merged(self, path: Path, before: object, part: object) -> object:
        """Return a part together with what is there; report what is there twice."""
        if isinstance(part, dict):
            return self._names(path, before if isinstance(before, dict) else {}, part)
        if isinstance(part, Copy):
            return self._copy(path, before if isinstance(before, Copy) else Copy(), part)
        if path[0] == "words" and isinstance(before, tuple) and isinstance(part, tuple):
            return (*before, *part)
        other = self.first.setdefault(path, self._written(path))
        if other.file != self.file:
            self._twice(path, other)
        return part

    def _names(self, path: Path, before: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
        """Return two tables as one, name by name."""
        new = {name: self.merged((*path, name), before.get(name), part[name]) for name in part}
        return {**before, **new}

    def _copy(self, path: Path, before: Copy, part: Copy) -> Copy:
        """Return the words of two files in one language as one."""
        given: dict[str, Any] = {}
        for name in fields_dict(Copy):
            value = getattr(part, name)
            if value:
                given[name] = self.merged((*path, name), getattr(before, name), value)
        return evolve(before, **given)

    def _twice(self, path: Path, other: PlaceInFile) -> None:
        """Report what an earlier file says too."""
        where = place_words(self.places.line_of(other))
        message = f"`{path[-1]}` is said in two files"
        if path[:-1] in _NAMED:
            message = f"there are two {path[0]} called `{path[-1]}`"
        advice = f"keep one of the two; the other is at {where}"
        report = self.places.reports[self.file]
        report.add("duplicate-name", self._written(path).path, message, advice, at="key")

    def _written(self, path: Path) -> PlaceInFile:
        """Return where this file has a part of the policy."""
        files = self.places.files
        table = files.all[self.file].table
        return PlaceInFile(self.file, as_written(path, table, files.locale))


def _note_name(
    name: str, place: PlaceInFile, names: dict[str, PlaceInFile], places: Places
) -> None:
    """Report a group that is called like an earlier one."""
    first = names.setdefault(name, place)
    if first is not place and name:
        where = place_words(places.line_of(first))
        message = f"there are two groups called `{name}`"
        advice = f"give each its own name; the other is at {where}"
        places.reports[place.file].add("duplicate-name", place.path, message, advice)


def _check_order(found: Mapping[str, Any], file: int, places: Places) -> None:
    """Report rules that stand above a group: a file is read as it is tried."""
    if not found.get("groups") or not found.get("rules"):
        return
    rule = places.line_of(PlaceInFile(file, ("rules", 0)))
    last = len(found["groups"]) - 1
    group = places.line_of(PlaceInFile(file, ("groups", last)))
    if (group.line or 0, group.column or 0) < (rule.line or 0, rule.column or 0):
        return
    message = "this group stands below `[[rules]]`, and its rules are tried before those"
    advice = "move it above the first `[[rules]]`, so that the file reads in the order it is tried"
    places.reports[file].add("groups-after-rules", ("groups", last), message, advice, at="key")


def _check_number(rules: Sequence[Rule], places: Places) -> None:
    """Report more rules than fit, over all files and groups."""
    if len(rules) > MOST_RULES:
        message = f"there are {len(rules)} rules in all; at most {MOST_RULES} fit"
        places.reports[-1].add("too-many", ("rules",), message, "join or remove some", at="key")
