"""What makes meters, the rules that spend them and the conditions that ask for them unusable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from meter.errors import meant
from meter.policy.condition_faults import placed_conditions
from meter.validation import MOST_LIMIT, fault_of
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.policy.condition_faults import PartsWithWords
    from meter.policy.conditions import Limit, When
    from meter.policy.meters import Meter

__all__ = ["CODES", "meter_faults"]

_Path = tuple[str | int, ...]
_OF_METERS = ("left", "used", "exhausted")
"""The keys of a condition that look at what a reader has read."""
_WHAT = {**dict.fromkeys(_OF_METERS, "meter"), "seen": "prompt"}
"""What each key that looks at a reader's record is about."""

# fmt: off
_SAID = {
    "bad-limit": ("a limit is between 0 and {most}, not `{limit}`", "0 is a wall at once"),
    "bad-limit/lifetime": (
        "meter `{name}` never starts again, so what it counts without a limit would grow for ever",
        'give it a limit, or another window, such as `window = {{ rolling = "365 days" }}`'),
    "duplicate-name/spend": ("rule `{rule}` spends `{name}` twice", "leave one out"),
    "empty-list/access": (
        "the list `access` of meter `{name}` is empty, so nothing could be read on it",
        'name at least one, or leave it out: it is `["metered"]` then'),
    "empty-table/meters": (
        "`{key}` names no meter", "write it like `{{ monthly = {{ at_most = 2 }} }}`"),
    "free-on-a-meter": (
        "meter `{name}` is for free articles, which everybody reads without a meter",
        "leave `free` out of `access`"),
    "left-in-limit": (
        "a limit cannot depend on `{key}` of a {what}", "move the condition to a rule"),
    "left-in-limit/counts": (
        "what a meter counts cannot depend on `{key}` of a {what}", "leave it out"),
    "no-shared-access": (
        "rule `{rule}` spends meters that are for different articles, so it never matches",
        "give them an `access` in common, or make it two rules"),
    "unknown-meter": ("rule `{rule}` spends from `{name}`, which is not a meter", "{meant}"),
    "unknown-meter/asked": ("`{key}` names `{name}`, which is not a meter", "{meant}"),
}
# fmt: on
CODES = sorted({key.partition("/")[0] for key in _SAID})


class _SpendingRule(Protocol):
    """A rule, as far as meters go."""

    @property
    def name(self) -> str: ...
    @property
    def spend(self) -> tuple[str, ...]: ...


def _problem(case: str, path: _Path, /, **values: object) -> Problem:
    return fault_of(_SAID, case, path, **values)


def meter_faults(policy: PartsWithWords) -> Iterator[Problem]:
    """Yield what makes meters unusable, each with its path in the policy's tables."""
    meters = {meter.name: meter for meter in policy.meters}
    for index, rule in enumerate(policy.rules):
        yield from _spend_faults(rule, ("rules", index, "spend"), meters)
    for meter in policy.meters:
        yield from _faults(meter, ("meters", meter.name))
    for path, when in placed_conditions(policy):
        if path[0] != "meters":  # there it is refused, whatever it names
            yield from _asked_faults(when, path, meters)


def _spend_faults(
    rule: _SpendingRule, path: _Path, meters: Mapping[str, Meter]
) -> Iterator[Problem]:
    unknown = [name for name in rule.spend if name not in meters]
    for number, name in enumerate(rule.spend):
        place = path if len(rule.spend) == 1 else (*path, number)
        if name in unknown:
            advice = meant(name, meters)
            yield _problem("unknown-meter", place, rule=rule.name, name=name, meant=advice)
        elif name in rule.spend[:number]:
            yield _problem("duplicate-name/spend", place, rule=rule.name, name=name)
    if rule.spend and not unknown:
        accesses = (meters[name].access for name in rule.spend)
        each_has_some = all(meters[name].access for name in rule.spend)
        if each_has_some and not frozenset.intersection(*accesses):
            yield _problem("no-shared-access", path, rule=rule.name)


def _faults(meter: Meter, path: _Path) -> Iterator[Problem]:
    for place, limit in _limits(meter, path):
        if limit.limit == "none":
            if meter.window.lifetime:
                yield _problem("bad-limit/lifetime", place, name=meter.name)
        elif not 0 <= limit.limit <= MOST_LIMIT:
            yield _problem("bad-limit", place, most=MOST_LIMIT, limit=limit.limit)
        for key in _asked_of_the_record(limit.when):
            yield _problem("left-in-limit", (*place[:-1], "when"), key=key, what=_WHAT[key])
    if meter.counts is not None:
        for key in _asked_of_the_record(meter.counts):
            yield _problem("left-in-limit/counts", (*path, "counts"), key=key, what=_WHAT[key])
    if not meter.access:
        yield _problem("empty-list/access", (*path, "access"), name=meter.name)
    if ArticleAccess.FREE in meter.access:
        yield _problem("free-on-a-meter", (*path, "access"), name=meter.name)


def _limits(meter: Meter, path: _Path) -> Iterator[tuple[_Path, Limit]]:
    """Yield the allowances of a meter, each with where its number stands."""
    if meter.limits:
        for index, limit in enumerate(meter.limits):
            yield (*path, "limits", index, "limit"), limit
    elif not isinstance(meter.limit, Mapping):
        for limit in meter.allowances():
            yield (*path, "limit"), limit
    else:
        # `allowances` names every status that was written first, and then the fall-backs.
        for status, limit in zip(meter.limit, meter.allowances(), strict=False):
            yield (*path, "limit", str(status)), limit


def _asked_of_the_record(when: When) -> Iterator[str]:
    for part in when.walk():
        yield from (key for key in _WHAT if getattr(part, key) is not None)


def _asked_faults(when: When, path: _Path, meters: Mapping[str, Meter]) -> Iterator[Problem]:
    for key in _OF_METERS:
        asked = getattr(when, key)
        if asked is None:
            continue
        if isinstance(asked, Mapping) and not asked:
            yield _problem("empty-table/meters", (*path, key), key=key)
        for name in sorted(asked):
            if name not in meters:
                place = (*path, key, name) if isinstance(asked, Mapping) else (*path, key)
                advice = meant(name, meters)
                yield _problem("unknown-meter/asked", place, key=key, name=name, meant=advice)
