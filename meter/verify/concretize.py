"""Codes made concrete: a reader, a view, a usage and an instant to ask the engine about."""

# A diagram answers in codes: "some known section that no rule mentions", "more than 30 days since
# expiry". To put such an answer to the engine, and to a person, each code needs a value that has
# it. A word takes the mentioned word itself, or one made up until no rule mentions it. A number
# takes the first of a few plain candidates (the constant, 0, the next whole number, a middle) that
# falls into the interval. A code that no value has is left out of the space by `plain_codes`, so
# nothing is ever proved or shown of a reader who cannot be. For the state of a meter there are as
# many reads as lead to it, all made at the instant of the view, and so inside every window.

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from meter.experiments.moves import shares
from meter.facts import OTHER
from meter.facts.attributes import REGION
from meter.usage import Usage
from meter.verify.together.assigned import assigned
from meter.verify.together.showings import shown_before
from meter.verify.together.tenure import Lengths, before, lengths, rights_of
from meter.verify.together.timing import Moments, Timing, stretch_of
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import ArticleAccess, EntitlementKind, Status
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from meter.facts import Slot, Vocabulary
    from meter.policy import Policy
    from meter.verify.together.counts import Way

__all__ = ["ConcreteView", "Occasion", "concretize", "plain_codes"]

_HOUR = 3_600_000_000
_MORNING = 9 * _HOUR
_ORDINARY_DAY = datetime(2026, 6, 1, tzinfo=UTC)
_MOST_LENGTH = 200_001 * 24 * _HOUR
_RANGES = {"score": (0, 1), "value": (0, 1)}
_ARTICLE = "this-article"
_OTHER_PRODUCT = "another product, that no rule names"
_STATUSES = (
    Status.ANONYMOUS,
    Status.REGISTERED,
    Status.SUBSCRIBER,
    Status.TRIAL,
    Status.TRIAL_EXPIRED,
    Status.SUBSCRIPTION_EXPIRED,
    Status.STAFF,
)
_ACCESSES = (ArticleAccess.METERED, ArticleAccess.PREMIUM, ArticleAccess.FREE)
_OF_TIME = ("period", "published")
_UNMENTIONED = {
    "section": "elsewhere",
    "kind": "story",
    "country": "ZZ",
    "device": "laptop",
    "channel": "web",
    "language": "zz",
    "referrer": "elsewhere.example",
}


@frozen(kw_only=True)
class ConcreteView:
    """One page view by one reader at one instant, and what is remembered of that reader."""

    reader: Reader
    view: PageView
    usage: Usage
    now: datetime


@frozen(kw_only=True)
class Occasion:
    """An instant that is meant, and how long ago then what a reader's rights say was."""

    at: int
    since: Lengths


def plain_codes(vocabulary: Vocabulary, slot: Slot) -> tuple[Hashable, ...]:
    """Return the codes something can have, the plainest first.

    What is not known or not special needs no telling.
    """
    if slot.name == "reader":
        return _STATUSES
    if slot.name == "access":
        return _ACCESSES
    if slot.kind == "period":
        usual = bisect_right(slot.mentioned, instant(_ORDINARY_DAY))
        return tuple(sorted(slot.codes(), key=lambda code: code != usual))
    if slot.name == "device":  # everyone reads on some device
        return tuple(sorted(slot.codes(), key=lambda code: code != OTHER))
    codes = [code for code in slot.codes() if _can_be(vocabulary, slot, code)]
    if slot.assignment is not None and not slot.assignment.by_visitor:
        # Most readers have an id.
        return tuple(sorted(codes, key=lambda code: (code is None, code != OTHER)))
    return tuple(sorted(codes, key=lambda code: (code is not None, code != OTHER)))


def _can_be(vocabulary: Vocabulary, slot: Slot, code: Hashable) -> bool:
    if slot.assignment is not None:
        return code is None or bool(
            shares(slot.assignment.by)[None if code == OTHER else str(code)]
        )
    if slot.kind == "word" and slot.zone is None:
        view = _view_with(slot.name, _word(slot, code))
        seen = vocabulary.observe(Reader(id="somebody"), view, 0)
        return bool(seen[vocabulary.place(slot.name)] == code)
    if slot.asks == "offered":  # a length of whole hours leaves room below and above
        return True
    if slot.is_length and isinstance(code, int):
        stretch = stretch_of(slot, code, 0, _MOST_LENGTH)
        return stretch.low < stretch.high
    if slot.kind == "number" and isinstance(code, int):
        return next(_numbers(slot, code), None) is not None
    return True


def _view_with(name: str, word: str | None) -> PageView:
    given: dict[str, Any] = {name: word}
    if name in ("section", "kind"):
        return PageView(article=Article(id="some-article", **given))
    return PageView(article=Article(id="some-article"), **given)


def _word(slot: Slot, code: Hashable) -> str | None:
    """Return a word that has this code, if any has."""
    if code != OTHER:
        word = None if code is None else str(code)
        is_elsewhere = slot.name == "country" and word is not None and word.endswith(REGION)
        return _elsewhere(slot, word) if is_elsewhere and word else word
    word = _UNMENTIONED[slot.name]
    while word in slot.mentioned or word.lower() in slot.mentioned:
        word = f"x{word}"
    return word


def _elsewhere(slot: Slot, country: str) -> str:
    """Return a region of a country that no rule mentions."""
    region = "X"
    while country + region in slot.mentioned:
        region += "X"
    return country + region


def _numbers(slot: Slot, code: int) -> Iterator[float]:
    """Yield numbers that have this code, the plainest first."""
    least, most = _RANGES[slot.name]
    for number in _candidates(*_bounds(slot, code)):
        if least <= number <= most and slot.code(number) == code:
            yield number


