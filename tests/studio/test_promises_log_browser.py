"""Promises and Log as a person uses them: by mouse and keyboard, on a phone, without a script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.studio.browsing import axe, is_wider_than_the_window, launched, running, window
from tests.studio.small import JOURNEY, SMALL

WIDTHS = {1280: "light", 390: "dark"}
LOG = "member;when;teaser\n" + "".join(
    f"<b>ana</b>;0{day}/06/2026 08:00:00;/{day}\n" for day in range(1, 8)
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A studio that is open on a small policy, which breaks a promise."""
    folder = tmp_path_factory.mktemp("studio")
    (folder / "policy.toml").write_text(SMALL, encoding="utf-8")
    (folder / "two.journey.toml").write_text(JOURNEY, encoding="utf-8")
    with running(folder) as site:
        yield site


@pytest.fixture(scope="module")
def browser(chromium):
    with launched(chromium) as browser:
        yield browser


LAMPS = """
- region "What this policy promises":
  - heading "What this policy promises" [level=2]
  - paragraph: 1 proved of 1
  - list:
    - listitem:
      - paragraph: holds nobody <b>registers</b>
"""
NEEDED = """
- group "Needed":
  - text: Needed
  - paragraph:
    - text: Reader
    - combobox "Reader":
      - option "member" [selected]
  - paragraph:
    - text: Time
    - combobox "Time":
      - option "when" [selected]
  - paragraph:
    - text: Article
    - combobox "Article":
      - option "teaser" [selected]
"""


def press_until(page, name):
    """Press Tab until what is called so has the focus, then Enter."""
    for _ in range(50):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.textContent"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} is not reached by keyboard")


def looks_for_mistakes(page):
    """Press the button, unless somebody has looked before: the answer is kept then."""
    looks = page.get_by_role("button", name="Look for mistakes")
    if looks.is_visible():
        looks.click()


@pytest.mark.parametrize("width", WIDTHS)
def test_promises_are_looked_at(browser, site, width):
    """A broken one tells its story; mistakes are looked for, with the page renewed at the end."""
    with window(browser, site, width=width, scheme=WIDTHS[width]) as page:
        page.goto("/log")
        page.get_by_role("link", name="Promises").click()
        lamp = page.get_by_role("listitem").filter(has_text="a subscriber never meets a wall")
        expect(lamp).to_contain_text("broken")
        story = lamp.get_by_role("link", name="Play the story in Reader")
        assert story.get_attribute("href").startswith("/reader")
        expect(page.get_by_role("main")).to_match_aria_snapshot(LAMPS)
        looks_for_mistakes(page)
        missed = page.get_by_role("region", name="Mistakes your tests would miss")
        expect(missed).to_contain_text("mistakes would go unnoticed")
        for summary in page.get_by_text(re.compile("^(What the words mean|By kind)")).all():
            summary.click()
        assert axe(page) == []
        assert not is_wider_than_the_window(page)


def test_looking_for_mistakes_is_cancelled(browser, site):
    """While a large policy is looked at, the page says how far; Cancel ends it at once."""
    many = "".join(
        f"""
[[rules]]
name = "section {number}"
when = {{ section = ["s{number}"], country = ["JP", "US"], device = ["phone"] }}
show = "article"
"""
        for number in range(120)
    )
    head, rules = SMALL.split("[[rules]]", 1)
    draft = site.desk.keep(f"{head}{many}\n[[rules]]{rules}")
    with window(browser, site) as page:
        page.goto(f"/promises?v={draft.key}")
        page.get_by_role("button", name="Look for mistakes").click()
        missed = page.get_by_role("region", name="Mistakes your tests would miss")
        expect(missed).to_contain_text(re.compile(r"mistakes tried: \d+ of \d+"))
        assert axe(page) == []
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Look for mistakes")).to_be_visible()


def test_promises_by_keyboard(browser, site):
    """A story is kept as a test, which then fails on the page."""
    with window(browser, site, width=640, has_forced_colours=True) as page:
        page.goto("/promises")
        press_until(page, "Keep as test")
        expect(page.get_by_text("Kept as")).to_be_visible()
        expect(page.get_by_text("fails", exact=True)).to_be_visible()
        assert not is_wider_than_the_window(page)
    for file in site.folder.glob("*.journey.toml"):
        if file.name != "two.journey.toml":
            file.unlink()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_log_is_mapped_and_replayed(browser, site, width):
    """Its columns are suggested; the numbers come, and the words of the log stay words."""
    with window(browser, site, width=width, scheme=WIDTHS[width]) as page:
        page.goto("/promises")
        page.get_by_role("link", name="Log").click()
        file = {"name": "june.csv", "mimeType": "text/csv", "buffer": LOG.encode()}
        page.get_by_label("A file with a row for each page view").set_input_files(file)
        assert axe(page) == []
        page.get_by_role("button", name="Read this log").click()
        expect(page.get_by_role("cell", name="<b>ana</b>").first).to_be_visible()
        expect(page.get_by_role("main")).to_match_aria_snapshot(NEEDED)
        assert page.get_by_label("Reader", exact=True).get_attribute("aria-invalid") is None
        page.get_by_label("Reader", exact=True).select_option("member")
        expect(page.get_by_label("Time", exact=True)).to_have_value("when")
        page.get_by_role("button", name="Replay this log").click()
        expect(page.get_by_text("1 of 1 readers would have met a wall")).to_be_visible()
        row = page.get_by_role("row").filter(has_text="views blocked")
        expect(row).to_contain_text("6")
        assert axe(page) == []
        assert not is_wider_than_the_window(page)


def test_a_log_by_keyboard(browser, site):
    """From the menu to the numbers of the sample."""
    with window(browser, site) as page:
        page.goto("/log")
        press_until(page, "Try with a sample log")
        expect(page.get_by_text("900 invented readers")).to_be_visible()
        press_until(page, "Replay this log")
        expect(page.get_by_text("of 900 readers would have met a wall")).to_be_visible()
        assert page.get_by_role("region", name="The command line").is_visible()


def test_all_works_without_a_script(browser, site):
    """Buttons wait for what they start; numbers and mistakes are on the page they lead to."""
    with window(browser, site, width=390, has_script=False) as page:
        page.goto("/log")
        page.get_by_role("button", name="Try with a sample log").click()
        page.get_by_role("button", name="Replay this log").click()
        expect(page.get_by_text("of 900 readers would have met a wall")).to_be_visible()
        page.goto("/promises")
        looks_for_mistakes(page)
        expect(page.get_by_text("mistakes would go unnoticed")).to_be_visible()
