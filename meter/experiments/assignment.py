"""By which id of a reader an experiment tells variants apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.vocabulary import Word, word_of

if TYPE_CHECKING:
    from meter.experiments.experiment import Experiment

__all__ = ["Assignment", "ExperimentUnit", "unit_of"]


class ExperimentUnit(Word):
    """Which id of a reader an experiment hashes."""

    VISITOR = "visitor"
    READER = "reader"


def unit_of(value: ExperimentUnit | str) -> ExperimentUnit:
    """Return a word as what it means; what is no word stays, for the check to refuse."""
    return word_of(ExperimentUnit, value)


class Assignment(NamedTuple):
    """What puts a reader into a variant of an experiment, whoever it is for."""

    unit: ExperimentUnit
    by: Experiment

    @property
    def shared(self) -> tuple[str, ...]:
        """The variants that somebody is in, in their order."""
        return tuple(arm.variant for arm in self.by.arms if arm.first < arm.end)

    @property
    def by_visitor(self) -> bool:
        """Whether the id that the site keeps through sign-in is hashed, not the reader's own."""
        return self.unit is ExperimentUnit.VISITOR
