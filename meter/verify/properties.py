"""The properties every paywall is held to, and those of a policy's own guarantees.

Each is a set of situations and what must be shown there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.formulas.translation import formula_of
from meter.policy import When
from meter.policy.promised import OPEN, WALLS
from meter.verify.diagram import FALSE
from meter.verify.symbolic import among, spends, walls
from meter.vocabulary import ArticleAccess, Opening, Show, Status

if TYPE_CHECKING:
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
        "sponsored content, gift links and crawlers are exempt"
    ),
    "never-more-than-the-limit": (
        "no more is newly counted in a window than the limit of the reader at the time of each"
        " read; what any meter of articles has counted in its window stays open on top, and what a"
        " rule opens without spending is not counted"
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

    @property
    def wanted(self) -> frozenset[Show]:
        """What should have been shown where it is broken."""
        return self.wants or self.always or frozenset(Show) - self.never

    def is_broken(self, verdict: Verdict) -> bool:
        """Say whether a verdict breaks the property."""
        return self.broken_by(verdict.show)

    def broken_by(self, show: Show) -> bool:
        """Say whether showing this breaks the property."""
        return show in self.never or (bool(self.always) and show not in self.always)


def built_in_by_code(space: Space) -> dict[str, list[Property]]:
    """Return the built-in properties of single page views, by code."""
    return {
        "subscriber-never-walled": [Property(where=_entitled(space), never=WALLS, wants=FULL)],
        "premium-stays-closed": [Property(where=_unentitled(space), never=FULL)],
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


def built_in_properties(space: Space) -> list[Property]:
    """Return the built-in properties of single page views."""
    return [prop for properties in built_in_by_code(space).values() for prop in properties]


def from_guarantee(space: Space, guarantee: Guarantee) -> Property:
    """Return a guarantee of the policy file as a property."""
    formula = formula_of(guarantee.when, space.vocabulary, space.rulebooks[0].policy)
    return Property(where=space.where(formula), always=guarantee.always, never=guarantee.never)


@frozen
class Unannounced:
    """Where a countdown on a meter misleads its reader.

    That is by a last one in silence, or by a wall before the meter is spent.
    """

    silent: int = FALSE
    walled: int = FALSE
    last: int = FALSE
    """The situations in which nothing would be left after the view."""


def unannounced(space: Space, whole: int, meter: str) -> Unannounced:
    """Return where a countdown on a meter may end otherwise than it said."""
    diagrams = space.diagrams
    counting = among(space, whole, lambda v: v.show is Show.COUNTDOWN and v.spend == meter)
    if counting == FALSE:
        return Unannounced()
    rule = next(rule for rule in space.rulebooks[0].rules if rule.spend == meter)
    new = diagrams.conjoin(
        space.is_("access", ArticleAccess.METERED), diagrams.test(space.known_levels[0], [0])
    )
    opens = diagrams.conjoin(new, space.meter_state(meter, 0, "open", [Opening.OPEN]))
    last = diagrams.conjoin(opens, space.meter_state(meter, 0, "left", [rule.nothing_left]))
    # Silent is the last article of any kind, to a reader who sees a countdown with some kind.
    # Walled is an article of the very kind that is counted down, whatever the state of the meter.
    reader = diagrams.exists(counting, frozenset(range(len(space.variables))) - space.who)
    silent = diagrams.conjoin(
        among(space, whole, spends(meter, but=Show.LAST_FREE_ARTICLE)), last, reader
    )
    alike = diagrams.exists(counting, space.state_levels)
    walled = diagrams.conjoin(among(space, whole, walls), opens, alike)
    return Unannounced(silent, walled, last)
