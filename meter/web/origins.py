"""Whether the page of another site sends a request, as browsers say it: `Sec-Fetch-Site`, `Origin`.

https://www.w3.org/TR/fetch-metadata/ and https://fetch.spec.whatwg.org/#origin-header
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_from_another_site"]

_OWN_SITE = ("same-origin", "none")
_PORTS = {"http": ":80", "https": ":443"}


def is_from_another_site(headers: Mapping[str, str], host: str, *, is_secure: bool) -> bool:
    """Say whether a browser says that another site's page sends a request.

    `headers` are the request's, by names in lower case. `host`, with its port, is what the browser
    asked for, and `is_secure` whether it did so over https: then a page of the same host without
    encryption is another site's. A request with neither header comes from no browser of today, and
    no other site can make one.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site.strip().lower() not in _OWN_SITE
    origin = headers.get("origin")
    if origin is None:
        return False
    scheme = origin.partition(":")[0].lower()
    if scheme == "http" and is_secure:
        return True
    return _host(origin, scheme) != _bare(host, scheme)


def _host(origin: str, scheme: str) -> str | None:
    """Return the host and port of an origin, or `None` for `null` and for what is none."""
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:
        return None
    return _bare(netloc, scheme) or None


def _bare(host: str, scheme: str) -> str:
    """Return a host as it is compared: without the port that its scheme has anyway."""
    return host.strip().lower().removesuffix(_PORTS.get(scheme, ":"))
