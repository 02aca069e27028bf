"""Random numbers that are a function of seed, reader, month, purpose and index, and nothing else.

SplitMix64 (Steele, Lea and Flood 2014), counted and not stepped. So two policies meet the same
people with the same inclinations, and neither the order of the work nor the number of workers
matters. A number that nobody needs is not drawn: no other one depends on it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from meter.columns.compiled import compiled

if TYPE_CHECKING:
    from meter.columns.arrays import Codes, Floats

__all__ = ["Shares", "child", "happens", "normal", "place_of", "shares_of", "uniform"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SPACE = np.uint64(0xD1342543DE82EF95)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / (1 << 53)
_STEPS = 256


# What a number is for; each purpose has its own stream.
KIND, COUNT, DEVICES, DEVICE_KIND, READER, SCORE, FRAILTY, FRAILTY_2, BYPASS = range(1, 10)
BACK, PERSIST, FRESH, ROUND, SESSION, REREAD, GAP, START, DEVICE, AGE, RANK, REFERRER, WHICH = (
    range(20, 33)
)
RESET, RESET_AT, REGISTER, BUY, LEAVE, TURNOVER, STAY, PLAN, CONTINUE, CHURN = range(40, 50)
ARTICLE = 60
BASE = 61


@compiled
def child(key: np.uint64, number: int) -> np.uint64:
    """Return the key of a part, such as a reader's of a seed or a month's of a reader."""
    z = key + (np.uint64(number) + np.uint64(1)) * _GOLDEN
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return z ^ (z >> _31)


@compiled
def uniform(key: np.uint64, purpose: int, index: int) -> float:
    """Return a number in (0, 1)."""
    z = key + np.uint64(purpose) * _SPACE + np.uint64(index) * _GOLDEN
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    z ^= z >> _31
    return (np.float64(z >> _11) + 0.5) * _UNIT


@compiled
def normal(key: np.uint64, purpose: int, other: int) -> float:
    """Return a standard normal number from two streams (Box and Muller 1958)."""
    return math.sqrt(-2.0 * math.log(uniform(key, purpose, 0))) * math.cos(
        2.0 * math.pi * uniform(key, other, 0)
    )


@compiled
def happens(key: np.uint64, purpose: int, index: int, chance: float) -> bool:
    """Say whether something happens that has a chance; nothing is drawn for a certainty."""
    if chance <= 0.0:
        return False
    return chance >= 1.0 or uniform(key, purpose, index) < chance


class Shares(NamedTuple):
    """Shares of a whole, added up, and a guide that says where to look (Chen and Asau 1974)."""

    added: Floats
    guide: Codes
    """[step] the first place that holds the start of one of the equal steps of the whole."""


def shares_of(added: Floats) -> Shares:
    """Return shares that are added up already, with their guide."""
    places = np.searchsorted(added, np.arange(_STEPS) / _STEPS, side="right")
    return Shares(added, np.minimum(places, len(added) - 1).astype(np.int32))


@compiled
def place_of(shares: Shares, share: float) -> int:
    """Return the first place whose added share is above a share in [0, 1), or the last place."""
    place: int = shares.guide[int(share * _STEPS)]
    while place < len(shares.added) - 1 and share >= shares.added[place]:
        place += 1
    return place
