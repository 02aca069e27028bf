"""Compare what a step brought with what it was expected to bring, and say why they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.explanation import explain
from meter.prompts import render
from meter.windows import local_instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.decision import Decision
    from meter.journeys.steps import Expect
    from meter.policy import Policy

__all__ = ["broken"]

_OF_DECISION = ("show", "access", "rule", "offer", "prompt", "left", "used", "counted")
_OF_METER = ("left", "used")
_MAY_BE_NONE = ("offer", "prompt")
"""`true` expects any of these, `false` none."""


def broken(
    expect: Expect | None, decision: Decision, policy: Policy, locale: str | None
) -> str | None:
    """Return what differs from an expectation, and why it is so; `None` if nothing does."""
    if expect is None:
        return None
    differs = [
        *_different_values(expect, decision),
        *_different_reset(expect, decision, policy),
        *_unsaid(expect, decision, policy, locale),
    ]
    if not differs:
        return None
    why = [f"  {line}" for line in explain(decision).splitlines()]
    return "\n".join([*differs, *why])


def _different_values(expect: Expect, decision: Decision) -> Iterator[str]:
    for key in _OF_DECISION:
        wanted: object = getattr(expect, key)
        found: object = getattr(decision.meter if key in _OF_METER else decision, key, None)
        if wanted is None or _is_met(key, wanted, found):
            continue
        got = "none" if found is None else f"`{_word(found)}`"
        yield f"expected `{key} = {_word(wanted)}`, got {got}"


def _is_met(key: str, wanted: object, found: object) -> bool:
    if key in _MAY_BE_NONE and isinstance(wanted, bool):
        return wanted == (found is not None)
    return wanted == found


def _different_reset(expect: Expect, decision: Decision, policy: Policy) -> Iterator[str]:
    if expect.resets_at is None:
        return
    wanted = moment(local_instant(expect.resets_at, policy.zone), policy.zone)
    resets = None if decision.meter is None else decision.meter.resets_at
    if resets != wanted:
        got = "none" if resets is None else f"`{resets.isoformat()}`"
        yield f"expected `resets_at = {wanted.isoformat()}`, got {got}"


def _unsaid(
    expect: Expect, decision: Decision, policy: Policy, locale: str | None
) -> Iterator[str]:
    if not expect.says:
        return
    text = " ".join(render(decision, policy, locale=locale, format="text").split())
    said = f"`{text}`" if text else "nothing"
    for words in expect.says:
        if " ".join(words.split()) not in text:
            yield f"expected it to say `{words}`, but it says {said}"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
