"""What a rule tells machines that meet a wall: a status, a price, the address of a licence."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from attrs import Factory, frozen

from meter.errors import quoted
from meter.errors.kinds import MOST_PRICE, maybe, text, whole_number
from meter.errors.values import Fault, check_fields, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.errors.values import Kind

__all__ = [
    "LICENCE",
    "LICENCE_FORM",
    "PRICE_FORM",
    "STATUSES",
    "STATUSES_LISTED",
    "MachineTerms",
    "address_step",
    "of_form",
    "price_step",
]

STATUSES = (401, 402, 403, 429, 451)
"""The statuses that refuse a machine (RFC 9110; 429 of RFC 6585, 451 of RFC 7725)."""
STATUSES_LISTED = ", ".join(f"`{status}`" for status in STATUSES)
_UNAUTHORIZED, _PAYMENT_REQUIRED = 401, 402
_NO_STATUS = 0

PRICE_FORM = "a currency and an amount such as `USD 0.01`"
LICENCE_FORM = "an address such as `https://example.com/licence`"
_PRICE = re.compile(r"([A-Z]{3}) ((?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,6})?)", re.ASCII)
# What stands in a header, in a line of `robots.txt` and between quotes needs no escaping.
_ADDRESS = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.ASCII)


def price_step(price: str) -> str | None:
    """Return the next step if a price is not a currency, a blank and an amount above 0."""
    match = _PRICE.fullmatch(price)
    if match is None:
        return "write three capitals, one blank and a number, such as `USD 0.01`"
    if not 0 < Decimal(match[2]) <= MOST_PRICE:
        return f"the amount is above 0 and at most {MOST_PRICE}; for nothing, leave `price` out"
    return None


def address_step(address: str) -> str | None:
    """Return the next step if an address is not absolute, or not plain enough for a header."""
    if not _ADDRESS.fullmatch(address):
        return "write all of it, in ASCII, such as `https://example.com/licence`"
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is none
        return "write a host that there can be, such as `https://example.com/licence`"
    if "@" in parts.netloc:
        return "leave out what stands before the `@`: everybody will read this address"
    return None if has_host else "name a host, such as `https://example.com/licence`"


def of_form(step: Callable[[str], str | None], form: str, code: str) -> Kind:
    """Return the kind of a text; `step` returns the next step where it is not of its form."""
    is_text = text(form, may_be_empty=False)

    def fault(value: object, what: str) -> Fault | None:
        advice = step(value) if isinstance(value, str) else None
        if advice is not None:
            return Fault(code, f"{what} is {form}, not {quoted(value)}", advice)
        return is_text(value, what)

    return fault


LICENCE = of_form(address_step, LICENCE_FORM, "bad-link")
"""The kind of the address of a licence."""


def _status(value: object, what: str) -> Fault | None:
    found = whole_number("402")(value, what)
    if found is not None or value in STATUSES:
        return found
    if value == _NO_STATUS:
        return _NOTHING_SAID
    message = f"{what} is one of {STATUSES_LISTED}, not {quoted(value)}"
    return Fault("bad-status", message, "write the status of a refusal, such as `402`")


def _usual(terms: MachineTerms) -> int:
    # Whoever has to pay is told so; whoever needs a licence is asked for one.
    if terms.price is not None:
        return _PAYMENT_REQUIRED
    return _NO_STATUS if terms.licence is None else _UNAUTHORIZED


@frozen(kw_only=True)
class MachineTerms:
    """What a rule that refuses tells machines: a status, a price, the address of a licence.

    `status` is one of 401, 402, 403, 429 and 451; unless said it is 402 with a price, and 401 with
    a licence alone. `price` is a currency (ISO 4217), a blank and an amount. One of the three is
    there at least, and a 401 needs a `licence`: there is nothing else that it could ask for.
    """

    price: str | None = None
    licence: str | None = None
    status: int = Factory(_usual, takes_self=True)

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_TERMS)
        if self.status == _UNAUTHORIZED and self.licence is None:
            refuse(self, "status", _NO_LICENCE)


_OF_TERMS = {
    "price": maybe(of_form(price_step, PRICE_FORM, "bad-price")),
    "licence": maybe(LICENCE),
    "status": _status,
}
_NOTHING_SAID = Fault(
    "empty-table",
    "`machines` tells machines nothing",
    "write `status`, `price` or `licence`, or remove it",
)
_NO_LICENCE = Fault(
    "machines-need-licence",
    "`status` 401 asks for a licence, and there is no `licence`",
    "add `licence`, the address of its terms, or write another status such as `403`",
)
