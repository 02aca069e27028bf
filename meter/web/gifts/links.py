"""Gift links: what a token says, how it is signed, and what is told of one that was given."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from attrs import field, frozen

from meter.errors import quoted
from meter.stores.keys import reader_key
from meter.view.rights import Entitlement, bounded
from meter.vocabulary import EntitlementKind
from meter.web.gifts.errors import ArticleIdError, GiftAddressError
from meter.web.page_addresses import FORM, GIFT, is_page
from meter.web.secrets import link_keys
from meter.web.signed import SignedLinks, with_parameter

if TYPE_CHECKING:
    from meter.web.secrets import Secrets
    from meter.web.signed import SignedValue

__all__ = [
    "Claims",
    "GiftLink",
    "GiftRecord",
    "Seal",
    "Seals",
    "address_with",
    "check_article",
]

_PURPOSE = "gift"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def _time(seconds: int) -> datetime | None:
    """Return the time of a number of seconds; `None` for one in a year that there is none of."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


@frozen(kw_only=True)
class Claims:
    """What a token says: the gift's id, the article, a digest of who gave it, from when to when.

    `article` is as a meter remembers it. The times are whole seconds, in UTC.
    """

    id: str
    article: str
    giver: str
    made: datetime
    ends: datetime

    def table(self) -> dict[str, SignedValue]:
        """Return the claims as they are signed and kept."""
        return {
            "id": self.id,
            "article": self.article,
            "giver": self.giver,
            "made": int(self.made.timestamp()),
            "ends": int(self.ends.timestamp()),
        }

    @classmethod
    def read(cls, table: object) -> Claims | None:
        """Return the claims that a table holds, or `None` where it holds something else."""
        match table:
            case {
                "id": str(name),
                "article": str(article),
                "giver": str(giver),
                "made": int(made),
                "ends": int(ends),
            }:
                times = _time(made), _time(ends)
            case _:
                return None
        if times[0] is None or times[1] is None:
            return None
        return cls(id=name, article=article, giver=giver, made=times[0], ends=times[1])


@frozen(kw_only=True)
class GiftLink:
    """An article that a reader has given away.

    `article` is its id; `made` and `ends` are times in UTC. `token` opens it, so it is as secret as
    the reader wants it; `address` is the article's with the token, where its address was told.
    """

    id: str
    article: str
    made: datetime
    ends: datetime
    token: str = field(repr=False)
    address: str | None = field(default=None, repr=False)

    def right(self) -> Entitlement:
        """Return the right that it gives: to read this article until it ends."""
        return Entitlement(kind=EntitlementKind.GIFT, article=self.article, ends=self.ends)

    def table(self) -> dict[str, object]:
        """Return the link as JSON has it: words, and ISO 8601 times."""
        return {
            "id": self.id,
            "article": self.article,
            "address": self.address,
            "token": self.token,
            "made": self.made.isoformat(),
            "ends": self.ends.isoformat(),
        }


@frozen(kw_only=True)
class GiftRecord:
    """A gift whose link runs, or ran until it was ended, as whoever gave it sees it.

    `opened` is how many have opened it of the `readers` who may. The token is not kept.
    """

    id: str
    article: str
    address: str | None
    made: datetime
    ends: datetime
    opened: int
    readers: int
    ended: bool

    def table(self) -> dict[str, object]:
        """Return the gift as JSON has it: words, numbers and ISO 8601 times."""
        return {
            "id": self.id,
            "article": self.article,
            "address": self.address,
            "made": self.made.isoformat(),
            "ends": self.ends.isoformat(),
            "opened": self.opened,
            "readers": self.readers,
            "ended": self.ended,
        }


class Seal:
    """One of the keys of a site: it signs links, and digests ids that belong to them."""

    def __init__(self, secret: str | bytes) -> None:
        self._secret = secret
        self._links = SignedLinks(secret, _PURPOSE)

    def sign(self, claims: Claims) -> str:
        """Return claims as a token."""
        return self._links.sign(claims.table(), claims.ends)

    def read(self, token: str, now: datetime) -> Claims | None:
        """Return what a token says, if this key has signed it and it runs at `now`."""
        return Claims.read(self._links.read(token, now))

    def giver(self, reader_id: str) -> str:
        """Return the digest of who gives. Raises `IdentityError` for an empty id."""
        return self._digest("giver", reader_id)

    def recipient(self, gift: str, reader_id: str) -> str:
        """Return the digest of who opens one gift; another gift has another."""
        return self._digest(gift, reader_id)

    def _digest(self, what: str, reader_id: str) -> str:
        named = f"{what}/{reader_id}" if reader_id else ""
        return bounded(reader_key(named, secret=self._secret))


class Seals:
    """The keys of a site, newest first. Raises what `link_keys` does."""

    def __init__(self, secret: Secrets) -> None:
        self.secrets = link_keys(secret)
        self._seals = tuple(map(Seal, self.secrets))

    @property
    def newest(self) -> Seal:
        """The key that signs."""
        return self._seals[0]

    def read(self, token: str, now: datetime) -> tuple[Claims, Seal] | None:
        """Return what a token says and the key that signed it: that one digests its readers."""
        for seal in self._seals:
            claims = seal.read(token, now)
            if claims is not None:
                return claims, seal
        return None

    def made_by(self, claims: Claims, reader_id: str | None) -> bool:
        """Say whether a reader has made a gift; somebody has, where none is named."""
        if reader_id is None:
            return True
        return any(seal.giver(reader_id) == claims.giver for seal in self._seals)


def address_with(address: str, token: str) -> str:
    """Return an article's address with a token; `GiftAddressError` for what is no such address."""
    if not is_page(address, path=True):
        raise GiftAddressError(
            f"{quoted(address)} is no address of an article",
            f"write {FORM}, in ASCII as browsers send it",
        )
    return with_parameter(address, GIFT, token)


def check_article(article: str) -> None:
    """Raise `ArticleIdError` for an id that no token can hold."""
    if isinstance(article, str) and _LONE_SURROGATE.search(article):
        raise ArticleIdError(
            f"{quoted(article)} is no id of an article: it is not text that UTF-8 can write",
            "give the id as your site has it",
        )
