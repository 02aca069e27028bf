"""What makes a policy unusable, however it was made.

Names that lead nowhere, conditions that can match nobody, rules that leave a reader without an
answer. A policy built in Python and one read from a file are held to these same checks; what can be
read of a broken file is checked too, so nothing stays hidden.
"""

from __future__ import annotations

import math
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from attrs import fields

from meter.errors import Problem
from meter.errors.values import ENDS_FIRST
from meter.errors.zones import zone_step
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from meter.policy import Guarantee, Meter, Offer, Prompt, Publication, Rule, When
    from meter.policy.experiments import DeclaredExperiment
    from meter.policy.offers import Product
    from meter.vocabulary import Members, Range

# fmt: off
__all__ = [
    "ARCHIVE_YEARS", "CODES", "MOST_LIMIT", "YEARS", "PolicyParts", "fault_of", "find_faults",
    "is_possible", "zone_of",
]
# fmt: on

MOST_LIMIT = 10_000
"""The largest allowance a meter may have: usage stays bounded."""

YEARS = range(1970, 2201)
"""The years a policy may speak of: far enough, and every instant in them can be computed."""
ARCHIVE_YEARS = range(1600, YEARS.stop)
"""The years an article may be from: the first newspapers, and what goes into an archive of them."""

_Path = tuple[str | int, ...]
_NEEDS_METER = (Show.COUNTDOWN, Show.LAST_FREE_ARTICLE)
_UNREAL_ZONES = {"localtime", "Factory", "posixrules"}
# Small letters that look like Latin ones (Unicode's confusables.txt lists many more).
_SAME_LOOKS = str.maketrans("аеорсухіјѕһԁοιρν", "aeopcyxijshdoipv")

# fmt: off
_SAID = {
    "bad-date": (
        "`{key}` is in a year from {first} to {last}, not `{day}`",
        "for an open end, leave it out"),
    "bad-name": (
        "`{prompt}` cannot be the name of a prompt",
        "use letters, digits, `-` and `_`, at most 64 of them"),
    "bad-number": (
        "a bound of `{key}` is not a number that can be compared", "write a plain number"),
    "duplicate-name": ("there are two {key} called `{name}`", "give each its own name"),
    "empty-condition": (
        "this condition asks nothing, so it always holds", "name something, or remove it"),
    "empty-guarantee": (
        "guarantee `{name}` promises nothing",
        ("add `never` or `always`, a list of words of `show`, `disjoint`, a list of offers, or"
         " `prompt` with `at_most`")),
    "empty-list": (
        "the list `{key}` is empty, so it would match nothing",
        "name at least one, or remove the key"),
    "empty-range": (
        "`{key}` has no bound", "add `at_least`, `at_most`, `above`, `below` or `equals`"),
    "empty-range/numbers": (
        "no number is within the bounds of `{key}`", "is one of them the wrong way round?"),
    "empty-table": (
        "`{key}` asks nothing", 'write `["a", "b"]`, or `any`, `all`, `none` with a list each'),
    "empty-text": ("one of the {key} has an empty name", "give it a name"),
    "look-alike-name": (
        "the {key} `{first}` and `{name}` have names that look alike",
        "give each a name that nobody can mistake for the other"),
    "no-catch-all": (
        "the last rule `{name}` does not match everything, so some readers would get no answer",
        "add a last rule without `when` and without `spend`"),
    "no-rules": ("a policy needs at least one rule", "add a last rule without `when`"),
    "show-needs-spend": (
        "rule `{name}` shows `{show}` but spends from no meter, so there is nothing to count down",
        "add `spend`, or show `article`"),
    "starts-after-ends": (ENDS_FIRST[0].format(what="offer `{name}`"), ENDS_FIRST[1]),
    "unknown-timezone": ("there is no time zone called `{name}`", "{meant}"),
    "wall-spends": (
        "rule `{name}` would count an article and then show `{show}`: blocked views never count",
        "remove `spend`, or show `countdown`"),
}
# fmt: on
"""What each code says, and the next step; after a slash, another case of the same code."""

CODES = sorted({key.partition("/")[0] for key in _SAID})


