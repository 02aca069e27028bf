"""Fit the assumptions to one publisher, from five numbers that staff know.

What does not fit is said aloud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np
from attrs import evolve, frozen

from meter.errors import MeterError
from meter.simulate.assumptions import Assumption, Assumptions, Basis
from meter.simulate.assumptions.known import SPLIT_WORDS, Known
from meter.simulate.people import casual_shares
from meter.simulate.population import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.policy import Policy
    from meter.simulate.population import Population

__all__ = ["Calibration", "CalibrationRow", "Known", "calibrate"]

_CLOSE = 0.1
_READERS = 60_000
_MOST_CONVERSION = 0.1
_TWO_YEARS = 24


class CalibrationRow(TypedDict):
    """A number that was given, what the fitted simulation gives, and whether these agree."""

    name: str
    yours: float
    simulated: float
    fits: bool


@frozen(kw_only=True)
class Calibration:
    """Assumptions that fit what is known as far as they can, and by how much they miss it.

    `rows` has for each number its name, what you said and what the simulation gives, and whether
    that is within a tenth.
    """

    assumptions: Assumptions
    rows: tuple[CalibrationRow, ...]


def calibrate(
    policy: Policy,
    known: Known,
    assumptions: Assumptions,
    *,
    seed: int = 1,
    workers: int | None = None,
) -> Calibration:
    """Fit reading to the split, the inclination to subscribe to the starts, and the churn.

    Report every number, fit or misfit.

    `policy` is the one in force when the numbers were seen. The share of readers stopped is not
    fitted: it is the check.
    """
    if known.split is not None:
        audience = _audience(known.split, assumptions)
        assumptions = _given(assumptions, audience, "fitted to your split")
    if known.churn is not None:
        assumptions = _with_churn(assumptions, known.churn)
    if known.starts is not None and known.uniques is not None:
        people = simulate(
            policy, readers=_READERS, months=1, seed=seed, workers=workers, assumptions=assumptions
        )
        assumptions = _with_starts(assumptions, known.starts, _starts(people) * known.uniques)
    # Other people than those it was fitted to.
    people = simulate(
        policy, readers=_READERS, months=1, seed=seed + 1, workers=workers, assumptions=assumptions
    )
    rows: tuple[CalibrationRow, ...] = tuple(
        {
            "name": name,
            "yours": yours,
            "simulated": simulated,
            "fits": abs(simulated - yours) <= _CLOSE * yours,
        }
        for name, yours, simulated in _compared(known, people)
    )
    return Calibration(assumptions=assumptions, rows=rows)


def _starts(people: Population) -> float:
    """Return the starts of a reader and month."""
    return people.total("starts") / people.total("months")


def _with_churn(assumptions: Assumptions, churn: float) -> Assumptions:
    """Return assumptions under which subscribers leave as often as they do."""
    alpha = assumptions.number("churn.monthly_alpha")
    beta = assumptions.number("churn.monthly_beta")
    usual = _usual_churn(alpha, beta)
    low = 0.001
    high = 1000.0
    # The larger beta, the fewer leave: halve the range, by ratios, until nothing is left of it.
    for _ in range(80):
        beta = (low * high) ** 0.5
        if _usual_churn(alpha, beta) > churn:
            low = beta
        else:
            high = beta
    source = f"fitted to your churn of {churn:.1%} (the default gives {usual:.1%})"
    return _given(assumptions, {"churn.monthly_beta": beta}, source)


def _with_starts(assumptions: Assumptions, starts: float, expected: float) -> Assumptions:
    """Return assumptions under which as many start as do, where now so many are expected."""
    if expected <= 0:
        raise MeterError(
            "nobody starts anything under this policy, so `starts` cannot be met; is this the"
            " policy now in force?"
        )
    found = assumptions.number("walls.conversion") * starts / expected
    conversion = float(min(found, _MOST_CONVERSION))
    return _given(assumptions, {"walls.conversion": conversion}, "fitted to your starts")


def _given(assumptions: Assumptions, values: Mapping[str, float], source: str) -> Assumptions:
    """Return assumptions with fitted values, and ranges moved along with them."""
    table = dict(assumptions.table)
    for name, value in values.items():
        item = table[name]
        before = assumptions.number(name)
        ratio = value / before if before else 1.0
        table[name] = evolve(
            item,
            value=_short(value),
            low=_moved(item, item.low, ratio),
            high=_moved(item, item.high, ratio),
            source=source,
            basis=Basis.YOURS,
        )
    return Assumptions(table)


def _moved(item: Assumption, end: float | None, ratio: float) -> float | None:
    """Return an end of a range after its number has moved, inside what makes sense."""
    if end is None:
        return None
    return _short(min(max(end * ratio, item.least), item.most))


def _short(value: float) -> float:
    """Return four significant digits: a fit has no more."""
    return float(f"{value:.4g}")


def _audience(split: tuple[float, float, float], assumptions: Assumptions) -> dict[str, float]:
    """Return the audience that gives a split.

    The share of bounces, and the q of casual readers, with the fans as they are.
    """
    fans = assumptions.number("population.fans")
    stop = 1 / max(assumptions.number("population.fans_mean"), 1.01)
    best = np.inf
    found: dict[str, float] = {}
    for q in np.linspace(0.05, 0.985, 375):
        shares = casual_shares(q)
        bounce = (split[0] - fans * stop - (1 - fans) * shares[0]) / (1 - shares[0])
        bounce = min(max(bounce, 0.0), 1 - fans)
        more = (1 - bounce - fans) * (1 - shares[4]) + fans * (1 - stop) ** 5
        one = bounce + (1 - bounce - fans) * shares[0] + fans * stop
        miss = (more - split[2]) ** 2 + (one - split[0]) ** 2
        if miss < best:
            best = miss
            found = {"population.bounce": float(bounce), "population.casual_q": float(q)}
    return found


def _usual_churn(alpha: float, beta: float) -> float:
    """Return the monthly churn of a base that has grown evenly for two years."""
    hazard = alpha / (alpha + beta + np.arange(_TWO_YEARS))
    alive = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
    return float((hazard * alive).sum() / alive.sum())


def _compared(known: Known, people: Population) -> Iterator[tuple[str, float, float]]:
    """Yield each number that was given: its name, what was said, and what is simulated."""
    assumptions = people.assumptions
    if known.split is not None:
        wanted = people.wanted / max(people.wanted[1:].sum(), 1)
        ours = (wanted[1], wanted[2:6].sum(), wanted[6:].sum())
        for name, yours, simulated in zip(SPLIT_WORDS, known.split, ours, strict=True):
            yield name, yours, float(simulated)
    if known.stops is not None:
        yield "met a wall", known.stops, people.total("stopped") / people.total("months")
    if known.starts is not None and known.uniques is not None:
        yield "starts a month", known.starts, _starts(people) * known.uniques
    if known.churn is not None:
        churn = _usual_churn(
            assumptions.number("churn.monthly_alpha"), assumptions.number("churn.monthly_beta")
        )
        yield "subscribers lost a month", known.churn, churn
