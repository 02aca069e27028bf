"""Policies, with every sort of window, condition, limit, offer and rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import evolve
from hypothesis import strategies as st

from meter.policy import (
    Copy,
    Dates,
    Guarantee,
    Hours,
    Lengths,
    Limit,
    Links,
    Meter,
    Noun,
    Policy,
    Prompt,
    PromptWords,
    Publication,
    Rule,
    Since,
    Tenure,
    When,
)
from meter.policy.promised import WALLS
from meter.testing.strategies.offers import offers, products, showing
from meter.testing.strategies.times import START
from meter.testing.strategies.words import NUMBERS, SPANS, WORDS
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
_PROMPTS = (
    Prompt(name="consent", heading="Before you read", action="Choose", link="/consent"),
    Prompt(name="give", heading="{{ publication }} lives on gifts", text="Give what you like"),
)
"""What a gate asks for, and what an open page may ask."""
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
    times = _dates() | st.builds(_timed, _dates(), st.sampled_from(_CLOCKS))
    return (
        st.builds(_period, _dates(), st.integers(0, 60), st.sampled_from((None, *_CLOCKS)))
        | st.builds(Dates, from_=times)
        | st.builds(Dates, until=times)
    )


_CLOCKS = (time(18, 30), time(1, 30), time(2, 30), time(0), time(23, 30, tzinfo=UTC))
"""Times of day: ordinary ones, some that clocks pass twice or never, and one with an offset."""


def _timed(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock)


def _period(first: date, days: int, clock: time | None) -> Dates:
    last = first + timedelta(days=days)
    until = last if clock is None else _timed(last + timedelta(days=2), clock)
    return Dates(from_=first, until=until)


def _bounds_of_lengths() -> SearchStrategy[dict[str, str]]:
    bound = st.sampled_from(SPANS)
    lower = st.tuples(st.sampled_from(["at_least", "at_most", "above"]), bound)
    upper = st.tuples(st.just("below"), st.sampled_from(SPANS[:2]))
    both = st.just({"at_least": SPANS[1], "below": SPANS[0]})
    return (lower | upper).map(lambda pair: {pair[0]: pair[1]}) | both


def _lengths() -> SearchStrategy[Lengths]:
    return _bounds_of_lengths().map(lambda bounds: Lengths(**bounds))


def _tenures() -> SearchStrategy[Tenure]:
    products = st.none() | _some(WORDS["product"])
    return st.builds(
        lambda bounds, product: Tenure(product=product, **bounds), _bounds_of_lengths(), products
    )


def _sinces() -> SearchStrategy[Since]:
    return st.one_of(
        _tenures().map(lambda lengths: Since(expiry=lengths)),
        _tenures().map(lambda lengths: Since(purchase=lengths)),
        _lengths().map(lambda lengths: Since(registration=lengths)),
    )


def _hours() -> SearchStrategy[Hours]:
    hour = st.sampled_from([18, 0, 6, 2, 24, 23])
    two = st.lists(hour, min_size=2, max_size=2, unique_by=lambda h: h % 24)
    return two.map(lambda pair: Hours(at_least=pair[0], below=pair[1])) | st.sampled_from(
        [Hours(at_least=18), Hours(below=6)]
    )


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
        st.one_of([_key(name, _none_of(WORDS[name])) for name in ("section", "kind")]),
        st.tuples(st.sampled_from(["gift", "crawler", "covered", "covered"]), st.booleans()),
        _key("dates", _periods()),
        _key("published", _periods()),
        _key("age", _lengths()),
        _key("since", _sinces()),
        st.one_of(_key("hour", _hours()), _key("weekday", _some(tuple(Weekday)))),
        st.tuples(st.sampled_from(["account", "entitled"]), st.booleans()),
        _key("switch", _some(SWITCHES)),
    ]


SWITCHES = ("storm", "election")


def _none_of(words: Sequence[str]) -> SearchStrategy[Members]:
    return _some(words).map(lambda some: Members(none=some))


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
    noun = st.sampled_from(["article", "article", "recipe", "letter"])
    parts = st.tuples(windows(), _limits(), count, noun)
    return parts.map(
        lambda drawn: Meter(name=name, window=drawn[0], count=drawn[2], noun=drawn[3], **drawn[1])
    )


@st.composite
def _rules(draw: DrawFn, meters: Sequence[str], names: Sequence[str]) -> tuple[Rule, ...]:
    """Draw up to three rules, half of the time one that lets many spend, and the last one."""
    shown = showing(tuple(names))
    show = st.sampled_from([Show.COUNTDOWN, Show.COUNTDOWN, Show.ARTICLE, Show.LAST_FREE_ARTICLE])
    plain: SearchStrategy[dict[str, Any]] = st.just({"show": Show.ARTICLE})
    asks = st.just({"show": Show.ARTICLE, "prompt": "give"})
    gate = st.just({"show": Show.GATE, "prompt": "consent"})
    walls = st.fixed_dictionaries({"show": st.sampled_from(_WALLS)})
    wall: SearchStrategy[dict[str, Any]] = st.tuples(walls, shown).map(lambda d: d[0] | d[1])
    spend = wall
    if meters:
        spending = st.fixed_dictionaries({"spend": st.sampled_from(meters), "show": show})
        spend = st.tuples(spending, shown).map(lambda d: d[0] | d[1])
    outcome = st.one_of(spend, plain, wall, gate, asks)
    drawn = draw(st.lists(st.tuples(whens(meters, least=1), outcome), max_size=3))
    allowed = draw(st.booleans())
    if meters and allowed:
        drawn.append((draw(st.sampled_from([When(), When(access=["metered"])])), draw(spend)))
    drawn.append((When(), draw(st.one_of(wall, wall, wall, plain, gate))))
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
    nouns = {"letter": Noun(one="letter", other="letters")}
    policy = Policy(
        publication=Publication(name="The Harbour Review", timezone=draw(st.sampled_from(zones))),
        meters=tuple(draw(_meter(name)) for name in names),
        offers=tuple(draw(offers(name, _dates(), whens())) for name in offer_names),
        products=draw(products()),
        rules=draw(_rules(names, offer_names)),
        switches={name: draw(st.booleans()) for name in SWITCHES},
        prompts=_PROMPTS,
        copy={"en": Copy(nouns=nouns)},
    )
    if extra == "guarantee":
        never = draw(st.sampled_from([WALLS, {Show.SUBSCRIPTION_WALL}, {Show.GATE}]))
        guarantee = Guarantee(name="no wall", when=draw(whens(names)), never=never)
        return evolve(policy, guarantees=[guarantee])
    if extra == "copy":
        words = Copy(headline="Read on", benefits=("Every story",), nouns=nouns)
        asked = Copy(prompts={"give": PromptWords(heading="ご支援ください", text="任意の額")})
        return evolve(policy, copy={"en": words, "ja": asked})
    if extra == "links":
        return evolve(policy, links=Links(subscribe="/join"))
    return policy
