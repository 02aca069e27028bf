"""An experiment and the filters that keep ids out of it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import field, frozen

from meter.errors import quoted
from meter.errors.kinds import TEXT, as_tuple, check_argument, choice, each, instance, number, text
from meter.errors.values import Fault, check_fields, refuse, wrong_type
from meter.experiments.hashes import Hash, HashWord, hash_of
from meter.experiments.ranges import Arm, arms, as_written, first_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.errors.values import Kind

__all__ = ["Experiment", "Filter", "holdout"]

Variants: TypeAlias = tuple[tuple[str, float], ...]
Stretches: TypeAlias = tuple[tuple[float, float], ...]

_SHARE = number(0, 1, "0.5")
_PAIR = 2
_ROUNDING = Fraction(1, 10**9)
"""How far above 1 weights may come out that somebody has computed."""


def _variants(value: Mapping[str, float] | Iterable[tuple[str, float]]) -> Variants:
    """Return variants with their weights in the order in which they are given."""
    return tuple(value.items()) if isinstance(value, Mapping) else as_tuple(value)


def _stretches(value: Iterable[Iterable[float]]) -> Stretches:
    """Return ranges as pairs; what is none stays, for the check to refuse."""
    pairs = as_tuple(value)
    if type(pairs) is not tuple:
        return cast("Stretches", pairs)
    return cast("Stretches", tuple(as_tuple(pair) for pair in pairs))


def _pair(first: Kind, second: Kind, form: str) -> Kind:
    """Return the kind of a pair."""

    def fault(value: object, what: str) -> Fault | None:
        if not isinstance(value, tuple) or len(value) != _PAIR:
            return wrong_type(form, value, what)
        return first(value[0], what) or second(value[1], what)

    return fault


def _weights(value: object, what: str) -> Fault | None:
    """Return what is wrong with the names and weights of variants, one by one."""
    if not isinstance(value, tuple):
        return wrong_type(f"a table such as `{_EXAMPLE}`", value, what)
    faults = (_VARIANT(item, f"a variant of {what}") for item in value)
    return next((found for found in faults if found is not None), None)


_HASH = choice(Hash)
_EXAMPLE = "{ control = 0.5, nine = 0.5 }"
_NAME = text('a name in quotes such as `"nine"`', may_be_empty=False)
_VARIANT = _pair(_NAME, _SHARE, "a name with its weight")
_STRETCH = _pair(_SHARE, _SHARE, "a range such as `[0, 0.5]`")
_STRETCHES = each(_STRETCH, "[[0, 0.5]]")


@frozen(kw_only=True)
class Filter:
    """Lets an id through whose number is in one of some ranges, by a seed and hash of its own.

    Experiments whose filters have one seed and one hash, and ranges that do not touch, are never
    met by the same id. A range is half-open, within 0 and 1.

    >>> Filter(seed="checkout", ranges=[(0, 0.5)]).admits("müller")
    False
    """

    seed: str
    ranges: Stretches = field(converter=_stretches)
    hash: Hash = field(default=Hash.GROWTHBOOK_2, converter=hash_of)
    _numbers: tuple[tuple[int, int], ...] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"seed": TEXT, "hash": _HASH, "ranges": _STRETCHES})
        fault = _ranges_fault(self.ranges)
        if fault is not None:
            refuse(self, "ranges", fault)
        parts = self.hash.parts
        numbers = ((first_number(a, parts), first_number(b, parts)) for a, b in self.ranges)
        object.__setattr__(self, "_numbers", tuple(numbers))

    def admits(self, unit: str) -> bool:
        """Say whether an id is let through."""
        return self.admits_number(self.hash.number(self.seed, unit))

    def admits_number(self, number: int) -> bool:
        """Say whether ids of a number of the hash are let through."""
        return any(first <= number < end for first, end in self._numbers)

    def bounds(self) -> Iterable[int]:
        """Return the numbers at which another answer may begin."""
        return (bound for pair in self._numbers for bound in pair)


def _ranges_fault(ranges: Stretches) -> Fault | None:
    """Return what is wrong with ranges as a whole."""
    if not ranges:
        return Fault("empty-list", "`ranges` has no range", "write one such as `[[0, 0.5]]`")
    for start, end in ranges:
        if start > end:
            message = f"the range {quoted([start, end])} ends before it starts"
            return Fault("bad-number", message, "write the smaller number first")
    return None


def holdout(*, seed: str, share: float, hash_: Hash | HashWord = Hash.GROWTHBOOK_2) -> Filter:
    """Return the filter that keeps a share of all ids out of every experiment that has it.

    A larger share keeps out whom the smaller one did, and more.
    """
    check_argument("share", share, _SHARE)
    return Filter(seed=seed, ranges=[(share, 1)], hash=hash_)


def _filters(value: Iterable[Filter]) -> tuple[Filter, ...]:
    return as_tuple(value)


@frozen(kw_only=True)
class Experiment:
    """Who is in which variant, by nothing but an id.

    `variants` have weights, in their order, which add up to 1 at most. What is missing to 1 is in
    no variant; GrowthBook shows those ids the first one without counting them, and takes weights
    that add up to much less as equal ones. `coverage` leaves the beginning of each variant's range.
    Every filter has to let an id through.

    >>> price = Experiment(seed="price-test", variants={"control": 0.5, "nine": 0.5})
    >>> price.variant("reader-1")
    'control'
    """

    seed: str
    variants: Variants = field(converter=_variants)
    hash: Hash = field(default=Hash.GROWTHBOOK_2, converter=hash_of)
    coverage: float = 1
    filters: tuple[Filter, ...] = field(default=(), converter=_filters)
    arms: tuple[Arm, ...] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_fields(self, _KINDS)
        fault = _variants_fault(self.variants)
        if fault is not None:
            refuse(self, "variants", fault)
        object.__setattr__(self, "arms", arms(self.hash, self.variants, self.coverage))

    def variant(self, unit: str | None) -> str | None:
        """Return the variant an id is in, or `None`: in none. Without an id there is none either.

        The id is hashed as it is; a form that differs in capitals or Unicode is another id. How
        long that takes grows with its length.
        """
        if not unit or not all(filter_.admits(unit) for filter_ in self.filters):
            return None
        return self.variant_of_number(self.hash.number(self.seed, unit))

    def variant_of_number(self, number: int) -> str | None:
        """Return the variant that ids of a number of the hash are in, filters aside."""
        for arm in self.arms:
            if arm.first <= number < arm.end:
                return arm.variant
        return None


_KINDS = {
    "seed": text(may_be_empty=False),
    "hash": _HASH,
    "variants": _weights,
    "coverage": _SHARE,
    "filters": each(instance(Filter), "[Filter(…)]"),
}


def _variants_fault(variants: Variants) -> Fault | None:
    """Return what is wrong with variants as a whole."""
    names = [name for name, _ in variants]
    if not names:
        return Fault("empty-table", "`variants` has no variant", f"write `{_EXAMPLE}`")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        message = f"`variants` has {quoted(twice[0])} twice"
        return Fault("duplicate-name", message, "give each variant a name of its own")
    total = sum(as_written(weight) for _, weight in variants)
    if total > 1 + _ROUNDING:
        message = f"`variants` add up to {float(total):.12g}, which is more than 1"
        return Fault("bad-number", message, "make the weights smaller")
    return None
