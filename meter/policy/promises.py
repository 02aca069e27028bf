"""The built-in promises of every paywall, and which of them a policy does not make."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from attrs import field, frozen

from meter.errors.kinds import as_set, choice, each
from meter.errors.values import check_fields
from meter.vocabulary import Word

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Promise", "Promises"]


class Promise(Word):
    """A promise that every policy is held to, unless it says that it does not make it."""

    SUBSCRIBER_NEVER_WALLED = "subscriber-never-walled"
    PREMIUM_STAYS_CLOSED = "premium-stays-closed"
    NEVER_MORE_THAN_THE_LIMIT = "never-more-than-the-limit"
    LAST_FREE_IS_ANNOUNCED = "last-free-is-announced"
    NOTHING_FREE_AT_ZERO = "nothing-free-at-zero"
    RIGHT_WALL_AFTER_EXPIRY = "right-wall-after-expiry"
    FREE_STAYS_OPEN = "free-stays-open"
    SEARCH_CRAWLERS_MEET_NO_REFUSAL = "search-crawlers-meet-no-refusal"
    UNVERIFIED_GET_NO_PREMIUM = "unverified-get-no-premium"


_KNOWN = {str(promise): promise for promise in Promise}


def _promises(value: Iterable[Promise | str]) -> frozenset[Promise]:
    words = as_set(value)
    if type(words) is not frozenset:
        return cast("frozenset[Promise]", words)
    # What is no promise stays as it is, for the check to refuse.
    return cast("frozenset[Promise]", frozenset(_KNOWN.get(str(word), word) for word in words))


@frozen(kw_only=True)
class Promises:
    """Which built-in promises a policy does not make, on purpose (`except` in a policy file)."""

    except_: frozenset[Promise] = field(default=frozenset(), converter=_promises, alias="except_")

    def __attrs_post_init__(self) -> None:
        kind = each(choice(Promise), '["premium-stays-closed"]', frozenset)
        check_fields(self, {"except_": kind})