def _bounds(slot: Slot, code: int) -> tuple[float | None, float | None]:
    """Return the constants an interval lies between; on a constant, that one twice."""
    marks: Sequence[float] = slot.mentioned
    place, on = divmod(code, 2)
    if on:
        return marks[place], marks[place]
    low = marks[place - 1] if place else None
    high = marks[place] if place < len(marks) else None
    return low, high


def _candidates(low: float | None, high: float | None) -> Iterator[float]:
    if low is not None:
        yield low
    yield 0
    yield 1
    yield ((low or 0) + (1 if high is None else high)) / 2


def concretize(
    policy: Policy,
    vocabulary: Vocabulary,
    values: Mapping[str, Any],
    *,
    used: Mapping[str, Way] | None = None,
    with_id: bool = True,
    when: Occasion | None = None,
) -> ConcreteView:
    """Return a reader, a view, a usage and an instant with these codes.

    `values` holds a code for each slot that needs no usage (a set of members for a slot of sets).
    `used` says by meter how many are counted already, and whether this one is among them; that is
    not known of a reader without an id, nor how often a prompt was shown.
    """
    slots = vocabulary.slots[: vocabulary.base]
    given = _concrete(slots, values)
    usual = instant(_ORDINARY_DAY.replace(tzinfo=policy.zone)) + _MORNING
    at, published = _moments(vocabulary, values, usual, when)
    since = lengths(slots, values) if when is None else when.since
    now = moment(at, policy.zone)
    given["published"] = None if published is None else moment(published, policy.zone)
    view = _view(given)
    usage = _usage(policy, view, at, used or {})
    for offer in sorted(values.get("started") or ()):
        usage = usage.starting(offer)
    usage = evolve(
        usage,
        shown=dict(shown_before(vocabulary, values, at)),
        offered=dict(_offered(vocabulary, values, at)),
    )
    reader = assigned(_reader(given, since, now), slots, values)
    if not with_id or any(way.used is None for way in (used or {}).values()):
        reader = evolve(reader, id=None)
    return ConcreteView(
        reader=reader,
        view=view,
        usage=usage,
        now=now,
    )


def _offered(
    vocabulary: Vocabulary, values: Mapping[str, Any], at: int
) -> Iterator[tuple[str, int]]:
    """Yield when offers were first shown to somebody with these codes."""
    for offer in vocabulary.lasting:
        slot = vocabulary.offered(offer)
        code = values.get(slot.name)
        if code is not None:
            marks = slot.mentioned
            longer = marks[code // 2] if code < 2 * len(marks) else marks[-1] + 1
            yield offer, at - (longer if code % 2 or code == 2 * len(marks) else longer - 1)


def _moments(
    vocabulary: Vocabulary, values: Mapping[str, Any], usual: int, when: Occasion | None
) -> Moments:
    """Return nine in the morning of an ordinary day, or of one with these codes, or what is said.

    Raises `LookupError` where no time has them.
    """
    timing = Timing.of(vocabulary)
    found = timing.solve(values, usual) if when is None else timing.solve_at(values, when.at)
    if found is None:
        raise LookupError(f"no time has these codes: {values}")
    return found


def _concrete(slots: Iterable[Slot], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value with the code of each slot, by name."""
    slots = [
        slot
        for slot in slots
        if slot.name not in _OF_TIME and slot.zone is None and slot.assignment is None
    ]
    given = {slot.name: values[slot.name] for slot in slots if not slot.is_length}
    for slot in slots:
        if slot.name in _UNMENTIONED:
            given[slot.name] = _word(slot, values[slot.name])
        elif slot.name in _RANGES and values[slot.name] is not None:
            given[slot.name] = next(_numbers(slot, values[slot.name]))
    return given


def _view(given: Mapping[str, Any]) -> PageView:
    article = Article(
        id=_ARTICLE,
        access=given["access"],
        section=given.get("section"),
        tags=given.get("tags") or frozenset(),
        kind=given.get("kind"),
        published=given["published"],
        value=given.get("value"),
    )
    return PageView(
        article=article,
        id="this-view",
        referrer=given.get("referrer"),
        channel=given.get("channel"),
        device=given.get("device"),
        country=given.get("country"),
        language=given.get("language"),
        gift=bool(given.get("gift")),
        crawler=given.get("crawler") or False,
    )


def _reader(given: Mapping[str, Any], since: Lengths, now: datetime) -> Reader:
    status = given["reader"]
    registered = since.get(("registration", None))
    products: list[str | None] = sorted(given.get("product") or ())
    if given.get("whole"):
        products.append(None)
    other = _OTHER_PRODUCT if given.get("whole") is False else None
    rights = rights_of(status, products, since, now, other=other)
    if given.get("named"):
        rights += (Entitlement(kind=EntitlementKind.PURCHASE, article=_ARTICLE),)
    return Reader(
        id="reader",
        registered=status is not Status.ANONYMOUS,
        registered_at=None if registered is None else before(now, registered),
        segments=given.get("segments") or frozenset(),
        score=given.get("score"),
        entitlements=rights,
    )


def _usage(policy: Policy, view: PageView, at: int, used: Mapping[str, Way]) -> Usage:
    read = {}
    for meter in policy.meters:
        way = used.get(meter.name)
        count = 0 if way is None or way.used is None else way.used
        own = way is not None and way.own
        ids = [f"read-{number}" for number in range(1, count - own + 1)]
        if own:
            ids.append(view.view_key(at) if meter.count == "views" else view.article.key)
        read[meter.name] = ids
    return Usage.counting(read, at)
