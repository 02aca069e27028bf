"""What a gift is refused with."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from meter.errors import MeterError

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "ArticleIdError",
    "GiftAddressError",
    "GiftAllowanceError",
    "GiftError",
    "GiverError",
    "NoGiftsError",
    "UnknownGiftError",
    "unknown_gift",
]


class GiftError(MeterError):
    """A gift link cannot be made, listed or ended: `fault` says why, `advice` what to do."""

    code: ClassVar[str]

    def __init__(self, fault: str, advice: str) -> None:
        self.fault = fault
        self.advice = advice
        super().__init__(f"{fault}; {advice}")

    def __reduce__(self) -> tuple[type[GiftError], tuple[object, ...]]:
        """Pickle what the error is made of."""
        return type(self), (self.fault, self.advice)


class GiftAddressError(GiftError):
    """A link cannot be added to what is no address of an article."""

    code = "bad-address"


class ArticleIdError(GiftError):
    """What is given away has no id that a link can hold."""

    code = "bad-encoding"


class NoGiftsError(GiftError):
    """The policy has no gifts."""

    code = "no-gifts"


class GiverError(GiftError):
    """This reader may not give articles away."""

    code = "giver-refused"


class GiftAllowanceError(GiftError):
    """This reader has given as much as a month allows.

    `resets_at` is when the next gift can be made, in the publication's zone.
    """

    code = "gifts-used-up"

    def __init__(self, fault: str, advice: str, resets_at: datetime | None = None) -> None:
        self.resets_at = resets_at
        super().__init__(fault, advice)

    def __reduce__(self) -> tuple[type[GiftAllowanceError], tuple[object, ...]]:
        """Pickle what the error is made of."""
        return type(self), (self.fault, self.advice, self.resets_at)


class UnknownGiftError(GiftError):
    """There is no such gift link, it is over, or somebody else made it."""

    code = "unknown-gift"


def unknown_gift(giver: str | None) -> UnknownGiftError:
    """Return the error of a gift that is none; the same where another than `giver` has made it."""
    who = "there is" if giver is None else "this reader has made"
    return UnknownGiftError(
        f"{who} no such gift link, or its time is over",
        "`given` lists what a reader has given, each with its id",
    )
