"""All the words of a prompt that hang on what its reader was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.prompts.parts.counted import MeterWords
from meter.prompts.parts.selling import return_line

if TYPE_CHECKING:
    from meter.decision import Decision
    from meter.policy import Policy
    from meter.prompts.texts import Texts

__all__ = ["CountedWords", "counted_words"]


@frozen
class CountedWords:
    """What is told of a count. What there is not is an empty text."""

    heading: str
    count_line: str
    return_line: str
    period: str
    noun: str


def counted_words(
    decision: Decision,
    policy: Policy,
    texts: Texts,
    kind: str,
    publication: str,
    *,
    returns: bool,
) -> CountedWords:
    """Return the words of a prompt of a kind that hang on the meter of its decision.

    `publication` is its name as the texts write it; `returns` says whether the reader of a wall
    reads again once the meter resets.
    """
    today = decision.at.astimezone(policy.zone).date()
    counted = MeterWords(decision, policy, texts, today)
    heading, count_line = counted.heading(kind, publication)
    again = ""
    if returns and decision.meter is not None:
        again = return_line(decision.meter, policy, texts, today)
    return CountedWords(heading, count_line, again, counted.period, counted.noun)
