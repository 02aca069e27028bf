"""The few things a policy can tell apart, and how they are read off a view.

A *vocabulary* lists the attributes a policy mentions, one slot each, and the few codes each slot
can hold: a number becomes the interval between the policy's own constants it lies in, a set the
members that are mentioned, the instant the interval between the policy's own dates. `Facts` are one
code a slot: no identity, no instant, no history. Rules are formulas over codes (see `formulas`), so
one reduction serves the engine's memo, the simulator's grouping and the verifier's diagrams.

Missing data is the code `None`. What is known but not mentioned is the code `OTHER`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from meter.facts.attributes import ATTRIBUTES, OTHER
from meter.facts.meters import MeterSlots, Opening, asked_of_meters
from meter.facts.slots import Slot, observer_of, with_regions
from meter.vocabulary import ArticleAccess, Members, Range, Status, Weekday

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from meter.policy import Lengths, Policy, When
    from meter.view import PageView, Reader

__all__ = [
    "ACCESS",
    "ATTRIBUTES",
    "OTHER",
    "READER",
    "Facts",
    "Slot",
    "Vocabulary",
    "clock_name",
    "seen_name",
    "since_name",
]

READER, ACCESS = range(2)
"""The places of the reader's status and of the article's access: every vocabulary begins with them.
"""
_FIRST = {"reader": READER, "access": ACCESS}


Code = Any
"""A word, the number of an interval, a flag, or a set of words; `None` is missing data."""

Codes = tuple[Code, ...]
"""One code a slot, as far as they have been observed."""


class Vocabulary:
    """The slots of one or more policies.

    Two policies that are to be compared share one vocabulary: what either mentions, both can tell
    apart. `extra` are conditions besides those of the policies, such as a guarantee's.
    """

    def __init__(self, policies: Sequence[Policy], extra: Iterable[When] = ()) -> None:
        extra = tuple(extra)
        whens = [part for when in (*_conditions(policies), *extra) for part in when.walk()]
        covering = any(when.covered is not None for when in whens)
        if covering:
            opens = (when for policy in policies for when in policy.coverings)
            whens += [part for when in opens for part in when.walk()]
        self.zone = policies[0].zone  # for saying dates
        slots = [
            *_plain_slots(whens),
            *_since_slots(whens),
            *_period_slots(policies, whens),
            *_clock_slots(policies, whens),
        ]
        if not any(policy.products for policy in policies):
            # Each right opens all then, as the reader's status says already.
            slots = [slot for slot in slots if slot.name != "whole"]
        self.base = len(slots)
        """How many slots can be observed without a reader's usage."""
        self.meters: dict[str, MeterSlots] = {}
        """Where the slots of each meter are."""
        for name, asked in asked_of_meters(policies, extra).items():
            first = len(slots)
            places = {part: first + number for number, (_, part, _) in enumerate(asked, 1)}
            self.meters[name] = MeterSlots(open=first, **places)
            slots.append(Slot("open", "opening", tuple(Opening), name))
            slots += [Slot(part, "number", constants, name) for _, part, constants in asked]
        self.once = tuple(dict.fromkeys(name for policy in policies for name in policy.once))
        """The offers that an account starts once; a last slot holds those that were started."""
        if self.once:
            slots.append(Slot("started", "set", self.once))
        seen = _seen(whens)
        self.seen = tuple(sorted(seen))
        """The prompts of which a condition asks how often they were shown; then a slot for each."""
        slots += [Slot(seen_name(name), "number", seen[name]) for name in self.seen]
        self.slots = tuple(slots)
        self._made_of = (tuple(policies), extra)
        self._place = {(slot.name, slot.meter): index for index, slot in enumerate(self.slots)}
        self._observers = tuple(observer_of(slot) for slot in self.slots[ACCESS + 1 : self.base])

    def __reduce__(self) -> tuple[object, ...]:
        return (Vocabulary, self._made_of)

    def place(self, name: str, meter: str | None = None) -> int:
        """Return the index of a slot."""
        return self._place[name, meter]

    def has(self, name: str, meter: str | None = None) -> bool:
        """Say whether the policies mention an attribute."""
        return (name, meter) in self._place

    def observe(
        self, reader: Reader, view: PageView, at: int, status: Status | None = None
    ) -> Codes:
        """Return the codes that need no usage: who reads what, at the instant `at`.

        `status` saves deriving it again.
        """
        values = [status or reader.status_at(at), view.article.access]
        for observe in self._observers:
            # A comprehension is a call of its own before Python 3.12, and this is every page view.
            values.append(observe(reader, view, at))  # noqa: PERF401
        return tuple(values)

    def periods(
        self, stretch: tuple[int | None, int | None], name: str = "period"
    ) -> frozenset[Hashable]:
        """Return the codes of a slot of instants that lie inside a half-open stretch of time."""
        if not self.has(name):
            return frozenset({None})
        slot = self.slots[self.place(name)]
        starts, ends = stretch
        low = 0 if starts is None else slot.mentioned.index(starts) + 1
        high = len(slot.mentioned) + 1 if ends is None else slot.mentioned.index(ends) + 1
        return frozenset(range(low, high))


