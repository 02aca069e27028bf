"""The properties every paywall is held to, and those of a policy's own guarantees.

Each is a set of situations and what must be shown there.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from attrs import frozen

from meter.facts.meters import Opening
from meter.formulas.translation import formula_of, offer_formula
from meter.policy import When
from meter.policy.promised import OPEN, WALLS
from meter.verify.diagram import FALSE
from meter.verify.walk.symbolic import among, spends, walls
from meter.vocabulary import ArticleAccess, Show, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.formulas import Formula
    from meter.policy import Guarantee
    from meter.rulebook import Verdict
    from meter.verify.space import Space

__all__ = [
    "BUILT_IN",
    "FULL",
    "MEANING",
    "Property",
    "Unannounced",
    "built_in_by_code",
    "built_in_properties",
    "free_is_open",
    "from_guarantee",
    "unannounced",
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
}
"""The promises every policy is held to: a code for each, and the promise in words."""

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
        "a reader who is told how many are left can read that many, and is told which is the last; "
        "whoever signs in or subscribes meanwhile is another kind of reader"
    ),
    "nothing-free-at-zero": "no countdown is shown for a meter whose limit is 0",
    "right-wall-after-expiry": (
        "a reader whose trial has expired meets `trial-expired`, one whose subscription has expired"
        " `subscription-expired`, or no wall at all; a gate is none"
    ),
    "free-stays-open": (
        "nobody meets a wall at an article of access `free`, whatever they have read"
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
    }


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
        space.is_("crawler", True),
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
    """Return the built-in properties of single page views."""
    return [prop for properties in built_in_by_code(space).values() for prop in properties]


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


@frozen
class Unannounced:
    """Where a countdown on a meter misleads its reader.

    That is by a last one in silence, or by a wall before the meter is spent.
    """

    silent: int = FALSE
    walled: int = FALSE
    last: int = FALSE
    """The situations in which nothing would be left after the view."""


def unannounced(space: Space, whole: int, meter: str, *, clock: bool = False) -> Unannounced:
    """Return where a countdown on a meter may end otherwise than it said.

    With `clock` also where another instant than that of the countdown has to come first.
    """
    diagrams = space.diagrams
    lists = dict.fromkeys(r.spend for r in space.rulebooks[0].rules if meter in r.spend)
    counting = among(space, whole, lambda v: v.show is Show.COUNTDOWN and meter in v.spend)
    if counting == FALSE:
        return Unannounced()
    new = diagrams.test(space.known_levels[0], [0])
    last = diagrams.conjoin(
        new,
        space.meter_state(meter, 0, "open", [Opening.OPEN]),
        space.meter_state(meter, 0, "left", [_nothing(space, meter)]),
    )
    # Silent is the last article of any kind, to a reader who sees a countdown with some kind.
    staying = space.who - space.clock if clock else space.who
    reader = diagrams.exists(counting, frozenset(range(len(space.variables))) - staying)
    silent = diagrams.conjoin(
        among(space, whole, spends(meter, but=Show.LAST_FREE_ARTICLE)), last, reader
    )
    # Walled is an article of the very kind that is counted down, whatever the state of the meters,
    # while something is left of each that is spent for it.
    walled = []
    for spent in lists:
        counted_down = among(space, whole, _counts_down(spent))
        opens = [space.meter_state(name, 0, "open", _LASTING) for name in spent]
        moved = space.state_levels | space.clock if clock else space.state_levels
        alike = diagrams.exists(counted_down, moved)
        walled.append(diagrams.conjoin(among(space, whole, walls), new, *opens, alike))
    return Unannounced(silent, diagrams.disjoin(*walled), last)


_LASTING = (Opening.OPEN, Opening.UNLIMITED)


def _nothing(space: Space, meter: str) -> object:
    """Return the code of nothing left of a meter."""
    return space.vocabulary.slots[space.vocabulary.place("left", meter)].code(0)


def _counts_down(spent: tuple[str, ...]) -> Callable[[Verdict], bool]:
    """Return whether a verdict counts down while it spends exactly some meters."""
    return lambda verdict: verdict.show is Show.COUNTDOWN and verdict.spend == spent
