"""How often a prompt is shown, in a person's words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from meter.forms import span_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.decision import Decision
    from meter.policy import Prompt
    from meter.policy.prompts import Quiet
    from meter.windows import Window

__all__ = ["cap_words", "frequency_words", "in_turn", "stretch_words", "times_words"]

_TIMES = {1: "once", 2: "twice"}
_A_DAY = timedelta(days=1)


def frequency_words(prompt: Prompt) -> str:
    """Say how often a prompt is shown, such as ``at most once ever; instead: `small-bar` ``.

    Nothing of a prompt that comes at every view of its rule.

    >>> from meter.policy.prompts import Cap, Prompt, Quiet
    >>> from meter.windows import Window
    >>> caps = [
    ...     Cap(times=1, window=Window(calendar="day")),
    ...     Cap(times=6, window=Window(rolling="30 days")),
    ... ]
    >>> quiet = Quiet(closed="7 days")
    >>> frequency_words(Prompt(name="give", heading="Give", at_most=caps, quiet_after=quiet))
    'at most once each calendar day, 6 times in any 30 days; not for 7 days after it was closed'
    """
    return "; ".join(_said(prompt)) if prompt.is_capped else ""


def _said(prompt: Prompt) -> Iterator[str]:
    if prompt.once:
        yield "one time only"
    if prompt.at_most:
        caps = (cap_words(cap.times, cap.window) for cap in prompt.at_most)
        yield f"at most {', '.join(caps)}"
    if prompt.every is not None:
        yield f"only each time `{prompt.every.meter}` has counted another {prompt.every.views}"
    if prompt.quiet_after is not None:
        yield f"not for {', nor for '.join(_silences(prompt.quiet_after))}"
    if prompt.group is not None:
        yield f"counted together with the prompts of the group `{prompt.group}`"
    if prompt.instead is not None:
        yield f"instead: `{prompt.instead}`"


def cap_words(times: int, window: Window) -> str:
    """Say a cap: `twice each calendar day`, `6 times in any 30 days`.

    A day of a calendar is that of the publication's zone, any other has 24 hours.
    """
    return f"{times_words(times)} {stretch_words(window)}"


def times_words(times: int) -> str:
    """Say how often: `once`, `twice`, `3 times`."""
    return _TIMES.get(times, f"{times} times")


def stretch_words(window: Window) -> str:
    """Say in which stretch of time showings are counted: `each calendar day`, `ever`."""
    if window.calendar is not None:
        return f"each {window}"
    if window.rolling is not None:
        return f"in any {_hours_words(window.rolling)}"
    if window.fixed is not None:
        return f"in the {_hours_words(window.fixed)} from the first"
    return "ever"


def _hours_words(length: timedelta) -> str:
    return "24 hours" if length == _A_DAY else span_text(length)


def _silences(quiet: Quiet) -> Iterator[str]:
    lengths = (
        (quiet.closed, "after it was closed"),
        (quiet.purchase, "after a purchase"),
        (quiet.shown, "after it was shown"),
    )
    for length, when in lengths:
        if length is not None:
            yield f"{span_text(length)} {when}"


def in_turn(decision: Decision) -> tuple[Prompt, ...]:
    """Return the prompt that a view's rule names, and what stands in for it, one after the other.

    Nothing where it comes at every view of the rule, or is not declared in words.
    """
    rulebook = decision.rulebook
    if rulebook is None:
        return ()
    prompts = {prompt.name: prompt for prompt in rulebook.policy.prompts}
    found: list[Prompt] = []
    name = rulebook.policy.rule(decision.rule).prompt
    while name is not None and name in prompts:
        found.append(prompts[name])
        name = prompts[name].instead if prompts[name].is_capped else None
    return tuple(found) if found and found[0].is_capped else ()
