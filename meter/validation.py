"""What makes a policy unusable, however it was made?

Names that lead nowhere, conditions that can match nobody, rules that leave a reader without an
answer. A policy built in Python and one read from a file are held to these same checks; what can be
read of a broken file is checked too, so nothing stays hidden.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from attrs import fields

from meter.errors import Problem
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date

    from meter.policy import (
        Dates,
        Guarantee,
        Limit,
        Members,
        Meter,
        Offer,
        Publication,
        Range,
        Rule,
        When,
    )

__all__ = ["ARCHIVE_YEARS", "MOST_LIMIT", "YEARS", "PolicyParts", "find_faults"]

MOST_LIMIT = 10_000
"""The largest allowance a meter may have: usage stays bounded."""

_Path = tuple[str | int, ...]
_NEEDS_METER = (Show.COUNTDOWN, Show.LAST_FREE_ARTICLE)
_PROMPT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SAME_LOOKS = str.maketrans("аеорсухіјѕһԁοιρν", "aeopcyxijshdoipv")
"""Small Cyrillic and Greek letters that look like Latin ones (Unicode's confusables.txt lists many
more, few of them on keyboards).
"""

YEARS = range(1970, 2201)
"""The years a policy may speak of: far enough, and every instant in them can be computed."""
ARCHIVE_YEARS = range(1600, YEARS.stop)
"""The years an article may be from: the first newspapers, and what is put into an archive of them.
"""

_UNREAL_ZONES = {"localtime", "Factory", "posixrules"}


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
    def guarantees(self) -> tuple[Guarantee, ...]: ...


def find_faults(policy: PolicyParts) -> Iterator[Problem]:
    """Yield everything that makes a policy unusable, each with its path in the policy's tables."""
    meters, offers = (
        {meter.name for meter in policy.meters},
        {offer.name for offer in policy.offers},
    )
    zone = _zone(policy.publication.timezone)
    if zone is None:
        yield _unknown_zone(policy.publication.timezone)
    for key, items in (
        ("meters", policy.meters),
        ("offers", policy.offers),
        ("rules", policy.rules),
        ("guarantees", policy.guarantees),
    ):
        yield from _name_faults(key, [item.name for item in items])
    if not policy.rules:
        yield _fault(
            "no-rules",
            ("rules",),
            "a policy needs at least one rule",
            "add a last rule without `when`",
        )
    for index, rule in enumerate(policy.rules):
        yield from _rule_faults(rule, ("rules", index), meters, offers)
    if policy.rules and (not policy.rules[-1].when.matches_everything or policy.rules[-1].spend):
        last = policy.rules[-1]
        yield _fault(
            "no-catch-all",
            ("rules", len(policy.rules) - 1, "name"),
            f"the last rule `{last.name}` does not match everything, so some readers would get no"
            " answer",
            "add a last rule without `when` and without `spend`",
        )
    for meter in policy.meters:
        yield from _meter_faults(meter, ("meters", meter.name), meters)
    for offer in policy.offers:
        yield from _offer_faults(offer, ("offers", offer.name), meters, zone)
    for index, guarantee in enumerate(policy.guarantees):
        yield from _when_faults(guarantee.when, ("guarantees", index, "when"), meters)
        if not guarantee.never and not guarantee.always:
            message = f"guarantee `{guarantee.name}` promises nothing"
            yield _fault(
                "empty-guarantee",
                ("guarantees", index),
                message,
                "add `never` or `always`, a list of words of `show`",
            )


def _zone(name: str) -> ZoneInfo | None:
    try:
        return None if name in _UNREAL_ZONES else ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # not a name, a folder of the zone files, not there
        return None


def _unknown_zone(name: str) -> Problem:
    from zoneinfo import (
        available_timezones,
    )

    known = available_timezones()
    city = name.rpartition("/")[2].strip().casefold().replace(" ", "_")
    same = sorted(
        zone for zone in known if zone.rpartition("/")[2].casefold() == city and "/" in zone
    )
    close = same[0] if same else _closest(name, known)
    advice = (
        f"did you mean `{close}`?"
        if close
        else "zones are named after a city, such as `Europe/London` or `America/New_York`"
    )
    return _fault(
        "unknown-timezone",
        ("publication", "timezone"),
        f"there is no time zone called `{name}`",
        advice,
    )


def _name_faults(key: str, names: list[str]) -> Iterator[Problem]:
    """Yield names that are the same as one before, or that a person would read as the same."""
    seen: dict[str, str] = {}
    for index, name in enumerate(names):
        path: _Path = (key, index, "name") if key in ("rules", "guarantees") else (key, name)
        if not name.strip():
            yield _fault(
                "empty-text", path, f"one of the {key} has an empty name", "give it a name"
            )
            continue
        alike = " ".join(
            unicodedata.normalize("NFKC", name).casefold().translate(_SAME_LOOKS).split()
        )
        first = seen.setdefault(alike, name)
        if first == name and name in names[:index]:
            yield _fault(
                "duplicate-name",
                path,
                f"there are two {key} called `{name}`",
                "give each its own name",
            )
        elif first != name:
            message = f"the {key} `{first}` and `{name}` have names that look alike"
            yield _fault(
                "look-alike-name",
                path,
                message,
                "give each a name that nobody can mistake for the other",
            )


