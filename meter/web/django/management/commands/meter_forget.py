"""`meter_forget ID`: removes what is counted for a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import quoted
from meter.web.django.command import PaywallCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from meter.paywall import Paywall

__all__ = ["ForgetCommand"]


class ForgetCommand(PaywallCommand):
    """Removes a reader from the store, as the law lets people ask for."""

    help = "Remove what is counted for a reader. A device of theirs is a reader of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reader", help="the id that `ACCOUNT` gives the reader")

    def ask(self, paywall: Paywall, **options: object) -> str:
        paywall.forget(str(options["reader"]))
        return f"nothing is kept of {quoted(options['reader'])} any more"


Command = ForgetCommand  # as Django looks for it
