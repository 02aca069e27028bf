"""The public hashes that turn a seed and an id into the number a variant is chosen by.

Each is what the system it is named after computes, so that it and a policy put an id into the same
variant. A hash is never changed here: another version of one is another word.
"""

from __future__ import annotations

from hashlib import sha1
from struct import iter_unpack
from typing import TYPE_CHECKING, Literal, NamedTuple

from meter.vocabulary import Word, word_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "FNV_PRIME",
    "Hash",
    "HashWord",
    "fnv1a",
    "growthbook_1",
    "growthbook_2",
    "hash_of",
    "launchdarkly",
    "murmur3",
    "optimizely",
    "unleash",
    "unleash_number",
    "unleash_rollout",
]

_32_BITS = 0xFFFFFFFF
FNV_PRIME = 0x01000193
"""What FNV-1a multiplies by, in its form for 32 bits."""
_FNV_BASIS = 0x811C9DC5
_UNLEASH_VARIANTS = 86028157
"""Unleash seeds the hash of variants apart from that of a roll-out, which has the seed 0."""
_UNLEASH_WEIGHTS = 1000
"""Unleash keeps the weights of a feature's variants in thousandths."""


class Hash(Word):
    """A hash by the system it agrees with.

    `growthbook-1` and `unleash-rollout` are for filters: a namespace of GrowthBook hashes
    with the first, a gradual roll-out of Unleash with the second.
    """

    GROWTHBOOK_2 = "growthbook-2"
    GROWTHBOOK_1 = "growthbook-1"
    UNLEASH = "unleash"
    UNLEASH_ROLLOUT = "unleash-rollout"
    OPTIMIZELY = "optimizely"
    LAUNCHDARKLY = "launchdarkly"

    @property
    def parts(self) -> int:
        """How many numbers there are: `number` is at least 0 and below this."""
        return _RULES[self].parts

    def number(self, seed: str, unit: str) -> int:
        """Return the number of an id, hashed as it is: capitals and Unicode forms matter.

        >>> Hash.GROWTHBOOK_2.number("seed", "müller"), Hash.GROWTHBOOK_2.parts
        (3767, 10000)
        """
        return _RULES[self].number(seed, unit)


HashWord = Literal[
    "growthbook-2", "growthbook-1", "unleash", "unleash-rollout", "optimizely", "launchdarkly"
]


def hash_of(value: Hash | HashWord) -> Hash:
    """Return a word as what it means; what is no word stays, for the check to refuse."""
    return word_of(Hash, value)


def growthbook_2(seed: str, unit: str) -> int:
    """Return the number, of 10,000, that GrowthBook's `hashVersion` 2 divides by 10,000.

    FNV-1a of the seed and the id, and FNV-1a again of that number in decimal digits. See "hashing"
    in docs.growthbook.io/lib/build-your-own and `gbhash` of growthbook/growthbook-python.
    """
    return fnv1a(str(fnv1a(seed + unit))) % 10_000


def growthbook_1(seed: str, unit: str) -> int:
    """Return the number, of 1,000, that GrowthBook's `hashVersion` 1 divides by 1,000.

    FNV-1a of the id and the seed. Experiments whose seeds are alike are not independent under it,
    which is why version 2 is. Namespaces use it, with two underscores before their name as the
    seed. Source: `gbhash` and `inNamespace` of growthbook/growthbook-python.
    """
    return fnv1a(unit + seed) % 1_000


def unleash(seed: str, unit: str) -> int:
    """Return the number, of 1,000, by which Unleash chooses a variant; Unleash counts from 1.

    The seed is the `groupId` of the strategy whose variants they are, or else the feature's name.
    See "stickiness" in docs.getunleash.io and `normalized_hash` of Unleash/yggdrasil.
    """
    return unleash_number(seed, unit, _UNLEASH_WEIGHTS, _UNLEASH_VARIANTS)


def unleash_rollout(seed: str, unit: str) -> int:
    """Return the number, of 100, by which Unleash rolls out a feature; Unleash counts from 1.

    The seed is the `groupId` of the gradual roll-out.
    """
    return unleash_number(seed, unit, 100)