def _rule_faults(rule: Rule, path: _Path, meters: set[str], offers: set[str]) -> Iterator[Problem]:
    if rule.spend is not None and rule.spend not in meters:
        message = f"rule `{rule.name}` spends from `{rule.spend}`, which is not a meter"
        yield _unknown("unknown-meter", (*path, "spend"), message, rule.spend, meters)
    if rule.offer is not None and rule.offer not in offers:
        message = f"rule `{rule.name}` offers `{rule.offer}`, which is not an offer"
        yield _unknown("unknown-offer", (*path, "offer"), message, rule.offer, offers)
    if rule.show in _NEEDS_METER and rule.spend is None:
        yield _fault(
            "show-needs-spend",
            (*path, "show"),
            f"rule `{rule.name}` shows `{rule.show}` but spends from no meter, so there is nothing"
            " to count down",
            "add `spend`, or show `article`",
        )
    if rule.spend is not None and rule.show not in (Show.ARTICLE, *_NEEDS_METER):
        yield _fault(
            "wall-spends",
            (*path, "show"),
            f"rule `{rule.name}` would count an article and then show `{rule.show}`: blocked views"
            " never count",
            "remove `spend`, or show `countdown`",
        )
    if rule.prompt is not None and not _PROMPT_NAME.fullmatch(rule.prompt):
        message = f"`{rule.prompt}` cannot be the name of a prompt"
        yield _fault(
            "bad-name",
            (*path, "prompt"),
            message,
            "use letters, digits, `-` and `_`, at most 64 of them",
        )
    yield from _when_faults(rule.when, (*path, "when"), meters)


def _meter_faults(meter: Meter, path: _Path, meters: set[str]) -> Iterator[Problem]:
    for place, limit in _limits(meter, path):
        if type(limit.limit) is not int:
            yield _fault(
                "bad-limit",
                place,
                f"a limit is a whole number, not `{limit.limit}`",
                "write a whole number such as `5`",
            )
        elif not 0 <= limit.limit <= MOST_LIMIT:
            yield _fault(
                "bad-limit",
                place,
                f"a limit is between 0 and {MOST_LIMIT}, not `{limit.limit}`",
                "0 is a wall at once",
            )
        for part in limit.when.walk():
            if part.left is not None:
                message = "a limit cannot depend on what is left of a meter"
                yield _fault(
                    "left-in-limit", (*place[:-1], "when"), message, "move the condition to a rule"
                )
        if meter.limits:
            yield from _when_faults(limit.when, (*place[:-1], "when"), meters)


def _limits(meter: Meter, path: _Path) -> Iterator[tuple[_Path, Limit]]:
    """Yield the allowances of a meter, each with where its number stands."""
    if meter.limits:
        yield from (
            ((*path, "limits", index, "limit"), limit) for index, limit in enumerate(meter.limits)
        )
    elif not isinstance(meter.limit, Mapping):
        yield from (((*path, "limit"), limit) for limit in meter.allowances())
    else:
        # `allowances` names every status that was written first, and then the fall-backs.
        yield from (
            ((*path, "limit", str(status)), limit)
            for status, limit in zip(meter.limit, meter.allowances(), strict=False)
        )


def _offer_faults(
    offer: Offer, path: _Path, meters: set[str], zone: ZoneInfo | None
) -> Iterator[Problem]:
    if not (offer.price.is_finite() and offer.price >= 0):
        yield _fault(
            "bad-number",
            (*path, "price"),
            f"the price of `{offer.name}` is `{offer.price}`",
            "a price is 0 or more",
        )
    yield from _year_faults({"starts": offer.starts, "ends": offer.ends}, path)
    if zone is not None and all(
        day is None or day.year in YEARS for day in (offer.starts, offer.ends)
    ):
        starts, ends = offer.instants(zone)
        if starts is not None and ends is not None and starts >= ends:
            message = f"offer `{offer.name}` ends before it starts"
            yield _fault(
                "starts-after-ends",
                (*path, "ends"),
                message,
                "swap `starts` and `ends`, or mend one of them",
            )
    yield from _when_faults(offer.when, (*path, "when"), meters)


