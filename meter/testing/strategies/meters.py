"""Meters with every sort of window, limit and history, and what a rule may spend of them."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from meter.policy import Limit, Meter, When
from meter.testing.strategies.conditions import whens
from meter.vocabulary import ArticleAccess, Count, Status, Unit, Weekday
from meter.windows import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

    from meter.policy.conditions import Allowed

__all__ = ["meter", "spendable", "windows"]

_METERED = (ArticleAccess.METERED,)
_ACCESSES = (_METERED, _METERED, _METERED, (*_METERED, ArticleAccess.PREMIUM))
_TASTES = (*_ACCESSES, (ArticleAccess.PREMIUM,))


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


def _limits(*, may_be_none: bool) -> SearchStrategy[dict[str, Any]]:
    some: tuple[Allowed, ...] = (2, 1, 3, 0, 5)
    number = st.sampled_from((*some, "none") if may_be_none else some)
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


def _limit(when: When, limit: Allowed) -> Limit:
    return Limit(when=when, limit=limit)


@st.composite
def meter(draw: DrawFn, name: str) -> Meter:
    """Draw a meter of a name; one in five keeps a history."""
    window = draw(windows())
    history = draw(st.sampled_from([False] * 4 + [True]))
    return Meter(
        name=name,
        window=window,
        count=draw(st.sampled_from([Count.ARTICLES, Count.ARTICLES, Count.VIEWS])),
        noun=draw(st.sampled_from(["article", "article", "recipe", "letter"])),
        access=draw(st.sampled_from(_TASTES)),
        counts=draw(whens(depth=0)) if history else None,
        **draw(_limits(may_be_none=not window.lifetime)),
    )


def spendable(meters: Sequence[Meter]) -> list[tuple[str, ...]]:
    """Return what a rule may spend: one of some meters, or two that are for the same articles."""
    singles = [(one.name,) for one in meters]
    pairs = [
        (one.name, two.name) for one, two in permutations(meters, 2) if one.access & two.access
    ]
    return [*singles, *pairs]
