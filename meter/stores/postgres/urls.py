"""URLs of PostgreSQL that the driver does not understand, or with which nothing can connect."""

from __future__ import annotations

import re

import psycopg

from meter.errors import StoreSetupError, meant
from meter.stores.addresses import PASSWORDS, may_show_a_password, split_place

__all__ = ["check_url"]


def check_url(url: str) -> None:
    """Raise a `StoreSetupError` for a URL that the driver does not understand, or cannot use."""
    try:
        _check(url)
    except StoreSetupError:
        if not may_show_a_password(url):
            raise
    else:
        place, behind = split_place(url)
        if not place or "@" not in behind.partition("?")[0]:
            return
    raise StoreSetupError(
        f"`port` in a PostgreSQL URL is a number from 1 to {_MOST_PORT}, or look at its database"
        f" and its options; {PASSWORDS}"
    )


def _check(url: str) -> None:
    try:
        options = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error as error:
        wrong = re.search(r'query parameter: "(.*)"', str(error))
        if wrong is None:  # the driver's words quote the URL
            raise StoreSetupError(
                f"this is not a PostgreSQL URL: the driver cannot read it; {PASSWORDS}"
            ) from None
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
        raise StoreSetupError(
            f"`{wrong[1]}` in a PostgreSQL URL is not an option with a value;"
            f" {meant(wrong[1], known, 'libpq lists its options')}"
        ) from None
    for name, text in options.items():
        form = _unusable(name, str(text))
        if form is not None:
            found = "" if name == "port" else f", not `{text}`"  # what may be a password's
            raise StoreSetupError(f"`{name}` in a PostgreSQL URL is {form}{found}")


_CHOICES = {
    "sslmode": "disable allow prefer require verify-ca verify-full",
    "target_session_attrs": "any read-write read-only primary standby prefer-standby",
    "channel_binding": "disable prefer require",
    "gssencmode": "disable prefer require",
    "sslnegotiation": "postgres direct",
    "sslcertmode": "disable allow require",
    "load_balance_hosts": "disable random",
}
"""The words that libpq takes, which it looks at only when it connects."""
_NUMBERS = {
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
}
_MOST_PORT = 65_535


def _unusable(name: str, text: str) -> str | None:
    """Return what the text of an option has to be, where no connection could be made with it."""
    if name == "port":
        ports = [port for port in text.split(",") if port]
        if all(port.isdecimal() and 1 <= int(port) <= _MOST_PORT for port in ports):
            return None
        return f"a number from 1 to {_MOST_PORT}"
    if name in _CHOICES:
        words = _CHOICES[name].split()
        return None if text in words else " or ".join(f"`{word}`" for word in words)
    if name in _NUMBERS:
        return None if re.fullmatch(r"-?[0-9]{1,9}", text.strip()) else "a whole number"
    return None
