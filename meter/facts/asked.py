"""The slots that policies ask for: what their conditions, offers and dates mention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meter.facts.attributes import ATTRIBUTES
from meter.facts.slots import Slot, with_regions
from meter.vocabulary import ArticleAccess, CrawlerClass, Members, Range, Status, Weekday

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from meter.policy import Lengths, Policy, When

__all__ = [
    "clock_name",
    "clock_slots",
    "conditions",
    "experiment_slots",
    "lengths_of_offers",
    "offered_name",
    "period_slots",
    "plain_slots",
    "seen_name",
    "seen_numbers",
    "since_name",
    "since_slots",
    "whom_experiments_are_for",
]


def plain_slots(whens: list[When]) -> Iterator[Slot]:
    """Yield the slots of what the conditions mention, the reader's status and the access first."""
    yield Slot("reader", "word", tuple(Status))
    yield Slot("access", "word", tuple(ArticleAccess))
    for name, attribute in ATTRIBUTES.items():
        key = attribute.serves or name
        asked = [value for when in whens if (value := getattr(when, key)) is not None]
        if attribute.kind == "class" and asked:
            yield Slot(name, attribute.kind, _classes(asked))
            continue
        if attribute.kind == "flag":
            mentioned: tuple[Any, ...] = (False, True) if asked else ()
        elif attribute.kind == "number":
            mentioned = _constants(asked)
        else:
            named = {word for words in asked for word in _words(words)}
            mentioned = tuple(sorted(with_regions(named) if name == "country" else named))
        if mentioned:
            yield Slot(name, attribute.kind, mentioned)


def _classes(asked: Iterable[bool | frozenset[CrawlerClass]]) -> tuple[CrawlerClass, ...]:
    """Return the classes of crawlers that are told apart; a flag tells none apart."""
    named = {word for words in asked if not isinstance(words, bool) for word in words}
    return tuple(word for word in CrawlerClass if word in named)


def _constants(asked: Iterable[Range | Lengths]) -> tuple[float, ...]:
    """Return what numbers, or lengths of time in microseconds, are compared with."""
    ranges = (one if isinstance(one, Range) else one.bounds() for one in asked)
    return tuple(sorted({bound for bounds in ranges for bound in bounds.constants()}))


def since_slots(whens: list[When]) -> Iterator[Slot]:
    """Yield the slots of the times since something, one for each product that is asked for."""
    asked: dict[tuple[str, str | None], list[Lengths]] = {}
    for when in whens:
        for name, lengths in () if when.since is None else when.since.asked():
            for product in sorted(getattr(lengths, "product", None) or ()) or (None,):
                asked.setdefault((name, product), []).append(lengths)
    for name, product in sorted(asked, key=str):
        constants = _constants(asked[name, product])
        yield Slot(since_name(name, product), "number", constants, product=product)


def seen_numbers(whens: list[When]) -> dict[str, tuple[float, ...]]:
    """Return what the numbers of showings are compared with, by prompt."""
    asked: dict[str, list[Range]] = {}
    for when in whens:
        for name, bounds in (when.seen or {}).items():
            asked.setdefault(name, []).append(bounds)
    return {name: _constants(bounds) for name, bounds in asked.items()}


def lengths_of_offers(policies: Sequence[Policy]) -> dict[str, tuple[int, ...]]:
    """Return how long each offer runs for a reader under some policies, in microseconds."""
    lengths: dict[str, set[int]] = {}
    for policy in policies:
        for name, (length, _) in policy.lasting.items():
            lengths.setdefault(name, set()).add(length)
    return {name: tuple(sorted(found)) for name, found in lengths.items()}


def offered_name(offer: str) -> str:
    """Return the name of the slot of how long ago an offer was first shown."""
    return f"offered {offer}"


def seen_name(prompt: str) -> str:
    """Return the name of the slot of how often a prompt was shown."""
    return f"seen {prompt}"


def since_name(name: str, product: str | None) -> str:
    """Return the name of the slot of a time since something, of the rights to a product."""
    return name if product is None else f"{name} {product}"


def clock_name(name: str, zone: ZoneInfo, own: ZoneInfo) -> str:
    """Return the name of the slot of what a zone's clock says; `own` is the vocabulary's zone."""
    return name if zone.key == own.key else f"{name} {zone.key}"


def clock_slots(policies: Sequence[Policy], whens: list[When]) -> Iterator[Slot]:
    """Yield the slots of the day of the week and of the hour, by the clock of each zone."""
    named = {day for when in whens for day in when.weekday or ()}
    days = tuple(day for day in Weekday if day in named)
    hours = {edge for when in whens if when.hour is not None for edge in when.hour.edges}
    own = policies[0].zone
    for zone in {policy.zone.key: policy.zone for policy in policies}.values():
        if days:
            yield Slot(clock_name("weekday", zone, own), "word", days, zone=zone)
        if hours:
            name = clock_name("hour", zone, own)
            yield Slot(name, "hours", tuple(sorted(hours)), zone=zone)


def _asked_experiments(whens: list[When]) -> list[str]:
    """Return the names of the experiments that conditions ask for."""
    return sorted({name for when in whens for name in when.experiment or ()})


def whom_experiments_are_for(policies: Sequence[Policy], whens: list[When]) -> list[When]:
    """Return the conditions of the experiments that are asked for, and those inside them."""
    asked = _asked_experiments(whens)
    each = [one for policy in policies for one in policy.experiments if one.name in asked]
    return [part for experiment in each for part in experiment.when.walk()]


def experiment_slots(policies: Sequence[Policy], whens: list[When]) -> Iterator[Slot]:
    """Yield the slots of experiments that are asked for.

    Where policies put readers into variants of an experiment in different ways, each has its own.
    """
    for name in _asked_experiments(whens):
        found = (policy.assignments.get(name) for policy in policies)
        ways = dict.fromkeys(way for way in found if way is not None)
        for number, way in enumerate(ways, 1):
            called = f"experiment {name}" if number == 1 else f"experiment {name} {number}"
            variants = tuple(variant for variant, _ in way.by.variants)
            yield Slot(called, "word", variants, assignment=way)


def _words(condition: frozenset[str] | Members) -> Iterator[str]:
    """Yield the words of a list, or of each of the three lists that a condition on a set has."""
    if isinstance(condition, frozenset):
        yield from condition
    else:
        for words in (condition.any, condition.all, condition.none):
            yield from words or ()


def period_slots(policies: Sequence[Policy], whens: list[When]) -> Iterator[Slot]:
    """Yield the slot of the policies' own dates, if they have any."""
    boundaries = {
        at
        for policy in policies
        for stretch in _dates(policy, whens)
        for at in stretch
        if at is not None
    }
    if boundaries:
        yield Slot("period", "period", tuple(sorted(boundaries)))
    published = {
        at
        for policy in policies
        for when in whens
        if when.published is not None
        for at in when.published.instants(policy.zone)
        if at is not None
    }
    if published:
        yield Slot("published", "period", tuple(sorted(published)))


def conditions(policies: Sequence[Policy]) -> Iterator[When]:
    """Yield every condition of rules, offers and meters."""
    for policy in policies:
        yield from (rule.when for rule in policy.rules)
        yield from (offer.when for offer in policy.offers)
        yield from (limit.when for meter in policy.meters for limit in meter.allowances())
        yield from (meter.counts for meter in policy.meters if meter.counts is not None)


def _dates(policy: Policy, whens: list[When]) -> Iterator[tuple[int | None, int | None]]:
    yield from (offer.instants(policy.zone) for offer in policy.offers)
    yield from (when.dates.instants(policy.zone) for when in whens if when.dates is not None)
