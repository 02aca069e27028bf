"""Who is that?

Codes made into a reader, a view, a usage and an instant that the engine can be asked about, and
into words.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.explanation import clause
from meter.facts import OTHER, observer_of
from meter.formulas import Among
from meter.usage import Tally, Usage
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import ArticleAccess, EntitlementKind, Status
from meter.windows import instant, moment

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    from meter.facts import Slot, Vocabulary
    from meter.policy import Policy

__all__ = [
    "Encounter",
    "concrete",
    "impersonate",
    "plain_codes",
    "reader_words",
    "status_words",
    "view_words",
    "words_of",
]

_HOUR = 3_600_000_000
_ORDINARY_DAY = datetime(2026, 6, 1, tzinfo=UTC)
_MOST_DAYS = 700_000  # before the year 110: no reader and no article is older
_WHOLE = ("age_days", "days_since_expiry")
_STATUSES = {
    Status.ANONYMOUS: ("an anonymous reader", "anonymous readers"),
    Status.REGISTERED: ("a registered reader", "registered readers"),
    Status.SUBSCRIBER: ("a subscriber", "subscribers"),
    Status.TRIAL: ("a reader in a trial", "readers in a trial"),
    Status.TRIAL_EXPIRED: ("a reader whose trial has expired", "readers whose trial has expired"),
    Status.SUBSCRIPTION_EXPIRED: (
        "a reader whose subscription has expired",
        "readers whose subscription has expired",
    ),
    Status.STAFF: ("a member of staff", "staff"),
}
_ACCESSES = (ArticleAccess.METERED, ArticleAccess.PREMIUM, ArticleAccess.FREE)
_KINDS = {
    Status.TRIAL: EntitlementKind.TRIAL,
    Status.TRIAL_EXPIRED: EntitlementKind.TRIAL,
    Status.SUBSCRIBER: EntitlementKind.SUBSCRIPTION,
    Status.SUBSCRIPTION_EXPIRED: EntitlementKind.SUBSCRIPTION,
    Status.STAFF: EntitlementKind.STAFF,
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
class Encounter:
    """One page view by one reader at one instant, and what is remembered of that reader."""

    reader: Reader
    view: PageView
    usage: Usage
    now: datetime


def concrete(slot: Slot, code: Any) -> Any:
    """Return a value that has this code. Raises `LookupError` where nothing can have it."""
    if slot.kind == "word" and slot.name in _UNMENTIONED:
        word = code
        if code == OTHER:
            word = _UNMENTIONED[slot.name]
            while word in slot.mentioned or word.lower() in slot.mentioned:
                word = f"x{word}"
        if observer_of(slot)(Reader(id="somebody"), _view_with(slot.name, word), 0) != code:
            raise LookupError(code)
        return word
    if slot.kind == "number":
        return None if code is None else _number(slot, code)
    return code


def _view_with(name: str, word: Any) -> PageView:
    if name in ("section", "kind"):
        return PageView(article=Article(id="some-article", **{name: word}))
    return PageView(article=Article(id="some-article"), **{name: word})


def _number(slot: Slot, code: int) -> float:
    place, on = divmod(code, 2)
    low = slot.mentioned[place if on else place - 1] if on or place else None
    high = low if on else slot.mentioned[place] if place < len(slot.mentioned) else None
    whole = slot.name in _WHOLE
    least, most = {"score": (0, 1), "days_since_expiry": (0, _MOST_DAYS)}.get(
        slot.name, (-_MOST_DAYS, _MOST_DAYS)
    )
    options: list[float] = [] if low is None else [low]
    if whole:
        options += [
            0,
            *([floor(low) + 1] if low is not None else ()),
            *([ceil(high) - 1] if high is not None else ()),
        ]
    else:
        options += [0, 1, ((0 if low is None else low) + (1 if high is None else high)) / 2]
    for number in options:
        if (
            least <= number <= most
            and slot.code(number) == code
            and (not whole or number == floor(number))
        ):
            return int(number) if whole else number
    raise LookupError(code)


def plain_codes(slot: Slot) -> tuple[Hashable, ...]:
    """Return the codes something can have, the plainest first.

    What is not known or not special needs no telling.
    """
    if slot.name == "reader":
        return tuple(_STATUSES)
    if slot.name == "access":
        return _ACCESSES
    if slot.kind == "period":
        usual = bisect_right(slot.mentioned, instant(_ORDINARY_DAY))
        return tuple(sorted(slot.codes(), key=lambda code: code != usual))
    if slot.name == "device":
        return tuple(
            sorted(slot.codes(), key=lambda code: code != OTHER)
        )  # a story is read on some device
    codes = [code for code in slot.codes() if _can_be(slot, code)]
    return tuple(sorted(codes, key=lambda code: (code is not None, code != OTHER)))


def _can_be(slot: Slot, code: Hashable) -> bool:
    try:
        concrete(slot, code)
    except LookupError:
        return False
    return True


def instant_in(slot: Slot, code: int) -> int:
    """Return an ordinary instant in one of the policy's periods.

    Nine in the morning of its first day, where it is that long.
    """
    marks = slot.mentioned
    if code == 0:
        return int(marks[0]) - 15 * _HOUR
    start = int(marks[code - 1])
    return start + (
        9 * _HOUR if code == len(marks) else min(9 * _HOUR, (int(marks[code]) - start) // 2)
    )


def impersonate(
    policy: Policy,
    vocabulary: Vocabulary,
    values: Mapping[str, Any],
    *,
    counts: bool = True,
    used: Mapping[str, tuple[int, bool]] | None = None,
) -> Encounter:
    """Return a reader, a view, a usage and an instant with these codes.

    `values` holds a code for each slot that needs no usage (a set of members for a slot of sets).
    `used` says by meter how many are counted already, and whether this one is among them.
    """
    slots = {slot.name: slot for slot in vocabulary.slots[: vocabulary.base]}
    given = {name: concrete(slot, values[name]) for name, slot in slots.items() if name != "period"}
    at = instant(_ORDINARY_DAY.replace(tzinfo=policy.zone)) + 9 * _HOUR
    if "period" in slots and bisect_right(slots["period"].mentioned, at) != values["period"]:
        at = instant_in(slots["period"], values["period"])
    now = moment(at, policy.zone)
    status, days = given["reader"], given.get("days_since_expiry")
    age = given.get("age_days")
    article = Article(
        id="this-article",
        access=given["access"],
        section=given.get("section"),
        tags=given.get("tags") or frozenset(),
        kind=given.get("kind"),
        published=None if age is None else moment(at - age * 24 * _HOUR, policy.zone),
    )
    view = PageView(
        article=article,
        id="this-view",
        referrer=given.get("referrer"),
        channel=given.get("channel"),
        device=given.get("device"),
        country=given.get("country"),
        language=given.get("language"),
        gift=bool(given.get("gift")),
        crawler=bool(given.get("crawler")),
        prefetch=not counts and article.access is ArticleAccess.METERED,
    )
    reader = Reader(
        id="reader",
        registered=status is not Status.ANONYMOUS,
        segments=given.get("segments") or frozenset(),
        score=given.get("score"),
        entitlements=_rights(status, sorted(given.get("product") or ()), now, days),
    )
    return Encounter(reader=reader, view=view, usage=_usage(policy, view, at, used or {}), now=now)


def _rights(
    status: Status, products: Sequence[str], now: datetime, days: int | None
) -> tuple[Entitlement, ...]:
    kind = _KINDS.get(status)
    if kind is None:
        return ()
    ends = (
        now.astimezone(UTC) - timedelta(days=1 if days is None else days)
        if status in _EXPIRED
        else None
    )
    starts = (
        None
        if ends is None
        else ends - timedelta(days=14 if kind is EntitlementKind.TRIAL else 365)
    )
    return tuple(
        Entitlement(kind=kind, product=product, starts=starts, ends=ends)
        for product in products or (None,)
    )


def _usage(policy: Policy, view: PageView, at: int, used: Mapping[str, tuple[int, bool]]) -> Usage:
    tallies = {}
    for meter in policy.meters:
        count, seen = used.get(meter.name, (0, False))
        this = view.view_key(at) if meter.count == "views" else view.article.key
        ids = sorted(
            [
                *([this] if seen else ()),
                *(f"read-{number}" for number in range(1, count + (not seen))),
            ]
        )
        tallies[meter.name] = Tally(tuple(ids), (at,) * len(ids))
    return Usage(tallies)


# Words.


def status_words(statuses: Collection[Status]) -> str:
    """Say who readers of these statuses are: `anonymous or registered readers`."""
    left_out = [many for status, (_, many) in _STATUSES.items() if status not in statuses]
    if not left_out:
        return "every reader"
    if len(left_out) < len(statuses) - 2:
        return f"every reader but {listed(left_out, 'and')}"
    named = [many for status, (_, many) in _STATUSES.items() if status in statuses]
    if "registered readers" in named and "anonymous readers" in named:
        named = ["anonymous or registered readers", *named[2:]]
    expired = [_STATUSES[status][1] for status in _EXPIRED]
    if all(many in named for many in expired):
        named = [
            *(many for many in named if many not in expired),
            "readers whose trial or subscription has expired",
        ]
    return listed(named)


def listed(words: Sequence[str], joiner: str = "or") -> str:
    """Join words as English does."""
    *most, last = words
    return f"{', '.join(most)} {joiner} {last}" if most else last


def reader_words(values: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """Say who one reader is: `an anonymous reader in segment `students``."""
    parts = [_STATUSES[values["reader"]][0]]
    if values.get("product"):
        parts.append(f"with {_quoted('product', values['product'])}")
    if values.get("segments"):
        parts.append(f"in {_quoted('segment', values['segments'])}")
    if values.get("country") not in (None, OTHER):
        parts.append(f"in {values['country']}")
    numbers = [name for name in ("score", "days_since_expiry") if values.get(name) is not None]
    parts += [f"({words_of(vocabulary, name, [values[name]])})" for name in numbers]
    return " ".join(parts)


def view_words(values: Mapping[str, Any], vocabulary: Vocabulary, *, counts: bool = True) -> str:
    """Say what is opened: `a metered article in `markets` tagged `live``."""
    verb = "opens" if counts or values["access"] != ArticleAccess.METERED else "prefetches"
    parts = [verb, f"a {values['access']} article"]
    if values.get("section") not in (None, OTHER):
        parts.append(f"in `{values['section']}`")
    if values.get("kind") not in (None, OTHER):
        parts.append(f"of kind `{values['kind']}`")
    if values.get("tags"):
        parts.append(f"tagged {listed([f'`{tag}`' for tag in sorted(values['tags'])], 'and')}")
    if values.get("age_days") is not None:
        parts.append(f"({words_of(vocabulary, 'age_days', [values['age_days']])})")
    parts += [
        f"on {name} `{values[name]}`"
        for name in ("channel", "device")
        if values.get(name) not in (None, OTHER)
    ]
    if values.get("language") not in (None, OTHER):
        parts.append(f"in language `{values['language']}`")
    if values.get("referrer") not in (None, OTHER):
        parts.append(f"coming from `{values['referrer']}`")
    if values.get("gift"):
        parts.append("by a gift link")
    if values.get("crawler"):
        parts.append("as a crawler")
    if values.get("period") is not None and "period" in values:
        parts.append(
            "on a day"
            f" {words_of(vocabulary, 'period', [values['period']]).removeprefix('the date is ')}"
        )
    return " ".join(parts)


def _quoted(noun: str, members: Collection[str]) -> str:
    return (
        f"{noun}{'' if len(members) == 1 else 's'}"
        f" {listed([f'`{member}`' for member in sorted(members)], 'and')}"
    )


def words_of(
    vocabulary: Vocabulary, name: str, codes: Collection[Hashable], meter: str | None = None
) -> str:
    """Say that a slot holds one of some codes: `the score is at least 0.2 and below 0.8`."""
    known = frozenset(code for code in codes if code is not None)
    missing = len(known) < len(set(codes))
    said = (
        clause(Among(vocabulary.place(name, meter), known), vocabulary)
        if known
        else clause(Among(vocabulary.place(name, meter), frozenset({None})), vocabulary)
    )
    return f"{said} or not known" if missing and known else said
