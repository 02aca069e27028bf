"""Plain lints of experiments: those that change nothing for anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.loading.lints.warned import warning
from meter.policy.faults.conditions import placed_conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.policy import Policy

__all__ = ["EXPERIMENTS"]


def _unasked_experiments(policy: Policy, _: date | None) -> Iterator[Problem]:
    known = {
        name
        for path, when in placed_conditions(policy)
        for name in when.experiment or ()
        if path[0] != "guarantees"
    }
    for experiment in policy.experiments:
        if experiment.name in known:
            continue
        variant = experiment.variants[-1][0]
        message = (
            f"no condition asks for a variant of experiment `{experiment.name}`, so everybody gets"
            " the same, and nobody is exposed"
        )
        asked = f'experiment = {{ {experiment.name} = ["{variant}"] }}'
        step = f"add `{asked}` to a `when`, or remove the experiment"
        yield warning("unasked-experiment", ("experiments", experiment.name), message, step)


def _alone(policy: Policy, _: date | None) -> Iterator[Problem]:
    for experiment in policy.experiments:
        if len(policy.assignments[experiment.name].shared) == 1:
            message = (
                f"experiment `{experiment.name}` has only one variant that anybody is in, so there"
                " is nothing to compare it with"
            )
            step = "give another variant a share, `control` for example"
            place = ("experiments", experiment.name, "variants")
            yield warning("lone-variant", place, message, step)


EXPERIMENTS: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "unasked-experiment": _unasked_experiments,
    "lone-variant": _alone,
}
"""Each warning by its code."""
