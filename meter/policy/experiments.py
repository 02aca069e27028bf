"""The experiments of a policy: which variants there are, for whom, and by which id."""

from __future__ import annotations

from attrs import field, frozen

from meter.errors.kinds import TEXT, choice, instance, number
from meter.errors.values import check_fields
from meter.experiments import (
    Assignment,
    Experiment,
    ExperimentUnit,
    Filter,
    Hash,
    hash_of,
    holdout,
    unit_of,
)
from meter.policy.conditions import EVERYONE, When

__all__ = ["DeclaredExperiment", "DeclaredHoldout"]


@frozen(kw_only=True)
class DeclaredHoldout:
    """The share of all ids that is in no experiment, by a seed of its own."""

    seed: str
    share: float
    hash: Hash = field(default=Hash.GROWTHBOOK_2, converter=hash_of)

    def __attrs_post_init__(self) -> None:
        kinds = {"seed": TEXT, "share": number(0, 1, "0.05"), "hash": choice(Hash)}
        check_fields(self, kinds)

    @property
    def filter(self) -> Filter:
        """What lets through everybody else."""
        return holdout(seed=self.seed, share=self.share, hash_=self.hash)


@frozen(kw_only=True)
class DeclaredExperiment(Experiment):
    """An experiment of a policy, for those whom `when` describes.

    Its variants are told apart by the reader's `visitor` id, which a site keeps through sign-in, or
    by the reader's own. A condition asks for variants by the experiment's `name`.
    """

    name: str
    unit: ExperimentUnit = field(default=ExperimentUnit.VISITOR, converter=unit_of)
    when: When = EVERYONE

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_fields(self, {"name": TEXT, "unit": choice(ExperimentUnit), "when": instance(When)})

    def assignment(self, kept_out: DeclaredHoldout | None = None) -> Assignment:
        """Return what puts a reader into a variant; whom the publication keeps out is in none."""
        of_all: tuple[Filter, ...] = () if kept_out is None else (kept_out.filter,)
        by = Experiment(
            seed=self.seed,
            variants=self.variants,
            hash=self.hash,
            coverage=self.coverage,
            filters=self.filters + of_all,
        )
        return Assignment(self.unit, by)
