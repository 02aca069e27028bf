"""What could a policy, a reader and a journey look like?

Hypothesis strategies for all of them, for your tests and ours.

Most of what they draw is useful: half of the policies let somebody read on an allowance before the
wall, times fall on the edges of windows, offers and entitlements, words are those the policy
mentions. Everything shrinks towards the shortest story.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from meter.policy import (
    Copy,
    Dates,
    Guarantee,
    Limit,
    Links,
    Members,
    Meter,
    Offer,
    Policy,
    Publication,
    Range,
    Rule,
    When,
)
from meter.usage import Tally, Usage
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import ArticleAccess, Count, EntitlementKind, Show, Status, Unit, Weekday
from meter.windows import DAY, Window, instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = [
    "Step",
    "articles",
    "edge_times",
    "entitlements",
    "journeys",
    "page_views",
    "policies",
    "readers",
    "usages",
    "whens",
    "windows",
]

_UTC = ZoneInfo("UTC")
_START = datetime(2026, 1, 1, tzinfo=UTC)
_FAR = 1 << 61
"""Beyond this an instant stands for an open end."""
_HOURS = 3 * 366 * 24
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
_DATES = (
    date(2026, 6, 30),
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2026, 12, 31),
    date(2028, 2, 29),
)
_WORDS: dict[str, tuple[str, ...]] = {
    "section": ("markets", "politics", "markets/asia"),
    "kind": ("news", "podcast"),
    "country": ("JP", "US", "NO"),
    "device": ("phone", "desktop"),
    "channel": ("newsletter", "search"),
    "language": ("en", "ja", "en-GB"),
    "referrer": ("google.com", "news.google.com", ""),
    "tags": ("sponsored", "exclusive", "opinion"),
    "segments": ("loyal", "student"),
    "product": ("digital", "print"),
}
_NUMBERS: dict[str, tuple[float, ...]] = {
    "score": (0.5, 0.2, 0.8, 0.0, 1.0),
    "age_days": (7, 0, 1, 30),
    "days_since_expiry": (7, 0, 30),
}
_WALLS = (
    Show.SUBSCRIPTION_WALL,
    Show.TRIAL_OFFER,
    Show.REGISTRATION_WALL,
    Show.TRIAL_EXPIRED,
    Show.SUBSCRIPTION_EXPIRED,
)


class Step(NamedTuple):
    """One page view of a journey: `decide(policy, step.reader, step.view, usage, step.now)`."""

    reader: Reader
    view: PageView
    now: datetime


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
    return st.sampled_from(_DATES) | st.integers(0, 3 * 365).map(
        lambda days: _START.date() + timedelta(days=days)
    )


def _periods() -> SearchStrategy[Dates]:
    both = st.tuples(_dates(), st.integers(0, 60)).map(
        lambda pair: Dates(from_=pair[0], until=pair[0] + timedelta(days=pair[1]))
    )
    return (
        both
        | _dates().map(lambda day: Dates(from_=day))
        | _dates().map(lambda day: Dates(until=day))
    )


def whens(meters: Sequence[str] = (), *, depth: int = 1, least: int = 0) -> SearchStrategy[When]:
    """Draw conditions with `least` to two keys of every sort.

    `left` only of `meters`, groups nested `depth` deep.
    """
    return _whens(tuple(meters), depth, least)


@lru_cache(maxsize=64)
def _whens(meters: tuple[str, ...], depth: int, least: int) -> SearchStrategy[When]:
    members = ("tags", "segments")
    keys: list[SearchStrategy[tuple[str, Any]]] = [
        st.tuples(
            st.just("reader"), st.frozensets(st.sampled_from(list(Status)), min_size=1, max_size=3)
        ),
        st.tuples(
            st.just("access"),
            st.frozensets(st.sampled_from(list(ArticleAccess)), min_size=1, max_size=2),
        ),
        st.one_of(
            [
                st.tuples(st.just(name), _some(words))
                for name, words in _WORDS.items()
                if name not in members
            ]
        ),
        st.one_of([st.tuples(st.just(name), _members(_WORDS[name])) for name in members]),
        st.one_of(
            [st.tuples(st.just(name), _ranges(constants)) for name, constants in _NUMBERS.items()]
        ),
        st.tuples(st.sampled_from(["gift", "crawler"]), st.booleans()),
        st.tuples(st.just("dates"), _periods()),
    ]
    if meters:
        keys.append(
            st.tuples(
                st.just("left"),
                st.dictionaries(
                    st.sampled_from(meters), _ranges((1, 0, 2)), min_size=1, max_size=1
                ),
            )
        )
    if depth:
        keys.append(
            st.tuples(
                st.just("any"), st.lists(_whens(meters, depth - 1, 1), min_size=1, max_size=2)
            )
        )
        keys.append(st.tuples(st.just("not_"), _whens(meters, depth - 1, 1)))
    pairs = st.lists(st.one_of(keys), min_size=least, max_size=2, unique_by=lambda pair: pair[0])
    return pairs.map(lambda chosen: When(**dict(chosen)))


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
def _offers(draw: DrawFn, name: str) -> Offer:
    starts = draw(st.none() | _dates())
    ends: date | datetime | None = draw(
        st.none()
        | st.integers(0, 90).map(lambda days: (starts or _DATES[0]) + timedelta(days=days))
    )
    if ends is not None and draw(st.booleans()):
        clock = draw(st.sampled_from([UTC, None]))
        ends = datetime(ends.year, ends.month, ends.day, 23, 30, tzinfo=clock) + timedelta(days=1)
    term = draw(st.sampled_from(["3 months", "1 year", "14 days"]))
    kind = draw(st.sampled_from(["trial", "subscription"]))
    price = draw(st.sampled_from(["9", "4.50", "0"]))
    when = draw(whens())
    return Offer(
        name=name,
        kind=kind,
        price=price,
        currency="USD",
        term=term,
        starts=starts,
        ends=ends,
        when=when,
    )


@st.composite
def _rules(draw: DrawFn, meters: Sequence[str], offers: Sequence[str]) -> tuple[Rule, ...]:
    offer = st.none() if not offers else st.none() | st.sampled_from(offers)
    show = st.sampled_from([Show.COUNTDOWN, Show.COUNTDOWN, Show.ARTICLE, Show.LAST_FREE_ARTICLE])
    plain: SearchStrategy[dict[str, Any]] = st.just({"show": Show.ARTICLE})
    wall: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {"show": st.sampled_from(_WALLS), "offer": offer}
    )
    spend = (
        wall
        if not meters
        else st.fixed_dictionaries({"spend": st.sampled_from(meters), "show": show, "offer": offer})
    )
    drawn = draw(
        st.lists(st.tuples(whens(meters, least=1), st.one_of(spend, plain, wall)), max_size=3)
    )
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
    """Draw policies with up to two meters and offers and up to six rules, published in one of
    `zones`.

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
    return Policy(
        publication=Publication(name="The Harbour Review", timezone=draw(st.sampled_from(zones))),
        meters=tuple(draw(_meter(name)) for name in names),
        offers=tuple(draw(_offers(name)) for name in offer_names),
        rules=draw(_rules(names, offer_names)),
        guarantees=(
            [Guarantee(name="no wall", when=draw(whens(names)), never=["subscription-wall"])]
            if extra == "guarantee"
            else ()
        ),
        copy={"en": Copy(headline="Read on", benefits=("Every story",))} if extra == "copy" else {},
        links=Links(subscribe="/join") if extra == "links" else Links(),
    )


