"""A witness as the text of a journey file, whose expectations are those of the right policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from meter.journeys import Journey, JourneyError
from meter.journeys.writing import reader_table, tables_text
from meter.verify.export import seen_table
from meter.verify.mutants.journeys import broken_step, noticed
from meter.verify.mutants.witness import expected, first_witness

if TYPE_CHECKING:
    from collections.abc import Collection

    from meter.policy import Policy
    from meter.verify.mutants.edit import Mutant
    from meter.verify.mutants.witness import Witness

__all__ = ["ToldJourney", "told_journey"]


@frozen(kw_only=True)
class ToldJourney:
    """A journey that notices mistakes by what its last step expects."""

    tables: dict[str, Any]
    expect: dict[str, object]
    journey: Journey

    @classmethod
    def of(cls, tables: dict[str, Any], expect: dict[str, object]) -> ToldJourney:
        """Return a journey with these expectations at its end. Raises `JourneyError`."""
        journey = Journey.loads(_text(tables, expect, {}))
        return cls(tables=tables, expect=expect, journey=journey)

    def keys(self, policy: Policy) -> frozenset[str]:
        """Return by which of its expectations it notices what is wrong in a policy."""
        how = noticed(self.journey, policy)
        return frozenset(how.keys) if how is not None and how.seen else frozenset()

    def text(self, keys: Collection[str], **head: str) -> str:
        """Return the text of a file that expects some of it, with a title and a policy."""
        expect = {key: value for key, value in self.expect.items() if key in keys}
        return _text(self.tables, expect, head)

    def expecting(self, keys: Collection[str]) -> ToldJourney:
        """Return the same journey with some of its expectations."""
        expect = {key: value for key, value in self.expect.items() if key in keys}
        return evolve(self, expect=expect, journey=Journey.loads(_text(self.tables, expect, {})))


def told_journey(policy: Policy, mutant: Mutant, *, seconds: float | None) -> ToldJourney | None:
    """Return a journey that goes as expected under a policy, and not with a mistake in it.

    `None` where no journey of a new reader was found: what differs may only be met by somebody who
    has read under another policy, or with a switch turned, or may not be what journeys look at.
    """

    def told(witness: Witness) -> ToldJourney | None:
        expect = {**expected(witness.steps[-1].decision), **witness.expect}
        try:
            journey = ToldJourney.of(_tables(policy, witness), expect)
            good = broken_step(journey.journey, policy) is None
        except JourneyError:
            return None
        return journey if good and journey.keys(mutant.policy) else None

    return first_witness(policy, mutant.policy, told, seconds=seconds)


def _tables(policy: Policy, witness: Witness) -> dict[str, Any]:
    first = witness.steps[0].asked
    tables: dict[str, Any] = {"reader": reader_table(first.reader)}
    if witness.locale not in (None, policy.publication.locale):
        tables = {"locale": witness.locale, **tables}
    tables["steps"] = [
        {"at": step.asked.now, "read": seen_table(step.asked.view)} for step in witness.steps
    ]
    return tables


def _text(tables: dict[str, Any], expect: dict[str, object], head: dict[str, str]) -> str:
    """Write a journey as people write them: a line for what each step does."""
    reader = {key: value for key, value in tables["reader"].items() if key != "id"}
    *before, last = tables["steps"]
    steps = [*before, {**last, "expect": expect} if expect else last]
    return tables_text({**head, **tables, "reader": reader, "steps": steps})
