"""One policy as the people of the simulated world meet it: what the engine says, by number.

Every combination that the policy distinguishes is put to the engine once; what it says is kept in
tables.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from meter.columns.arrays import CALENDAR
from meter.columns.tables import Judging
from meter.simulate.account_states import account_states
from meter.simulate.kernel.arrays import GATE, PAY, REGISTER, Asked, PolicyTables
from meter.simulate.prices import options_of, prices
from meter.simulate.situations import Situations
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from meter.columns.arrays import Tables
    from meter.policy import Policy
    from meter.rulebook import Verdict
    from meter.simulate.horizon import Horizon
    from meter.simulate.situations import Dimension
    from meter.simulate.world import World

__all__ = ["SimulatedPolicy"]

_NOTHING = 0
_SELLS = {
    Show.REGISTRATION_WALL: REGISTER,
    Show.GATE: GATE,
    Show.TRIAL_OFFER: PAY,
    Show.SUBSCRIPTION_WALL: PAY,
    Show.TRIAL_EXPIRED: PAY,
    Show.SUBSCRIPTION_EXPIRED: PAY,
}
"""What a wall asks of the reader."""


class SimulatedPolicy:
    """One policy as this world's people meet it.

    What the engine says of everything that can happen, by number.
    """

    def __init__(self, policy: Policy, world: World, horizon: Horizon) -> None:
        self.policy = policy
        self.world = world
        self.horizon = horizon
        self.options = options_of(policy, world.assumptions)
        self.states = account_states(policy, self.options)
        self.judging = Judging(policy)
        situations = Situations(policy, world, horizon, self.states)
        group = situations.groups(self.judging)
        facts = (
            situations.who,
            situations.reader,
            situations.article,
            situations.visit,
            situations.period,
            situations.age,
        )
        who, reader, article, visit, period, age = _places(facts, group.shape)
        # The engine is asked about every group and every count before anybody reads.
        self.judging.judge_all()
        self.bucketings = (situations.by_visitor, situations.by_reader)
        """The variants that visitors' ids and readers' ids are in."""
        self.tables = self.judging.tables(np.array([horizon.opens, horizon.closes]))
        verdicts = self.judging.verdicts
        money = prices(policy, self.options, world.assumptions)
        self.policy_tables = PolicyTables(
            group=group.reshape(-1, *group.shape[len(facts) :]),
            who=who,
            reader=reader,
            article=article,
            visit=visit,
            age=age,
            period=period,
            periods=np.array(situations.periods, np.int64),
            expiry=np.array(situations.expiry, np.int64),
            ages=np.array(situations.ages, np.int64),
            verdicts=self.judging.verdict_table(),
            sells=np.array([_SELLS.get(verdict.show, _NOTHING) for verdict in verdicts], np.int64),
            offer=_offers_made(policy, verdicts),
            trial=money.trial,
            offer_price=money.offer_price,
            offer_lift=money.offer_lift,
            offer_stays=money.offer_stays,
            offer_later=money.offer_later,
            offer_option=money.offer_option,
            once=money.once,
            price=money.price,
            churn=money.churn,
            worth=money.worth,
            base_price=money.base_price,
        )
        self.asked = Asked(
            scores=_differ(situations.reader.number, axis=1),
            visits=_differ(situations.visit.number),
            classes=_differ(situations.article.number),
            moments=_moments_matter(self.policy_tables, self.tables, horizon),
        )
        """What of the people and their page views the policy asks for."""


def _offers_made(policy: Policy, verdicts: Sequence[Verdict]) -> NDArray[np.int64]:
    """Return the number of the offer that each verdict makes, or -1."""
    numbers: dict[str | None, int] = {None: -1}
    numbers.update((offer.name, number) for number, offer in enumerate(policy.offers))
    return np.array([numbers[verdict.offer] for verdict in verdicts], np.int64)


def _places(facts: Sequence[Dimension], shape: Sequence[int]) -> list[NDArray[np.int64]]:
    """Return what each kind of facts adds to the place of all of them in an array of a shape."""
    return [fact.number * prod(shape[axis + 1 : len(facts)]) for axis, fact in enumerate(facts)]


def _differ(numbers: NDArray[np.int64], axis: int | None = None) -> bool:
    """Say whether numbers differ, or differ along an axis."""
    return bool(np.ptp(numbers, axis=axis).any())


def _moments_matter(policy_tables: PolicyTables, tables: Tables, horizon: Horizon) -> bool:
    """Say whether it matters when in a month a view is, and of which article.

    It does not where only meters ask, and each starts anew with every month and at no other time:
    articles not read yet in a month are then as good as each other.
    """
    if any(map(len, (policy_tables.periods, policy_tables.expiry, policy_tables.ages))):
        return True
    if _differ(policy_tables.article):
        return True
    months = set(horizon.bounds[1:-1])
    for kind, places in zip(tables.kind, pairwise(tables.edge_at), strict=True):
        edges = tables.edges[slice(*places)].tolist()
        inner = {edge for edge in edges if horizon.opens < edge < horizon.closes}
        if kind != CALENDAR or inner != months:
            return True
    return False
