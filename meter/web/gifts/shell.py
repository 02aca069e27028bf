"""The two desks that hand out gift links: one whose calls block, one whose calls are awaited."""

from __future__ import annotations

from inspect import isawaitable
from secrets import token_hex
from typing import TYPE_CHECKING, Unpack

from meter.errors import StoreError
from meter.paywall import AsyncPaywall, Paywall
from meter.paywall.settings import check_names
from meter.stores.queries import run, run_async
from meter.web.gifts.listing import GiverSteps
from meter.web.gifts.steps import GiftSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meter.paywall.settings import PolicySource
    from meter.policy import Policy
    from meter.stores.protocol import AsyncStore, Store
    from meter.view import Reader
    from meter.web.gifts.links import GiftLink, GiftRecord
    from meter.web.given import GivenArticle
    from meter.web.secrets import Secrets

__all__ = ["AsyncGifts", "Gifts"]

_ID_BYTES = 10


class Gifts(GiverSteps[Paywall]):
    """Makes gift links, lists and ends them, and says who may read through one.

    Its terms are those of `[gifts]` in a policy: how many a reader gives a month, who may give, how
    many may read through one link and how long it lasts. Both counts are meters, kept in the store
    and exact like any. Every argument after the first three is given by name:

    - `policy`: a `Policy`, or an object whose `policy` may change, such as a `ReloadingPolicy`.
    - `store`: a `Store`, such as the paywall's. The caller closes it.
    - `secret`: the key that signs the links, or several, newest first, as for a `Gate`; each has 16
      characters at least.
    - `clock`: returns the time where a call gives none, as a `datetime` with a zone.
    - `namespace`: keeps the gifts of several publications apart in one store, as for a `Paywall`.
    - `article_ids`: how ids of articles are compared, as for a `Paywall`.
    - `deadline`: the seconds that an answer of the store may take, as for a `Paywall`.

    A mistake raises: `TypeError` for a setting that is none, `ValueError` for a secret
    that is missing, short or the name of a file.
    """

    def __init__(
        self,
        policy: Policy | PolicySource,
        store: Store,
        secret: Secrets,
        **settings: Unpack[GiftSettings],
    ) -> None:
        check_names(type(self).__name__, settings, GiftSettings.__annotations__)
        super().__init__(
            policy, secret, lambda terms, kept: Paywall(terms, store, **kept), settings
        )

    def make(
        self,
        giver: Reader,
        article: str,
        *,
        address: str | None = None,
        now: datetime | None = None,
    ) -> GiftLink:
        """Give an article away: return a new link to it, and count it for who gives.

        `article` is the article's id, `address` its address, to which the link is added. Whether
        the giver may read the article is for you to ask first. `now` is a time with a zone.

        Raises `GiftAllowanceError` where the month's gifts are used up, `GiverError` for a reader
        who may not give or has no id, `NoGiftsError` where the policy has no `[gifts]`, `GiftError`
        for an address that is none, and `StoreError` where the store does not answer: make it again
        then; the one that failed may have been counted.
        """
        return run(
            self._make(giver, article, address, now, token_hex(_ID_BYTES)), _call, StoreError
        )

    def given(self, giver_id: str, now: datetime | None = None) -> tuple[GiftRecord, ...]:
        """Return what a reader has given and whose time is not over, oldest first.

        A gift whose record cannot be read is left out, and logged.
        Raises `StoreError` where the store does not answer, `IdentityError` for an empty id.
        """
        return run(self._list(giver_id, now), _call, StoreError)

    def end(self, gift: str, *, giver: str | None = None, now: datetime | None = None) -> None:
        """End a link, by the gift's id or the link's token: from then on it opens for nobody.

        With `giver`, the id of a reader, only a link that this reader has made. To end one again
        changes nothing. Raises `UnknownGiftError` where there is no such link, it is over, or
        somebody else's, and `StoreError` where the store does not answer: the link runs on then.
        """
        run(self._end(gift, giver, now), _call, StoreError)

    def open(
        self, gift: GivenArticle, recipient: str, now: datetime, *, ahead: bool = False
    ) -> bool:
        """Say whether a reader may read through a link at `now`, and count who does so first.

        `gift` is what `claimed` returned; `recipient` is the reader's id, of which only a digest
        is kept. Opening it again counts nothing. `ahead`: nobody reads yet, so nobody is counted,
        and only who has opened it may. False where as many as may have opened it, where it is ended
        or over, and while the store does not answer: more never get in.
        """
        return run(self._open(gift, recipient, now, ahead=ahead), _call, StoreError)

    def peek(self, gift: GivenArticle, recipient: str, now: datetime) -> bool:
        """Say whether a reader might read through a link at `now`, and count nobody; see `open`."""
        return run(self._peek(gift, recipient, now), _call, StoreError)

    def forget(self, giver_id: str, now: datetime | None = None) -> None:
        """End the links of a reader, and remove what is kept of what they gave.

        Whose links they opened stays, as digests, until these links end. What cannot be read is
        removed and logged. Raises `StoreError` where the store does not answer: do it again then.
        """
        run(self._forget(giver_id, now), _call, StoreError)


class AsyncGifts(GiverSteps[AsyncPaywall]):
    """A `Gifts` whose methods are awaited, in one event loop; for an `AsyncPaywall`."""

    def __init__(
        self,
        policy: Policy | PolicySource,
        store: AsyncStore | Store,
        secret: Secrets,
        **settings: Unpack[GiftSettings],
    ) -> None:
        check_names(type(self).__name__, settings, GiftSettings.__annotations__)
        super().__init__(
            policy, secret, lambda terms, kept: AsyncPaywall(terms, store, **kept), settings
        )

    async def make(
        self,
        giver: Reader,
        article: str,
        *,
        address: str | None = None,
        now: datetime | None = None,
    ) -> GiftLink:
        """Give an article away; see `Gifts.make`."""
        steps = self._make(giver, article, address, now, token_hex(_ID_BYTES))
        return await run_async(steps, _await, StoreError)

    async def given(self, giver_id: str, now: datetime | None = None) -> tuple[GiftRecord, ...]:
        """Return what a reader has given; see `Gifts.given`."""
        return await run_async(self._list(giver_id, now), _await, StoreError)

    async def end(
        self, gift: str, *, giver: str | None = None, now: datetime | None = None
    ) -> None:
        """End a link; see `Gifts.end`."""
        await run_async(self._end(gift, giver, now), _await, StoreError)

    async def open(
        self, gift: GivenArticle, recipient: str, now: datetime, *, ahead: bool = False
    ) -> bool:
        """Say whether a reader may read through a link; see `Gifts.open`."""
        steps = self._open(gift, recipient, now, ahead=ahead)
        return await run_async(steps, _await, StoreError)

    async def peek(self, gift: GivenArticle, recipient: str, now: datetime) -> bool:
        """Say whether a reader might read through a link; see `Gifts.peek`."""
        return await run_async(self._peek(gift, recipient, now), _await, StoreError)

    async def forget(self, giver_id: str, now: datetime | None = None) -> None:
        """Remove what is kept of a reader's gifts; see `Gifts.forget`."""
        await run_async(self._forget(giver_id, now), _await, StoreError)


def _call(call: Callable[[], object]) -> object:
    return call()


async def _await(call: Callable[[], object]) -> object:
    found = call()
    return await found if isawaitable(found) else found
