"""How are the assumptions made to fit one publisher?

From five numbers that staff know, with what does not fit said aloud.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import evolve, field, frozen

from meter.errors import MeterError, meant
from meter.simulate.assumptions import Assumptions, Basis
from meter.simulate.people import casual_shares
from meter.simulate.population import simulate

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["Calibration", "Known", "calibrate"]

_PAIR = re.compile(r"\s*([a-z_]+)\s*=\s*([^,]+?)\s*(?:,|$)")
_CLOSE = 0.1
_READERS = 60_000
_WHOLE = 1.0


def _number(name: str, text: str) -> float:
    try:
        number = float(text.removesuffix("%").replace("_", "")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise MeterError(
            f"`{name}={text}` is not a number; write it like `starts=210`, or `churn=4%`"
        ) from None
    if not number > 0:
        raise MeterError(f"`{name}={text}` is not above 0")
    return number


@frozen(kw_only=True)
class Known:
    """What staff know of a usual month under the present policy.

    `uniques` readers of the month; `split` the shares of them that read one, two to five, and more
    articles; `stops` the share who met a wall; `starts` trials and subscriptions begun; `churn` the
    share of subscribers who leave in a month.
    """

    uniques: float | None = None
    split: tuple[float, float, float] | None = field(default=None)
    stops: float | None = None
    starts: float | None = None
    churn: float | None = None

    @classmethod
    def parse(cls, text: str) -> Known:
        """Read `uniques=500000, split=68/23/9, stops=4.2%, starts=210, churn=4%`.

        Any of them may be left out.

        >>> Known.parse("split=68/23/9, churn=4%").churn
        0.04
        """
        names, read = ("uniques", "split", "stops", "starts", "churn"), 0
        given: dict[str, Any] = {}
        for match in _PAIR.finditer(text):
            name, value = match[1], match[2]
            if name not in names or match.start() != read:
                raise MeterError(f"`{name}` is not one of the five numbers; {meant(name, names)}")
            read = match.end()
            given[name] = _split(value) if name == "split" else _number(name, value)
        if not given or read != len(text):
            raise MeterError(
                f"`{text}` cannot be read; write `uniques=500000, split=68/23/9, stops=4.2%,"
                " starts=210, churn=4%`"
            )
        if given.get("starts") and not given.get("uniques"):
            raise MeterError(
                "`starts` needs `uniques`: a number of starts says something only of a number of"
                " readers"
            )
        for name in ("stops", "churn"):
            if given.get(name, 0) >= _WHOLE:
                raise MeterError(f"`{name}` is a share below 1; write `{name}={given[name]:g}%`")
        return cls(**given)


def _split(text: str) -> tuple[float, ...]:
    parts = [_number("split", part.strip()) for part in text.split("/")]
    if len(parts) != 3:
        raise MeterError(
            f"`split={text}` has not three parts; write the readers of 1, of 2 to 5, and of more"
            " articles, such as `68/23/9`"
        )
    return tuple(part / sum(parts) for part in parts)


@frozen(kw_only=True)
class Calibration:
    """Assumptions that fit what is known as far as they can, and by how much they miss it.

    `rows` has for each number its name, what you said and what the simulation gives, and whether
    that is within a tenth.
    """

    assumptions: Assumptions
    rows: tuple[dict[str, Any], ...]


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
        assumptions = _given(
            assumptions, _reading(known.split, assumptions), "fitted to your split"
        )
    if known.churn is not None:
        alpha, beta = assumptions["churn.monthly_alpha"], assumptions["churn.monthly_beta"]
        usual = _usual_churn(alpha, beta)
        low, high = 0.001, 1000.0
        for _ in range(80):
            beta = (low * high) ** 0.5
            low, high = (beta, high) if _usual_churn(alpha, beta) > known.churn else (low, beta)
        assumptions = _given(
            assumptions,
            {"churn.monthly_beta": beta},
            f"fitted to your churn of {known.churn:.1%} (the default gives {usual:.1%})",
        )
    if known.starts is not None and known.uniques is not None:
        people = simulate(
            policy, readers=_READERS, months=1, seed=seed, workers=workers, assumptions=assumptions
        )
        expected = people.total("starts") / people.total("months") * known.uniques
        if expected <= 0:
            raise MeterError(
                "nobody starts anything under this policy, so `starts` cannot be met; is this the"
                " policy now in force?"
            )
        found = assumptions["walls.conversion"] * known.starts / expected
        assumptions = _given(
            assumptions, {"walls.conversion": float(min(found, 0.1))}, "fitted to your starts"
        )
    return Calibration(
        assumptions=assumptions, rows=tuple(_compare(policy, known, assumptions, seed, workers))
    )


def _given(assumptions: Assumptions, values: dict[str, float], source: str) -> Assumptions:
    """Return assumptions with fitted values, and ranges moved along with them."""
    table = dict(assumptions.table)
    for name, value in values.items():
        item = table[name]
        ratio = value / item.value if item.value else 1.0
        low, high = (
            None if end is None else _short(min(max(end * ratio, item.least), item.most))
            for end in (item.low, item.high)
        )
        table[name] = evolve(
            item, value=_short(value), low=low, high=high, source=source, basis=Basis.YOURS
        )
    return Assumptions(table)


def _short(value: float) -> float:
    """Return four significant digits: a fit has no more."""
    return float(f"{value:.4g}")


def _reading(split: tuple[float, float, float], assumptions: Assumptions) -> dict[str, float]:
    """Return the audience that gives a split.

    The share of bounces, and the q of casual readers, with the fans as they are.
    """
    fans, stop = assumptions["population.fans"], 1 / max(assumptions["population.fans_mean"], 1.01)
    best, found = np.inf, {}
    for q in np.linspace(0.05, 0.985, 375):
        shares = casual_shares(q)
        bounce = (split[0] - fans * stop - (1 - fans) * shares[0]) / (1 - shares[0])
        bounce = min(max(bounce, 0.0), 1 - fans)
        more = (1 - bounce - fans) * (1 - shares[4]) + fans * (1 - stop) ** 5
        one = bounce + (1 - bounce - fans) * shares[0] + fans * stop
        miss = (more - split[2]) ** 2 + (one - split[0]) ** 2
        if miss < best:
            best, found = (
                miss,
                {"population.bounce": float(bounce), "population.casual_q": float(q)},
            )
    return found


def _usual_churn(alpha: float, beta: float) -> float:
    """Return the monthly churn of a base that has grown evenly for two years."""
    hazard = alpha / (alpha + beta + np.arange(24))
    alive = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
    return float((hazard * alive).sum() / alive.sum())


def _compare(
    policy: Policy, known: Known, assumptions: Assumptions, seed: int, workers: int | None
) -> list[dict[str, Any]]:
    people = simulate(
        policy, readers=_READERS, months=1, seed=seed + 1, workers=workers, assumptions=assumptions
    )
    months = people.total("months")
    wanted = people.wanted / max(people.wanted[1:].sum(), 1)
    rows: list[tuple[str, float, float]] = []
    if known.split is not None:
        ours = (wanted[1], wanted[2:6].sum(), wanted[6:].sum())
        words = ("read one article", "read two to five", "read more than five")
        rows += [
            (name, said, float(mine))
            for name, said, mine in zip(words, known.split, ours, strict=True)
        ]
    if known.stops is not None:
        rows.append(("met a wall", known.stops, people.total("stopped") / months))
    if known.starts is not None and known.uniques is not None:
        rows.append(
            ("starts a month", known.starts, people.total("starts") / months * known.uniques)
        )
    if known.churn is not None:
        rows.append(
            (
                "subscribers lost a month",
                known.churn,
                _usual_churn(assumptions["churn.monthly_alpha"], assumptions["churn.monthly_beta"]),
            )
        )
    return [
        {"name": name, "yours": said, "simulated": mine, "fits": abs(mine - said) <= _CLOSE * said}
        for name, said, mine in rows
    ]
