"""The few things a policy can tell apart, and how they are read off a view.

A *vocabulary* lists the attributes a policy mentions, one slot each, and the few codes each slot
can hold: a number becomes the interval between the policy's own constants it lies in, a set the
members that are mentioned, the instant the interval between the policy's own dates. `Facts` are one
code a slot: no identity, no instant, no history. Rules are formulas over codes (see `formulas`), so
one reduction serves the engine's memo, the simulator's grouping and the verifier's diagrams.

Missing data is the code `None`. What is known but not mentioned is the code `OTHER`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from attrs import field, frozen

from meter.facts.meters import MeterSlots, Opening, asked_of_meters
from meter.forms import country_code, covering, host, language_tag, plain, section_path
from meter.view import PageView, Reader
from meter.vocabulary import ArticleAccess, Status
from meter.windows import DAY

if TYPE_CHECKING:
    from meter.policy import Policy, When
    from meter.vocabulary import Members

__all__ = [
    "ACCESS",
    "ATTRIBUTES",
    "OTHER",
    "READER",
    "Attribute",
    "Facts",
    "Slot",
    "Vocabulary",
    "observer_of",
]

_WORDS_KEPT = 512
OTHER = "\0"
"""The code of a value that is known but that the policy never mentions."""

READER, ACCESS = range(2)
"""The places of the reader's status and of the article's access: every vocabulary begins with them.
"""
_FIRST = {"reader": READER, "access": ACCESS}


Code = Any
"""A word, the number of an interval, a flag, or a set of words; `None` is missing data."""

Codes = tuple[Code, ...]
"""One code a slot, as far as they have been observed."""

Read = Callable[[Reader, PageView, int], Any]
"""What reads one attribute off a reader, a view and an instant."""


@frozen
class Attribute:
    """One thing a condition may ask about that needs no usage.

    `read` gives its value. For a word, `mark` is what joins a value's parts where a mentioned word
    covers longer ones (`markets` covers `markets/asia`: see `forms.covers`), and `form`
    returns it as it is compared.
    """

    kind: Literal["word", "set", "number", "flag"]
    read: Read
    mark: str = ""
    form: Callable[[str], str] = plain


def _section(_reader: Reader, view: PageView, _at: int) -> str | None:
    return view.article.section


def _country(reader: Reader, view: PageView, _at: int) -> str | None:
    return view.country or reader.country or None


def _age(_reader: Reader, view: PageView, at: int) -> int | None:
    return _whole_days(view.article.age(at))


def _since_expiry(reader: Reader, _view: PageView, at: int) -> int | None:
    return _whole_days(reader.expired_for(at))


def _whole_days(length: int | None) -> int | None:
    """Return completed days of 24 hours."""
    return None if length is None else length // DAY


ATTRIBUTES: dict[str, Attribute] = {
    "section": Attribute("word", _section, "/", section_path),
    "kind": Attribute("word", lambda _reader, view, _at: view.article.kind),
    "country": Attribute("word", _country, form=country_code),
    "device": Attribute("word", lambda _reader, view, _at: view.device),
    "channel": Attribute("word", lambda _reader, view, _at: view.channel),
    "language": Attribute("word", lambda _reader, view, _at: view.language, "-", language_tag),
    "referrer": Attribute("word", lambda _reader, view, _at: view.referrer, ".", host),
    "product": Attribute("set", lambda reader, _view, at: reader.products_at(at)),
    "tags": Attribute("set", lambda _reader, view, _at: view.article.tags),
    "segments": Attribute("set", lambda reader, _view, _at: reader.segments),
    "score": Attribute("number", lambda reader, _view, _at: reader.score),
    "age_days": Attribute("number", _age),
    "days_since_expiry": Attribute("number", _since_expiry),
    "gift": Attribute("flag", lambda _reader, view, _at: view.gift),
    "crawler": Attribute("flag", lambda _reader, view, _at: view.crawler),
}
"""Every attribute besides the reader's status and the article's access, in the order of slots."""


@frozen
class Slot:
    """One attribute a policy can look at: its name, the sort of its codes, what is mentioned of it.

    `kind` is `word` (one of the mentioned words, `OTHER` or missing), `set` (the mentioned members
    present), `number` (an interval between the mentioned constants, numbered from below: even codes
    lie between two, odd ones on one), `flag`, or `period` (how many of the policy's own dates, as
    instants, have come). `meter` names the meter of a slot about one (see `meters`).
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
        if self.kind == "period":
            return tuple(range(len(self.mentioned) + 1))
        return self.mentioned

    def code(self, number: float | None) -> int | None:
        """Return the code of a number: the interval it lies in."""
        if number is None:
            return None
        place = bisect_left(self.mentioned, number)
        on_a_constant = place < len(self.mentioned) and self.mentioned[place] == number
        return 2 * place + on_a_constant


