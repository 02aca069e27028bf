"""Offers with a deadline of one's own: since when a reader has had one, and when it is over.

An offer that `lasts` runs for each reader from the first view that showed it to them, half-open and
in absolute time. That instant is remembered, the earlier of two; it is no count, and moves no
window. One more than a day ahead is a clock that was wrong: the offer was not shown yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.decision import NEVER, Deadline
from meter.windows import DAY, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.decision import Conclusion
    from meter.policy.offers import Lasting
    from meter.rulebook import Rulebook
    from meter.usage import Usage

__all__ = [
    "begin",
    "deadlines",
    "elapsed_codes",
    "first_offered",
    "long_offered",
    "offered_ends",
    "prune_offered",
]


def first_offered(usage: Usage, offer: str, at: int) -> int | None:
    """Return when an offer was first shown, as far as the clock can be believed at `at`."""
    first = usage.offered.get(offer)
    return None if first is None or first > at + DAY else first


def elapsed_codes(rulebook: Rulebook, usage: Usage, at: int) -> Iterator[int]:
    """Yield for each offer with a deadline of one's own how long the reader has had it, as codes.

    `NEVER` is one that was not shown yet.
    """
    vocabulary = rulebook.vocabulary
    for offer in vocabulary.lasting:
        first = first_offered(usage, offer, at)
        code = None if first is None else vocabulary.offered(offer).code(max(at - first, 0))
        yield NEVER if code is None else code


def begin(usage: Usage, offers: tuple[str, ...], at: int) -> dict[str, int]:
    """Return when offers were first shown, after some were at the instant `at`: the earlier stays.

    It is the very same table where that changes nothing.
    """
    known = {offer: first_offered(usage, offer, at) for offer in offers}
    new = {offer: at for offer, first in known.items() if first is None or at < first}
    return {**usage.offered, **new} if new else usage.offered


def deadlines(
    rulebook: Rulebook, conclusion: Conclusion, usage: Usage, at: int
) -> tuple[Deadline, ...]:
    """Return when the offers of a decision are over for this reader, by what is remembered now.

    One that ends for everybody before that ends then. There is none of what is not shown yet.
    """
    found = []
    for offer in conclusion.lasting:
        first = first_offered(usage, offer, at)
        if first is not None:
            lasts, end = rulebook.lasting[offer]
            over = first + lasts if end is None else min(first + lasts, end)
            found.append(Deadline(offer, moment(over, rulebook.policy.zone)))
    return tuple(found)


def long_offered(lasting: Mapping[str, Lasting], at: int) -> dict[str, int]:
    """Return the first showings of somebody for whom every such offer is over at the instant `at`.

    `lasting` are the offers of a policy (see `Policy.lasting`).
    """
    return {offer: at - lasts for offer, (lasts, _) in lasting.items()}


def offered_ends(rulebook: Rulebook, usage: Usage) -> Iterator[int | None]:
    """Yield from when it makes no difference that each offer was shown; `None` for never.

    An offer that was over for somebody stays over, until it ends for everybody. One that the policy
    no longer has may come back with the next one: it is kept while the longest window lasts.
    """
    return (_end_of(rulebook, offer, first) for offer, first in usage.offered.items())


def _end_of(rulebook: Rulebook, offer: str, first: int) -> int | None:
    if offer in rulebook.lasting:
        return rulebook.lasting[offer].end
    ends = [timeline.ends((first,)) for timeline in rulebook.every_timeline]
    known = [end for end in ends if end is not None]
    return max(known, default=first) if len(known) == len(ends) else None


def prune_offered(rulebook: Rulebook, offered: dict[str, int], when: int) -> dict[str, int]:
    """Return the first showings of offers that make a difference after the instant `when`.

    That may be a day ahead of the clock of another server, for which the offer still runs.
    """
    kept = {}
    for offer, first in offered.items():
        end = _end_of(rulebook, offer, first)
        if end is None or end + DAY > when:
            kept[offer] = first
    return kept
