"""How much work may a question cost?

One order of variables is tried, then another, and then the answer is "not decided".
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from meter.verify.diagram import MOST_STEPS, UndecidedError
from meter.verify.smt import is_installed
from meter.verify.space import Space

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meter.rulebook import Rulebook

__all__ = ["decided"]

_Answer = TypeVar("_Answer")


def decided(
    rulebooks: Sequence[Rulebook],
    question: Callable[[Space], _Answer],
    *,
    steps: int = MOST_STEPS,
    seconds: float | None = None,
) -> _Answer:
    """Return the answer to a question about a space.

    Raises `UndecidedError` where it cannot be had.

    `steps` bounds the work of each attempt (about 150 bytes a step), `seconds` the time of all of
    them. Where z3 is installed there is one attempt only: it is asked next.
    """
    until = None if seconds is None else monotonic() + seconds
    try:
        return question(Space(rulebooks, steps=steps, until=until))
    except UndecidedError:
        if is_installed():
            raise
        return question(Space(rulebooks, by_mention=True, steps=steps, until=until))
