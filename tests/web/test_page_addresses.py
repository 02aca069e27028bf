"""The addresses that signed links are added to: they lead where they seem to lead."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meter.web.gifts import GiftError
from meter.web.gifts.links import address_with
from meter.web.page_addresses import is_page, local_path
from meter.web.previews import PreviewError, PreviewLink, Previews
from meter.web.signed import with_parameter
from tests.web.giving import NOW, policy_of

KEY = "a long text that nobody can guess"

PIECES = (
    "http", "https", "javascript", ":", "/", "//", "\\", "[", "]", "@", "?", "#", "%", "&", "=",
    ".", "..", "h.example", "evil.com", "a1", "::1", "v1.x", "8080", "0", "65535", "65536", "99999",
    "abc", " ", "\t", "\n", "\r", "\0", "é", "\u2100", "\ud800", "",
)  # fmt: skip
ADDRESSES = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


@given(ADDRESSES | ADDRESSES.map("https://{}".format) | st.text(max_size=30))
@example("//[")
@example("//evil.com/x")
@example("/\\evil.com")
@example("https://h.example\\@evil.com/")
@example("https://[v1.x]/")
@example("https://[::1]:8080/a1?x=[#]")
def test_an_address_is_taken_only_where_it_leads_there(address):
    """To a path of this site, or over HTTP to a host that it names; and a parameter fits in."""
    if not is_page(address, path=True):
        with pytest.raises(GiftError):
            address_with(address, "token")
        return
    linked = with_parameter(address, "gift", "token")
    parts = urlsplit(linked)
    if is_page(address, path=False):
        assert parts.scheme in ("http", "https")
        assert parts.hostname
        assert parts.username is None
        assert parts.port is None or 0 < parts.port < 65536
        assert parts.netloc == urlsplit(address).netloc
    else:
        assert local_path(address, "") == address
        assert local_path(linked, "") == linked


@pytest.mark.parametrize(
    "address",
    [
        "https://harbour.example",
        "https://harbour.example/a1?page=2#top",
        "http://localhost:8000/a1",
        "http://127.0.0.1:65535?x",
        "http://my_site.internal/a%20b",
        "http://[2001:db8::1]:8443/[a]",
    ],
)
def test_addresses_of_pages_are_taken(address):
    """Whole ones by both kinds of links, and their paths by gifts."""
    assert is_page(address, path=False)
    assert is_page(f"/{address.partition('//')[2].partition('/')[2]}", path=True)
    assert not is_page("/a1", path=False)


@pytest.mark.parametrize(
    "address",
    ["http://h:99999/", "http://h:0/", "https://h.example:abc/", "https://[v1.x]/", "https://[/",
     "https://me@h.example/", "https:h.example", "https://.h.example/", "ftp://h.example/",
     "https://h.example:/", "https://h.example:080/", "http://[fe80::1%1]/", "http://[1.2.3.4]/",
     "HTTPS://h.example/", "https://@h.example/", "https://h.example/a b", "https://é.example/"],
)  # fmt: skip
def test_both_kinds_of_links_refuse_the_same(address):
    """What is no page to one is none to the other."""
    assert not is_page(address, path=True)
    link = PreviewLink.asked(NOW + timedelta(days=1), status="staff")
    with pytest.raises(PreviewError, match="is not the address of a page"):
        Previews(KEY).make(address, link, policy_of(), NOW)