def fault_of(
    said: Mapping[str, tuple[str, str]], case: str, path: _Path, /, **values: object
) -> Problem:
    """Return a problem in the words that a table has for its case."""
    message, advice = (words.format(**values) for words in said[case])
    return Problem(code=case.partition("/")[0], path=path, message=message, help=advice)


def _problem(case: str, path: _Path, /, **values: object) -> Problem:
    return fault_of(_SAID, case, path, **values)


class PolicyParts(Protocol):
    """A policy, or what could be read of one."""

    @property
    def publication(self) -> Publication: ...
    @property
    def rules(self) -> tuple[Rule, ...]: ...
    @property
    def meters(self) -> tuple[Meter, ...]: ...
    @property
    def offers(self) -> tuple[Offer, ...]: ...
    @property
    def prompts(self) -> tuple[Prompt, ...]: ...
    @property
    def products(self) -> tuple[Product, ...]: ...
    @property
    def guarantees(self) -> tuple[Guarantee, ...]: ...
    @property
    def experiments(self) -> tuple[DeclaredExperiment, ...]: ...


def find_faults(policy: PolicyParts) -> Iterator[Problem]:
    """Yield everything that makes a policy unusable, each with its path in the policy's tables."""
    zone = zone_of(policy.publication.timezone)
    if zone is None:
        yield _unknown_zone(policy.publication.timezone)
    for key in ("meters", "offers", "products", "prompts", "rules", "guarantees", "experiments"):
        yield from _name_faults(key, [item.name for item in getattr(policy, key)])
    if not policy.rules:
        yield _problem("no-rules", ("rules",))
    for index, rule in enumerate(policy.rules):
        yield from _rule_faults(rule, ("rules", index))
    if policy.rules:
        last = policy.rules[-1]
        if not last.when.matches_everything or last.spend:
            place = ("rules", len(policy.rules) - 1, "name")
            yield _problem("no-catch-all", place, name=last.name)
    for meter in policy.meters:
        yield from _meter_faults(meter, ("meters", meter.name))
    for offer in policy.offers:
        yield from _offer_faults(offer, ("offers", offer.name), zone)
    for product in policy.products:
        if not isinstance(product.opens, str):
            yield from _when_faults(product.opens, ("products", product.name, "opens"))
    for index, guarantee in enumerate(policy.guarantees):
        yield from _when_faults(guarantee.when, ("guarantees", index, "when"))
        if not _promises_something(guarantee):
            yield _problem("empty-guarantee", ("guarantees", index), name=guarantee.name)
    for experiment in policy.experiments:
        yield from _when_faults(experiment.when, ("experiments", experiment.name, "when"))


def _promises_something(guarantee: Guarantee) -> bool:
    shown = guarantee.never or guarantee.always or guarantee.disjoint
    return bool(shown or guarantee.prompt is not None or guarantee.at_most)


def zone_of(name: str) -> ZoneInfo | None:
    """Return a zone by its name, or `None` if there is none of that name."""
    try:
        return None if name in _UNREAL_ZONES else ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # not a name, a folder of the zone files, not there
        return None


def _unknown_zone(name: str) -> Problem:
    path = ("publication", "timezone")
    return _problem("unknown-timezone", path, name=name, meant=zone_step(name))


def _name_faults(key: str, names: list[str]) -> Iterator[Problem]:
    """Yield names that are the same as one before, or that a person would read as the same."""
    seen: dict[str, str] = {}
    for index, name in enumerate(names):
        path: _Path = (key, index, "name") if key in ("rules", "guarantees") else (key, name)
        if not name.strip():
            yield _problem("empty-text", path, key=key)
            continue
        plain = unicodedata.normalize("NFKC", name).casefold().translate(_SAME_LOOKS)
        first = seen.setdefault(" ".join(plain.split()), name)
        if first == name and name in names[:index]:
            yield _problem("duplicate-name", path, key=key, name=name)
        elif first != name:
            yield _problem("look-alike-name", path, key=key, first=first, name=name)


