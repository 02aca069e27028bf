"""A lamp for each promise: what came of it, in a sign and a word, and the story that breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.journeys import Journey
from meter.verify.answers import EVERYONE, ProofOutcome, ProofSection
from meter.verify.export import counterexample_text
from meter.verify.properties import BUILT_IN
from meter.verify.prove import guarantees
from meter.verify.situations import assumed
from meter.verify.telling.outcomes import (
    ADVICE,
    SECTION_TITLES,
    is_advice,
    totals,
    why_not_kept,
)
from meter.verify.telling.stories import StoryLine, story_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy
    from meter.verify.answers import ProofAnswer

__all__ = ["Lamp", "LampSection", "Lamps", "light"]

_SIGNS = {
    ProofOutcome.PROVED: ("✓", "holds", "good"),
    ProofOutcome.FAILS: ("✗", "broken", "bad"),
    ProofOutcome.NOT_DECIDED: ("?", "not decided", "warn"),
}
_ADVICE = ("✗", f"broken ({ADVICE})", "warn")


@frozen(kw_only=True)
class Lamp:
    """One promise: `sign`, `word` and `tone` of its lamp, and what `meter prove` says of it.

    `test` is the text of a journey file that fails until the promise is kept, `journey` the same as
    a journey; where there is none, `not_kept` says why.
    """

    number: int
    sign: str
    word: str
    tone: str
    name: str
    code: str
    how: str | None
    means: str | None
    story: tuple[StoryLine, ...] = ()
    test: str | None = None
    journey: Journey | None = None
    not_kept: str | None = None


@frozen(kw_only=True)
class LampSection:
    """Whose promises these are, in `totals` how many of them hold, and those that are left out."""

    title: str
    totals: str
    lamps: tuple[Lamp, ...]
    left_out: tuple[str, ...]
    is_own: bool


@frozen(kw_only=True)
class Lamps:
    """All lamps of a policy, and what a proof takes for granted."""

    sections: tuple[LampSection, ...]
    assumed: tuple[str, ...]

    def lamp(self, number: int | None) -> Lamp | None:
        """Return a lamp by its number."""
        every = (lamp for section in self.sections for lamp in section.lamps)
        return next((lamp for lamp in every if lamp.number == number), None)


def light(policy: Policy, file_name: str, *, seconds: float) -> Lamps:
    """Prove every promise of a policy as `meter prove` does, within some seconds.

    `file_name` is the policy's file, for the journey tests that will stand beside it.
    """
    answers = guarantees(policy, seconds=seconds)
    lamps = tuple(_lamp(number, answer, file_name) for number, answer in enumerate(answers))
    return Lamps(
        sections=tuple(_sections(policy, answers, lamps)),
        assumed=tuple(assumed(policy.rulebook.vocabulary)),
    )


def _sections(
    policy: Policy, answers: tuple[ProofAnswer, ...], lamps: tuple[Lamp, ...]
) -> Iterator[LampSection]:
    excepted = [code for code in BUILT_IN if code in policy.promises.except_]
    for section in ProofSection:
        mine = [answer for answer in answers if answer.section is section]
        left_out = excepted if section is ProofSection.EVERY_PAYWALL else []
        yield LampSection(
            title=SECTION_TITLES[section],
            totals=totals(mine, left_out),
            lamps=tuple(
                lamp
                for lamp, answer in zip(lamps, answers, strict=True)
                if answer.section is section
            ),
            left_out=tuple(f"{BUILT_IN[code]} (`{code}`)" for code in left_out),
            is_own=section is ProofSection.YOURS,
        )


def _lamp(number: int, answer: ProofAnswer, file_name: str) -> Lamp:
    sign, word, tone = _ADVICE if is_advice(answer) else _SIGNS[answer.outcome]
    story = answer.counterexample
    test = counterexample_text(answer, file_name)
    return Lamp(
        number=number,
        sign=sign,
        word=word,
        tone=tone,
        name=answer.name,
        code=answer.code,
        how=None if answer.how == EVERYONE or story is not None else answer.how,
        means=answer.means,
        story=() if story is None else tuple(story_lines(story)),
        test=test,
        journey=None if test is None else Journey.loads(test),
        not_kept=why_not_kept(story) if story is not None and test is None else None,
    )