def _words(policy: Policy | None, name: str) -> tuple[str, ...]:
    """Return words worth drawing: those the policy mentions first, then one it does not, then ours."""
    slots = () if policy is None else policy.rulebook.vocabulary.slots
    mentioned = [word for slot in slots if slot.name == name for word in slot.mentioned]
    return (
        *mentioned,
        *(f"{word}/more" for word in mentioned[:1] if name == "section"),
        *_WORDS[name],
    )


# Made once for each list of words: making and validating a strategy costs more than drawing from
# it.
@lru_cache(maxsize=512)
def _maybe(words: tuple[Any, ...]) -> SearchStrategy[Any]:
    return st.sampled_from((None,) * (len(words) // 2 + 1) + words)  # a third is missing


@lru_cache(maxsize=512)
def _few(words: tuple[str, ...]) -> SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(words), max_size=2)


def _numbers(policy: Policy | None, name: str) -> tuple[float, ...]:
    slots = () if policy is None else policy.rulebook.vocabulary.slots
    return (
        *(number for slot in slots if slot.name == name for number in slot.mentioned),
        *_NUMBERS[name],
    )


@lru_cache(maxsize=64)
def _clock_changes(zone: ZoneInfo) -> tuple[int, ...]:
    """Return the instants, to the second, at which the offset of a zone changes in the years drawn
    from.
    """
    hours = [_START + timedelta(hours=n) for n in range(0, _HOURS, 6)]
    changes = []
    for before, after in pairwise(hours):
        if before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
            continue
        low, high = before, after
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // 2
            same = middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
            low, high = (middle, high) if same else (low, middle)
        changes.append(round(instant(high) / 1_000_000) * 1_000_000)
    return tuple(changes)


def _edges(policy: Policy | None, readers: Iterable[Reader], at: int) -> list[int]:
    """Return the instants near `at` at which something changes.

    Windows, the policy's dates, entitlements, the clocks.
    """
    edges: list[int] = []
    for reader in readers:
        edges += [
            edge
            for right in reader.entitlements
            for edge in (right.from_instant, right.until_instant)
            if abs(edge) < _FAR
        ]
    if policy is not None:
        for timeline in policy.rulebook.timelines.values():
            if timeline.window.calendar is not None:
                edges += timeline.bounds(at)
            elif timeline.window.length is not None:
                edges.append(at + timeline.window.length // timedelta(microseconds=1))
        edges += [
            at
            for slot in policy.rulebook.vocabulary.slots
            if slot.kind == "period"
            for at in slot.mentioned
        ]
        edges += _clock_changes(policy.zone)
    return edges


_NEAR = st.sampled_from([0, -1, 1])
_RARELY = st.sampled_from([False] * 7 + [True])
_ORDINARY = st.integers(0, _HOURS).map(lambda hours: instant(_START) + hours * DAY // 24)


@st.composite
def edge_times(
    draw: DrawFn, policy: Policy | None = None, readers: Sequence[Reader] = ()
) -> datetime:
    """Draw times with a zone: ordinary hours, and instants within a microsecond of an edge.

    Edges are the starts and ends of the policy's windows, of its offers and dates, of the rights of
    `readers`, and the changes of the clocks in the publication's zone.
    """
    at = draw(_ORDINARY)
    edges = _edges(policy, readers, at)
    near_edge = draw(st.booleans())
    if edges and near_edge:
        at = draw(st.sampled_from(edges)) + draw(_NEAR)
    return moment(
        at, draw(st.sampled_from([_UTC, ZoneInfo("Asia/Tokyo") if policy is None else policy.zone]))
    )


@st.composite
def entitlements(draw: DrawFn, policy: Policy | None = None) -> Entitlement:
    """Draw rights of every kind, running, expired, in grace and yet to begin."""
    kind = draw(st.sampled_from(list(EntitlementKind)))
    starts, ends = draw(st.none() | edge_times(policy)), draw(st.none() | edge_times(policy))
    grace = draw(st.sampled_from([timedelta(), timedelta(days=7), timedelta(hours=36)]))
    product = draw(_maybe(_words(policy, "product")))
    return Entitlement(kind=kind, product=product, starts=starts, ends=ends, grace=grace)


@st.composite
def readers(draw: DrawFn, policy: Policy | None = None, *, id: str | None = None) -> Reader:
    """Draw readers of every status; what is not known is often missing."""
    return Reader(
        id=id or draw(st.sampled_from(["reader-1", "reader-2"])),
        registered=draw(st.booleans()),
        entitlements=draw(st.just([]) | st.lists(entitlements(policy), max_size=2)),
        segments=draw(_few(_words(policy, "segments"))),
        country=draw(_maybe(_words(policy, "country"))),
        score=draw(_maybe(_numbers(policy, "score")) | st.floats(0, 1)),
    )


_PEOPLE_READ = (
    ArticleAccess.METERED,
    ArticleAccess.METERED,
    ArticleAccess.METERED,
    ArticleAccess.FREE,
    ArticleAccess.PREMIUM,
)


@st.composite
def articles(draw: DrawFn, policy: Policy | None = None, *, id: str | None = None) -> Article:
    """Draw articles, mostly metered, few enough to be read again."""
    return Article(
        id=id or draw(st.sampled_from(["a1", "a2", "a3", "a4"])),
        access=draw(st.sampled_from(_PEOPLE_READ)),
        section=draw(_maybe(_words(policy, "section"))),
        tags=draw(_few(_words(policy, "tags"))),
        kind=draw(_maybe(_words(policy, "kind"))),
        published=draw(st.none() | edge_times(policy)),
    )


@st.composite
def page_views(
    draw: DrawFn, policy: Policy | None = None, *, of: SearchStrategy[Article] | None = None
) -> PageView:
    """Draw page views, one in eight of them a prefetch; `of` says which articles."""
    words = {
        name: draw(_maybe(_words(policy, name)))
        for name in ("referrer", "channel", "device", "country", "language")
    }
    return PageView(
        article=draw(articles(policy) if of is None else of),
        id=draw(_maybe(("v1", "v2", "v3", "v4"))),
        prefetch=draw(_RARELY),
        gift=draw(_RARELY),
        crawler=draw(_RARELY),
        **words,
    )


@st.composite
def usages(draw: DrawFn, policy: Policy | None = None) -> Usage:
    """Draw usages: of the policy's meters (and one it does not have), counted at times near each
    other.
    """
    names = (
        ("monthly", "daily")
        if policy is None
        else (*(meter.name for meter in policy.meters), "gone")
    )
    around = instant(draw(edge_times(policy)))
    at = st.sampled_from([0, 1, -1, DAY // 24, DAY, -DAY, 31 * DAY]).map(
        lambda step: around + step
    ) | edge_times(policy).map(instant)
    ids = st.sampled_from(["a1", "a2", "a3", "a4", "v1", "v2"])
    counted = draw(
        st.dictionaries(st.sampled_from(names), st.dictionaries(ids, at, max_size=5), max_size=3)
    )
    tallies = {}
    for name, times in counted.items():
        ordered = sorted((at, name) for name, at in times.items())
        tallies[name] = Tally(tuple(name for _, name in ordered), tuple(at for at, _ in ordered))
    return Usage(tallies)


_MOVES = ("wait", "edge", "length", "back")
_WAITS = (0, 1, DAY // 24, DAY, 7 * DAY, 32 * DAY)


@st.composite
def journeys(draw: DrawFn, policy: Policy | None = None, *, max_size: int = 16) -> list[Step]:
    """Draw one reader's journey.

    Page views in the order they arrive, under one id, of few articles.

    The reader changes on the way (signs in, buys, loses a segment). Time mostly moves on: by
    nothing, by a microsecond, by days, to the next edge of a window or a date; sometimes it steps
    back, as a second server's clock may.
    """
    people = draw(st.lists(readers(policy, id="reader-1"), min_size=1, max_size=3))
    content = [
        draw(articles(policy, id=f"a{number}")) for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    move = st.tuples(st.sampled_from(_MOVES), st.integers(0, 11), _NEAR)
    view = page_views(policy, of=st.sampled_from(content))
    drawn = draw(
        st.lists(st.tuples(st.sampled_from(people), view, move), min_size=1, max_size=max_size)
    )
    at, steps = instant(draw(edge_times(policy, people))), []
    for reader, page, moved in drawn:
        at = _moved(policy, people, at, moved)
        steps.append(Step(reader, page, moment(at, _UTC)))
    return steps


def _moved(
    policy: Policy | None, people: Sequence[Reader], at: int, move: tuple[str, int, int]
) -> int:
    """Return the next instant of a journey."""
    kind, choice, near = move
    if kind == "back":
        return at - _WAITS[choice % len(_WAITS)]
    later = (
        sorted(edge for edge in _edges(policy, people, at) if edge > at) if kind == "edge" else []
    )
    if later:
        return later[choice % min(len(later), 3)] + near
    lengths = (
        [timeline.window.length for timeline in policy.rulebook.timelines.values()]
        if policy is not None and kind == "length"
        else []
    )
    if known := [length for length in lengths if length is not None]:
        return at + known[choice % len(known)] // timedelta(microseconds=1) + near
    return at + _WAITS[choice % len(_WAITS)]
