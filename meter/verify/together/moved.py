"""How many an edit of an experiment puts into another variant: exact shares, nothing sampled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from meter.canonical import to_table
from meter.experiments.moves import moves
from meter.verify.rows import Row, setting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from meter.experiments import Assignment
    from meter.policy import DeclaredExperiment, DeclaredHoldout, Policy

__all__ = ["in_same_variants", "moved", "share_words"]

_DIGITS = 6


def moved(old: Policy, new: Policy) -> Iterator[Row]:
    """Yield who is in another variant under `new`: a row for each variant before and after.

    Of experiments that some condition of either policy asks for. Variants are the same where their
    names are. What was edited follows, where that moves anybody.
    """
    asked = {each.name for policy in (old, new) for each in policy.rulebook.experiments}
    whose = list[str]()
    for name in sorted(asked):
        before = old.assignments.get(name)
        after = new.assignments.get(name)
        if before == after:
            continue
        if before is not None and after is not None and before.unit is not after.unit:
            rows = [
                Row(
                    about="experiment",
                    who=f"whoever is in experiment `{name}`",
                    before=f"variants by the id of the {before.unit}",
                    after=f"variants by the id of the {after.unit}",
                )
            ]
        else:
            rows = [*_rows(name, before, after)]
        yield from rows
        if rows and before is not None and after is not None:
            whose.append(name)
    for name in whose:
        was, now = (_settings(policy.experiment(name)) for policy in (old, new))
        yield from _settings_rows(f"experiment `{name}`", was, now)
    if whose:
        was, now = (_settings(policy.holdout) for policy in (old, new))
        yield from _settings_rows("the holdout", was, now)


def _settings(value: DeclaredExperiment | DeclaredHoldout | None) -> dict[str, str]:
    """Return what moves somebody, as a policy file has it, by key."""
    table = {} if value is None else to_table(value)
    return {key: setting(part) for key, part in table.items() if key not in _ELSEWHERE}


_ELSEWHERE = ("name", "unit", "when")
"""Keys of an experiment that other rows tell."""


def _settings_rows(what: str, was: dict[str, str], now: dict[str, str]) -> Iterator[Row]:
    for key in dict.fromkeys((*was, *now)):
        before, after = was.get(key, setting(None)), now.get(key, setting(None))
        if before != after:
            yield Row(about="experiment", who=f"{what}: `{key}`", before=before, after=after)


def in_same_variants(old: Policy, new: Policy) -> tuple[Policy, Policy]:
    """Return two policies that put every reader into the variants that `new` does.

    What differs between them differs for a reader who stays in a variant; who does not, `moved`
    tells. A variant that only `old` has is one that nobody is in.
    """
    if old.assignments == new.assignments or not old.experiments:
        return old, new
    known = {each.name: each for each in new.experiments}
    before, after = {}, dict(known)
    for experiment in old.experiments:
        before[experiment.name] = experiment
        other = known.get(experiment.name)
        if other is not None:
            names = dict(other.variants)
            gone = [(name, 0.0) for name, _ in experiment.variants if name not in names]
            both = evolve(other, variants=(*other.variants, *gone))
            before[experiment.name] = evolve(both, when=experiment.when)
            after[experiment.name] = both
    return (
        evolve(old, experiments=before.values(), holdout=new.holdout),
        evolve(new, experiments=after.values()),
    )


def _rows(name: str, before: Assignment | None, after: Assignment | None) -> Iterator[Row]:
    way = before or after
    found = moves(before and before.by, after and after.by)
    for flow in found.flows:
        if way is not None and flow.before != flow.after:
            yield Row(
                about="experiment",
                who=f"{share_words(flow.share)} of all {way.unit}s, by experiment `{name}`",
                before=_variant(flow.before, before),
                after=_variant(flow.after, after),
            )


def _variant(variant: str | None, way: Assignment | None) -> str:
    if way is None:
        return "no such experiment"
    return "in no variant" if variant is None else f"in variant `{variant}`"


def share_words(share: Fraction) -> str:
    """Say a share in percent, exactly; `about` marks one that has more digits than are shown.

    >>> from fractions import Fraction
    >>> share_words(Fraction(1, 8)), share_words(Fraction(1, 3))
    ('12.5 %', 'about 33.333333 %')
    """
    hundred = share * 100
    shown = round(hundred, _DIGITS)
    digits = f"{float(shown):.{_DIGITS}f}".rstrip("0").rstrip(".")
    return f"{digits} %" if shown == hundred else f"about {digits} %"
