"""The properties every paywall is held to, and those of a policy's own guarantees.

Each is a set of situations and what must be shown there.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from attrs import frozen

from meter.formulas.offers import offer_formula
from meter.formulas.translation import formula_of
from meter.policy import When
from meter.policy.promised import OPEN, WALLS
from meter.policy.promises import Promise
from meter.vocabulary import ArticleAccess, CrawlerClass, Show, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.formulas import Formula
    from meter.policy import Guarantee, Policy
    from meter.rulebook import Verdict
    from meter.verify.space import Space

__all__ = [
    "BUILT_IN",
    "FULL",
    "MEANING",
    "OF_MACHINES",
    "Property",
    "asked_by_promises",
    "built_in_by_code",
    "built_in_properties",
    "free_is_open",
    "from_guarantee",
    "promises_of",
    "search_crawlers",
    "verified",
]

FULL = OPEN
_UNENTITLED = (
    Status.ANONYMOUS,
    Status.REGISTERED,
    Status.TRIAL_EXPIRED,
    Status.SUBSCRIPTION_EXPIRED,
)
_RIGHT_WALLS = {
    Status.TRIAL_EXPIRED: Show.TRIAL_EXPIRED,
    Status.SUBSCRIPTION_EXPIRED: Show.SUBSCRIPTION_EXPIRED,
}

BUILT_IN = {
    "subscriber-never-walled": "a subscriber never meets a wall",
    "premium-stays-closed": "premium never opens for the unentitled",
    "never-more-than-the-limit": "nobody reads more than the limit",
    "last-free-is-announced": "the last free article is announced",
    "nothing-free-at-zero": "nobody is told of free articles at limit 0",
    "right-wall-after-expiry": "after expiry comes the right wall",
    "free-stays-open": "a free article is never walled",
    "search-crawlers-meet-no-refusal": "no verified search crawler meets a 4xx",
    "unverified-get-no-premium": "nobody unverified gets premium",
}
"""The promises every policy is held to: a code for each, and the promise in words.

