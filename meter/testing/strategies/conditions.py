"""Conditions of every sort, that stand alone or in groups."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from meter.policy import Dates, Hours, Lengths, Since, Tenure, When
from meter.testing.strategies.times import START
from meter.testing.strategies.words import NUMBERS, SPANS, WORDS
from meter.vocabulary import ArticleAccess, Members, Range, Status, Weekday

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy

__all__ = ["SWITCHES", "dates", "whens"]

_DAYS = (
    date(2026, 6, 30),
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2026, 12, 31),
    date(2028, 2, 29),
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


def dates() -> SearchStrategy[date]:
    """Draw days: ends of months, days on which clocks change, and others."""
    return st.sampled_from(_DAYS) | st.integers(0, 3 * 365).map(
        lambda days: START.date() + timedelta(days=days)
    )


def _periods() -> SearchStrategy[Dates]:
    times = dates() | st.builds(_timed, dates(), st.sampled_from(_CLOCKS))
    return (
        st.builds(_period, dates(), st.integers(0, 60), st.sampled_from((None, *_CLOCKS)))
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


def whens(
    meters: Sequence[str] = (), *, depth: int = 1, least: int = 0, prompts: Sequence[str] = ()
) -> SearchStrategy[When]:
    """Draw conditions with `least` to two keys of every sort.

    `left`, `used` and `exhausted` only of `meters`, `seen` only of `prompts`, groups nested `depth`
    deep.
    """
    return _whens(tuple(meters), tuple(prompts), depth, least)


@lru_cache(maxsize=64)
def _whens(
    meters: tuple[str, ...], prompts: tuple[str, ...], depth: int, least: int
) -> SearchStrategy[When]:
    keys = _keys()
    if meters:
        bound = _ranges((1, 0, 2))
        asked = st.dictionaries(st.sampled_from(meters), bound, min_size=1, max_size=1)
        some = st.frozensets(st.sampled_from(meters), min_size=1, max_size=2)
        keys += [_key("left", asked), _key("used", asked), _key("exhausted", some)]
    if prompts:
        shown = st.dictionaries(
            st.sampled_from(prompts), _ranges((1, 0, 2)), min_size=1, max_size=1
        )
        keys += [_key("seen", shown), _key("seen", shown)]
    if depth:
        inner = _whens(meters, prompts, depth - 1, 1)
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