def _when_faults(when: When, path: _Path, meters: set[str]) -> Iterator[Problem]:
    """Yield what is wrong with a condition and those nested in it.

    Each part that asks nothing, or nothing that can be.
    """
    for attribute in fields(type(when)):
        value, place = getattr(when, attribute.name), (*path, attribute.name.rstrip("_"))
        if isinstance(value, frozenset) and not value:
            yield _empty_list(place)
    for name, members in (("tags", when.tags), ("segments", when.segments)):
        yield from () if members is None else _members_faults(members, (*path, name))
    for name, bounds in (
        ("score", when.score),
        ("age_days", when.age_days),
        ("days_since_expiry", when.days_since_expiry),
    ):
        yield from () if bounds is None else _range_faults(bounds, (*path, name))
    if when.left is not None:
        yield from _left_faults(when.left, (*path, "left"), meters)
    if when.dates is not None:
        yield from _dates_faults(when.dates, (*path, "dates"))
    if when.any is not None:
        yield from () if when.any else (_empty_list((*path, "any")),)
        for index, part in enumerate(when.any):
            yield from _nested_faults(part, (*path, "any", index), meters)
    if when.not_ is not None:
        yield from _nested_faults(when.not_, (*path, "not"), meters)


def _left_faults(left: Mapping[str, Range], path: _Path, meters: set[str]) -> Iterator[Problem]:
    if not left:
        yield _fault(
            "empty-table",
            path,
            "`left` names no meter",
            "write it like `{ monthly = { at_most = 2 } }`",
        )
    for name, bounds in left.items():
        if name not in meters:
            yield _unknown(
                "unknown-meter",
                (*path, name),
                f"`left` names `{name}`, which is not a meter",
                name,
                meters,
            )
        yield from _range_faults(bounds, (*path, name))


def _nested_faults(when: When, path: _Path, meters: set[str]) -> Iterator[Problem]:
    if when.matches_everything:
        yield _fault(
            "empty-condition",
            path,
            "this condition asks nothing, so it always holds",
            "name something, or remove it",
        )
    yield from _when_faults(when, path, meters)


def _members_faults(members: Members, path: _Path) -> Iterator[Problem]:
    groups = {"any": members.any, "all": members.all, "none": members.none}
    if all(group is None for group in groups.values()):
        yield _fault(
            "empty-table",
            path,
            f"`{path[-1]}` asks nothing",
            'write `["a", "b"]`, or `any`, `all`, `none` with a list each',
        )
    yield from (
        _empty_list((*path, name))
        for name, group in groups.items()
        if group is not None and not group
    )


def _empty_list(path: _Path) -> Problem:
    return _fault(
        "empty-list",
        path,
        f"the list `{path[-1]}` is empty, so it would match nothing",
        "name at least one, or remove the key",
    )


def _range_faults(bounds: Range, path: _Path) -> Iterator[Problem]:
    numbers = list(bounds.constants())
    if not numbers:
        yield _fault(
            "empty-range",
            path,
            f"`{path[-1]}` has no bound",
            "add `at_least`, `at_most`, `above`, `below` or `equals`",
        )
    elif not all(math.isfinite(number) for number in numbers):
        yield _fault(
            "bad-number",
            path,
            f"a bound of `{path[-1]}` is not a number that can be compared",
            "write a plain number",
        )
    elif not _can_hold(bounds):
        yield _fault(
            "empty-range",
            path,
            f"no number is within the bounds of `{path[-1]}`",
            "is one of them the wrong way round?",
        )


def _can_hold(bounds: Range) -> bool:
    """Say whether some number is inside.

    The bounds themselves and what lies between any two are all there is to try.
    """
    marks = sorted(set(bounds.constants()))
    between = [(low + high) / 2 for low, high in pairwise(marks)]
    return any(map(bounds.holds, (*marks, *between, marks[0] - 1, marks[-1] + 1)))


def _dates_faults(dates: Dates, path: _Path) -> Iterator[Problem]:
    if dates.from_ is None and dates.until is None:
        yield _fault(
            "empty-range",
            path,
            "`dates` has neither `from` nor `until`",
            "add one of them, such as `from = 2026-06-01`",
        )
    elif dates.from_ is not None and dates.until is not None and dates.from_ > dates.until:
        message = f"`from` is `{dates.from_}`, after `until`, which is `{dates.until}`"
        yield _fault("empty-range", path, message, "swap them, or mend one of them")
    yield from _year_faults({"from": dates.from_, "until": dates.until}, path)


def _year_faults(days: Mapping[str, date | None], path: _Path) -> Iterator[Problem]:
    for key, day in days.items():
        if day is not None and day.year not in YEARS:
            message = f"`{key}` is in a year from {YEARS[0]} to {YEARS[-1]}, not `{day}`"
            yield _fault("bad-date", (*path, key), message, "for an open end, leave it out")


def _fault(code: str, path: _Path, message: str, advice: str) -> Problem:
    return Problem(code=code, path=path, message=message, help=advice)


def _unknown(code: str, path: _Path, message: str, name: str, known: Collection[str]) -> Problem:
    close = _closest(name, known)
    listed = ", ".join(f"`{item}`" for item in sorted(known)) or "none yet"
    return _fault(
        code, path, message, f"did you mean `{close}`?" if close else f"there are: {listed}"
    )


def _closest(name: str, known: Iterable[str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(name, sorted(known), 1)), None)