def _plain_slots(whens: list[When]) -> Iterator[Slot]:
    """Yield the slots of what the conditions mention, the reader's status and the access first."""
    yield Slot("reader", "word", tuple(Status))
    yield Slot("access", "word", tuple(ArticleAccess))
    for name, attribute in ATTRIBUTES.items():
        key = attribute.serves or name
        asked = [value for when in whens if (value := getattr(when, key)) is not None]
        if attribute.kind == "flag":
            mentioned: tuple[Any, ...] = (False, True) if asked else ()
        elif attribute.kind == "number":
            mentioned = _constants(asked)
        else:
            named = {word for words in asked for word in _words(words)}
            mentioned = tuple(sorted(with_regions(named) if name == "country" else named))
        if mentioned:
            yield Slot(name, attribute.kind, mentioned)


def _constants(asked: Iterable[Range | Lengths]) -> tuple[float, ...]:
    """Return what numbers, or lengths of time in microseconds, are compared with."""
    ranges = (one if isinstance(one, Range) else one.bounds() for one in asked)
    return tuple(sorted({bound for bounds in ranges for bound in bounds.constants()}))


def _since_slots(whens: list[When]) -> Iterator[Slot]:
    """Yield the slots of the times since something, one for each product that is asked for."""
    asked: dict[tuple[str, str | None], list[Lengths]] = {}
    for when in whens:
        for name, lengths in () if when.since is None else when.since.asked():
            for product in sorted(getattr(lengths, "product", None) or ()) or (None,):
                asked.setdefault((name, product), []).append(lengths)
    for name, product in sorted(asked, key=str):
        constants = _constants(asked[name, product])
        yield Slot(since_name(name, product), "number", constants, product=product)


def _seen(whens: list[When]) -> dict[str, tuple[float, ...]]:
    """Return what the numbers of showings are compared with, by prompt."""
    asked: dict[str, list[Range]] = {}
    for when in whens:
        for name, bounds in (when.seen or {}).items():
            asked.setdefault(name, []).append(bounds)
    return {name: _constants(bounds) for name, bounds in asked.items()}


def seen_name(prompt: str) -> str:
    """Return the name of the slot of how often a prompt was shown."""
    return f"seen {prompt}"


def since_name(name: str, product: str | None) -> str:
    """Return the name of the slot of a time since something, of the rights to a product."""
    return name if product is None else f"{name} {product}"


def clock_name(name: str, zone: ZoneInfo, own: ZoneInfo) -> str:
    """Return the name of the slot of what a zone's clock says; `own` is the vocabulary's zone."""
    return name if zone.key == own.key else f"{name} {zone.key}"


def _clock_slots(policies: Sequence[Policy], whens: list[When]) -> Iterator[Slot]:
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


def _words(condition: frozenset[str] | Members) -> Iterator[str]:
    """Yield the words of a list, or of each of the three lists that a condition on a set has."""
    if isinstance(condition, frozenset):
        yield from condition
    else:
        for words in (condition.any, condition.all, condition.none):
            yield from words or ()


def _period_slots(policies: Sequence[Policy], whens: list[When]) -> Iterator[Slot]:
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


def _conditions(policies: Sequence[Policy]) -> Iterator[When]:
    for policy in policies:
        yield from (rule.when for rule in policy.rules)
        yield from (offer.when for offer in policy.offers)
        yield from (limit.when for meter in policy.meters for limit in meter.allowances())
        yield from (meter.counts for meter in policy.meters if meter.counts is not None)


def _dates(policy: Policy, whens: list[When]) -> Iterator[tuple[int | None, int | None]]:
    yield from (offer.instants(policy.zone) for offer in policy.offers)
    yield from (when.dates.instants(policy.zone) for when in whens if when.dates is not None)


@frozen
class Facts:
    """All that a rule may look at: one code a slot, up to the last that had to be looked at.

    Pickled facts are codes alone: but for `reader` and `access` they tell nothing by name until
    `Decision.with_policy` gives them back their vocabulary.
    """

    values: Codes
    vocabulary: Vocabulary | None = field(default=None, eq=False, repr=False)

    def __reduce__(self) -> tuple[type[Facts], tuple[Codes]]:
        return Facts, (self.values,)

    def __getitem__(self, name: str) -> Hashable:
        """Return the code of an attribute; `None` where no rule asks for it, or nobody looked."""
        if name in _FIRST:
            place = _FIRST[name]
        elif self.vocabulary is None or not self.vocabulary.has(name):
            return None
        else:
            place = self.vocabulary.place(name)
        return self.values[place] if place < len(self.values) else None