def _rule_faults(rule: Rule, path: _Path) -> Iterator[Problem]:
    name = rule.name
    if rule.show in _NEEDS_METER and not rule.spend:
        yield _problem("show-needs-spend", (*path, "show"), name=name, show=rule.show)
    if rule.spend and rule.show not in (Show.ARTICLE, *_NEEDS_METER):
        yield _problem("wall-spends", (*path, "show"), name=name, show=rule.show)
    yield from _when_faults(rule.when, (*path, "when"))


def _meter_faults(meter: Meter, path: _Path) -> Iterator[Problem]:
    for index, limit in enumerate(meter.limits):
        yield from _when_faults(limit.when, (*path, "limits", index, "when"))
    if meter.counts is not None:
        yield from _when_faults(meter.counts, (*path, "counts"))


def _offer_faults(offer: Offer, path: _Path, zone: ZoneInfo | None) -> Iterator[Problem]:
    days = {"starts": offer.starts, "ends": offer.ends}
    yield from _year_faults(days, path)
    if zone is not None and all(day is None or day.year in YEARS for day in days.values()):
        starts, ends = offer.instants(zone)
        if starts is not None and ends is not None and starts >= ends:
            yield _problem("starts-after-ends", (*path, "ends"), name=offer.name)
    yield from _when_faults(offer.when, (*path, "when"))


def _when_faults(when: When, path: _Path) -> Iterator[Problem]:
    """Yield each part of a condition that asks nothing, or nothing that can be."""
    for attribute in fields(type(when)):
        value = getattr(when, attribute.name)
        if isinstance(value, frozenset) and not value:
            place = (*path, attribute.name.rstrip("_"))
            yield _problem("empty-list", place, key=place[-1])
    for name, members in (("tags", when.tags), ("segments", when.segments)):
        if members is not None:
            yield from _members_faults(members, (*path, name))
    for name in ("score", "value"):
        bounds = getattr(when, name)
        if bounds is not None:
            yield from _range_faults(bounds, (*path, name))
    for name in ("left", "used", "seen"):
        for meter, bounds in (getattr(when, name) or {}).items():
            yield from _range_faults(bounds, (*path, name, meter))
    if when.any is not None:
        if not when.any:
            place = (*path, "any")
            yield _problem("empty-list", place, key=place[-1])
        for index, part in enumerate(when.any):
            yield from _nested_faults(part, (*path, "any", index))
    if when.not_ is not None:
        yield from _nested_faults(when.not_, (*path, "not"))


def _nested_faults(when: When, path: _Path) -> Iterator[Problem]:
    if when.matches_everything:
        yield _problem("empty-condition", path)
    yield from _when_faults(when, path)


def _members_faults(members: Members, path: _Path) -> Iterator[Problem]:
    groups = {"any": members.any, "all": members.all, "none": members.none}
    if all(group is None for group in groups.values()):
        yield _problem("empty-table", path, key=path[-1])
    for name, group in groups.items():
        if group is not None and not group:
            place = (*path, name)
            yield _problem("empty-list", place, key=place[-1])


def _range_faults(bounds: Range, path: _Path) -> Iterator[Problem]:
    numbers = list(bounds.constants())
    if not numbers:
        yield _problem("empty-range", path, key=path[-1])
    elif not all(math.isfinite(number) for number in numbers):
        yield _problem("bad-number", path, key=path[-1])
    elif not is_possible(bounds):
        yield _problem("empty-range/numbers", path, key=path[-1])


def is_possible(bounds: Range, least: float = -math.inf) -> bool:
    """Say whether some number, not below `least`, is inside.

    The bounds themselves and what lies between any two are all there is to try.
    """
    marks = sorted(set(bounds.constants()))
    between = [(low + high) / 2 for low, high in pairwise(marks)]
    tried = (*marks, *between, marks[0] - 1, marks[-1] + 1)
    return any(number >= least and bounds.holds(number) for number in tried)


def _year_faults(days: Mapping[str, date | None], path: _Path) -> Iterator[Problem]:
    for key, day in days.items():
        if day is not None and day.year not in YEARS:
            place = (*path, key)
            yield _problem("bad-date", place, key=key, first=YEARS[0], last=YEARS[-1], day=day)
