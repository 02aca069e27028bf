"""`meter_ledger ID`: says what is counted for a reader."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from meter.web.django.command import PaywallCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from meter.paywall import Counted, Paywall

__all__ = ["LedgerCommand"]


class LedgerCommand(PaywallCommand):
    """Writes what is counted for a reader, by meter, as JSON: for the people of the support."""

    help = "Say, as JSON, which articles are counted for a reader, and until when."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reader", help="the id that `ACCOUNT` gives the reader")

    def ask(self, paywall: Paywall, **options: object) -> str:
        meters = paywall.ledger(str(options["reader"]))
        told = {name: _told(counted) for name, counted in meters.items()}
        return json.dumps({"meters": told}, indent=2, ensure_ascii=False)


def _told(counted: Counted) -> dict[str, Any]:
    ends = counted.resets_at
    return {
        "articles": [{"id": read.id, "at": read.at.isoformat()} for read in counted.reads],
        "resets_at": None if ends is None else ends.isoformat(),
    }


Command = LedgerCommand  # as Django looks for it
