"""What makes conditions on times, words and switches unusable."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from meter.errors import Problem, meant
from meter.policy.words import Declarable, is_declared, words_in
from meter.validation import ARCHIVE_YEARS, YEARS, PolicyParts, fault_of, is_possible, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from zoneinfo import ZoneInfo

    from meter.policy.conditions import When
    from meter.policy.times import Dates, Hours, Since
    from meter.vocabulary import Range

__all__ = ["CODES", "PartsWithWords", "condition_faults", "nested", "placed_conditions"]

_Path = tuple[str | int, ...]

# fmt: off
_SAID = {
    "bad-date": (
        "`{key}` is in a year from {first} to {last}, not `{day}`",
        "for an open end, leave it out"),
    "bad-name": ("a switch has an empty name", "give it a name, such as `storm`"),
    "empty-list": (
        "the list `{key}` is empty, so it would match nothing",
        "name at least one, or remove the key"),
    "empty-range/dates": (
        "`{key}` has neither `from` nor `until`", "add one of them, such as `from = 2026-06-01`"),
    "empty-range/turned": (
        "`from` is `{starts}`, not before `until`, which is `{ends}`",
        "swap them, or correct one of them"),
    "empty-range/hours": (
        "`hour` begins and ends at {hour}, so it could mean every hour or none",
        "for every hour, leave it out; otherwise write `hour = {{ at_least = 18, below = 6 }}`"),
    "empty-range/hour": (
        "`hour` has no bound", "write it like `hour = {{ at_least = 18, below = 6 }}`"),
    "empty-range": ("`{key}` has no bound", "add `at_least`, `at_most`, `above` or `below`"),
    "empty-range/lengths": (
        "no length of time is within the bounds of `{key}`",
        "is one of them the wrong way round?"),
    "empty-table/since": (
        "`since` asks nothing", 'write `{{ expiry = {{ at_least = "30 days" }} }}`'),
    "empty-table/groups": (
        "`{key}` takes a list, or a table with `none`",
        'write `{key} = ["a", "b"]` or `{key} = {{ none = ["a", "b"] }}`'),
    "unknown-switch": ("there is no switch called `{name}`", "{meant}"),
    "undeclared-word": ("`{word}` is not among the declared words of `{key}`", "{meant}"),
}
# fmt: on
CODES = sorted({key.partition("/")[0] for key in _SAID})


class PartsWithWords(PolicyParts, Protocol):
    """A policy, or what could be read of one, with its words and switches."""

    @property
    def words(self) -> Mapping[str, frozenset[str]]: ...
    @property
    def switches(self) -> Mapping[str, bool]: ...


def _problem(case: str, path: _Path, /, **values: object) -> Problem:
    return fault_of(_SAID, case, path, **values)


def placed_conditions(policy: PolicyParts) -> Iterator[tuple[_Path, When]]:
    """Yield every condition of a policy, those inside others too, each with where it stands."""
    for index, rule in enumerate(policy.rules):
        yield from nested(("rules", index, "when"), rule.when)
    for offer in policy.offers:
        yield from nested(("offers", offer.name, "when"), offer.when)
    for meter in policy.meters:
        for index, limit in enumerate(meter.limits):
            yield from nested(("meters", meter.name, "limits", index, "when"), limit.when)
        if meter.counts is not None:
            yield from nested(("meters", meter.name, "counts"), meter.counts)
    for product in policy.products:
        if not isinstance(product.opens, str):
            yield from nested(("products", product.name, "opens"), product.opens)
    for index, guarantee in enumerate(policy.guarantees):
        yield from nested(("guarantees", index, "when"), guarantee.when)
    for experiment in policy.experiments:
        yield from nested(("experiments", experiment.name, "when"), experiment.when)


def nested(path: _Path, when: When) -> Iterator[tuple[_Path, When]]:
    """Yield a condition and every one inside it, each with where it stands."""
    yield path, when
    for index, part in enumerate(when.any or ()):
        yield from nested((*path, "any", index), part)
    if when.not_ is not None:
        yield from nested((*path, "not"), when.not_)


def condition_faults(policy: PartsWithWords) -> Iterator[Problem]:
    """Yield everything wrong with times, words and switches, each with its path."""
    zone = zone_of(policy.publication.timezone)
    for name in policy.switches:
        if not name.strip():
            yield _problem("bad-name", ("switches", name))
    for word, listed in policy.words.items():
        if not listed:
            yield _problem("empty-list", ("words", str(word)), key=word)
    for path, when in placed_conditions(policy):
        yield from _time_faults(when, path, zone)
        yield from _group_faults(when, path)
        for name in sorted(when.switch or ()):
            if name not in policy.switches:
                step = meant(name, policy.switches, f"declare it: `[switches] {name} = false`")
                yield _problem("unknown-switch", (*path, "switch"), name=name, meant=step)
        yield from _word_faults(when, path, policy.words)


def _word_faults(when: When, path: _Path, known: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    for place, name, word in words_in(when):
        listed = known.get(name)
        if listed is not None and not is_declared(name, word, listed):
            step = meant(word, listed, f"or add it to `{name}` under `[words]`")
            yield _problem("undeclared-word", (*path, *place), word=word, key=name, meant=step)


def _group_faults(when: When, path: _Path) -> Iterator[Problem]:
    """Yield tables over sections and kinds that ask anything but `none`: an article has one."""
    for name in (Declarable.SECTION, Declarable.KIND):
        groups = getattr(when, name)
        if groups is None or isinstance(groups, frozenset):
            continue
        if groups.any is not None or groups.all is not None or groups.none is None:
            yield _problem("empty-table/groups", (*path, name), key=name)
        elif not groups.none:
            yield _problem("empty-list", (*path, name, "none"), key="none")


def _time_faults(when: When, path: _Path, zone: ZoneInfo | None) -> Iterator[Problem]:
    for key, years in (("dates", YEARS), ("published", ARCHIVE_YEARS)):
        dates = getattr(when, key)
        if dates is not None:
            yield from _dates_faults(dates, (*path, key), zone, years)
    if when.hour is not None:
        yield from _hour_faults(when.hour, (*path, "hour"))
    if when.age is not None:
        yield from _length_faults(when.age.bounds(), (*path, "age"))
    if when.since is not None:
        yield from _since_faults(when.since, (*path, "since"))


def _dates_faults(
    dates: Dates, path: _Path, zone: ZoneInfo | None, years: range
) -> Iterator[Problem]:
    bounds = {"from": dates.from_, "until": dates.until}
    odd = {key: day for key, day in bounds.items() if day is not None and _year(day) not in years}
    for key, day in odd.items():
        values = {"key": key, "first": years[0], "last": years[-1], "day": day}
        yield _problem("bad-date", (*path, key), **values)
    if dates.from_ is None and dates.until is None:
        yield _problem("empty-range/dates", path, key=path[-1])
    elif zone is not None and not odd:
        starts, ends = dates.instants(zone)
        if starts is not None and ends is not None and starts >= ends:
            yield _problem("empty-range/turned", path, starts=dates.from_, ends=dates.until)


def _year(day: date) -> int:
    """Return the year of a date, or of an instant whatever offset it is written with."""
    if not isinstance(day, datetime) or day.tzinfo is None:
        return day.year
    try:
        return day.astimezone(UTC).year
    except OverflowError:  # at an end of the calendar
        return day.year


def _hour_faults(hours: Hours, path: _Path) -> Iterator[Problem]:
    first, end = hours.edges
    if hours.at_least is None and hours.below is None:
        yield _problem("empty-range/hour", path)
    elif first == end:
        yield _problem("empty-range/hours", path, hour=first)


def _since_faults(since: Since, path: _Path) -> Iterator[Problem]:
    if not list(since.asked()):
        yield _problem("empty-table/since", path)
    for name, lengths in since.asked():
        product = getattr(lengths, "product", None)
        place = (*path, name)
        if product is not None and not product:
            yield _problem("empty-list", (*place, "product"), key="product")
        yield from _length_faults(lengths.bounds(), place)


def _length_faults(bounds: Range, path: _Path) -> Iterator[Problem]:
    if not list(bounds.constants()):
        yield _problem("empty-range", path, key=path[-1])
    elif not is_possible(bounds, least=0):
        yield _problem("empty-range/lengths", path, key=path[-1])
