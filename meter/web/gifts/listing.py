"""What a reader has given: their list, and how it is forgotten with every link that runs.

A record that cannot be read is passed by and told in the log: it hides no other gift, and keeps
nobody from being forgotten.
"""

from __future__ import annotations

import logging
from types import NoneType
from typing import TYPE_CHECKING, TypeVar

from meter.errors import CorruptUsageError
from meter.paywall import AsyncPaywall, Paywall
from meter.web.gifts.arguments import check_id
from meter.web.gifts.links import GiftRecord
from meter.web.gifts.steps import GiftSteps, asked
from meter.web.gifts.terms import ALLOWANCE, ENDED, GIVEN, LONGEST_DAYS, OPENED

if TYPE_CHECKING:
    from datetime import datetime

    from meter.web.gifts.records import KeptGift
    from meter.web.gifts.steps import Steps

__all__ = ["GiverSteps"]

LOG = logging.getLogger("meter.web")

P = TypeVar("P", bound=Paywall | AsyncPaywall)


class GiverSteps(GiftSteps[P]):
    """What `Gifts` and `AsyncGifts` do, but for how a paywall is called."""

    def _list(self, giver: str, now: datetime | None) -> Steps[tuple[GiftRecord, ...]]:
        """Return the gifts of a reader whose time is not over, oldest first."""
        check_id("a reader", giver)
        at = self._clock() if now is None else now
        records: list[GiftRecord] = []
        for gift in (yield from self._given(giver, at)):
            try:
                kept = yield from self._record(gift)
                if kept is not None and at < kept.claims.ends:
                    records.append((yield from self._told(kept, at)))
            except CorruptUsageError as error:
                LOG.warning("gift `%s` is left out of its giver's list: %s", gift, error)
        return tuple(sorted(records, key=lambda record: (record.made, record.id)))

    def _given(self, giver: str, at: datetime) -> Steps[tuple[str, ...]]:
        """Return the ids of the gifts that a reader has made and that may still run."""
        givers = self._givers
        ledger = yield from asked(lambda: givers.ledger(giver, now=at), dict)
        gifts = {read.id: None for meter in (ALLOWANCE, GIVEN) for read in ledger[meter].reads}
        return tuple(gifts)

    def _told(self, kept: KeptGift, at: datetime) -> Steps[GiftRecord]:
        claims, terms = kept.claims, self.policy.gifts
        paywall = self._link(claims)
        ledger = yield from asked(lambda: paywall.ledger(claims.id, now=at), dict)
        return GiftRecord(
            id=claims.id,
            article=kept.article,
            address=kept.address,
            made=claims.made,
            ends=claims.ends,
            opened=len(ledger[OPENED].reads),
            readers=0 if terms is None else terms.readers,
            ended=bool(ledger[ENDED].reads),
        )

    def _forget(self, giver: str, now: datetime | None) -> Steps[None]:
        """End the links of a reader, and remove what is kept of what they gave."""
        check_id("a reader", giver)
        at = self._clock() if now is None else now
        givers = self._givers
        try:
            gifts = yield from self._given(giver, at)
        except CorruptUsageError as error:
            LOG.warning(
                "a giver is forgotten whose gifts cannot be listed; their links run on until they"
                " end, or are ended by their tokens: %s",
                error,
            )
            gifts = ()
        for gift in gifts:
            yield from self._forget_gift(gift, at)
        yield from asked(lambda: givers.forget(giver), NoneType)

    def _forget_gift(self, gift: str, at: datetime) -> Steps[None]:
        """End a link and remove its record, whatever that holds.

        Where there is none, the link is over, or somebody else forgets the same giver just now.
        """
        try:
            kept = yield from self._record(gift)
        except CorruptUsageError as error:
            LOG.warning("gift `%s` is ended with its giver forgotten: %s", gift, error)
            yield from self._stop(gift, self._lasting(LONGEST_DAYS), at)
        else:
            if kept is None:
                return
            if at < kept.claims.ends:
                yield from self._stop(gift, self._link(kept.claims), at)
        yield from self._drop(gift)
