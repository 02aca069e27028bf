"""What can this policy tell apart, and what does it say about it?

A *vocabulary* lists the attributes a policy mentions, one slot each, and the few codes each slot
can hold: a number becomes the interval between the policy's own constants it lies in, a set the
members that are mentioned, the instant the interval between the policy's own dates. `Facts` are one
code a slot: no identity, no instant, no history. Rules are formulas over codes, so one reduction
serves the engine's memo, the simulator's grouping and the verifier's diagrams.

Missing data is the code `None` and never matches: a negation is pushed down to single slots, where
it means "some other known value". What is known but not mentioned is the code `OTHER`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from meter.view import ArticleAccess, Status
from meter.windows import DAY

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from meter.policy import Policy, Range, When
    from meter.view import PageView, Reader

__all__ = [
    "ALWAYS",
    "OTHER",
    "Among",
    "Contains",
    "Every",
    "Facts",
    "Formula",
    "Slot",
    "Some",
    "Vocabulary",
    "leaves",
]

OTHER = "\0"
"""The code of a value that is known but that the policy never mentions."""


@frozen
class Among:
    """A slot holds one of some codes.

    `None`, a slot that is not observed yet, leaves the question open.
    """

    slot: int
    codes: frozenset[Hashable]

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so; `None` while the slot has not been observed."""
        return values[self.slot] in self.codes if self.slot < len(values) else None


@frozen
class Contains:
    """A slot that holds a set contains a member (or, with `not inside`, does not)."""

    slot: int
    member: str
    inside: bool = True

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so; `None` while the slot has not been observed."""
        return (
            (self.member in values[self.slot]) is self.inside if self.slot < len(values) else None
        )


@frozen
class Every:
    """Every part holds; no parts hold always."""

    parts: tuple[Formula, ...]

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so, as far as can be known."""
        known: bool | None = True
        for part in self.parts:
            holds = part.holds(values)
            if holds is False:
                return False
            if holds is None:
                known = None
        return known


@frozen
class Some:
    """At least one part holds; no parts hold never."""

    parts: tuple[Formula, ...]

    def holds(self, values: Sequence[Any]) -> bool | None:
        """Say whether this is so, as far as can be known."""
        known: bool | None = False
        for part in self.parts:
            holds = part.holds(values)
            if holds:
                return True
            if holds is None:
                known = None
        return known


Formula = Among | Contains | Every | Some
ALWAYS = Every(())


def leaves(formula: Formula) -> Iterator[Among | Contains]:
    """Yield what a formula asks of single slots, in the order it is tried."""
    if isinstance(formula, Among | Contains):
        yield formula
    else:
        for part in formula.parts:
            yield from leaves(part)


@frozen
class Slot:
    """One attribute a policy can look at.

    Its name, the sort of its codes, and what the policy mentions of it.

    `kind` is `word` (one of the mentioned words, `OTHER` or missing), `set` (the mentioned members
    present), `number` (an interval between the mentioned constants, numbered from below: even codes
    lie between two, odd ones on one), `flag`, or `period` (how many of the policy's own dates, as
    instants, have come). `meter` names the meter of an `open` or a `left` slot.
    """

    name: str
    kind: str
    mentioned: tuple[Any, ...]
    meter: str | None = None

    def codes(self) -> tuple[Hashable, ...]:
        """Return every code this slot can hold (for a set: its members, each in or out)."""
        if self.kind == "word":
            closed = self.name in ("reader", "access")
            return self.mentioned if closed else (*self.mentioned, OTHER, None)
        if self.kind == "flag":
            return (False, True)
        if self.kind == "number":
            known = range(2 * len(self.mentioned) + 1)
            return tuple(known) if self.meter else (*known, None)
        return tuple(range(len(self.mentioned) + 1)) if self.kind == "period" else self.mentioned

    def code(self, number: float | None) -> int | None:
        """Return the code of a number: the interval it lies in."""
        if number is None:
            return None
        place = bisect_left(self.mentioned, number)
        return 2 * place + (place < len(self.mentioned) and self.mentioned[place] == number)


