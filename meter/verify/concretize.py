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
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.facts import OTHER
from meter.usage import Tally, Usage
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import ArticleAccess, EntitlementKind, Status
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from meter.facts import Slot, Vocabulary
    from meter.policy import Policy

__all__ = ["ConcreteView", "concretize", "plain_codes"]

_HOUR = 3_600_000_000
_MORNING = 9 * _HOUR
_ORDINARY_DAY = datetime(2026, 6, 1, tzinfo=UTC)
_MOST_DAYS = 700_000  # before the year 110: no reader and no article is older
_WHOLE = ("age_days", "days_since_expiry")
_RANGES = {"score": (0, 1), "days_since_expiry": (0, _MOST_DAYS)}
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
_KINDS = {
    Status.TRIAL: EntitlementKind.TRIAL,
    Status.TRIAL_EXPIRED: EntitlementKind.TRIAL,
    Status.SUBSCRIBER: EntitlementKind.SUBSCRIPTION,
    Status.SUBSCRIPTION_EXPIRED: EntitlementKind.SUBSCRIPTION,
    Status.STAFF: EntitlementKind.STAFF,
}
_TERMS = {
    EntitlementKind.TRIAL: timedelta(days=14),
    EntitlementKind.SUBSCRIPTION: timedelta(days=365),
}
_EXPIRED = (Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED)
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
    return tuple(sorted(codes, key=lambda code: (code is not None, code != OTHER)))


def _can_be(vocabulary: Vocabulary, slot: Slot, code: Hashable) -> bool:
    if slot.kind == "word":
        view = _view_with(slot.name, _word(slot, code))
        seen = vocabulary.observe(Reader(id="somebody"), view, 0)
        return bool(seen[vocabulary.place(slot.name)] == code)
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
        return None if code is None else str(code)
    word = _UNMENTIONED[slot.name]
    while word in slot.mentioned or word.lower() in slot.mentioned:
        word = f"x{word}"
    return word


def _numbers(slot: Slot, code: int) -> Iterator[float]:
    """Yield numbers that have this code, the plainest first."""
    least, most = _RANGES.get(slot.name, (-_MOST_DAYS, _MOST_DAYS))
    whole = slot.name in _WHOLE
    for number in _candidates(*_bounds(slot, code), whole=whole):
        if least <= number <= most and slot.code(number) == code:
            if not whole:
                yield number
            elif number == floor(number):
                yield int(number)


def _bounds(slot: Slot, code: int) -> tuple[float | None, float | None]:
    """Return the constants an interval lies between; on a constant, that one twice."""
    marks: Sequence[float] = slot.mentioned
    place, on = divmod(code, 2)
    if on:
        return marks[place], marks[place]
    low = marks[place - 1] if place else None
    high = marks[place] if place < len(marks) else None
    return low, high


def _candidates(low: float | None, high: float | None, *, whole: bool) -> Iterator[float]:
    if low is not None:
        yield low
    yield 0
    if not whole:
        yield 1
        yield ((low or 0) + (1 if high is None else high)) / 2
        return
    if low is not None:
        yield floor(low) + 1
    if high is not None:
        yield ceil(high) - 1


def concretize(
    policy: Policy,
    vocabulary: Vocabulary,
    values: Mapping[str, Any],
    *,
    used: Mapping[str, tuple[int, bool]] | None = None,
) -> ConcreteView:
    """Return a reader, a view, a usage and an instant with these codes.

    `values` holds a code for each slot that needs no usage (a set of members for a slot of sets).
    `used` says by meter how many are counted already, and whether this one is among them.
    """
    slots = vocabulary.slots[: vocabulary.base]
    given = _concrete(slots, values)
    at = _instant(policy, slots, values.get("period"))
    now = moment(at, policy.zone)
    view = _view(policy, given, at)
    usage = _usage(policy, view, at, used or {})
    for offer in sorted(values.get("started") or ()):
        usage = usage.starting(offer)
    return ConcreteView(reader=_reader(given, now), view=view, usage=usage, now=now)


def _concrete(slots: Iterable[Slot], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value with the code of each slot, by name."""
    given = {slot.name: values[slot.name] for slot in slots if slot.name != "period"}
    for slot in slots:
        if slot.name in _UNMENTIONED:
            given[slot.name] = _word(slot, values[slot.name])
        elif slot.kind == "number" and values[slot.name] is not None:
            given[slot.name] = next(_numbers(slot, values[slot.name]))
    return given


def _instant(policy: Policy, slots: Iterable[Slot], period: int | None) -> int:
    """Return nine in the morning of an ordinary day, or of one that lies in a period."""
    at = instant(_ORDINARY_DAY.replace(tzinfo=policy.zone)) + _MORNING
    marks: Sequence[int] = next((slot.mentioned for slot in slots if slot.name == "period"), ())
    if period is None or bisect_right(marks, at) == period:
        return at
    return _instant_in(marks, period)


def _instant_in(marks: Sequence[int], period: int) -> int:
    """Return nine in the morning of a period's first day, where it is that long."""
    if period == 0:
        return marks[0] - 15 * _HOUR
    start = marks[period - 1]
    if period == len(marks):
        return start + _MORNING
    return start + min(_MORNING, (marks[period] - start) // 2)


def _view(policy: Policy, given: Mapping[str, Any], at: int) -> PageView:
    age = given.get("age_days")
    article = Article(
        id=_ARTICLE,
        access=given["access"],
        section=given.get("section"),
        tags=given.get("tags") or frozenset(),
        kind=given.get("kind"),
        published=None if age is None else moment(at - age * 24 * _HOUR, policy.zone),
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
        crawler=bool(given.get("crawler")),
    )


def _reader(given: Mapping[str, Any], now: datetime) -> Reader:
    status = given["reader"]
    products: list[str | None] = sorted(given.get("product") or ())
    if given.get("whole"):
        products.append(None)
    if given.get("whole") is False and not products:
        products.append(_OTHER_PRODUCT)
    rights = _rights(status, products, now, given.get("days_since_expiry"))
    if given.get("named"):
        rights += (Entitlement(kind=EntitlementKind.PURCHASE, article=_ARTICLE),)
    return Reader(
        id="reader",
        registered=status is not Status.ANONYMOUS,
        segments=given.get("segments") or frozenset(),
        score=given.get("score"),
        entitlements=rights,
    )


def _rights(
    status: Status, products: Sequence[str | None], now: datetime, days: int | None
) -> tuple[Entitlement, ...]:
    """Return what makes a reader one of this status: one right a product, or one for everything."""
    kind = _KINDS.get(status)
    if kind is None:
        return ()
    starts = ends = None
    if status in _EXPIRED:
        ends = now.astimezone(UTC) - timedelta(days=1 if days is None else days)
        starts = ends - _TERMS[kind]
    return tuple(
        Entitlement(kind=kind, product=product, starts=starts, ends=ends)
        for product in products or (None,)
    )


def _usage(policy: Policy, view: PageView, at: int, used: Mapping[str, tuple[int, bool]]) -> Usage:
    tallies = {}
    for meter in policy.meters:
        count, seen = used.get(meter.name, (0, False))
        others = count - 1 if seen else count
        ids = [f"read-{number}" for number in range(1, others + 1)]
        if seen:
            ids.append(view.view_key(at) if meter.count == "views" else view.article.key)
        tallies[meter.name] = Tally(tuple(sorted(ids)), (at,) * len(ids))
    return Usage(tallies)
