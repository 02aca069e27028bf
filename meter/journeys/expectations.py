"""Compare what a step brought with what it was expected to bring, and say why they differ."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import frozen

from meter.explanation import explain
from meter.prompts import render
from meter.windows import local_instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.decision import Decision
    from meter.journeys.steps import Expect
    from meter.policy import Policy

__all__ = ["Difference", "broken", "differences"]

_OF_DECISION = ("show", "access", "rule", "offer", "offers", "prompt", "left", "used", "counted")
_OF_METER = ("left", "used")


@frozen(kw_only=True)
class Difference:
    """One thing that is not as expected: the key of `expect`, what it asks for and what is so.

    `place` is the place of a text in a list of several that `says` asks for. What is not there is
    `None`; of `says`, `found` is everything the prompt says.
    """

    key: str
    wanted: object
    found: object
    place: int | None = None

    def __str__(self) -> str:
        if self.key == "says":
            return self._unsaid()
        got = "none" if self.found is None else f"`{_word(self.found)}`"
        return f"expected `{self.key} = {_word(self.wanted)}`, got {got}"

    def _unsaid(self) -> str:
        said = f"`{self.found}`" if self.found else "nothing"
        if isinstance(self.wanted, bool):
            wanted = "something" if self.wanted else "nothing"
            return f"expected it to say {wanted}, but it says {said}"
        return f"expected it to say `{self.wanted}`, but it says {said}"


def broken(
    expect: Expect | None, decision: Decision, policy: Policy, locale: str | None
) -> str | None:
    """Return what differs from an expectation, and why it is so; `None` if nothing does."""
    differs = [str(one) for one in differences(expect, decision, policy, locale)]
    if not differs:
        return None
    why = [f"  {line}" for line in explain(decision).splitlines()]
    return "\n".join([*differs, *why])


def differences(
    expect: Expect | None, decision: Decision, policy: Policy, locale: str | None
) -> Iterator[Difference]:
    """Yield everything in which a decision is not what was expected."""
    if expect is None:
        return
    for key in _OF_DECISION:
        wanted: object = getattr(expect, key)
        found: object = getattr(decision.meter if key in _OF_METER else decision, key, None)
        if wanted is not None and not _is_met(wanted, found):
            yield Difference(key=key, wanted=wanted, found=found)
    if expect.resets_at is not None:
        yield from _different_reset(expect, decision, policy)
    exposed = tuple(exposure.experiment for exposure in decision.exposures)
    if expect.exposed is not None and expect.exposed != exposed:
        yield Difference(key="exposed", wanted=expect.exposed, found=exposed)
    if expect.says != ():
        yield from _different_words(expect, decision, policy, locale)


def _is_met(wanted: object, found: object) -> bool:
    """Say whether what is so is what was wanted: `true` wants anything, `false` nothing."""
    if isinstance(wanted, bool) and not isinstance(found, bool):
        return wanted == (found is not None)
    return wanted == found


def _different_reset(expect: Expect, decision: Decision, policy: Policy) -> Iterator[Difference]:
    resets = None if decision.meter is None else decision.meter.resets_at
    wanted: object = expect.resets_at
    if isinstance(expect.resets_at, date):
        wanted = moment(local_instant(expect.resets_at, policy.zone), policy.zone)
    if not _is_met(wanted, resets):
        yield Difference(key="resets_at", wanted=wanted, found=resets)


def _different_words(
    expect: Expect, decision: Decision, policy: Policy, locale: str | None
) -> Iterator[Difference]:
    text = " ".join(render(decision, policy, locale=locale, format="text").split())
    if isinstance(expect.says, bool):
        if expect.says != bool(text):
            yield Difference(key="says", wanted=expect.says, found=text)
        return
    for place, words in enumerate(expect.says):
        if " ".join(words.split()) not in text:
            yield Difference(key="says", wanted=words, found=text, place=place)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return value.isoformat() if isinstance(value, datetime) else str(value)
