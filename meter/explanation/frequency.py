"""How often a prompt is shown, in a person's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.forms import span_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.decision import Decision
    from meter.policy import Prompt
    from meter.policy.prompts import Cap, Quiet

__all__ = ["frequency_words", "in_turn"]

_TIMES = {1: "once", 2: "twice"}


def frequency_words(prompt: Prompt) -> str:
    """Say how often a prompt is shown, such as ``at most once a day; instead: `small-bar` ``.

    Nothing of a prompt that comes at every view of its rule.

    >>> from meter.policy.prompts import Cap, Prompt, Quiet
    >>> from meter.windows import Window
    >>> caps = [
    ...     Cap(times=1, window=Window(calendar="day")),
    ...     Cap(times=6, window=Window(rolling="30 days")),
    ... ]
    >>> quiet = Quiet(closed="7 days")
    >>> frequency_words(Prompt(name="give", heading="Give", at_most=caps, quiet_after=quiet))
    'at most once a day, 6 times in 30 days; not for 7 days after it was closed'
    """
    return "; ".join(_said(prompt)) if prompt.is_capped else ""


def _said(prompt: Prompt) -> Iterator[str]:
    if prompt.once:
        yield "one time only"
    if prompt.at_most:
        yield f"at most {', '.join(map(_cap_words, prompt.at_most))}"
    if prompt.every is not None:
        yield f"only each time `{prompt.every.meter}` has counted another {prompt.every.views}"
    if prompt.quiet_after is not None:
        yield f"not for {', nor for '.join(_silences(prompt.quiet_after))}"
    if prompt.group is not None:
        yield f"counted together with the prompts of the group `{prompt.group}`"
    if prompt.instead is not None:
        yield f"instead: `{prompt.instead}`"


def _cap_words(cap: Cap) -> str:
    times = _TIMES.get(cap.times, f"{cap.times} times")
    window = cap.window
    if window.calendar is not None:
        return f"{times} a {window.calendar}"
    if window.rolling is not None:
        return f"{times} in {span_text(window.rolling)}"
    if window.fixed is not None:
        return f"{times} in {span_text(window.fixed)} from the first"
    return f"{times} ever"


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