_WORDS: dict[str, tuple[Callable[[Reader, PageView, int], str | None], str]] = {
    "section": (lambda _reader, view, _at: view.article.section, "/"),
    "kind": (lambda _reader, view, _at: view.article.kind, ""),
    "country": (
        lambda reader, view, _at: (view.country or reader.country or "").upper() or None,
        "",
    ),
    "device": (lambda _reader, view, _at: view.device, ""),
    "channel": (lambda _reader, view, _at: view.channel, ""),
    "language": (lambda _reader, view, _at: view.language and language_tag(view.language), "-"),
    "referrer": (
        lambda _reader, view, _at: None if view.referrer is None else host(view.referrer),
        ".",
    ),
}
"""Where each word comes from, and the mark by which a mentioned word covers others (`markets`
covers `markets/asia`).
"""

_SETS: dict[str, Callable[[Reader, PageView, int], frozenset[str]]] = {
    "product": lambda reader, _view, at: reader.products_at(at),
    "tags": lambda _reader, view, _at: view.article.tags,
    "segments": lambda reader, _view, _at: reader.segments,
}
_NUMBERS: dict[str, Callable[[Reader, PageView, int], float | None]] = {
    "score": lambda reader, _view, _at: reader.score,
    "age_days": lambda _reader, view, at: _whole_days(view.article.age(at)),
    "days_since_expiry": lambda reader, _view, at: _whole_days(reader.expired_for(at)),
}
_FLAGS: dict[str, Callable[[Reader, PageView, int], bool]] = {
    "gift": lambda _reader, view, _at: view.gift,
    "crawler": lambda _reader, view, _at: view.crawler,
}

_ORDER = ("reader", "access", *_WORDS, *_SETS, *_NUMBERS, "left", *_FLAGS, "dates", "any", "not_")
"""Every key of a condition, in the order it is tried and told in."""


def _whole_days(length: int | None) -> int | None:
    """Return completed days of 24 hours."""
    return None if length is None else length // DAY


def language_tag(language: str) -> str:
    """Return a language as it is compared: in lower case, with hyphens (BCP 47)."""
    return language.replace("_", "-").lower()


def host(referrer: str) -> str:
    """Return the host of a referrer: an address, or a bare domain.

    No referrer at all is the empty host.
    """
    rest = referrer.partition("://")[2] or referrer.removeprefix("//")
    for mark in "/?#":
        rest = rest.partition(mark)[0]
    return rest.rpartition("@")[2].partition(":")[0].lower().rstrip(".")


def covers(word: str, value: str, mark: str) -> bool:
    """Say whether a mentioned word covers a value.

    `markets` covers `markets/asia`, `google.com` covers `news.google.com`.
    """
    if mark == ".":
        return value == word or value.endswith("." + word)
    return value == word or (mark != "" and value.startswith(word + mark))


def _nearest_of(
    mentioned: frozenset[str], get: Callable[[Reader, PageView, int], str | None], mark: str
) -> Callable[..., str | None]:
    """Return the function that finds the most specific mentioned word that covers a value (see
    `covers`).
    """

    def nearest(reader: Reader, view: PageView, at: int) -> str | None:
        value = get(reader, view, at)
        if value is None or value in mentioned:
            return value
        while mark and mark in value:
            value = value.partition(mark)[2] if mark == "." else value.rpartition(mark)[0]
            if value in mentioned:
                return value
        return OTHER

    return nearest


