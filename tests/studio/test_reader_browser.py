"""Reader as a person uses it: in a real browser, by names and roles only."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.studio.browsing import axe, is_wider_than_the_window, launched, running, window

START = "/reader?start=2026-09-12T09:00"
WALL = f"{START}&steps=read,read,read,read"
BRANCHED = f"{WALL}&fork=4&b=sign-in,read:again&side=b"

TWO_STEPS = """
- navigation "Steps":
  - list:
    - listitem:
      - link "The beginning"
    - listitem:
      - link "1. Sat 12 September 09:00 opens a1 countdown 0 → 1 of 3"
    - listitem:
      - link "2. Sat 12 September 09:00 opens a2 countdown 1 → 2 of 3"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A studio on a copy of the sample."""
    with running(tmp_path_factory.mktemp("studio")) as site:
        yield site


@pytest.fixture(scope="module")
def browser(chromium):
    """One browser for all of these."""
    with launched(chromium) as browser:
        yield browser


def press(page, *names):
    """Press buttons by their names, one after the other; each is done when it is announced."""
    for name in names:
        before = page.url
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_url(lambda url, before=before: url != before)


def steps(page, name="Steps"):
    """Return the steps of a story, as their links are called."""
    return page.get_by_role("navigation", name=name, exact=True).get_by_role("listitem")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_month_a_branch_and_a_test_of_it(browser, site, has_script):
    """The whole task with and without a script: read to the wall, branch, sign in, save."""
    with window(browser, site, has_script=has_script) as page:
        page.goto(START)
        press(page, "Read", "Read", "Read", "Next month", "Read")
        expect(steps(page).last).to_contain_text("countdown 0 → 1 of 3")
        frame = page.frame_locator("iframe[title='What the reader sees at step 5']")
        expect(frame.get_by_role("region")).to_contain_text("2 free articles left")
        press(page, "Read", "Read", "Read", "Branch here", "Sign in")
        page.get_by_label("Which").select_option("the same again")
        press(page, "Read")
        cells = page.get_by_role("row", name="Shown").get_by_role("cell")
        expect(cells).to_have_text(["registration-wall", "countdown"])
        expect(page.get_by_role("row", name="Meter")).to_contain_text("4 of 5")
        press(page, "Save as journey test")
        name = f"branch-{'with' if has_script else 'without'}.journey.toml"
        page.get_by_label("Name of the file").fill(name)
        page.get_by_role("button", name="Add beside the policy").click()
        expect(page.get_by_text("All 10 expectations hold.")).to_be_visible()
        assert (site.folder / name).is_file()


def test_a_story_is_told_with_the_keyboard_alone(browser, site):
    """The button keeps the focus, arrows move along the steps, and what came is announced."""
    with window(browser, site) as page:
        page.goto(START)
        page.get_by_role("button", name="Read", exact=True).focus()
        for left in (2, 1):
            page.keyboard.press("Enter")
            expect(page.get_by_role("status")).to_contain_text(f"countdown {2 - left} → {3 - left}")
        expect(page.get_by_role("button", name="Read", exact=True)).to_be_focused()
        expect(page.get_by_role("navigation", name="Steps")).to_match_aria_snapshot(TWO_STEPS)
        links = steps(page).get_by_role("link")
        links.last.focus()
        page.keyboard.press("ArrowUp")
        expect(links.nth(1)).to_be_focused()
        expect(links.nth(1)).to_have_attribute("aria-current", "step")
        expect(page.get_by_role("status")).to_contain_text("countdown 0 → 1 of 3")
        page.keyboard.press("Home")
        expect(page.get_by_role("status")).to_contain_text("nothing has happened yet")
        page.go_back()
        expect(page.get_by_role("link", name="Forward")).to_be_visible()
        expect(steps(page).get_by_role("link").nth(1)).to_have_attribute("aria-current", "step")
        page.get_by_role("button", name="Sign in", exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Sign out")).to_be_focused()


def test_on_a_phone_the_page_comes_after_the_main_buttons(browser, site):
    """The other buttons are folded, and stay open once somebody has asked for them."""
    with window(browser, site, width=390) as page:
        page.goto(f"{START}&steps=read")
        other = page.get_by_role("button", name="Next month")
        expect(other).to_be_hidden()
        assert page.locator("iframe").bounding_box()["y"] < 700
        page.get_by_text("More: the clock").click()
        press(page, "Next month")
        expect(other).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme", "address"),
    [
        (1280, "light", BRANCHED),
        (390, "dark", WALL),
        (640, "light", "/reader?journey=months.journey.toml&at=8&frame=desktop"),
        (390, "light", BRANCHED.replace("/reader?", "/reader/save?")),
    ],
)
def test_everybody_can_read_it(browser, site, width, scheme, address):
    """Nothing that axe complains of, no page wider than its window; 640 is 1280 at 200 %."""
    with window(browser, site, width=width, scheme=scheme) as page:
        page.goto(address)
        for summary in page.locator("summary").all():
            if not summary.evaluate("one => one.parentElement.open"):
                summary.click()
        assert axe(page) == []
        assert not is_wider_than_the_window(page)
