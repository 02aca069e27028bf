"""Who reads a story, and where: a few words of its address, and a reader of a journey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import fields, frozen

from meter.errors import meant, quoted
from meter.journeys.keys import READER
from meter.studio.reader.checking import StoryError, check
from meter.testing.story import reader_with_status
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from meter.view import Reader

__all__ = ["Who"]

_STATUSES: tuple[str, ...] = tuple(Status)
_OF_THE_FILE = ("id", "country", "device", "channel", "language", "visitor")


@frozen(kw_only=True)
class Who:
    """Who reads: their status when the story starts, and what the publisher knows of them.

    An empty word is not known. `segments` are names with commas between, `score` is a number
    between 0 and 1, `product` names what a trial or a subscription is for, `visitor` is
    the id by which experiments go.
    """

    id: str = "reader"
    status: str = Status.ANONYMOUS
    product: str = ""
    country: str = ""
    device: str = "laptop"
    channel: str = ""
    language: str = ""
    segments: str = ""
    score: str = ""
    visitor: str = ""

    def __attrs_post_init__(self) -> None:
        if self.status not in _STATUSES:
            known = meant(self.status, _STATUSES)
            raise StoryError(f"{quoted(self.status)} is no status of a reader: {known}")
        table: dict[str, object] = {key: getattr(self, key) for key in _OF_THE_FILE}
        table |= {"segments": list(self.listed_segments), "score": self.number}
        check(READER, {key: value for key, value in table.items() if value or value == 0}, "reader")
        if self.product:
            check(READER.keys["channel"].resolve(), self.product, "product")

    @classmethod
    def parse(cls, given: Mapping[str, str], prefix: str = "", *, like: Who | None = None) -> Who:
        """Read the words of an address; what is missing is as of `like`.

        Raises `StoryError` for a word that no reader has.
        """
        like = like or cls()
        said = {
            name: given.get(f"{prefix}{name}", getattr(like, name)).strip() for name in cls.names()
        }
        for name in ("id", "device", "status"):
            said[name] = said[name] or getattr(like, name)
        return cls(**said)

    def write(self, prefix: str = "", *, like: Who | None = None) -> dict[str, str]:
        """Return the words of an address; what is as of `like` is left out."""
        like = like or Who()
        return {
            f"{prefix}{name}": getattr(self, name)
            for name in self.names()
            if getattr(self, name) != getattr(like, name)
        }

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the words of an address that say who reads."""
        return tuple(field.name for field in fields(cls))

    @property
    def listed_segments(self) -> tuple[str, ...]:
        """The segments, one by one."""
        return tuple(word.strip() for word in self.segments.split(",") if word.strip())

    @property
    def number(self) -> float | None:
        """The score as a number."""
        if not self.score:
            return None
        try:
            return float(self.score)
        except ValueError:
            message = f"the score is a number between 0 and 1, not {quoted(self.score)}"
            raise StoryError(message) from None

    def reader(self, now: datetime) -> Reader:
        """Return the reader at the start of the story."""
        return reader_with_status(
            self.status,
            now,
            product=self.product or None,
            id=self.id,
            segments=frozenset(self.listed_segments),
            country=self.country or None,
            score=self.number,
            visitor=self.visitor or None,
        )