class Vocabulary:
    """The slots of one or more policies, and the formulas of their conditions.

    Two policies that are to be compared share one vocabulary; what either mentions, both can tell
    apart.
    """

    def __init__(self, policies: Sequence[Policy], extra: Iterable[When] = ()) -> None:
        extra = tuple(extra)
        whens = [part for when in (*_conditions(policies), *extra) for part in when.walk()]
        self.zone = policies[0].zone  # for saying dates
        boundaries = {
            at
            for policy in policies
            for pair in _dates(policy, whens)
            for at in pair
            if at is not None
        }
        slots = [
            Slot("reader", "word", tuple(Status)),
            Slot("access", "word", tuple(ArticleAccess)),
        ]
        slots += [
            Slot(name, "word", words) for name in _WORDS if (words := _mentioned(whens, name))
        ]
        slots += [Slot(name, "set", words) for name in _SETS if (words := _mentioned(whens, name))]
        for name in _NUMBERS:
            if constants := {
                n for when in whens if (bounds := getattr(when, name)) for n in bounds.constants()
            }:
                slots.append(Slot(name, "number", tuple(sorted(constants))))
        slots += [
            Slot(name, "flag", (False, True))
            for name in _FLAGS
            if any(getattr(when, name) is not None for when in whens)
        ]
        if boundaries:
            slots.append(Slot("period", "period", tuple(sorted(boundaries))))
        self._made_of = tuple(policies), extra
        self.base = len(slots)
        """How many slots can be observed without a reader's usage."""
        for name in dict.fromkeys(meter.name for policy in policies for meter in policy.meters):
            left = {
                n
                for when in whens
                for meter, bounds in (when.left or {}).items()
                if meter == name
                for n in bounds.constants()
            }
            slots += [
                Slot("open", "flag", (False, True), name),
                Slot("left", "number", tuple(sorted({0, *left})), name),
            ]
        self.slots = tuple(slots)
        self._place = {(slot.name, slot.meter): index for index, slot in enumerate(self.slots)}
        self._observers = tuple(_observer(slot) for slot in self.slots[2 : self.base])

    def __reduce__(self) -> tuple[Any, ...]:
        return Vocabulary, self._made_of

    def place(self, name: str, meter: str | None = None) -> int:
        """Return the index of a slot."""
        return self._place[name, meter]

    def observe(
        self, reader: Reader, view: PageView, at: int, status: Status | None = None
    ) -> tuple[Any, ...]:
        """Return the codes that need no usage: who reads what, at the instant `at`.

        `status` saves deriving it again.
        """
        values = [status or reader.status_at(at), view.article.access]
        for observe in self._observers:
            values.append(observe(reader, view, at))
        return tuple(values)

    def formula(self, when: When, zone: ZoneInfo) -> Formula:
        """Return a condition as a formula over this vocabulary's slots.

        Its dates are days in `zone`.
        """
        return self._formula(when, zone, wanted=True)

    def _formula(self, when: When, zone: ZoneInfo, *, wanted: bool) -> Formula:
        """Return the formula of a condition, or of its opposite.

        Negation goes down to single slots (De Morgan).
        """
        asked = ((name, getattr(when, name)) for name in _ORDER)
        parts = tuple(
            part
            for name, asks in asked
            if asks is not None
            for part in self._parts(name, asks, zone, wanted=wanted)
        )
        if len(parts) == 1:
            return parts[0]
        return Every(parts) if wanted else Some(parts)

    def _parts(self, name: str, asks: Any, zone: ZoneInfo, *, wanted: bool) -> Iterator[Formula]:
        """Yield what one key of a condition asks for, or the opposite."""
        if name in _WORDS:
            mark = _WORDS[name][1]
            mentioned = (
                self.slots[self.place(name)].mentioned if (name, None) in self._place else ()
            )
            yield self._among(
                name,
                [word for word in mentioned if any(covers(listed, word, mark) for listed in asks)],
                wanted=wanted,
            )
        elif name == "product":
            yield self._contains(name, asks, inside=True, every=False, wanted=wanted)
        elif name in _SETS:
            for members, inside, every in (
                (asks.any, True, False),
                (asks.all, True, True),
                (asks.none, False, True),
            ):
                if members is not None:
                    yield self._contains(name, members, inside=inside, every=every, wanted=wanted)
        elif name in _NUMBERS:
            yield self._in_range(name, None, asks, wanted=wanted)
        elif name == "left":
            for meter, bounds in asks.items():
                yield self._in_range(name, meter, bounds, wanted=wanted)
        elif name == "dates":
            yield self._among("period", self.periods(asks.instants(zone)), wanted=wanted)
        elif name == "any":
            nested = tuple(self._formula(part, zone, wanted=wanted) for part in asks)
            yield Some(nested) if wanted else Every(nested)
        elif name == "not_":
            yield self._formula(asks, zone, wanted=not wanted)
        else:
            yield self._among(name, {asks} if name in _FLAGS else asks, wanted=wanted)

    def periods(self, stretch: tuple[int | None, int | None]) -> frozenset[Hashable]:
        """Return the codes of the period slot that lie inside a half-open stretch of time."""
        if ("period", None) not in self._place:
            return frozenset({None})
        slot = self.slots[self.place("period")]
        low = 0 if stretch[0] is None else slot.mentioned.index(stretch[0]) + 1
        high = len(slot.codes()) if stretch[1] is None else slot.mentioned.index(stretch[1]) + 1
        return frozenset(range(low, high))

    def _among(
        self, name: str, codes: Iterable[Hashable], *, wanted: bool, meter: str | None = None
    ) -> Formula:
        if (name, meter) not in self._place:
            # Only an empty list or an open-ended date range mentions nothing: the first matches
            # nobody, the second everybody.
            return ALWAYS if (None in frozenset(codes)) is wanted else Some(())
        place = self.place(name, meter)
        known = frozenset(code for code in self.slots[place].codes() if code is not None)
        return Among(place, known.intersection(codes) if wanted else known.difference(codes))

    def _contains(
        self, name: str, members: Iterable[str], *, inside: bool, every: bool, wanted: bool
    ) -> Formula:
        parts = tuple(
            Contains(self.place(name), member, inside is wanted) for member in sorted(members)
        )
        return Every(parts) if every is wanted else Some(parts)

    def _in_range(self, name: str, meter: str | None, bounds: Range, *, wanted: bool) -> Formula:
        slot = self.slots[self.place(name, meter)] if (name, meter) in self._place else None
        if slot is None:
            return ALWAYS if wanted else Some(())
        on = {bound: 2 * slot.mentioned.index(bound) + 1 for bound in bounds.constants()}
        codes = frozenset(
            code
            for code in slot.codes()
            if isinstance(code, int)
            and (bounds.equals is None or code == on[bounds.equals])
            and (bounds.at_least is None or code >= on[bounds.at_least])
            and (bounds.at_most is None or code <= on[bounds.at_most])
            and (bounds.above is None or code > on[bounds.above])
            and (bounds.below is None or code < on[bounds.below])
        )
        return self._among(name, codes, wanted=wanted, meter=meter)


