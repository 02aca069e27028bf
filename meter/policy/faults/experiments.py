"""What makes experiments, and the conditions that ask for their variants, unusable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from meter.errors import meant
from meter.policy.faults.conditions import PartsWithWords, placed_conditions
from meter.validation import fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.errors import Problem
    from meter.policy.conditions import When
    from meter.policy.experiments import DeclaredExperiment

__all__ = ["CODES", "PartsWithExperiments", "experiment_faults"]

_Path = tuple[str | int, ...]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NAME_STEP = "use letters, digits, `-` and `_`, at most 64 of them"

# fmt: off
_SAID = {
    "bad-name/experiment": ("`{name}` cannot be the name of an experiment", _NAME_STEP),
    "bad-name/variant": ("`{name}` cannot be the name of a variant", _NAME_STEP),
    "empty-list/variants": (
        "the list `{key}` is empty, so it would match nothing",
        "name at least one variant, or remove the key"),
    "empty-table/experiment": (
        "`experiment` names no experiment", 'write it like `{{ price = ["nine"] }}`'),
    "experiment-in-experiment": (
        "whom experiment `{name}` is for cannot depend on an experiment",
        "to keep two experiments apart, give both `filters` with one seed and other ranges"),
    "unknown-experiment": ("there is no experiment called `{name}`", "{meant}"),
    "unknown-variant": ("experiment `{experiment}` has no variant `{name}`", "{meant}"),
}
# fmt: on
CODES = sorted({key.partition("/")[0] for key in _SAID})


class PartsWithExperiments(PartsWithWords, Protocol):
    """A policy, or what could be read of one, with its experiments."""

    @property
    def experiments(self) -> tuple[DeclaredExperiment, ...]: ...


def _problem(case: str, path: _Path, /, **values: object) -> Problem:
    return fault_of(_SAID, case, path, **values)


def experiment_faults(policy: PartsWithExperiments) -> Iterator[Problem]:
    """Yield what is wrong with experiments and with who asks for their variants."""
    declared = {experiment.name: experiment for experiment in policy.experiments}
    for experiment in policy.experiments:
        path: _Path = ("experiments", experiment.name)
        if experiment.name.strip() and not _NAME.fullmatch(experiment.name):
            yield _problem("bad-name/experiment", path, name=experiment.name)
        for variant, _ in experiment.variants:
            if not _NAME.fullmatch(variant):
                yield _problem("bad-name/variant", (*path, "variants", variant), name=variant)
    for path, when in placed_conditions(policy):
        if when.experiment is None:
            continue
        place = (*path, "experiment")
        if path[0] == "experiments":
            yield _problem("experiment-in-experiment", place, name=path[1])
        else:
            yield from _asked_faults(when, place, declared)


def _asked_faults(
    when: When, path: _Path, declared: Mapping[str, DeclaredExperiment]
) -> Iterator[Problem]:
    """Yield the experiments and variants of a condition that there are not."""
    asked = when.experiment or {}
    if not asked:
        yield _problem("empty-table/experiment", path)
    for name, variants in asked.items():
        if not variants:
            yield _problem("empty-list/variants", (*path, name), key=name)
        if name not in declared:
            step = meant(name, declared, f"declare it: `[experiments.{name}]`")
            yield _problem("unknown-experiment", (*path, name), name=name, meant=step)
            continue
        known = [variant for variant, _ in declared[name].variants]
        for variant in sorted(variants.difference(known)):
            step = meant(variant, known)
            place = (*path, name)
            yield _problem("unknown-variant", place, experiment=name, name=variant, meant=step)
