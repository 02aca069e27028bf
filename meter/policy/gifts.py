"""What readers may give away: links to articles, how many, for how long, and by whom."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from meter import vocabulary
from meter.errors.kinds import choice, each, whole_number
from meter.errors.values import Fault, check_fields, refuse
from meter.forms import LENGTH, as_span, span_text
from meter.validation import fault_of
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.errors.values import Kind

__all__ = ["LONGEST_GIFT", "MOST_GIFTS", "GiftTerms", "gift_faults"]

MOST_GIFTS = 10_000
"""The most that a giver may make in a month, and the most that one link may be read by."""
LONGEST_GIFT = timedelta(days=366)
"""The longest that a link may last: a year."""
_SHORTEST = timedelta(minutes=1)
_GIVERS = frozenset({Status.SUBSCRIBER, Status.STAFF})


@frozen(kw_only=True)
class GiftTerms:
    """What gift links a policy allows.

    `per_month`: how many links one giver may make in a calendar month of the publication's zone.
    `readers`: how many readers one link may be opened by. `lasts`: how long it opens its article.
    `givers`: the statuses of the readers who may make one.
    """

    per_month: int = 10
    readers: int = 25
    lasts: timedelta = field(default=timedelta(days=30), converter=as_span)
    givers: frozenset[Status] = field(default=_GIVERS, converter=vocabulary.statuses)

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_GIFTS)
        if not _SHORTEST <= self.lasts <= LONGEST_GIFT:
            most = span_text(LONGEST_GIFT)
            message = f"a gift link lasts at most {most}, not `{span_text(self.lasts)}`"
            if self.lasts < _SHORTEST:
                message = "a gift link that lasts no time opens nothing"
            refuse(
                self, "lasts", Fault("bad-length", message, 'write a length such as `"30 days"`')
            )


class _GivingPolicy(Protocol):
    """A policy, or what could be read of one, as far as gifts go."""

    @property
    def gifts(self) -> GiftTerms | None: ...


def gift_faults(policy: _GivingPolicy) -> Iterator[Problem]:
    """Yield what makes the gifts of a policy unusable, with its path."""
    if policy.gifts is not None and not policy.gifts.givers:
        yield fault_of(_SAID, "empty-list", ("gifts", "givers"))


_SAID = {
    "empty-list": (
        "the list `givers` is empty, so nobody could give",
        "name at least one, or remove `[gifts]`",
    )
}
_MANY: Kind = whole_number("10", 1, MOST_GIFTS)
_OF_GIFTS = {
    "per_month": _MANY,
    "readers": _MANY,
    "lasts": LENGTH,
    "givers": each(choice(Status), '["subscriber"]', frozenset),
}
