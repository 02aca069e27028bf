"""Words that editors write for those of a policy file: what each of them means there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["MEANINGS", "by_meaning"]

_EXPIRED = (("trial-expired", "subscription-expired"),)
_WALL = (("wall",), ("subscription-wall",))
_REGISTER = (("registration-wall",),)
_OPEN = (("article",), ("free",))
_PAID = (("subscriber",), ("premium",), ("subscription",))
_STRANGER = (("anonymous",),)
_SIGNED_IN = (("registered",),)
_COUNTRY = (("country",),)
_AT_MOST = (("at_most",),)
_VARIANTS = (("variants",),)

MEANINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    # keys of a condition
    "region": _COUNTRY,
    "geo": _COUNTRY,
    "location": _COUNTRY,
    "state": _COUNTRY,
    "category": (("section",),),
    "topic": (("tags",),),
    "type": (("kind",),),
    "format": (("kind",),),
    "status": (("reader",),),
    "user": (("reader",), ("registered",)),
    "audience": (("segments",),),
    "group": (("segments",),),
    "source": (("referrer", "channel"),),
    "campaign": (("channel",),),
    "platform": (("device",),),
    "locale": (("language",),),
    "propensity": (("score",),),
    "bot": (("crawler",),),
    "variant": (("experiment",),),
    # keys of prompts, caps, ranges and experiments
    "frequency": _AT_MOST,
    "cap": _AT_MOST,
    "max": _AT_MOST,
    "min": (("at_least",),),
    "per": (("window",),),
    "period": (("window",),),
    "cooldown": (("quiet_after",),),
    "dismissed": (("closed",),),
    "bought": (("purchase",),),
    "salt": (("seed",),),
    "weights": _VARIANTS,
    "split": _VARIANTS,
    # statuses of readers
    "expired": _EXPIRED,
    "lapsed": _EXPIRED,
    "former": _EXPIRED,
    "cancelled": (("subscription-expired",),),
    "paid": _PAID,
    "paying": _PAID,
    "customer": _PAID,
    "member": _PAID,
    "subscribed": _PAID,
    "subscription": _PAID,
    "premium": _PAID,
    "guest": _STRANGER,
    "visitor": _STRANGER,
    "stranger": _STRANGER,
    "unknown": _STRANGER,
    "logged-out": _STRANGER,
    "logged-in": _SIGNED_IN,
    "signed-in": _SIGNED_IN,
    "employee": (("staff",),),
    # what is shown, and how articles are sold
    "paywall": _WALL,
    "wall": _WALL,
    "hard-wall": _WALL,
    "block": _WALL,
    "blocked": _WALL,
    "closed": (*_WALL, ("premium",)),
    "locked": (*_WALL, ("premium",)),
    "regwall": _REGISTER,
    "login": _REGISTER,
    "login-wall": _REGISTER,
    "sign-in": _REGISTER,
    "register": _REGISTER,
    "open": _OPEN,
    "full": _OPEN,
    "allow": _OPEN,
    "free": _OPEN,
    "subscriber": (("subscription",), ("premium",)),
    "subscribers": (("subscriber",), ("subscription",), ("premium",)),
    "plus": (("premium",),),
}
"""For each word, what it may mean: the first that is known where it stands."""


def by_meaning(word: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the known words that another probably means; none where nothing is known of it.

    >>> by_meaning("Expired", ["trial", "trial-expired", "subscription-expired"])
    ('trial-expired', 'subscription-expired')
    """
    plain = word.strip().casefold().replace("_", "-")
    for words in MEANINGS.get(plain, ()):
        found = tuple(item for item in words if item in known)
        if found:
            return found
    return ()
