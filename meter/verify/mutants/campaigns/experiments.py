"""Mistakes in an experiment: whom it is for, its variants and their shares, who is kept out."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from meter.policy import DeclaredExperiment, When
from meter.verify.mutants.conditions import when_edits
from meter.verify.mutants.edit import Edit, Kind, lifted, replaced, with_field

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["experiment_edits"]

_EVERYONE = When()
_UNITS = {"visitor": "reader", "reader": "visitor"}
_DIGITS = 6


def experiment_edits(experiment: DeclaredExperiment) -> Iterator[Edit[DeclaredExperiment]]:
    """Yield every mistake in an experiment."""
    name = f"experiment `{experiment.name}`"
    whole = partial(with_field, experiment)
    yield from lifted(when_edits(experiment.when, name), ("when",), partial(whole, "when"))
    if experiment.when != _EVERYONE:
        make = partial(whole, "when", _EVERYONE)
        for_all = ("for those of its `when`", "for everybody")
        yield Edit(Kind.EXPERIMENTS, name, *for_all, ("when",), make)
    variants = experiment.variants
    for place, ((first, share), (second, other)) in enumerate(pairwise(variants)):
        what = f"{name}, `{first}` and `{second}`"
        path = ("variants", first)
        rest = variants[place + 2 :]
        turned = (*variants[:place], (first, other), (second, share), *rest)
        if share != other:
            said = (f"{share:g} and {other:g}", f"{other:g} and {share:g}")
            yield Edit(Kind.EXPERIMENTS, what, *said, path, partial(whole, "variants", turned))
        swapped = (*variants[:place], (second, other), (first, share), *rest)
        order = ("in this order", "the other way round")
        yield Edit(Kind.EXPERIMENTS, what, *order, path, partial(whole, "variants", swapped))
    for place, (variant, share) in enumerate(variants):
        half = round(share / 2, _DIGITS)
        fewer = replaced(variants, place, (variant, half))
        what = f"{name}, share of `{variant}`"
        path = ("variants", variant)
        make = partial(whole, "variants", fewer)
        yield Edit(Kind.EXPERIMENTS, what, f"{share:g}", f"{half:g}", path, make)
    unit = str(experiment.unit)
    make = partial(whole, "unit", _UNITS[unit])
    said = (f'"{unit}"', f'"{_UNITS[unit]}"')
    yield Edit(Kind.EXPERIMENTS, f"{name}, `unit`", *said, ("unit",), make)
    for place in range(len(experiment.filters)):
        make = partial(whole, "filters", replaced(experiment.filters, place))
        what = f"{name}, filter {place + 1}"
        yield Edit(Kind.EXPERIMENTS, what, "there", "left out", ("filters", place), make)
