"""What holds in every place: axe, zoom, forced colours, and what a page is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.studio.browsing import axe, is_wider_than_the_window, launched, running, window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.studio.browsing import Site

HEAD = """
- banner:
  - paragraph: meter studio policy.toml
  - navigation "Places":
    - list:
      - listitem:
        - link "Gallery"
      - listitem:
        - link "Policy"
      - listitem:
        - link "Reader"
      - listitem:
        - link "Promises"
      - listitem:
        - link "What if"
      - listitem:
        - link "Log"
"""
MAIN = {
    "gallery": """
- main:
  - heading "Gallery" [level=1]
  - navigation "Choose what is shown"
""",
    "policy": """
- main:
  - heading "Policy" [level=1]
  - region "What staff change":
    - heading "What staff change" [level=2]
    - group "Meter “monthly”"
    - group "Offer “summer”"
""",
    "what-if": """
- main:
  - heading "What if" [level=1]
  - region "Five numbers of yours"
""",
}
"""The beginning of each page that no other module tells, as a screen reader has it."""
HOSTILE = '<img src="https://evil.example/x" onerror="document.title = 1"><script>1</script>'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve one studio that may not write, of a policy whose own words are hostile."""
    with running(tmp_path_factory.mktemp("studio"), may_write=False) as site:
        text = site.desk.path.read_text(encoding="utf-8")
        hostile = text.replace("Get exclusive coverage of every port", HOSTILE.replace('"', "'"))
        site.desk.path.write_text(hostile, encoding="utf-8")
        assert site.desk.file().policy is not None
        yield site


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start one browser."""
    with launched(chromium) as browser:
        yield browser


@pytest.mark.parametrize("place", MAIN)
def test_a_page_consists_of_its_landmarks_and_headings(
    browser: Browser, site: Site, place: str
) -> None:
    """In the order in which a screen reader comes to them."""
    with window(browser, site) as page:
        page.goto(f"/{place}")
        expect(page.get_by_role("banner")).to_match_aria_snapshot(HEAD)
        expect(page.get_by_role("main")).to_match_aria_snapshot(MAIN[place])


@pytest.mark.parametrize("place", ["gallery?show=registration-wall", "log"])
def test_twice_as_large_and_in_forced_colours(browser: Browser, site: Site, place: str) -> None:
    """Half the pixels, the user's own colours: nothing is cut off, and axe finds nothing."""
    with window(browser, site, width=640, has_forced_colours=True) as page:
        page.goto(f"/{place}")
        assert not is_wider_than_the_window(page)
        assert [] == axe(page)


@pytest.mark.parametrize("place", ["policy", "gallery?v=0123456789abcdef", "nothing"])
def test_axe_finds_nothing_where_something_cannot_be_done(
    browser: Browser, site: Site, place: str
) -> None:
    """Without `--write`, for a draft that is not kept, and for a page that is not there."""
    with window(browser, site, width=390, scheme="dark", expects=(404,)) as page:
        page.goto(f"/{place}")
        expect(page.get_by_role("main")).to_be_visible()
        assert not is_wider_than_the_window(page)
        assert [] == axe(page)


def test_words_of_a_policy_are_words_everywhere(browser: Browser, site: Site) -> None:
    """A script in a headline is shown, and neither runs nor asks anybody for anything."""
    with window(browser, site) as page:
        for place in ("gallery?show=registration-wall", "policy", "reader?steps=read"):
            page.goto(f"/{place}")
            frame = page.frame_locator("iframe").first
            expect(frame.get_by_text("onerror=").first).to_be_visible()
            assert "meter studio" in page.title()
