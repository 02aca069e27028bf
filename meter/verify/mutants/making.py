"""Every policy that is one small mistake away from a policy."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from attrs import evolve

from meter.errors import MeterError
from meter.verify.mutants.campaigns.experiments import experiment_edits
from meter.verify.mutants.edit import Edit, Kind, Mutant, lifted, replaced, with_field
from meter.verify.mutants.meters import meter_edits, zone_edits
from meter.verify.mutants.offers import offer_edits, product_edits
from meter.verify.mutants.rules import rule_edits
from meter.verify.mutants.texts import text_edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.loading.positions import Path
    from meter.policy import Meter, Policy

__all__ = ["mutants"]


def mutants(policy: Policy) -> tuple[Mutant, ...]:
    """Return every policy that one small mistake makes of this one, each once.

    What no policy may say is left out: an editor would be told so.
    """
    made: dict[Path, list[Mutant]] = {}
    for edit in _edits(policy):
        try:
            changed = edit.make()
        except (MeterError, ValueError):
            continue
        # Only mistakes in one place can come to the same: hashing each policy would take long.
        beside = made.setdefault(edit.path[:2], [])
        if changed == policy or any(changed == other.policy for other in beside):
            continue
        beside.append(
            Mutant(
                kind=edit.kind,
                what=edit.what,
                old=edit.old,
                new=edit.new,
                path=edit.path,
                policy=changed,
            )
        )
    return tuple(mutant for beside in made.values() for mutant in beside)


def _edits(policy: Policy) -> Iterator[Edit[Policy]]:
    return chain(
        lifted(
            zone_edits(policy.publication.timezone),
            ("publication", "timezone"),
            lambda zone: evolve(policy, publication=evolve(policy.publication, timezone=zone)),
        ),
        _of_named(policy, "meters", partial(_meter, policy)),
        _of_named(policy, "offers", offer_edits),
        _of_named(policy, "products", product_edits),
        _of_named(policy, "experiments", experiment_edits),
        _holdout(policy),
        rule_edits(policy),
        text_edits(policy),
    )


def _holdout(policy: Policy) -> Iterator[Edit[Policy]]:
    if policy.holdout is not None:
        make = partial(with_field, policy, "holdout", None)
        yield Edit(Kind.EXPERIMENTS, "the holdout", "there", "left out", ("holdout",), make)


def _meter(policy: Policy, meter: Meter) -> Iterator[Edit[Meter]]:
    spent = any(meter.name in rule.spend for rule in policy.rules)
    return meter_edits(meter, spent=spent)


def _of_named(
    policy: Policy, table: str, edits_of: Callable[[Any], Iterator[Edit[Any]]]
) -> Iterator[Edit[Policy]]:
    for place, item in enumerate(getattr(policy, table)):
        yield from lifted(edits_of(item), (table, item.name), partial(_with, policy, table, place))


def _with(policy: Policy, table: str, place: int, item: object) -> Policy:
    return with_field(policy, table, replaced(getattr(policy, table), place, item))
