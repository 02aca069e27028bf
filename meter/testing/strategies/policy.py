"""Policies, with every sort of window, condition, limit, offer and rule."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import evolve
from hypothesis import strategies as st

from meter.policy import (
    Copy,
    Dates,
    Guarantee,
    Limit,
    Links,
    Meter,
    Policy,
    Publication,
    Rule,
    When,
)
from meter.testing.strategies.offers import offers, products, showing
from meter.testing.strategies.times import START
from meter.testing.strategies.words import NUMBERS, WORDS
from meter.vocabulary import (
    ArticleAccess,
    Count,
    Members,
    Range,
    Show,
    Status,
    Unit,
    Weekday,
)
from meter.windows import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["policies", "whens", "windows"]

_ZONES = (
    "UTC",
    "Asia/Tokyo",
    "America/New_York",
    "Europe/London",
    "America/Havana",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Asuncion",
)
_DAYS = (
    date(2026, 6, 30),
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2026, 12, 31),
    date(2028, 2, 29),
)
_WALLS = (
    Show.SUBSCRIPTION_WALL,
    Show.TRIAL_OFFER,
    Show.REGISTRATION_WALL,
    Show.TRIAL_EXPIRED,
    Show.SUBSCRIPTION_EXPIRED,
)


def windows() -> SearchStrategy[Window]:
    """Draw windows of every kind."""
    return st.one_of(
        st.just(Window(calendar=Unit.MONTH)),
        st.sampled_from([Unit.DAY, Unit.WEEK, Unit.YEAR]).map(lambda unit: Window(calendar=unit)),
        st.sampled_from(list(Weekday)).map(lambda day: Window(calendar=Unit.WEEK, starts=day)),
        st.sampled_from(["30 days", "1 day", "36 hours", "1 hour"]).map(
            lambda length: Window(rolling=length)
        ),
        st.sampled_from(["2 days", "7 days", "1 hour"]).map(lambda length: Window(fixed=length)),
        st.just(Window(lifetime=True)),
    )


def _some(words: Sequence[str]) -> SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(words), min_size=1, max_size=2)


def _ranges(constants: Sequence[float]) -> SearchStrategy[Range]:
    bound = st.sampled_from(constants)
    one = st.tuples(st.sampled_from(["at_least", "at_most", "above", "below", "equals"]), bound)
    two = st.lists(bound, min_size=2, max_size=2, unique=True).map(sorted)
    return one.map(lambda pair: Range(**{pair[0]: pair[1]})) | two.map(
        lambda pair: Range(at_least=pair[0], below=pair[1])
    )


def _dates() -> SearchStrategy[date]:
    return st.sampled_from(_DAYS) | st.integers(0, 3 * 365).map(
        lambda days: START.date() + timedelta(days=days)
    )


def _periods() -> SearchStrategy[Dates]:
    return (
        st.builds(_period, _dates(), st.integers(0, 60))
        | st.builds(Dates, from_=_dates())
        | st.builds(Dates, until=_dates())
    )


def _period(first: date, days: int) -> Dates:
    return Dates(from_=first, until=first + timedelta(days=days))


def whens(meters: Sequence[str] = (), *, depth: int = 1, least: int = 0) -> SearchStrategy[When]:
    """Draw conditions with `least` to two keys of every sort.

    `left` only of `meters`, groups nested `depth` deep.
    """
    return _whens(tuple(meters), depth, least)


@lru_cache(maxsize=64)
def _whens(meters: tuple[str, ...], depth: int, least: int) -> SearchStrategy[When]:
    keys = _keys()
    if meters:
        bound = _ranges((1, 0, 2))
        left = st.dictionaries(st.sampled_from(meters), bound, min_size=1, max_size=1)
        keys.append(_key("left", left))
    if depth:
        inner = _whens(meters, depth - 1, 1)
        keys.append(_key("any", st.lists(inner, min_size=1, max_size=2)))
        keys.append(_key("not_", inner))
    pairs = st.lists(st.one_of(keys), min_size=least, max_size=2, unique_by=lambda pair: pair[0])
    return pairs.map(lambda chosen: When(**dict(chosen)))


def _keys() -> list[SearchStrategy[tuple[str, Any]]]:
    """Return a strategy for each sort of key, with what stands beside it."""
    members = ("tags", "segments")
    words = [(name, some) for name, some in WORDS.items() if name not in members]
    statuses = st.frozensets(st.sampled_from(list(Status)), min_size=1, max_size=3)
    accesses = st.frozensets(st.sampled_from(list(ArticleAccess)), min_size=1, max_size=2)
    return [
        _key("reader", statuses),
        _key("access", accesses),
        st.one_of([_key(name, _some(some)) for name, some in words]),
        st.one_of([_key(name, _members(WORDS[name])) for name in members]),
        st.one_of([_key(name, _ranges(constants)) for name, constants in NUMBERS.items()]),
        st.tuples(st.sampled_from(["gift", "crawler", "covered", "covered"]), st.booleans()),
        _key("dates", _periods()),
    ]


def _key(name: str, value: SearchStrategy[Any]) -> SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.just(name), value)


def _members(words: Sequence[str]) -> SearchStrategy[Members]:
    groups = st.dictionaries(
        st.sampled_from(["any", "all", "none"]), _some(words), min_size=1, max_size=2
    )
    return groups.map(lambda chosen: Members(**chosen))


def _limits() -> SearchStrategy[dict[str, Any]]:
    number = st.sampled_from([2, 1, 3, 0, 5])
    usual = st.fixed_dictionaries({Status.ANONYMOUS: number, Status.REGISTERED: number})
    others = st.dictionaries(st.sampled_from(list(Status)), number, max_size=4)
    by_status = st.tuples(usual, others).map(lambda pair: pair[0] | pair[1]) | others
    listed = st.tuples(
        st.lists(st.builds(_limit, whens(depth=0, least=1), number), min_size=1, max_size=2),
        st.lists(number, max_size=1),
    )
    return st.one_of(
        number.map(lambda n: {"limit": n}),
        by_status.map(lambda d: {"limit": d}),
        listed.map(lambda pair: {"limits": (*pair[0], *(Limit(limit=n) for n in pair[1]))}),
    )


def _limit(when: When, limit: int) -> Limit:
    return Limit(when=when, limit=limit)


@lru_cache(maxsize=8)
def _meter(name: str) -> SearchStrategy[Meter]:
    count = st.sampled_from([Count.ARTICLES, Count.ARTICLES, Count.VIEWS])
    parts = st.tuples(windows(), _limits(), count)
    return parts.map(lambda drawn: Meter(name=name, window=drawn[0], count=drawn[2], **drawn[1]))


@st.composite
def _rules(draw: DrawFn, meters: Sequence[str], names: Sequence[str]) -> tuple[Rule, ...]:
    """Draw up to three rules, half of the time one that lets many spend, and the last one."""
    shown = showing(tuple(names))
    show = st.sampled_from([Show.COUNTDOWN, Show.COUNTDOWN, Show.ARTICLE, Show.LAST_FREE_ARTICLE])
    plain: SearchStrategy[dict[str, Any]] = st.just({"show": Show.ARTICLE})
    walls = st.fixed_dictionaries({"show": st.sampled_from(_WALLS)})
    wall: SearchStrategy[dict[str, Any]] = st.tuples(walls, shown).map(lambda d: d[0] | d[1])
    spend = wall
    if meters:
        spending = st.fixed_dictionaries({"spend": st.sampled_from(meters), "show": show})
        spend = st.tuples(spending, shown).map(lambda d: d[0] | d[1])
    outcome = st.one_of(spend, plain, wall)
    drawn = draw(st.lists(st.tuples(whens(meters, least=1), outcome), max_size=3))
    allowed = draw(st.booleans())
    if meters and allowed:
        drawn.append((draw(st.sampled_from([When(), When(access=["metered"])])), draw(spend)))
    drawn.append((When(), draw(st.one_of(wall, wall, plain))))
    return tuple(
        Rule(name=f"rule {number}", when=when, **outcome)
        for number, (when, outcome) in enumerate(drawn, 1)
    )


@st.composite
def policies(draw: DrawFn, zones: Sequence[str] = _ZONES) -> Policy:
    """Draw policies published in one of `zones`, with up to two meters and offers and six rules.

    Half of them let somebody spend before the last rule. Every sort of condition, window, limit and
    offer occurs.
    """
    names = draw(
        st.sampled_from(
            [("monthly",), ("monthly", "daily"), ("monthly",), ("daily", "monthly"), ()]
        )
    )
    offer_names = draw(st.sampled_from([(), ("spring",), ("spring", "summer")]))
    extra = draw(st.sampled_from([None] * 5 + ["guarantee", "copy", "links"]))
    policy = Policy(
        publication=Publication(name="The Harbour Review", timezone=draw(st.sampled_from(zones))),
        meters=tuple(draw(_meter(name)) for name in names),
        offers=tuple(draw(offers(name, _dates(), whens())) for name in offer_names),
        products=draw(products()),
        rules=draw(_rules(names, offer_names)),
    )
    if extra == "guarantee":
        never = [Show.SUBSCRIPTION_WALL]
        guarantee = Guarantee(name="no wall", when=draw(whens(names)), never=never)
        return evolve(policy, guarantees=[guarantee])
    if extra == "copy":
        return evolve(policy, copy={"en": Copy(headline="Read on", benefits=("Every story",))})
    if extra == "links":
        return evolve(policy, links=Links(subscribe="/join"))
    return policy
