"""What is counted for a view, flat, and where a view leaves a meter."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from meter.decision.readings import Exposure

__all__ = ["FIRST_METER", "NEVER", "Counts", "Perhaps", "Standing", "Told"]

Counts = tuple[int, ...]
"""Is this view a prefetch? Then, for each meter of the rulebook, how much its running window has
counted, and whether this view is counted already: `OWN` if the meter itself has counted it, and
`ALREADY` if it is open therefore (both added up). Then, for each offer that an account starts once,
has it, and for each that lasts a while how long this reader has had it, as the code of its slot, or
`NEVER`? Last what the record says of each prompt with a frequency, and how often each prompt was
shown that a condition asks for. Nothing more than the first where the reader has no id. (Flat:
`memo` looks it up every view.)
"""

FIRST_METER = 1
"""Where the meters begin in `Counts`: what comes before needs no usage."""

NEVER = -1
"""What `Counts` say of an offer that lasts a while and was not shown to this reader yet."""


class Standing(NamedTuple):
    """Where a view leaves the meter at a place of the rulebook; without a limit `limit` is none."""

    place: int
    limit: int | None
    used: int

    @property
    def left(self) -> float:
        """What is left after the view; without a limit, more than of any that has one."""
        return inf if self.limit is None else self.limit - self.used


Told = tuple[Standing, int | None, tuple[Exposure, ...]]
"""The meter that is told to the reader, the instant at which it resets, and what that exposes.

The exposures are those of which nothing but the reading of the meter differs. (A plain tuple: it is
made every view.)
"""


class Perhaps(NamedTuple):
    """An exposure, if a reading of one of other groups of meters differs (see `Conclusion`)."""

    exposure: Exposure
    groups: tuple[tuple[Standing, ...], ...]
