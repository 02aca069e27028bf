"""Which readers, page views and standings are there at all?

What is told apart of them, and what is taken for granted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.facts import Vocabulary

__all__ = [
    "EXPIRED",
    "RUNNING",
    "Situation",
    "Standing",
    "Variable",
    "assumed",
    "counts_that_matter",
]

EXPIRED = (Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED)
RUNNING = (Status.TRIAL, Status.SUBSCRIBER, Status.STAFF)

_ASSUMED = (
    (
        ("days_since_expiry",),
        (
            "the days since expiry are known for readers whose access has expired, and for nobody"
            " else; they are whole and never below 0"
        ),
    ),
    (("product",), "only readers in a trial, subscribers and staff hold products"),
    (("score",), "a score is between 0 and 1"),
    (("age_days",), "an article's age is a whole number of days"),
    (
        ("open",),
        (
            "what is left of a meter never exceeds the limit of that reader, a limit of 0 is never"
            " open, and a view that counts leaves at least one less than the limit"
        ),
    ),
    (
        ("open",),
        "any count a limit allows may have been reached, by reading any articles in any order",
    ),
    (
        (),
        (
            "a reader is one identity, and the store keeps what it was told: whoever clears cookies"
            " is a new reader"
        ),
    ),
)


def assumed(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return what is taken for granted about readers, views and meters, as far as the policies of a
    vocabulary look at it.
    """
    names = {slot.name for slot in vocabulary.slots}
    return tuple(words for needs, words in _ASSUMED if names.issuperset(needs))


@frozen
class Standing:
    """Where a reader stands on a meter, under each policy of a space.

    The codes of its `open` and `left` slots.
    """

    codes: tuple[tuple[bool, int], ...]


@frozen
class Variable:
    """One level of a space.

    A slot (`member` for one member of a set), `counts`, or a meter's standing.
    """

    name: str
    domain: tuple[Any, ...]
    slot: int | None = None
    member: str | None = None
    meter: str | None = None
    who: bool = False


@frozen
class Situation:
    """One code for everything.

    `values` by slot, whether the view counts, and a standing by meter; `matters` are the levels to
    tell of.
    """

    codes: tuple[int, ...]
    values: dict[str, Any]
    counts: bool
    standings: dict[str, Standing]
    matters: frozenset[int] = frozenset()


def counts_that_matter(limits: Sequence[int], mentioned: Sequence[float]) -> list[int]:
    """Return counts from 0 to the largest limit, at least one between any two at which a code can
    change.
    """
    edges = {0, *(int(limit - mark) for limit in limits for mark in (0, *mentioned))}
    return sorted(
        {edge + step for edge in edges for step in range(-2, 3) if 0 <= edge + step <= max(limits)}
    )
