"""One policy as the people of the simulated world meet it: what the engine says, by number.

Every combination that the policy distinguishes is put to the engine once; what it says is kept in
tables. Where the assumptions change only shares, chances and prices, the tables are the same.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meter.columns.arrays import CALENDAR
from meter.columns.tables import Judging
from meter.simulate.account_states import account_states
from meter.simulate.kernel.arrays import GATE, PAY, REGISTER, AskedOfPeople, PolicyTables
from meter.simulate.prices import options_of, prices
from meter.simulate.situations import Situations
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from meter.columns.arrays import Tables
    from meter.policy import Policy
    from meter.rulebook import Verdict
    from meter.simulate.account_states import AccountState
    from meter.simulate.arms import Bucketing
    from meter.simulate.horizon import Horizon
    from meter.simulate.situations import Dimension
    from meter.simulate.world import World, WorldKinds

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


class _FactTables(NamedTuple):
    """What `PolicyTables` says of facts and verdicts."""

    group: NDArray[np.int64]
    who: NDArray[np.int64]
    reader: NDArray[np.int64]
    article: NDArray[np.int64]
    visit: NDArray[np.int64]
    age: NDArray[np.int64]
    period: NDArray[np.int64]
    periods: NDArray[np.int64]
    expiry: NDArray[np.int64]
    ages: NDArray[np.int64]
    verdicts: NDArray[np.int32]
    sells: NDArray[np.int64]
    offer: NDArray[np.int64]


class _Said(NamedTuple):
    """What the engine says of everything that can happen, by number."""

    judging: Judging
    bucketings: tuple[Bucketing, Bucketing]
    tables: Tables
    facts: _FactTables
    asked: AskedOfPeople


@lru_cache(maxsize=64)
def _said(
    policy: Policy, kinds: WorldKinds, horizon: Horizon, states: tuple[AccountState, ...]
) -> _Said:
    """Return what the engine says; shares, chances and prices do not change it."""
    judging = Judging(policy)
    situations = Situations(policy, kinds, horizon, states)
    group = situations.groups(judging)
    dimensions = (
        situations.who,
        situations.reader,
        situations.article,
        situations.visit,
        situations.period,
        situations.age,
    )
    who, reader, article, visit, period, age = _places(dimensions, group.shape)
    # The engine is asked about every group and every count before anybody reads.
    judging.judge_all()
    tables = judging.tables(np.array([horizon.opens, horizon.closes]))
    verdicts = judging.verdicts
    facts = _FactTables(
        group=group.reshape(-1, *group.shape[len(dimensions) :]),
        who=who,
        reader=reader,
        article=article,
        visit=visit,
        age=age,
        period=period,
        periods=np.array(situations.periods, np.int64),
        expiry=np.array(situations.expiry, np.int64),
        ages=np.array(situations.ages, np.int64),
        verdicts=judging.verdict_table(),
        sells=np.array([_SELLS.get(verdict.show, _NOTHING) for verdict in verdicts], np.int64),
        offer=_offers_made(policy, verdicts),
    )
    asked = AskedOfPeople(
        scores=_differ(reader, axis=1),
        visits=_differ(visit),
        classes=_differ(article),
        moments=_moments_matter(facts, tables, horizon),
    )
    return _Said(judging, (situations.by_visitor, situations.by_reader), tables, facts, asked)


class SimulatedPolicy:
    """One policy as this world's people meet it: what the engine says, and what things cost."""

    def __init__(self, policy: Policy, world: World, horizon: Horizon) -> None:
        self.policy = policy
        self.world = world
        self.horizon = horizon
        self.options = options_of(policy, world.assumptions)
        self.states = account_states(policy, self.options)
        said = _said(policy, world.kinds, horizon, tuple(self.states))
        self.judging = said.judging
        self.bucketings = said.bucketings
        """The variants that visitors' ids and readers' ids are in."""
        self.tables = said.tables
        self.asked = said.asked
        """What of the people and their page views the policy asks for."""
        facts = said.facts
        money = prices(policy, self.options, world.assumptions)
        self.policy_tables = PolicyTables(
            group=facts.group,
            who=facts.who,
            reader=facts.reader,
            article=facts.article,
            visit=facts.visit,
            age=facts.age,
            period=facts.period,
            periods=facts.periods,
            expiry=facts.expiry,
            ages=facts.ages,
            verdicts=facts.verdicts,
            sells=facts.sells,
            offer=facts.offer,
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


def _offers_made(policy: Policy, verdicts: Sequence[Verdict]) -> NDArray[np.int64]:
    """Return the number of the offer that each verdict makes, or -1."""
    numbers: dict[str | None, int] = {None: -1}
    numbers.update((offer.name, number) for number, offer in enumerate(policy.offers))
    return np.array([numbers[verdict.offer] for verdict in verdicts], np.int64)


def _places(dimensions: Sequence[Dimension], shape: Sequence[int]) -> list[NDArray[np.int64]]:
    """Return what each dimension adds to the place of all of them in an array of a shape."""
    after = len(dimensions)
    return [
        dimension.number * prod(shape[axis + 1 : after])
        for axis, dimension in enumerate(dimensions)
    ]


def _differ(numbers: NDArray[np.int64], axis: int | None = None) -> bool:
    """Say whether numbers differ, or differ along an axis."""
    return bool(np.ptp(numbers, axis=axis).any())


def _moments_matter(facts: _FactTables, tables: Tables, horizon: Horizon) -> bool:
    """Say whether it matters when in a month a view is, and of which article.

    It does not where only meters ask, and each starts anew with every month and at no other time:
    articles not read yet in a month are then as good as each other.
    """
    if any(map(len, (facts.periods, facts.expiry, facts.ages))):
        return True
    if _differ(facts.article):
        return True
    months = set(horizon.bounds[1:-1])
    for kind, places in zip(tables.kind, pairwise(tables.edge_at), strict=True):
        edges = tables.edges[slice(*places)].tolist()
        inner = {edge for edge in edges if horizon.opens < edge < horizon.closes}
        if kind != CALENDAR or inner != months:
            return True
    return False
