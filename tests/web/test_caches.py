"""nginx in front of the example in both modes, as the how-to prints its files, and planted leaks.

All six caches are tried by `python -m tests.web.caches`. nginx comes in no wheel:
`apt-get install nginx` (the gate does). Without it this is skipped.
"""

from __future__ import annotations

import re

import pytest

from tests.web.caches.between import with_a_cookie, without_a_lifetime
from tests.web.caches.command import main
from tests.web.caches.configurations import CACHES, MODES, printed
from tests.web.caches.printing import HEADINGS, Row, headings, row
from tests.web.caches.programs import UnableError, program
from tests.web.caches.running import folder, site
from tests.web.caches.trial import through

EXCHANGES = 160


def is_missing(name):
    """Say whether a program is not installed."""
    try:
        program(name)
    except UnableError:
        return True
    return False


needs_nginx = pytest.mark.skipif(
    is_missing("nginx"), reason="nginx is not installed: `apt-get install nginx`"
)


@pytest.fixture(scope="module")
def example():
    """The Starlette example, running."""
    with folder() as place, site("private", place) as port:
        yield port


@pytest.fixture(scope="module")
def example_that_is_asked():
    """The example with what the how-to adds for a cache that asks for each reader."""
    with folder() as place, site("preflight", place) as port:
        yield port


@needs_nginx
def test_nothing_leaks_through_a_cache_that_stores_what_is_public(example):
    """Bodies, cookies and counts are right, and a free page is fetched once."""
    found = through("nginx", "private", example, EXCHANGES)
    assert (found.leaks, found.exchanges >= EXCHANGES) == ((), True)


@needs_nginx
def test_nothing_leaks_through_a_cache_that_asks_for_each_reader(example_that_is_asked):
    """One stored body for everybody, and counts that are exact."""
    found = through("nginx", "preflight", example_that_is_asked, EXCHANGES)
    assert (found.leaks, found.exchanges >= EXCHANGES) == ((), True)


@needs_nginx
def test_a_planted_cookie_on_a_cacheable_page_is_caught(example):
    """The same run finds a cookie that something has put on a free page."""
    found = through("nginx", "private", example, 100, seed=6, spoil=with_a_cookie)
    assert any("the site sent a cookie with `public" in leak for leak in found.leaks)
    assert any("free-1: the site was asked 2 times" in leak for leak in found.leaks)


@needs_nginx
def test_an_answer_that_lost_its_lifetime_is_caught(example):
    """The same run finds a metered page that says nothing to caches."""
    found = through("nginx", "private", example, 100, seed=7, spoil=without_a_lifetime)
    assert any("`Cache-Control: `" in leak for leak in found.leaks)


@pytest.mark.parametrize("mode", MODES)
def test_the_site_is_told_how_it_was_asked(mode):
    """The printed nginx file passes on host, scheme and address in every place that sets headers.

    A `location` with a `proxy_set_header` of its own inherits none.
    """
    settings = {"Host $http_host", "X-Forwarded-Proto $scheme", "X-Forwarded-For $remote_addr"}
    places = re.split(r"^(?:server|    location) .*{$", printed(f"{mode}.conf"), flags=re.MULTILINE)
    told = [set(re.findall(r"proxy_set_header (.*);", place)) for place in places]
    assert [settings - words for words in told if words] == [set() for words in told if words]
    assert any(told)


def test_every_cache_knows_both_modes():
    """Six caches, and for each a configuration in each mode."""
    assert {name: sorted(modes) for name, modes in CACHES.items()} == dict.fromkeys(
        ("nginx", "varnish", "haproxy", "squid", "apache", "trafficserver"), sorted(MODES)
    )


def test_a_row_says_what_was_wrong():
    """One line of figures, below it the first leaks; or why there are no figures."""
    wrong = Row("private", "nginx", 300, 1, 2, 3, 0.5, tuple(f"leak {n}" for n in range(10)))
    lines = row(wrong).splitlines()
    assert lines[0].split() == ["private", "nginx", "300", "1", "2", "3", "50.0%"]
    assert lines[1:] == [*(f"    leak {n}" for n in range(8)), "    and 2 more"]
    assert row(Row("private", "squid", cannot="no")).endswith("cannot: no")
    assert [heading in headings() for heading in HEADINGS] == [True] * len(HEADINGS)


def test_an_unknown_word_is_an_error(capsys):
    """A cache or a mode that there is not."""
    assert main(["nginy"]) == 2
    assert "`nginy` is none of nginx" in capsys.readouterr().err
