"""Situations (reader, page view, meter states), and what is assumed about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from meter.facts import Codes
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Container

    from meter.facts import Vocabulary

__all__ = ["EXPIRED", "HELD", "RUNNING", "MeterState", "Situation", "Variable", "assumed"]

EXPIRED = (Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED)
RUNNING = (Status.TRIAL, Status.SUBSCRIBER, Status.STAFF)
HELD = ("product", "whole")
"""What only a reader has whose right is running."""

_SEVERAL = "several meters"

_ASSUMED = (
    (
        ("expiry",),
        (
            "the time since expiry is known for readers whose access has expired, and for nobody"
            " else; it is never below 0"
        ),
    ),
    (("purchase",), "only a right that runs was bought, and not every right says when"),
    (("registration",), "only who has an account has registered"),
    (("product",), "only readers in a trial, subscribers and staff hold products"),
    (
        ("named",),
        (
            "any reader may hold a purchase or a gift that names an article, its section or a tag"
            " of it"
        ),
    ),
    (
        ("started",),
        "whoever has an id may have started an offer before, and who has none gets no such offer",
    ),
    (
        ("offered",),
        (
            "whoever has an id may have been shown an offer that lasts a while any time ago, and"
            " who has none gets no such offer"
        ),
    ),
    (
        ("seen",),
        (
            "a prompt was shown no more often than its caps and those of its group allow now; of a"
            " reader without an id nobody knows what was"
        ),
    ),
    (
        ("experiment",),
        (
            "an id is in one variant of each experiment that lets it in, as its hash has it, and"
            " any share above nothing is somebody"
        ),
    ),
    (("score",), "a score is between 0 and 1"),
    (("value",), "an article's value is between 0 and 1"),
    (("age",), "an article's age is known once it is published, and never below 0"),
    (
        ("open",),
        (
            "what is left of a meter never exceeds the limit of that reader, a limit of 0 is open"
            " to what is counted already only, and a view that counts leaves at least one less than"
            " the limit"
        ),
    ),
    (
        ("used",),
        (
            "any number may have been counted, also more than the limit of now, and of a reader"
            " without an id nobody knows what was"
        ),
    ),
    (
        ("open",),
        (
            "any count a limit allows may have been reached, by reading any articles in any order,"
            " and under another status, section or limit than now"
        ),
    ),
    ((_SEVERAL,), "how much one meter has counted says nothing of how much another has"),
    (
        (),
        (
            "a reader is one identity, and the store keeps what it is given: whoever clears cookies"
            " is a new reader"
        ),
    ),
)


def assumed(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return what is taken for granted about what the policies of a vocabulary look at."""
    names = {slot.asks for slot in vocabulary.slots}
    if len(vocabulary.meters) > 1:
        names.add(_SEVERAL)
    return tuple(words for needs, words in _ASSUMED if names.issuperset(needs))


@frozen(cache_hash=True)
class MeterState:
    """The state of a meter for a view: the codes of its slots, under each policy."""

    codes: tuple[Codes, ...]


@frozen
class Variable:
    """One level of a space: a slot, whether the article is counted already, or a meter's state.

    `domain` are the codes it can hold, `member` the member of a slot that holds a set, `counted_by`
    the meters of which one may have counted the article, `who` says that it stays the same from one
    page view to the next.
    """

    name: str
    domain: tuple[Any, ...]
    slot: int | None = None
    member: str | None = None
    meter: str | None = None
    counted_by: tuple[str, ...] = ()
    who: bool = False

    def indices(self, codes: Container[object]) -> list[int]:
        """Return the places of some codes in the domain."""
        return [index for index, code in enumerate(self.domain) if code in codes]


@frozen
class Situation:
    """One code (its index) for every level of a space, and what those codes mean.

    `values` are by slot, `meter_states` by meter; `known` says under each policy whether the
    article is counted already; `matters` are the levels worth describing.
    """

    codes: tuple[int, ...]
    values: dict[str, Any]
    known: tuple[bool, ...]
    meter_states: dict[str, MeterState]
    matters: frozenset[int] = frozenset()
