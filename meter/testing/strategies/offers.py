"""Offers, the products they give, and the parts of a rule that shows some of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from hypothesis import strategies as st

from meter.policy import Offer, Product, Then, When
from meter.policy.offers import NOTHING
from meter.testing.strategies.words import WORDS
from meter.vocabulary import ArticleAccess, OfferKind

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["offers", "products", "showing"]

_OPENS: tuple[When | Literal["nothing"], ...] = (
    When(section=["markets"]),
    When(),
    NOTHING,
    When(access=[ArticleAccess.METERED], tags=["exclusive"]),
    When(any=[When(kind=["podcast"]), When(section=["politics"])]),
    When(not_=When(section=["markets"])),
)


def products() -> SearchStrategy[tuple[Product, ...]]:
    """Draw what a policy says of its products; most say nothing of them."""
    opens = st.sampled_from(_OPENS)
    some = st.dictionaries(st.sampled_from(WORDS["product"]), opens, min_size=1, max_size=2)
    named = some.map(lambda found: tuple(Product(name=n, opens=o) for n, o in found.items()))
    return st.one_of(st.just(()), named)


@st.composite
def offers(
    draw: DrawFn, name: str, dates: SearchStrategy[date], whens: SearchStrategy[When]
) -> Offer:
    """Draw an offer of a name, that runs from one of some dates for who meets one of some whens."""
    starts = draw(st.none() | dates)
    begun = starts or date(2026, 1, 31)
    ends: date | datetime | None = draw(
        st.none() | st.integers(0, 90).map(lambda days: begun + timedelta(days=days))
    )
    if ends is not None and draw(st.booleans()):
        clock = draw(st.sampled_from([UTC, None]))
        ends = datetime(ends.year, ends.month, ends.day, 23, 30, tzinfo=clock) + timedelta(days=1)
    kind = draw(st.sampled_from(OfferKind))
    # The price of a subscription that changes is not simulated yet.
    then = st.sampled_from([None, Then(price="19", per="month")])
    return Offer(
        name=name,
        kind=kind,
        price=draw(st.sampled_from(["9", "4.50", "0"])),
        currency="USD",
        term=draw(st.sampled_from(["3 months", "1 year", "14 days"])),
        product=draw(st.sampled_from([None, None, *WORDS["product"]])),
        starts=starts,
        ends=ends,
        when=draw(whens),
        then=draw(then) if kind is OfferKind.TRIAL else None,
        once=draw(st.sampled_from([False, False, True])),
    )


def showing(names: tuple[str, ...]) -> SearchStrategy[dict[str, Any]]:
    """Draw how a rule shows some of these offers: one, the first of a list, side by side, none."""
    if not names:
        return st.just({})
    listed = st.permutations(names).map(tuple)
    return st.one_of(
        st.just({}),
        st.sampled_from(names).map(lambda name: {"offer": name}),
        listed.map(lambda found: {"offer": found}),
        listed.map(lambda found: {"offers": found}),
    )
