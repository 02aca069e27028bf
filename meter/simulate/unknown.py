"""What no simulated audience knows yet: a policy that asks for it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import MeterError, listed
from meter.policy.faults.conditions import placed_conditions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy, When

__all__ = ["refuse_unknown"]


def refuse_unknown(policy: Policy) -> None:
    """Raise `MeterError` for conditions on what simulated people and articles do not have.

    The message names each with its place: an answer that left them out would be another policy's.
    """
    found: dict[str, list[str]] = {}
    for path, when in placed_conditions(policy):
        if path[0] == "guarantees":
            continue
        for asked in _unknown(when):
            place = f"{path[0]}.{path[1]}"
            if path[0] == "rules":
                place = f"rule `{policy.rules[int(path[1])].name}`"
            found.setdefault(asked, []).append(place)
    if found:
        said = [
            f"`{asked}` ({listed(list(dict.fromkeys(places)), 'and')})"
            for asked, places in found.items()
        ]
        raise MeterError(
            f"not simulated yet: {listed(said, 'and')}; simulated people and articles know nothing"
            " of it, so leave such conditions out of the policy that is simulated"
        )


def _unknown(when: When) -> Iterator[str]:
    if when.published is not None:
        yield "published"
    if when.value is not None:
        yield "value"
    if when.seen is not None:
        yield "seen"
    for name, lengths in () if when.since is None else when.since.asked():
        if name != "expiry":
            yield f"since.{name}"
        elif getattr(lengths, "product", None):
            yield "since.expiry.product"
