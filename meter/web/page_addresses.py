"""The addresses of pages that a signed link may be added to, and the parameters that hold it.

They are addresses as browsers send them. Whoever has such a link has what it opens, so an address
has to lead where it seems to lead: to a host that it names, or to a path of the same site.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

__all__ = ["FORM", "GIFT", "LONGEST", "PAGE", "PREVIEW", "is_page", "local_path"]

GIFT = "gift"
"""What brings the token of a gift link: a parameter of an address, or a key of a page view."""
PREVIEW = "preview"
"""The parameter of an address that holds the token of a preview link."""

_NAME = r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,252}"
_NUMBER = r"\[[0-9A-Fa-f:.]{2,45}\]"
_PORT = r"[1-9][0-9]{0,4}"
# A backslash is a slash to browsers, and two slashes begin a host.
_REST = r"[!-\[\]-~]*"
PAGE = rf"^(https?://({_NAME}|{_NUMBER})(:{_PORT})?([/?#]{_REST})?|/([!-.0-\[\]-~]{_REST})?)$"
"""What the address of a page looks like, for a schema: not all that do are one (`is_page`)."""
FORM = "an address such as `https://harbour.example/articles/a1`"
LONGEST = 2000
"""Characters."""

_HOST = re.compile(_NAME)


def local_path(target: str | None, otherwise: str = "/") -> str:
    r"""Return a path on this site, or `otherwise` for an address that could lead elsewhere.

    Browsers take `//other.example`, `/\other.example` and addresses with tabs or line breaks in
    them to another site.

    >>> local_path("/articles/a1?page=2")
    '/articles/a1?page=2'
    >>> local_path("//other.example/"), local_path("https://other.example/")
    ('/', '/')
    """
    if not target or target[0] != "/" or "\\" in target or target.startswith("//"):
        return otherwise
    return target if target.isprintable() and " " not in target else otherwise


def is_page(address: str, *, path: bool) -> bool:
    """Say whether an address is that of a page: a whole one, or where `path` says so a path.

    >>> is_page("https://harbour.example:8443/a1", path=False), is_page("/a1", path=True)
    (True, True)
    >>> is_page("//other.example/a1", path=True), is_page("http://a.example:99999/", path=False)
    (False, False)
    """
    if len(address) > LONGEST or not address.isascii():
        return False
    if address.startswith("/"):
        return path and local_path(address, "") == address
    is_plain = address.isprintable() and " " not in address and "\\" not in address
    return is_plain and address.startswith(("http://", "https://")) and _names_a_host(address)


def _names_a_host(address: str) -> bool:
    """Say whether a whole address names a host as browsers write it, and a port there is."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        if ":" in host:
            is_host = IPv6Address(host).scope_id is None
            host = f"[{host}]"
        else:
            is_host = _HOST.fullmatch(host) is not None
    except ValueError:
        return False
    # Neither a name before the host, nor a port that is empty, nought or begins with one.
    written = host if port is None else f"{host}:{port}"
    return is_host and port != 0 and parts.netloc.lower() == written
