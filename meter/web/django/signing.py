"""What happens to a reader's device where Django signs a user in or out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.contrib.auth.signals import user_logged_in, user_logged_out

from meter.errors import printable
from meter.view import Reader
from meter.web.django.accounts import ask_account, is_awaited_here
from meter.web.django.configuration import configured

if TYPE_CHECKING:
    from django.http import HttpRequest

    from meter.web.gate.visit import Visit

__all__ = ["listen"]

LOG = logging.getLogger("meter.web")


def listen() -> None:
    """Hear of who signs in and out."""
    user_logged_in.connect(_join, dispatch_uid="meter.join")
    user_logged_out.connect(_leave, dispatch_uid="meter.leave")


def _join(request: HttpRequest | None, **_: object) -> None:
    """Join the device to the account that has just signed in, by the id that `ACCOUNT` gives it.

    Whatever fails here fails no sign-in: the account's next view joins what is not joined.
    """
    visit = _visit_of(request)
    if visit is None or is_awaited_here():
        return
    try:
        account = _account_of(request)
        if account is not None and account.id is not None:
            visit.sign_in(account.id)
    except Exception as error:  # noqa: BLE001 - a sign-in never fails because of a paywall
        _tell("an account is not joined yet; its next view does it", error)


def _account_of(request: HttpRequest | None) -> Reader | None:
    paywall = configured()
    if paywall is None or request is None:
        return None
    found = ask_account(paywall.account, request)
    return found if isinstance(found, Reader) else None


def _leave(request: HttpRequest | None, **_: object) -> None:
    visit = _visit_of(request)
    if visit is None:
        return
    try:
        visit.sign_out()
    except Exception as error:  # noqa: BLE001 - nor does a sign-out
        _tell("a device is not signed out of the paywall", error)


def _visit_of(request: HttpRequest | None) -> Visit | None:
    """Return the visit of a request, if it came through the middleware."""
    return getattr(request, "paywall", None)


def _tell(what: str, error: Exception) -> None:
    LOG.warning("%s: %s: %s", what, type(error).__name__, printable(str(error)))
