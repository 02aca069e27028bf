"""What goes out: nothing of one reader's may be stored, and nothing stored sets a cookie."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from meter import MeterError, Reader, ReloadingPolicy, loads_policy
from tests.web.site import POLICY, Site, article, header

PLANTED = [
    ("X-Accel-Expires", "600"),
    ("Surrogate-Control", "max-age=600"),
    ("CDN-Cache-Control", "public, max-age=600"),
    ("Cloudflare-CDN-Cache-Control", "max-age=600"),
    ("X-LiteSpeed-Cache-Control", "public,max-age=600"),
    ("cache-control", "public, max-age=600"),
    ("Expires", "Thu, 01 Jan 2099 00:00:00 GMT"),
    ("Pragma", "cache"),
    ("ETag", '"v1"'),
    ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
]


@pytest.mark.parametrize("status", [200, 301, 303, 304, 404, 500])
@pytest.mark.parametrize("access", ["metered", "premium"])
def test_no_header_of_the_site_makes_a_readers_answer_storable(status, access):
    """Whatever the site sets, and whatever the status."""
    visit = Site().visit()
    visit.open(article("a1", access))
    finished = visit.finish(status, [*PLANTED, ("Content-Type", "text/html")])
    names = {name.lower() for name, _ in finished.headers} - {"set-cookie"}
    assert names == {"content-type", "cache-control"}
    assert header(finished, "cache-control") == ["private, no-store"]


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, [], "public, max-age=300"),
        (304, [], "public, max-age=300"),
        (200, PLANTED, "public, max-age=300"),
        (301, [], "private, no-store"),
        (404, [], "private, no-store"),
        (500, [], "private, no-store"),
        (200, [("Set-Cookie", "session=1")], "private, no-store"),
        (200, [("Vary", "Accept, Cookie")], "private, no-store"),
        (200, [("Vary", "*")], "private, no-store"),
        (200, [("Cache-Control", "private")], "private, no-store"),
        (200, [("CDN-Cache-Control", "no-store")], "private, no-store"),
        (200, [("Surrogate-Control", "no-store")], "private, no-store"),
        (200, [("Pragma", "no-cache")], "private, no-store"),
        (
            200,
            [("Cache-Control", "max-age=20"), ("cache-control", "no-cache")],
            "private, no-store",
        ),
        (200, [("Cache-Control", "max-age=20")], "public, max-age=20"),
        (200, [("Cache-Control", "s-maxage=10, max-age=20")], "public, max-age=10"),
        (200, [("Cache-Control", "max-age=0")], "private, no-store"),
        (200, [("Vary", "Accept-Encoding")], "public, max-age=300"),
    ],
)
def test_what_is_open_to_everyone_is_stored_where_the_site_agrees(status, headers, expected):
    """A site that keeps less, or sets a cookie of its own, is obeyed."""
    visit = Site().visit(cookie="reader=x")
    assert visit.open(article("a1", "free")).whole
    finished = visit.finish(status, headers)
    assert header(finished, "cache-control") == [expected]
    own = [value for name, value in headers if name == "Set-Cookie"]
    assert header(finished, "set-cookie") == own


def test_an_open_page_for_which_the_browser_had_to_sign_in_is_not_stored():
    """A site behind a password stays behind it."""
    visit = Site().visit(authorization="Basic eDp5")
    assert visit.open(article("a1", "free")).whole
    assert header(visit.finish(200, []), "cache-control") == ["private, no-store"]


def test_an_open_article_beside_a_readers_own_is_not_stored():
    """The least open article of a page decides, and so does what was only looked at."""
    for other in ("open", "peek", "ledger"):
        visit = Site().visit()
        visit.open(article("a1", "free"))
        _ = visit.ledger() if other == "ledger" else getattr(visit, other)("a2")
        assert header(visit.finish(200, []), "cache-control") == ["private, no-store"]


def test_an_error_of_the_sites_own_function_is_not_stored():
    """What failed while the reader was asked about hung on the reader."""
    visit = Site().visit()
    visit._identity._account_of = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        visit.open("a1")
    assert header(visit.finish(500, []), "cache-control") == ["private, no-store"]


def test_a_view_that_takes_a_while_is_stored_for_less():
    """The age counts from when the answer goes out, and never passes the date of a rule."""
    text = POLICY.replace('{ access = ["free"] }', "{ dates = { until = 2026-06-10 } }")
    from_the_end = Site(loads_policy(text))
    clock = from_the_end.clock
    clock.advance(_to_midnight(clock, 100))
    visit = from_the_end.visit()
    assert visit.open(article("a1")).max_age == 100
    clock.advance(_to_midnight(clock, 40))
    assert header(visit.finish(200, []), "cache-control") == ["public, max-age=40"]
    clock.advance(_to_midnight(clock, 0))
    assert header(visit.finish(200, []), "cache-control") == ["private, no-store"]


def _to_midnight(clock, seconds):
    now = clock()
    midnight = datetime(2026, 6, 11, tzinfo=now.tzinfo)
    return midnight - timedelta(seconds=seconds) - now


def test_a_policy_that_is_read_again_is_not_outlived(tmp_path):
    """A cache keeps an open page no longer than another policy takes to be in force."""
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    with ReloadingPolicy(path, every=4, settle=3) as policy:
        assert Site(policy).visit().open(article("a1", "free")).max_age == 7
    with ReloadingPolicy(path, every=None) as policy:
        assert not Site(policy).visit().open(article("a1", "free")).max_age


def test_an_answer_that_asked_nothing_goes_out_as_it_is():
    """Nothing switches itself on."""
    assert Site().visit(cookie="reader=x").finish(200, PLANTED) == (200, PLANTED, None)


def test_nobody_is_asked_about_once_the_answer_has_begun():
    """A body that is streamed could not be kept from caches any more, nor what it shows be counted.

    An offer that has started is only the store's to know.
    """
    site = Site()
    visit = site.visit(method="POST", account=Reader(id="ana", registered=True))
    visit.finish(200, [])
    calls = (
        lambda: visit.open("a1"),
        lambda: visit.peek("a1"),
        lambda: visit.sign_in("ana"),
        visit.sign_out,
        visit.ledger,
        visit.forget,
    )
    for call in calls:
        with pytest.raises(RuntimeError, match="the answer has begun"):
            call()
    with pytest.raises(MeterError, match="no offer"):
        visit.started("nothing")