Those about machines are only made by a policy that speaks to them (see `promises_of`).
"""

OF_MACHINES: frozenset[str] = frozenset(
    {Promise.SEARCH_CRAWLERS_MEET_NO_REFUSAL, Promise.UNVERIFIED_GET_NO_PREMIUM}
)
"""The promises that only a policy makes which speaks to machines."""

MEANING = {
    "subscriber-never-walled": (
        "a subscriber who holds every product the policy names sees the whole article, or a gate,"
        " which asks for something else"
    ),
    "premium-stays-closed": (
        "the unentitled are readers without a running trial, subscription or staff right; "
        "sponsored content, gift links and crawlers are exempt, and so is what a rule opens that is"
        " meant for it: it spends meters whose `access` names premium, or its `when` asks for"
        " premium articles, `covered`, `entitled` or `product`"
    ),
    "never-more-than-the-limit": (
        "on each meter, no more is newly counted in a window than the limit of the reader at the"
        " time of each read; what any meter of articles has counted in its window stays open on"
        " top, and what a rule opens without spending is not counted"
    ),
    "last-free-is-announced": (
        "a reader who is told how many are left is told which is the last, and can read that many"
        " if told at an article that counts; whoever signs in or subscribes meanwhile is another"
        " kind of reader"
    ),
    "nothing-free-at-zero": "no countdown is shown for a meter whose limit is 0",
    "right-wall-after-expiry": (
        "a reader whose trial has expired meets `trial-expired`, one whose subscription has expired"
        " `subscription-expired`, or no wall at all; a gate is none"
    ),
    "free-stays-open": (
        "nobody meets a wall at an article of access `free`, whatever they have read"
    ),
    "search-crawlers-meet-no-refusal": (
        "no rule with `machines`, whose status refuses, decides for a verified crawler of class"
        " `search`, which reads as an anonymous reader; where `[machines]` says `search = false`,"
        " this is not promised"
    ),
    "unverified-get-no-premium": (
        "who has no running trial, subscription or staff right, no right to the article and no gift"
        " link, and is no verified crawler, never reads a whole premium article, whatever they say"
        " of themselves and however often they come as somebody new: a meter that is for premium"
        " breaks it too; sponsored content is exempt"
    ),
}
"""What exactly each built-in promise means."""


@frozen(kw_only=True)
class Property:
    """What must be shown in a set of situations (`where`).

    `always` one of some shows, or `never` one of some.
    """

    where: int
    always: frozenset[Show] = frozenset()
    never: frozenset[Show] = frozenset()
    wants: frozenset[Show] = frozenset()
    """What is missing where it is broken, if that is less than what would keep it."""
    excused: frozenset[str] = frozenset()
    """The rules that may show what they do."""
    says: str = ""
    """What is wrong where it is broken, if that is not what is shown."""

    @property
    def wanted(self) -> frozenset[Show]:
        """What should have been shown where it is broken."""
        return self.wants or self.always or frozenset(Show) - self.never

    def is_broken(self, verdict: Verdict) -> bool:
        """Say whether a verdict breaks the property."""
        return self.broken_by(verdict.show, verdict.rule)

    def broken_by(self, show: Show, rule: str) -> bool:
        """Say whether a rule that shows this breaks the property."""
        if rule in self.excused:
            return False
        return show in self.never or (bool(self.always) and show not in self.always)


def built_in_by_code(space: Space) -> dict[str, list[Property]]:
    """Return the built-in properties of single page views, by code."""
    return {
        "subscriber-never-walled": [Property(where=_entitled(space), never=WALLS, wants=FULL)],
        "premium-stays-closed": [
            Property(where=_unentitled(space), never=FULL, excused=_meant_for_premium(space))
        ],
        "right-wall-after-expiry": [
            Property(
                where=space.is_("reader", status),
                never=WALLS - {wall},
                wants=frozenset({wall}),
            )
            for status, wall in _RIGHT_WALLS.items()
        ],
        "free-stays-open": free_is_open(space),
        "search-crawlers-meet-no-refusal": [_no_refusal(space)],
        "unverified-get-no-premium": [Property(where=_unentitled(space), never=FULL)],
    }


def promises_of(policy: Policy) -> dict[str, str]:
    """Return the built-in promises that a policy is held to: a code for each, and its words.

    Those about machines are made by a policy that has `[machines]` or a rule with `machines`, and
    the one about search crawlers only by one that does not keep them out.
    """
    table = policy.machines
    left_out: frozenset[str] = frozenset()
    if table is None and all(rule.machines is None for rule in policy.rules):
        left_out = OF_MACHINES
    elif table is not None and table.search is False:
        left_out = frozenset({Promise.SEARCH_CRAWLERS_MEET_NO_REFUSAL})
    return {code: words for code, words in BUILT_IN.items() if code not in left_out}


def asked_by_promises(policy: Policy) -> Iterator[When]:
    """Yield what the promises of a policy ask for: its own, and the one about search crawlers."""
    yield from (guarantee.when for guarantee in policy.guarantees)
    if Promise.SEARCH_CRAWLERS_MEET_NO_REFUSAL in promises_of(policy):
        yield When(crawler=frozenset({CrawlerClass.SEARCH}))


def verified(space: Space, *classes: CrawlerClass) -> int:
    """Return the views of verified crawlers, of some classes or of any.

    One of a class that no policy names is a crawler like any other. Where no policy looks at
    crawlers there are no such views: see `search_crawlers`.
    """
    level = space.named("crawler")
    domain = () if level is None else space.variables[level].domain
    named = [word for word in classes if word in domain]
    if classes and len(named) < len(classes):
        return space.is_("crawler", True, *named)
    return space.is_("crawler", *(named or filter(None, domain)))


def search_crawlers(space: Space) -> int:
    """Return the views of verified search crawlers, which read as an anonymous reader.

    A policy that never asks for crawlers decides for them as for any anonymous reader.
    """
    strangers = space.is_("reader", Status.ANONYMOUS)
    if space.named("crawler") is None:
        return strangers
    return space.diagrams.conjoin(strangers, verified(space, CrawlerClass.SEARCH))


def _no_refusal(space: Space) -> Property:
    """Return the promise that no verified search crawler meets a status that refuses it."""
    rules = space.rulebooks[0].policy.rules
    return Property(
        where=search_crawlers(space),
        never=frozenset(Show) - FULL,
        excused=frozenset(rule.name for rule in rules if rule.machines is None),
    )


def free_is_open(space: Space) -> list[Property]:
    """Return the promise that a free article is never walled."""
    return [Property(where=space.is_("access", ArticleAccess.FREE), never=WALLS, wants=FULL)]


def _entitled(space: Space) -> int:
    """Return the views of subscribers who hold every product that the policy names.

    Where products open some articles only, of those articles that a right of theirs covers.
    """
    policy = space.rulebooks[0].policy
    members = [variable.member for variable in space.variables if variable.name == "product"]
    products = [space.is_("product", True, member=member) for member in members]
    if space.vocabulary.has("named"):
        covered = formula_of(When(covered=True), space.vocabulary, policy)
        products.append(space.where(covered))
    return space.diagrams.conjoin(space.is_("reader", Status.SUBSCRIBER), *products)


def _unentitled(space: Space) -> int:
    """Return the views of premium articles by readers without a right, but for the exempt."""
    exempt = [
        space.is_("gift", True),
        verified(space),
        space.is_("named", True),
        space.is_("tags", True, member="sponsored"),
    ]
    return space.diagrams.conjoin(
        space.is_("reader", *_UNENTITLED),
        space.is_("access", ArticleAccess.PREMIUM),
        space.diagrams.negate(space.diagrams.disjoin(*exempt)),
    )


def _meant_for_premium(space: Space) -> frozenset[str]:
    """Return the rules that say by themselves that they may open premium articles."""
    rules = space.rulebooks[0].policy.rules
    return frozenset(rule.name for rule in rules if rule.spend or _says_premium(rule.when))


def _says_premium(when: When) -> bool:
    """Say whether a condition asks for premium articles, or for a right, in each of its ways."""
    if when.covered or when.entitled or when.product is not None:
        return True
    if when.access is not None and ArticleAccess.PREMIUM in when.access:
        return True
    return bool(when.any) and all(map(_says_premium, when.any or ()))


def built_in_properties(space: Space) -> list[Property]:
    """Return the built-in properties of single page views that the policy promises."""
    promised = promises_of(space.rulebooks[0].policy)
    by_code = built_in_by_code(space)
    return [prop for code, properties in by_code.items() if code in promised for prop in properties]


def from_guarantee(space: Space, guarantee: Guarantee) -> list[Property]:
    """Return a guarantee of the policy file as properties: one, or one for each two names."""
    formula = formula_of(guarantee.when, space.vocabulary, space.rulebooks[0].policy)
    where = space.where(formula)
    if not guarantee.disjoint:
        return [Property(where=where, always=guarantee.always, never=guarantee.never)]
    meant = {name: space.where(_met_by(space, name)) for name in guarantee.disjoint}
    return [
        Property(
            where=space.diagrams.conjoin(where, meant[one], meant[other]),
            never=frozenset(Show),
            says=f"only one of `{one}` and `{other}` for this reader and page view",
        )
        for one, other in combinations(guarantee.disjoint, 2)
    ]


def _met_by(space: Space, name: str) -> Formula:
    """Return whom an offer is for while it runs, or else what a rule of this name asks."""
    book = space.rulebooks[0]
    offers = {offer.name: offer for offer in book.policy.offers}
    if name in offers:
        return offer_formula(offers[name], space.vocabulary, book.policy, ())
    return next(rule.formula for rule in book.rules if rule.name == name)
