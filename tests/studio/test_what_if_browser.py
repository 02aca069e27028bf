"""What if as people use it: by keyboard, without a script, on a phone, changing their minds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.studio.browsing import Site, axe, is_wider_than_the_window, launched, running, window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

TINY = "/what-if?readers=200&months=2&draws=2"
LONG = 60_000
"""Milliseconds for the simulator to be ready, on a machine that is busy."""
HUGE = "/what-if?readers=1000000&months=12&draws=500"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a studio of the sample."""
    with running(tmp_path_factory.mktemp("studio")) as site:
        yield site


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start a browser."""
    with launched(chromium) as browser:
        yield browser


def found_by_axe(page: Page) -> list[str]:
    """Return what axe finds; what it cannot tell of the report's charts is held by their tests."""
    return [found for found in axe(page) if not found.startswith("in ") or "violations" in found]


def test_a_comparison_by_keyboard(browser: Browser, site: Site, tmp_path: Path) -> None:
    """Enter in a card adds it, Enter on the button starts, and the answer comes by itself."""
    with window(browser, site) as page:
        page.goto(TINY)
        page.get_by_label("Readers a month").focus()
        page.keyboard.type("500,000")
        page.get_by_label("Free articles instead").focus()
        page.keyboard.type("5")
        page.keyboard.press("Enter")
        page.get_by_text("then 5 articles a month (monthly)").wait_for()
        assert page.get_by_label("Readers a month").input_value() == "500,000"
        expect(page.get_by_role("heading", name="The comparison")).to_be_focused()
        page.get_by_role("button", name="Compare", exact=True).focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Download the report").wait_for(timeout=LONG)
        assert page.get_by_role("status").inner_text() == "The answer is there."
        expect(page.get_by_role("heading", name="The answer", exact=True)).to_be_focused()
        answer = page.get_by_role("region", name="The answer", exact=True)
        assert answer.get_by_text("Too few draws to tell policy and limit-5-anonymous").is_visible()
        assert answer.get_by_role("table", name="For your 500,000 readers a month").is_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the report").press("Enter")
        saved = tmp_path / "report.html"
        download.value.save_as(saved)
        assert "Which policy for The Harbour Review" in saved.read_text(encoding="utf-8")
        assert [] == found_by_axe(page)


def test_changing_ones_mind(browser: Browser, site: Site) -> None:
    """The bar moves; Cancel ends the work, and the page goes on; a wrong number is told."""
    with window(browser, site) as page:
        page.goto(HUGE)
        page.get_by_role("button", name="Add “Registration wall” to the comparison").click()
        page.get_by_role("button", name="Compare", exact=True).click()
        moved = re.compile("[1-9]")
        expect(page.get_by_role("progressbar")).to_have_attribute("value", moved, timeout=LONG)
        page.get_by_role("button", name="Cancel").click()
        page.get_by_text("Cancelled: nothing is computed any more").wait_for()
        page.get_by_text("How it is simulated").click()
        page.get_by_label("Months").fill("none")
        page.get_by_role("button", name="Compare", exact=True).click()
        page.get_by_role("link", name="none cannot be used").click()
        assert page.get_by_label("Months").evaluate("field => field.getAttribute('aria-invalid')")
        assert [] == found_by_axe(page)


def test_a_comparison_without_a_script(browser: Browser, site: Site) -> None:
    """The page looks again by itself until the answer is there."""
    with window(browser, site, has_script=False, width=390) as page:
        page.goto(TINY)
        page.get_by_label("Length instead").fill("7 days")
        page.get_by_role("button", name="Add “Trial length” to the comparison").click()
        page.get_by_role("button", name="Compare", exact=True).click()
        page.get_by_text("Too few draws to tell policy and trial-7-days").wait_for(timeout=LONG)
        assert page.get_by_role("link", name="Open the report with its charts").is_visible()


@pytest.mark.parametrize(("width", "has_forced_colours"), [(390, False), (640, True)])
def test_small_dark_and_forced_colours(
    browser: Browser, site: Site, width: int, *, has_forced_colours: bool
) -> None:
    """Nothing is wider than a phone, or than a window at 200 %."""
    with window(
        browser,
        site,
        width=width,
        scheme="dark",
        has_forced_colours=has_forced_colours,
    ) as page:
        page.goto(f"{TINY}&seed=x&uniques=1.000")
        assert not is_wider_than_the_window(page)
        assert page.get_by_text("write it without the point").first.is_visible()
        assert [] == found_by_axe(page)
