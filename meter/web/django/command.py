"""What the commands of `manage.py` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from meter.errors import MeterError, printable
from meter.web.django.configuration import configured

if TYPE_CHECKING:
    from meter.paywall import Paywall

__all__ = ["PaywallCommand"]


class PaywallCommand(BaseCommand):
    """A command that asks the site's paywall. What fails is said in one line, with exit code 1."""

    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        """Ask, and write what the answer is."""
        try:
            paywall = configured()
            if paywall is None:
                raise CommandError("there is no setting `METER`: this site has no paywall")
            answer = self.ask(cast("Paywall", paywall.gate.paywall), **options)
        except (ImproperlyConfigured, MeterError) as error:
            raise CommandError(printable(str(error)).replace("\\u000A", "\n")) from error
        self.stdout.write(answer)

    def ask(self, paywall: Paywall, **options: object) -> str:
        """Do what the command is for, and return what to say of it."""
        raise NotImplementedError
