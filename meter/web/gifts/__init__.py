"""Gift links: an article's address with a signed token, through which a few may read it.

`shell` is what a site calls, `arguments` what it may pass, `links` what a token says, `terms` the
two policies by which gifts and openings are counted, `records` what is kept beside the counts,
`steps` how it is done, and `listing` what is done with all that one reader has given.
"""

from __future__ import annotations

from meter.web.gifts.errors import (
    GiftAllowanceError,
    GiftError,
    GiverError,
    NoGiftsError,
    UnknownGiftError,
)
from meter.web.gifts.links import GiftLink, GiftRecord
from meter.web.gifts.shell import AsyncGifts, Gifts

__all__ = [
    "AsyncGifts",
    "GiftAllowanceError",
    "GiftError",
    "GiftLink",
    "GiftRecord",
    "Gifts",
    "GiverError",
    "NoGiftsError",
    "UnknownGiftError",
]