def _conditions(policies: Sequence[Policy]) -> Iterable[When]:
    for policy in policies:
        yield from (rule.when for rule in policy.rules)
        yield from (offer.when for offer in policy.offers)
        yield from (limit.when for meter in policy.meters for limit in meter.allowances())


def _dates(policy: Policy, whens: list[When]) -> Iterable[tuple[int | None, int | None]]:
    yield from (offer.instants(policy.zone) for offer in policy.offers)
    yield from (when.dates.instants(policy.zone) for when in whens if when.dates is not None)


def _mentioned(whens: list[When], name: str) -> tuple[str, ...]:
    words: set[str] = set()
    for when in whens:
        condition = getattr(when, name)
        if condition is not None:
            groups = (
                [condition]
                if isinstance(condition, frozenset)
                else [condition.any, condition.all, condition.none]
            )
            words.update(word for group in groups if group for word in group)
    return tuple(sorted(words))


def _observer(slot: Slot) -> Callable[[Reader, PageView, int], Any]:
    """Return the function that reads one slot's code off a reader, a view and an instant."""
    if slot.kind == "period":
        return lambda _reader, _view, at: bisect_right(slot.mentioned, at)
    if slot.kind == "word":
        return _nearest_of(frozenset(slot.mentioned), *_WORDS[slot.name])
    if slot.kind == "set":
        members, mentioned = _SETS[slot.name], frozenset(slot.mentioned)
        return lambda reader, view, at: mentioned & members(reader, view, at)
    if slot.kind == "number":
        number = _NUMBERS[slot.name]
        return lambda reader, view, at: slot.code(number(reader, view, at))
    return _FLAGS[slot.name]


@frozen
class Facts:
    """All that a rule may look at.

    One code for each slot of a vocabulary, up to the last that had to be looked at.
    """

    values: tuple[Any, ...]
    vocabulary: Vocabulary = field(eq=False, repr=False)

    def __getitem__(self, name: str) -> Any:
        """Return the code of the slot called `name`; `None` where nobody had to look."""
        place = self.vocabulary.place(name)
        return self.values[place] if place < len(self.values) else None
