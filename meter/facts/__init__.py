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

from meter.facts.asked import (
    clock_name,
    clock_slots,
    conditions,
    experiment_slots,
    lengths_of_offers,
    offered_name,
    period_slots,
    plain_slots,
    seen_name,
    seen_numbers,
    since_name,
    since_slots,
    whom_experiments_are_for,
)
from meter.facts.attributes import ATTRIBUTES, OTHER
from meter.facts.meters import MeterSlots, Opening, asked_of_meters
from meter.facts.slots import Slot, observer_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from meter.experiments import Assignment
    from meter.policy import Policy, When
    from meter.view import PageView, Reader
    from meter.vocabulary import Status

__all__ = [
    "ACCESS",
    "ATTRIBUTES",
    "OTHER",
    "READER",
    "Facts",
    "Slot",
    "Vocabulary",
    "clock_name",
    "offered_name",
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
        whens = [part for when in (*conditions(policies), *extra) for part in when.walk()]
        whens += whom_experiments_are_for(policies, whens)
        covering = any(when.covered is not None for when in whens)
        if covering:
            opens = (when for policy in policies for when in policy.coverings)
            whens += [part for when in opens for part in when.walk()]
        self.zone = policies[0].zone  # for saying dates
        slots = [
            *plain_slots(whens),
            *since_slots(whens),
            *period_slots(policies, whens),
            *clock_slots(policies, whens),
            *experiment_slots(policies, whens),
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
        lasting = lengths_of_offers(policies)
        self.lasting = tuple(lasting)
        """The offers that run for each reader from when they were first shown; a slot for each."""
        slots += [Slot(offered_name(name), "number", lasting[name]) for name in lasting]
        seen = seen_numbers(whens)
        self.seen = tuple(sorted(seen))
        """The prompts of which a condition asks how often they were shown; then a slot for each."""
        slots += [Slot(seen_name(name), "number", seen[name]) for name in self.seen]
        self.slots = tuple(slots)
        self.experiments: dict[tuple[str, Assignment], int] = {
            (slot.name.split()[1], slot.assignment): place
            for place, slot in enumerate(slots)
            if slot.assignment is not None
        }
        """The places of the experiments that are asked for, each as some policy assigns it."""
        self._made_of = (tuple(policies), extra)
        by_name = {slot.name: slot for slot in slots}
        self._offered = {name: by_name[offered_name(name)] for name in lasting}
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

    def offered(self, offer: str) -> Slot:
        """Return the slot of how long ago an offer was first shown to a reader, in microseconds.

        Its code is `None` where it was not.
        """
        return self._offered[offer]

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
