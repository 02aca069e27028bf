"""Calls that change something come from the site itself, as browsers say it."""

from __future__ import annotations

import pytest

from meter.web import CrossSiteError
from tests.web.site import Site, header

OWN = "https://news.example"
OTHER = "https://other.example"
# Origin, Sec-Fetch-Site, Host, X-Forwarded-Host, from the proxy: is it refused?
TABLE = [
    (None, None, "news.example", None, False, False),
    (OWN, None, "news.example", None, False, False),
    (OWN, None, "NEWS.example:443", None, False, False),
    ("http://news.example:8000", None, "news.example:8000", None, False, False),
    ("http://news.example:8000", None, "news.example:9000", None, False, True),
    (OTHER, None, "news.example", None, False, True),
    ("null", None, "news.example", None, False, True),
    ("", None, "news.example", None, False, True),
    ("https://[", None, "news.example", None, False, True),
    (f"{OWN}, {OTHER}", None, "news.example", None, False, True),
    (OTHER, "same-origin", "news.example", None, False, False),
    ("null", "same-origin", "news.example", None, False, False),
    (None, "none", "news.example", None, False, False),
    (OWN, "cross-site", "news.example", None, False, True),
    (None, "cross-site", "news.example", None, False, True),
    (None, "same-site", "news.example", None, False, True),
    (None, "same-origin, cross-site", "news.example", None, False, True),
    (None, "", "news.example", None, False, True),
    (OWN, None, "127.0.0.1:8000", "news.example", True, False),
    (OWN, None, "127.0.0.1:8000", "other.example, news.example", True, False),
    (OTHER, None, "127.0.0.1:8000", "other.example, news.example", True, True),
    (OTHER, None, "news.example", "other.example", False, True),
    (OWN, None, "127.0.0.1:8000", "news.example", False, True),
    ("https://accounts.example", "cross-site", "news.example", None, False, False),
    ("https://accounts.example", None, "news.example", None, False, False),
]


@pytest.mark.parametrize(("origin", "fetch_site", "host", "forwarded", "proxied", "refused"), TABLE)
def test_who_may_change_something(origin, fetch_site, host, forwarded, proxied, refused):
    """`Origin`, `Sec-Fetch-Site`, `Host` and `X-Forwarded-Host`, also behind a trusted proxy."""
    settings = {"trusted_proxies": ["10.0.0.1"], "allowed_origins": ["https://Accounts.example/"]}
    site = Site(settings={"secret": "new"} | settings)
    given = {
        "origin": origin,
        "sec_fetch_site": fetch_site,
        "host": host,
        "x_forwarded_host": forwarded,
    }
    headers = {name: value for name, value in given.items() if value is not None}
    client = "10.0.0.1" if proxied else "203.0.113.9"
    visit = site.visit(method="POST", client=client, **headers)
    assert _refuses(visit) is refused
    assert header(visit.finish(403, []), "cache-control") == ["private, no-store"]
    assert not _refuses(site.visit(method="GET", client=client, **headers))


def _refuses(visit):
    try:
        visit.sign_in("ana")
    except CrossSiteError:
        return True
    return False


def test_a_page_without_encryption_changes_nothing_on_one_with_it():
    """Whoever sits on the wire can write a page of `http://` with the site's own name."""
    visit = Site().visit(
        method="POST", scheme="https", origin="http://news.example", host="news.example"
    )
    with pytest.raises(CrossSiteError):
        visit.check_origin()


def test_an_empty_origin_allows_nobody():
    """Such as the one of an empty list in a variable of the environment."""
    settings = {"secret": "new", "allowed_origins": [""]}
    visit = Site(settings=settings).visit(method="POST", sec_fetch_site="cross-site")
    with pytest.raises(CrossSiteError):
        visit.check_origin()


@pytest.mark.parametrize("word", ["accounts.example", "null", "https://", "https://a.example/b"])
def test_what_is_no_origin_is_refused(word):
    """It would never be one that a browser sends, or be too many."""
    with pytest.raises(ValueError, match="is no origin; write one such as"):
        Site(settings={"secret": "new", "allowed_origins": [word]})
