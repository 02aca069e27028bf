"""`meter_purge`: drops what has expired from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.clock import system_clock
from meter.web.django.command import PaywallCommand

if TYPE_CHECKING:
    from meter.paywall import Paywall

__all__ = ["PurgeCommand"]


class PurgeCommand(PaywallCommand):
    """Drops the records of readers who have not come back; run it once a day or so."""

    help = "Drop the records that have expired. Run it once a day or so."

    def ask(self, paywall: Paywall, **_: object) -> str:
        purge = getattr(paywall.store, "purge", None)
        if purge is None:
            return "this store drops what has expired by itself: there is nothing to do"
        gone: int = purge(system_clock())
        return f"{gone:,} expired {'record' if gone == 1 else 'records'} dropped"


Command = PurgeCommand  # as Django looks for it
