"""Which variant of an experiment an id is in, by the hashes as their systems describe them."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha1
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.verify.oracle.visit import Visit

__all__ = ["NOBODY", "arms", "place_of", "shared", "told", "variant_of"]

Table = dict[str, Any]
NOBODY = ""
"""In no variant."""
_PARTS = {
    "growthbook-2": 10_000,
    "growthbook-1": 1_000,
    "unleash": 1_000,
    "unleash-rollout": 100,
    "optimizely": 10_000,
    "launchdarkly": 16**15,
}
_FULL = 2**32


def _fnv(text: str) -> int:
    units = text.encode("utf-16-le")
    found = 2166136261
    for low, high in zip(units[::2], units[1::2], strict=True):
        found = (found ^ (low + 256 * high)) * 16777619 % _FULL
    return found


def _turned(number: int, bits: int) -> int:
    return (number << bits) % _FULL + (number >> (32 - bits))


def _murmur(data: bytes, start: int) -> int:
    found = start
    for at in range(0, len(data), 4):
        block = data[at : at + 4]
        mixed = int.from_bytes(block, "little") * 0xCC9E2D51 % _FULL
        found ^= _turned(mixed, 15) * 0x1B873593 % _FULL
        if len(block) == 4:
            found = (_turned(found, 13) * 5 + 0xE6546B64) % _FULL
    found ^= len(data)
    found = (found ^ found >> 16) * 0x85EBCA6B % _FULL
    found = (found ^ found >> 13) * 0xC2B2AE35 % _FULL
    return found ^ found >> 16


def place_of(hash_: str, seed: str, unit: str) -> Fraction:
    """Return where an id lies, from 0 to below 1."""
    if hash_ == "growthbook-2":
        number = _fnv(str(_fnv(seed + unit))) % _PARTS[hash_]
    elif hash_ == "growthbook-1":
        number = _fnv(unit + seed) % _PARTS[hash_]
    elif hash_ == "unleash":
        number = _murmur(f"{seed}:{unit}".encode(), 86028157) % _PARTS[hash_]
    elif hash_ == "unleash-rollout":
        number = _murmur(f"{seed}:{unit}".encode(), 0) % _PARTS[hash_]
    elif hash_ == "optimizely":
        number = _murmur((unit + seed).encode(), 1) * _PARTS[hash_] // _FULL
    else:
        number = int(sha1(f"{seed}.{unit}".encode()).hexdigest()[:15], 16)
    return Fraction(number, _PARTS[hash_])


def arms(table: Table) -> list[tuple[str, Fraction, Fraction]]:
    """Return where each variant begins and ends; GrowthBook adds up in floating point."""
    is_float = str(table.get("hash", "growthbook-2")).startswith("growthbook")
    number: Any = float if is_float else lambda written: Fraction(str(written))
    covered = number(table.get("coverage", 1))
    start = number(0)
    found = []
    for name, weight in table["variants"].items():
        end = start + covered * number(weight)
        found.append((name, Fraction(str(start)), Fraction(str(end))))
        start += number(weight)
    return found


def variant_of(policy: Table, name: str, unit: str) -> str:
    """Return the variant of an experiment that an id is in."""
    table = policy["experiments"][name]
    filters = list(table.get("filters", ()))
    holdout = policy.get("holdout")
    if holdout is not None:
        filters.append({**holdout, "ranges": [[holdout["share"], 1]]})
    for each in filters:
        at = place_of(each.get("hash", "growthbook-2"), each["seed"], unit)
        ranges = [[Fraction(str(bound)) for bound in pair] for pair in each["ranges"]]
        if not any(first <= at < end for first, end in ranges):
            return NOBODY
    at = place_of(table.get("hash", "growthbook-2"), table["seed"], unit)
    return next((name for name, first, end in arms(table) if first <= at < end), NOBODY)


def shared(table: Table) -> list[str]:
    """Return the variants that somebody can be in by their ranges."""
    parts = _PARTS[table.get("hash", "growthbook-2")]
    return [name for name, first, end in arms(table) if ceil(first * parts) < ceil(end * parts)]


def told(visit: Visit, name: str) -> str | None:
    """Return the variant that a reader is in; nothing where the id is not known."""
    if name in visit.forced:
        return visit.forced[name]
    table = visit.policy["experiments"][name]
    unit = visit.reader.get("id" if table.get("unit") == "reader" else "visitor")
    return None if unit is None else variant_of(visit.policy, name, unit)
