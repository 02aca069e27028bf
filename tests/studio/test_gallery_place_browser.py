"""The place Gallery in a real browser: by keyboard, on a phone, and what axe says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.studio.browsing import axe, is_wider_than_the_window, launched, running, window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.studio.browsing import Site

WALLS = "/gallery?show=registration-wall&scheme=all&layout=all"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve one studio that may not write."""
    with running(tmp_path_factory.mktemp("studio"), may_write=False) as site:
        yield site


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start one browser."""
    with launched(chromium) as browser:
        yield browser


def test_a_choice_keeps_the_focus_and_has_an_address(browser: Browser, site: Site) -> None:
    """Tab to a link, Enter: the frames are others, and the focus is where it was."""
    with window(browser, site) as page:
        page.goto("/gallery")
        page.get_by_role("link", name="registration wall").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("1 frame.")
        chosen = page.get_by_role("link", name="registration wall")
        expect(chosen).to_be_focused()
        expect(chosen).to_have_attribute("aria-current", "true")
        assert "show=registration-wall" in page.url
        frame = page.frame_locator("iframe").first
        expect(frame.get_by_role("heading", name="Register to continue reading")).to_be_visible()
        expect(frame.get_by_text("5 free articles a month instead of 3")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing(browser: Browser, site: Site, width: int, scheme: str) -> None:
    """Neither on the page nor in its frames, and the page is no wider than its window."""
    with window(browser, site, width=width, scheme=scheme) as page:
        page.goto(WALLS)
        for frame in page.locator("iframe").all():
            frame.scroll_into_view_if_needed()
        assert [] == axe(page)
        assert not is_wider_than_the_window(page)


def test_all_of_it_works_without_a_script(browser: Browser, site: Site) -> None:
    """The choices are links, and the frames never needed one."""
    with window(browser, site, has_script=False, width=390) as page:
        page.goto("/gallery")
        page.get_by_role("link", name="Japanese").click()
        page.get_by_role("link", name="bar", exact=True).click()
        page.get_by_role("link", name="countdown").click()
        frame = page.frame_locator("iframe").first
        expect(frame.get_by_role("heading", name="無料記事はあと2本です")).to_be_visible()
