"""Which limit is best, as far as that can be told?

A limit is chosen on one half of the readers and estimated again on others, because the best of many
looks better than it is. What comes back is the set that cannot be told from the best; a single
limit is refused where an assumption's range turns the order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import evolve, frozen

from meter.errors import MeterError, meant
from meter.simulate.compare import NAMES, Comparison, compare
from meter.simulate.measures import Estimate, influence, spread
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meter.policy import Policy
    from meter.simulate.assumptions import Assumptions

__all__ = ["Choice", "Knob", "choose"]

_KNOB = re.compile(r"(?:([^.=]+)\.)?([^.=]+)=([0-9]{1,5})\.\.([0-9]{1,5})")
_MOST_VALUES = 60
_FRESH = 0x9E3779B9
_ERROR = 0.05


@frozen(kw_only=True)
class Knob:
    """A limit to turn: a meter's, of everybody or of one status, over whole numbers from `low` to
    `high`.
    """

    meter: str
    status: str | None
    low: int
    high: int

    @classmethod
    def parse(cls, text: str, policy: Policy) -> Knob:
        """Read `limit=1..20`, `monthly.limit=1..20` or `monthly.registered=1..20`.

        Raises `MeterError` in an editor's words.
        """
        match = _KNOB.fullmatch(text.replace(" ", ""))
        if not match:
            raise MeterError(
                f"`{text}` is not something to optimise; write `limit=1..20`, or"
                " `monthly.registered=1..20` for one meter and status"
            )
        meters = [meter.name for meter in policy.meters]
        if not meters:
            raise MeterError("the policy has no meter, so there is no limit to choose")
        meter = match[1] or next((rule.spend for rule in policy.rules if rule.spend), meters[0])
        if meter not in meters:
            raise MeterError(f"there is no meter called `{meter}`; {meant(meter, meters)}")
        if match[2] != "limit" and match[2] not in list(Status):
            raise MeterError(
                f"`{match[2]}` is neither `limit` nor a reader's status;"
                f" {meant(match[2], ['limit', *Status])}"
            )
        low, high = int(match[3]), int(match[4])
        if not low < high < low + _MOST_VALUES:
            raise MeterError(
                f"`{match[3]}..{match[4]}` is not a rising range of at most {_MOST_VALUES} limits"
            )
        return cls(
            meter=meter, status=None if match[2] == "limit" else match[2], low=low, high=high
        )

    @property
    def title(self) -> str:
        """What is turned, in words."""
        return f"the limit of `{self.meter}`" + (
            f" for readers who are `{self.status}`" if self.status else ""
        )

    def turned(self, policy: Policy, limit: int) -> Policy:
        """Return a policy with another limit."""
        meters = []
        for meter in policy.meters:
            if meter.name != self.meter:
                meters.append(meter)
            elif self.status is None:
                meters.append(evolve(meter, limit=limit, limits=()))
            elif meter.limits or isinstance(meter.limit, int):
                raise MeterError(
                    f"meter `{self.meter}` has no limit by status; write"
                    f" `{self.meter}.limit={self.low}..{self.high}`"
                )
            else:
                meters.append(
                    evolve(
                        meter,
                        limit={
                            **{str(known): most for known, most in meter.limit.items()},
                            self.status: limit,
                        },
                    )
                )
        return evolve(policy, meters=tuple(meters))


@frozen(kw_only=True)
class Choice:
    """What can be said about the best limit.

    `limits` are those tried, `estimates` their `by` on fresh readers, `alike` those that cannot be
    told from the best one, `recommended` the best, or `None` where `turned_by` names assumptions
    that would turn the order inside their range.
    """

    knob: Knob
    limits: tuple[int, ...]
    estimates: tuple[Estimate, ...]
    selected: int
    optimism: float
    alike: tuple[int, ...]
    recommended: int | None
    turned_by: tuple[str, ...]
    by: str
    comparison: Comparison

    @property
    def at_edge(self) -> bool:
        """Whether the best is at an end of what was tried."""
        return self.selected in (self.limits[0], self.limits[-1])

    def to_dict(self) -> dict[str, Any]:
        """Return plain tables."""
        tried = [
            {"limit": limit, **found.to_dict()}
            for limit, found in zip(self.limits, self.estimates, strict=True)
        ]
        return {
            "meter": self.knob.meter,
            "status": self.knob.status,
            "by": self.by,
            "tried": tried,
            "selected": self.selected,
            "optimism": self.optimism,
            "not_distinguishable": list(self.alike),
            "recommended": self.recommended,
            "turned_by": list(self.turned_by),
            "verdict": self.verdict(),
        }

    def verdict(self) -> str:
        """Return the answer in a sentence."""
        listed = ", ".join(map(str, self.alike))
        if self.recommended is None:
            names = ", ".join(f"`{name}`" for name in self.turned_by)
            return (
                f"no single limit is named: {self.selected} is best at the central assumptions, but"
                f" the order turns inside the stated range of {names}; find out about these first"
            )
        if len(self.alike) == 1:
            return (
                f"{self.selected} is best, on fresh readers and over the whole stated range of"
                " every assumption"
            )
        return (
            f"{self.selected} is best on fresh readers, but cannot be told from the others of"
            f" {listed}"
        )

    def warnings(self) -> list[dict[str, str]]:
        """Return the cautions that a search adds."""
        found = [
            {
                "code": "W19",
                "name": "many-comparisons",
                "text": (
                    f"{len(self.limits)} limits were tried; the estimates are from other readers"
                    " than the choice"
                ),
            }
        ]
        if self.at_edge:
            found.append(
                {
                    "code": "W12",
                    "name": "inside-noise",
                    "text": (
                        f"the best limit, {self.selected}, is at the edge of what was tried: a"
                        " better one may lie beyond"
                    ),
                }
            )
            found.append(
                {
                    "code": "W22",
                    "name": "corner",
                    "text": (
                        "such models tend to all free or all closed: an optimum at the end is a"
                        " reason to doubt the model first"
                    ),
                }
            )
        if self.turned_by:
            names = ", ".join(f"`{name}`" for name in self.turned_by)
            found.append(
                {
                    "code": "W13",
                    "name": "turns-round",
                    "text": f"the best limit changes inside the stated range of {names}",
                }
            )
        return found


def choose(
    policy: Policy,
    knob: Knob,
    *,
    readers: int = 100_000,
    months: int = 12,
    seed: int = 1,
    workers: int | None = None,
    assumptions: Assumptions | None = None,
    by: str = "net",
    sweep: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Choice:
    """Try every limit of a knob, select on half of the readers, and estimate on fresh ones.

    Raises `MeterError`.
    """
    limits = tuple(range(knob.low, knob.high + 1))
    half = max(readers // 2, 1)

    def run(tried: Sequence[int], seed: int, *, sweep: bool) -> Comparison:
        return compare(
            [knob.turned(policy, limit) for limit in tried],
            names=[f"limit {limit}" for limit in tried],
            readers=half,
            months=months,
            seed=seed,
            workers=workers,
            assumptions=assumptions,
            draws=0,
            sweep=sweep,
            by=by,
            progress=progress,
        )

    first = run(limits, seed, sweep=False)
    selected, believed = first.best, first.measures[first.best][by].value
    del first  # a million readers times twenty limits: one half at a time
    fresh = run(limits, seed ^ _FRESH, sweep=False)
    estimates = tuple(row[by] for row in fresh.measures)
    alike = tuple(limits[number] for number in _alike(fresh, selected))
    candidates = sorted(
        {
            limits[0],
            limits[-1],
            *alike[:: max(1, len(alike) // 3)],
            limits[selected],
            *_near(limits, selected),
        }
    )
    turned_by: tuple[str, ...] = ()
    if sweep:
        turned_by = _turned_by(run(candidates, seed ^ _FRESH, sweep=True), candidates, alike)
    optimism = believed - estimates[selected].value
    return Choice(
        knob=knob,
        limits=limits,
        estimates=estimates,
        selected=limits[selected],
        optimism=optimism,
        alike=alike,
        recommended=None if turned_by else limits[selected],
        turned_by=turned_by,
        by=by,
        comparison=fresh,
    )


def _near(limits: Sequence[int], selected: int) -> list[int]:
    step = max(1, len(limits) // 5)
    return [
        limits[place] for place in (selected - step, selected + step) if 0 <= place < len(limits)
    ]


def _alike(fresh: Comparison, selected: int) -> list[int]:
    """Return the limits whose difference from the selected one may be nothing (Bonferroni over all
    that were tried).
    """
    from statistics import NormalDist

    reach = NormalDist().inv_cdf(1 - _ERROR / 2 / max(len(fresh.names) - 1, 1))
    mine, found = influence(fresh.populations[selected], fresh.by), []
    for number, people in enumerate(fresh.populations):
        lead = (
            fresh.measures[selected][fresh.by.name].value
            - fresh.measures[number][fresh.by.name].value
        )
        if lead <= reach * spread(mine - influence(people, fresh.by)):
            found.append(number)
    return found


def _turned_by(
    swept: Comparison, candidates: Sequence[int], alike: Sequence[int]
) -> tuple[str, ...]:
    """Return the assumptions at whose ends another limit than those alike is best."""
    column, turned = NAMES.index(swept.by.name), []
    for name, ends in swept.ends.items():
        if any(candidates[int(np.argmax(end[:, column]))] not in alike for end in ends):
            turned.append(name)
    return tuple(turned)