def unleash_number(group: str, unit: str, parts: int, start: int = 0) -> int:
    """Return MurmurHash3 of `group:unit`, which starts from `start`, modulo `parts`."""
    return murmur3(_utf8(f"{group}:{unit}"), start) % parts


def optimizely(seed: str, unit: str) -> int:
    """Return the number, of 10,000, by which Optimizely chooses a variation.

    MurmurHash3, seeded with 1, of the id and then the seed, which is the id of the experiment or,
    in a filter, of the exclusion group. Source: `_generate_bucket_value` in
    `optimizely/bucketer.py` of optimizely/python-sdk.
    """
    return murmur3(_utf8(unit + seed), 1) * 10_000 >> 32


def launchdarkly(seed: str, unit: str) -> int:
    """Return the number, of 16 to the power of 15, that LaunchDarkly divides by the largest.

    The first 15 hexadecimal digits of the SHA-1 of `seed.unit`. The seed is that of the experiment,
    or `flag.salt` where a flag has none. LaunchDarkly divides in floating-point numbers, where the
    largest is the power itself. Source: `evaluator_bucketing.go` of
    launchdarkly/go-server-sdk-evaluation.
    """
    text = _utf8(f"{seed}.{unit}")
    return int(sha1(text, usedforsecurity=False).hexdigest()[:15], 16)


def fnv1a(text: str) -> int:
    """Return FNV-1a, 32 bits, of a text: of its UTF-16 code units, each taken as one byte would be.

    That is what GrowthBook's `charCodeAt` gives. For ASCII it is the FNV-1a of the bytes
    (draft-eastlake-fnv); for all else it is not.
    """
    units: bytes | list[int]
    if text.isascii():
        units = text.encode()
    else:
        units = [unit for (unit,) in iter_unpack("<H", text.encode("utf-16-le", "surrogatepass"))]
    number = _FNV_BASIS
    for unit in units:
        number = (number ^ unit) * FNV_PRIME & _32_BITS
    return number


def murmur3(data: bytes, start: int = 0) -> int:
    """Return MurmurHash3 of bytes, its form for 32 bits, which starts from `start`.

    Source: `MurmurHash3_x86_32` in `MurmurHash3.cpp` of aappleby/smhasher.
    """
    number = start
    whole = len(data) & ~3
    for (block,) in iter_unpack("<I", data[:whole]):
        number ^= _scrambled(block)
        number = (number << 13 | number >> 19) * 5 + 0xE6546B64 & _32_BITS
    if whole < len(data):
        number ^= _scrambled(int.from_bytes(data[whole:], "little"))
    number ^= len(data)
    number = (number ^ number >> 16) * 0x85EBCA6B & _32_BITS
    number = (number ^ number >> 13) * 0xC2B2AE35 & _32_BITS
    return number ^ number >> 16


def _scrambled(block: int) -> int:
    block = block * 0xCC9E2D51 & _32_BITS
    return (block << 15 | block >> 17) * 0x1B873593 & _32_BITS


def _utf8(text: str) -> bytes:
    """Return a text in UTF-8; half of a surrogate pair is U+FFFD, as a browser encodes it."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        units = text.encode("utf-16-le", "surrogatepass")
        return units.decode("utf-16-le", "replace").encode()


class _Bucketing(NamedTuple):
    """A hash: how a number is found, and how many numbers there are."""

    number: Callable[[str, str], int]
    parts: int


_RULES = {
    Hash.GROWTHBOOK_2: _Bucketing(growthbook_2, 10_000),
    Hash.GROWTHBOOK_1: _Bucketing(growthbook_1, 1_000),
    Hash.UNLEASH: _Bucketing(unleash, _UNLEASH_WEIGHTS),
    Hash.UNLEASH_ROLLOUT: _Bucketing(unleash_rollout, 100),
    Hash.OPTIMIZELY: _Bucketing(optimizely, 10_000),
    Hash.LAUNCHDARKLY: _Bucketing(launchdarkly, 16**15),
}
