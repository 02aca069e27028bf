"""The addresses of pages that a signed link may be added to, and the parameters that hold it.

They are addresses as browsers send them. Whoever has such a link has what it opens, so an address
has to lead where it seems to lead: to a host that it names, or to a path of the same site.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

__all__ = ["FORM", "GIFT", "LONGEST", "PAGE", "PREVIEW", "is_page"]

GIFT = "gift"
"""What brings the token of a gift link: a parameter of an address, or a key of a page view."""
PREVIEW = "preview"
"""The parameter of an address that holds the token of a preview link."""

_NAME = r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,252}"
_NUMBER = r"\[[0-9A-Fa-f:.]{2,45}\]"
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
# A backslash is a slash to browsers, and two slashes begin a host.
_REST = r"[!-\[\]-~]*"
PAGE = rf"^(https?://({_NAME}|{_NUMBER})(:{_PORT})?([/?#]{_REST})?|/([!-.0-\[\]-~]{_REST})?)$"
"""What the address of a page looks like: a whole one, or a path."""
FORM = "an address such as `https://harbour.example/articles/a1`"
LONGEST = 2000
"""Characters."""

_PAGE = re.compile(PAGE)


def is_page(address: str, *, path: bool) -> bool:
    """Say whether an address is that of a page: a whole one, or where `path` says so a path.

    >>> is_page("https://harbour.example:8443/a1", path=False), is_page("/a1", path=True)
    (True, True)
    >>> is_page("//other.example/a1", path=True), is_page("http://a.example:99999/", path=False)
    (False, False)
    """
    if len(address) > LONGEST or _PAGE.fullmatch(address) is None:
        return False
    try:
        parts = urlsplit(address)
        if "[" in parts.netloc:
            IPv6Address(parts.hostname or "")
    except ValueError:
        return False
    return path or bool(parts.netloc)
