"""Bound the work of a question, and ask z3 where the bound is reached.

One order of variables is tried, then another (or z3, where it is installed), and then the answer is
"not decided".
"""

from __future__ import annotations

from importlib.util import find_spec
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from meter.errors import MissingExtraError
from meter.verify.diagram import MOST_STEPS, UndecidedError
from meter.verify.layout import dividing_slot
from meter.verify.space import Space

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meter.rulebook import Rulebook
    from meter.verify.smt.solver import Solver

__all__ = ["SOLVER_SECONDS", "decided", "is_installed", "open_solver"]

SOLVER_SECONDS = 5.0
"""How long z3 may take by default."""

_MORE = 6
"""How much longer an attempt may be whose order suits the policy: 150 rules of 12 sections fit."""

_Answer = TypeVar("_Answer")


def is_installed() -> bool:
    """Say whether z3 can be asked."""
    return find_spec("z3") is not None


def decided(
    rulebooks: Sequence[Rulebook],
    question: Callable[[Space], _Answer],
    *,
    steps: int = MOST_STEPS,
    seconds: float | None = None,
) -> _Answer:
    """Return the answer to a question about a space.

    Raises `UndecidedError` where the work is too large.

    `steps` bounds the work of each attempt (about 150 bytes a step), `seconds` the time of all of
    them. A second attempt has the variables in another order; where z3 is installed, only if
    something divides the rules, as sections do: it is asked next.
    """
    until = None if seconds is None else monotonic() + seconds
    try:
        return question(Space(rulebooks, steps=steps, until=until))
    except UndecidedError:
        if is_installed() and dividing_slot(rulebooks) is None:
            raise
        more = steps if dividing_slot(rulebooks) is None else _MORE * steps
        return question(Space(rulebooks, by_mention=True, steps=more, until=until))


def open_solver(rulebooks: Sequence[Rulebook], reason: str) -> Solver:
    """Return z3 with the space of some policies, for a question too large for a diagram.

    `reason` says why it is too large. Raises `UndecidedError` where z3 cannot be asked either.
    """
    if not is_installed():
        raise UndecidedError(f"{reason}; {MissingExtraError('z3')}")
    from meter.verify.smt.solver import Solver  # noqa: PLC0415 - an extra, and slow to load

    return Solver(Space(rulebooks))