class Vocabulary:
    """The slots of one or more policies.

    Two policies that are to be compared share one vocabulary: what either mentions, both can tell
    apart. `extra` are conditions besides those of the policies, such as a guarantee's.
    """

    def __init__(self, policies: Sequence[Policy], extra: Iterable[When] = ()) -> None:
        extra = tuple(extra)
        whens = [part for when in (*_conditions(policies), *extra) for part in when.walk()]
        self.zone = policies[0].zone  # for saying dates
        slots = [*_plain_slots(whens), *_period_slots(policies, whens)]
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

    def periods(self, stretch: tuple[int | None, int | None]) -> frozenset[Hashable]:
        """Return the codes of the period slot that lie inside a half-open stretch of time."""
        if not self.has("period"):
            return frozenset({None})
        slot = self.slots[self.place("period")]
        starts, ends = stretch
        low = 0 if starts is None else slot.mentioned.index(starts) + 1
        high = len(slot.codes()) if ends is None else slot.mentioned.index(ends) + 1
        return frozenset(range(low, high))


def _plain_slots(whens: list[When]) -> Iterator[Slot]:
    """Yield the slots of what the conditions mention, the reader's status and the access first."""
    yield Slot("reader", "word", tuple(Status))
    yield Slot("access", "word", tuple(ArticleAccess))
    for name, attribute in ATTRIBUTES.items():
        asked = [value for when in whens if (value := getattr(when, name)) is not None]
        if attribute.kind == "flag":
            mentioned: tuple[Any, ...] = (False, True) if asked else ()
        elif attribute.kind == "number":
            mentioned = tuple(sorted({bound for bounds in asked for bound in bounds.constants()}))
        else:
            mentioned = tuple(sorted({word for words in asked for word in _words(words)}))
        if mentioned:
            yield Slot(name, attribute.kind, mentioned)


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


def _conditions(policies: Sequence[Policy]) -> Iterator[When]:
    for policy in policies:
        yield from (rule.when for rule in policy.rules)
        yield from (offer.when for offer in policy.offers)
        yield from (limit.when for meter in policy.meters for limit in meter.allowances())
        yield from (meter.counts for meter in policy.meters if meter.counts is not None)


def _dates(policy: Policy, whens: list[When]) -> Iterator[tuple[int | None, int | None]]:
    yield from (offer.instants(policy.zone) for offer in policy.offers)
    yield from (when.dates.instants(policy.zone) for when in whens if when.dates is not None)


def observer_of(slot: Slot) -> Read:
    """Return the function that reads one slot's code off a reader, a view and an instant."""
    if slot.kind == "period":
        return lambda _reader, _view, at: bisect_right(slot.mentioned, at)
    attribute = ATTRIBUTES[slot.name]
    read = attribute.read
    mentioned = frozenset(slot.mentioned)
    if slot.kind == "word":
        return _nearest_of(mentioned, attribute)
    if slot.kind == "set":
        return lambda reader, view, at: mentioned & read(reader, view, at)
    if slot.kind == "number":
        return lambda reader, view, at: slot.code(read(reader, view, at))
    return read


def _nearest_of(mentioned: frozenset[str], attribute: Attribute) -> Read:
    """Return the function that finds the most specific mentioned word that covers a value.

    What may cover it are the value itself and what is left of it at each mark (`forms.covers`). A
    site has few sections and channels, so the answers are kept.
    """
    read = attribute.read

    @lru_cache(maxsize=_WORDS_KEPT)
    def nearest(value: str | None) -> str | None:
        if value is None or value in mentioned:
            return value
        for word in covering(attribute.form(value), attribute.mark):
            if word in mentioned:
                return word
        return OTHER

    return lambda reader, view, at: nearest(read(reader, view, at))


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
