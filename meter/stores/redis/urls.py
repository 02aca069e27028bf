"""What the URL of a Redis says, and what of it can never work."""

from __future__ import annotations

import codecs
import math
import re
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from redis.connection import (
    URL_QUERY_ARGUMENT_PARSERS,
    AbstractConnection,
    Connection,
    ConnectionPool,
    parse_url,
)

from meter.errors import StoreSetupError, meant
from meter.stores.addresses import PASSWORDS, may_show_a_password, split_place

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CLUSTER", "Settings", "read_url"]

CLUSTER = "+cluster"
"""How the scheme of a URL ends whose servers are the nodes of a cluster."""

Settings: TypeAlias = dict[str, Any]

_TEXTS = {
    "client_name",
    "decode_responses",  # may stand there for others; ours always reads bytes
    "encoding",
    "encoding_errors",
    "lib_name",
    "lib_version",
    "password",
    "username",
}
_FLAGS = {"true", "false", "yes", "no", "t", "f", "y", "n", "1", "0", "on"}
_WORDS = {"client_name", "lib_name", "lib_version"}
_PRINTED = re.compile(r"[!-~]+")
_CODECS: dict[str, tuple[str, Callable[[str], object]]] = {
    "encoding": ("an encoding such as `utf-8`", codecs.lookup),
    "encoding_errors": ("a word such as `strict` or `replace`", codecs.lookup_error),
}


def read_url(url: str, shown: str = "") -> Settings:
    """Return what the driver reads off a URL, which passes by what it does not understand.

    `shown` is the scheme that was written, where that is another one than the driver's.
    """
    own = url.partition("://")[0]
    scheme = shown or own
    try:
        return _checked(url, own, scheme)
    except StoreSetupError:
        if not may_show_a_password(url):
            raise
    raise StoreSetupError(
        f"`{scheme}://…` is not a Redis URL: its port is no number, or look at its database and"
        f" its options; {PASSWORDS}"
    )


def _checked(url: str, own: str, scheme: str) -> Settings:
    place = split_place(url)[0]
    if own != "unix" and "," in place.rpartition("@")[2]:
        raise StoreSetupError(
            f"`{scheme}://…` names several servers; write `{scheme}{CLUSTER}://…` where they are"
            " nodes of one cluster"
        )
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is looked at now
    except ValueError:  # whose words quote the URL
        raise StoreSetupError(
            f"`{scheme}://…` is not a Redis URL: its port is no number from 0 to 65535, or its"
            f" host is none; {PASSWORDS}"
        ) from None
    parse: Callable[[str], Settings] = parse_url
    try:
        parsed = dict(parse(url))
    except ValueError as error:
        said = str(error)
        wrong = [name for name in URL_QUERY_ARGUMENT_PARSERS if f"'{name}'" in said]
        raise StoreSetupError(
            f"`{scheme}://…` is not a Redis URL"
            + (f": the value of `{wrong[0]}` is none that it takes" if wrong else "")
        ) from None
    if scheme != "unix" and not re.fullmatch(r"/?\d*", parts.path):
        raise StoreSetupError(
            f"`{parts.path[1:]}` in `{scheme}://…` is not a database of Redis; it is a number, as"
            " in `redis://localhost:6379/0`"
        )
    options = parse_qs(parts.query, keep_blank_values=True)
    if scheme != "unix" and parts.path.strip("/") and "db" in options:
        raise StoreSetupError(
            f"`db` is given twice in `{scheme}://…`: in the path and as an option"
        )
    known = _options(parsed.get("connection_class", Connection))
    for name, texts in options.items():
        if name not in known:
            raise StoreSetupError(
                f"`{name}` in `{scheme}://…` is not an option of this store; {meant(name, known)}"
            )
        if not texts[0]:
            raise StoreSetupError(
                f"`{name}` in `{scheme}://…` has no value; give one, or leave it out"
            )
        form = _unusable(name, texts[0])
        if form is not None:
            raise StoreSetupError(f"`{name}` in `{scheme}://…` is {form}, not `{texts[0]}`")
    for name in ("socket_timeout", "socket_connect_timeout", "max_connections"):
        number = parsed.get(name, 1)
        if not (number > 0 and math.isfinite(number)):
            raise StoreSetupError(f"`{name}` in `{scheme}://…` is more than 0, not `{number}`")
    return parsed


def _unusable(name: str, text: str) -> str | None:
    """Return what the text of an option has to be, where the driver would never work with it."""
    if URL_QUERY_ARGUMENT_PARSERS.get(name) is URL_QUERY_ARGUMENT_PARSERS["socket_keepalive"]:
        return None if text.lower() in _FLAGS else "`true` or `false`"
    if name in _WORDS:
        return None if _PRINTED.fullmatch(text) else "a word without blanks"
    if name == "protocol":
        return None if text in ("2", "3") else "`2` or `3`"
    if name in ("db", "health_check_interval"):
        return None if text.isdecimal() else "a whole number, 0 or more"
    if name not in _CODECS:
        return None
    form, look_up = _CODECS[name]
    try:
        look_up(text)
    except (LookupError, ValueError):
        return form
    return None


def _options(connection_class: type[AbstractConnection]) -> set[str]:
    """Return the options that may stand in a URL: numbers, flags and texts, not objects."""
    possible = {*URL_QUERY_ARGUMENT_PARSERS, *_TEXTS}
    taken = {*signature(ConnectionPool).parameters}
    for kind in connection_class.__mro__:
        taken |= {*signature(kind).parameters}
    return {name for name in taken if name in possible or name.startswith("ssl_")}
