"""The place Policy in a real browser, as a person uses it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from meter.commands.init import sample_files
from meter.loading import loads_policy
from meter.verify.diff import changes
from tests.studio.browsing import axe, is_wider_than_the_window, launched, running, window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.studio.browsing import Site

LONG = 180_000
"""Milliseconds for what is compiled first on a new machine."""
THREE = "limit = { anonymous = 3, registered = 5 }"
FIVE = "limit = { anonymous = 5, registered = 5 }"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve one studio that may write, with a log of its own."""
    with running(tmp_path_factory.mktemp("studio")) as site:
        site.desk.log = site.folder / "events.jsonl"
        yield site


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start one browser."""
    with launched(chromium) as browser:
        yield browser


@pytest.fixture(autouse=True)
def text(site: Site) -> str:
    """Write the sample's policy into the file, and return it."""
    (text,) = (file.text for file in sample_files() if file.name == "policy.toml")
    site.desk.path.write_text(text, encoding="utf-8")
    return text


def editor(page: Page) -> Locator:
    """Return where the text is typed."""
    return page.get_by_role("textbox", name="The text", exact=True)


def section(page: Page, name: str) -> Locator:
    """Return a part of the page by its heading."""
    return page.get_by_role("region", name=name, exact=True)


def put(page: Page, old: str, new: str) -> None:
    """Type something else for a whole line of the text."""
    editor(page).scroll_into_view_if_needed()
    line = editor(page).get_by_text(old, exact=True).first
    for _ in range(20):  # only the lines in sight are on the page
        if line.is_visible():
            break
        editor(page).click()
        page.keyboard.press("PageDown")
    line.click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.insert_text(new)


def price_of_summer(page: Page) -> Locator:
    """Return the field of what the offer costs that the sample has in summer."""
    return page.get_by_role("group", name="Offer “summer”").get_by_label("Price", exact=True)


def reach(page: Page, name: str) -> None:
    """Press Tab until what has this name is in focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = (
            "document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText"
        )
        if page.evaluate(focused) == name:
            return
    pytest.fail(f"nobody reaches `{name}` with the Tab key")


def test_a_limit_is_changed_seen_saved_and_taken_back(
    browser: Browser, site: Site, text: str
) -> None:
    """One number typed: who changes is told, one token of the file changes, undo restores all."""
    rows = changes(loads_policy(text), loads_policy(text.replace(THREE, FIVE))).rows
    with window(browser, site) as page:
        page.goto("/policy")
        limit = page.get_by_label("Anonymous readers", exact=True)
        limit.click()
        page.keyboard.press("Control+a")
        page.keyboard.type("5")
        frame = page.frame_locator("[title='The first article of a stranger']")
        expect(frame.get_by_text("You have 4 free articles left this month")).to_be_visible()
        expect(limit).to_be_focused()
        page.keyboard.press("Tab")
        who = section(page, "Who changes")
        for row in rows:
            expect(who).to_contain_text(row.who)
            expect(who).to_contain_text(row.after.replace("`", ""))
        expect(page).to_have_url(re.compile(r"/policy\?v=\w+$"))
        expect(editor(page)).to_contain_text(FIVE)
        expect(page.get_by_label("Registered readers", exact=True)).to_be_focused()
        many = section(page, "How many that is")
        expect(many).to_contain_text("decisions in events.jsonl", timeout=LONG)
        expect(section(page, "What I changed")).to_contain_text(f"+{FIVE}")
        expect(page.get_by_text("3 of 6 tests beside the policy fail")).to_be_visible()
        assert [] == axe(page)
        page.get_by_role("button", name="Save", exact=True).click()
        told = page.get_by_text("Saved. The file on disk is this text now.")
        expect(told).to_be_focused()
        assert site.desk.path.read_text(encoding="utf-8") == text.replace(THREE, FIVE)
        page.get_by_role("button", name="Undo the last save").click()
        expect(page.get_by_text("Undone.")).to_be_visible()
        assert site.desk.path.read_text(encoding="utf-8") == text


def test_a_slip_is_marked_as_it_is_typed(browser: Browser, site: Site, text: str) -> None:
    """It says line, column and what was meant; a broken draft is kept and not saved."""
    with window(browser, site, expects=(422,)) as page:
        page.goto("/policy")
        put(page, 'spend = "monthly"', 'spend = "montly"')
        problems = section(page, "Problems")
        expect(problems).to_contain_text("did you mean monthly?")
        expect(problems).to_contain_text("The last good policy stays in force")
        expect(section(page, "Who changes")).to_contain_text("Mend the errors first")
        assert page.locator(".cm-lintRange-error").inner_text() == '"montly"'
        assert [] == axe(page)
        page.keyboard.press("Control+End")
        problems.get_by_role("link", name=re.compile(r"Line \d+, column 9")).click()
        page.keyboard.press("Shift+End")
        assert page.evaluate("getSelection().toString()") == '"montly"'
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Not saved, because the text has errors.")).to_be_visible()
        assert site.desk.path.read_text(encoding="utf-8") == text
        page.reload()
        put(page, 'spend = "montly"', 'spend = "monthly"')
        expect(section(page, "Problems")).to_contain_text("Nothing wrong")
        expect(page.get_by_text("This is the file as it is.")).to_be_visible()


def test_all_of_it_is_done_with_the_keyboard(browser: Browser, site: Site, text: str) -> None:
    """From the address bar to a saved limit; the editor keeps nobody's Tab."""
    with window(browser, site) as page:
        page.goto("/policy")
        reach(page, "Anonymous readers")
        page.keyboard.press("Control+a")
        page.keyboard.type("5")
        page.keyboard.press("Enter")
        expect(section(page, "Who changes")).to_contain_text("5 articles a month")
        editor(page).focus()
        page.keyboard.press("Tab")
        expect(editor(page)).not_to_be_focused()
        page.reload()
        reach(page, "Save")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Saved. The file on disk is this text now.")).to_be_visible()
        assert site.desk.path.read_text(encoding="utf-8") == text.replace(THREE, FIVE)


def test_what_the_form_cannot_take_is_told_at_the_field(browser: Browser, site: Site) -> None:
    """What was typed stays there, and what is typed meanwhile too."""
    with window(browser, site) as page:
        page.goto("/policy")
        field = page.get_by_label("Anonymous readers", exact=True)
        field.fill("lots")
        page.keyboard.press("Tab")
        page.keyboard.insert_text("7")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("whole number"))
        expect(field).to_have_value("lots")
        expect(page.get_by_label("Registered readers", exact=True)).to_have_value("7")
        page.get_by_text("Other readers").click()
        assert [] == axe(page)


def test_a_file_changed_outside_is_told_and_never_written_over(
    browser: Browser, site: Site, text: str
) -> None:
    """Without a script too: both texts, and the ways to go on; no words are lost."""
    theirs = text.replace("price = 9", "price = 19")
    with window(browser, site, has_script=False, expects=(409,)) as page:
        page.goto("/policy")
        page.get_by_label("Anonymous readers", exact=True).fill("5")
        site.desk.path.write_text(theirs, encoding="utf-8")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("heading", name="The file was changed meanwhile")).to_be_visible()
        assert page.get_by_label("Yours").input_value() == text.replace(THREE, FIVE)
        assert page.get_by_label("The file as it is now").input_value() == theirs
        assert site.desk.path.read_text(encoding="utf-8") == theirs
        address = page.url
        page.get_by_role("button", name="Go on with mine").click()
        expect(section(page, "What I changed")).to_contain_text("-price = 19")
        expect(page.get_by_role("textbox", name="The text")).to_have_value(
            text.replace(THREE, FIVE)
        )
        assert address != page.url


def test_the_place_works_without_a_script(browser: Browser, site: Site) -> None:
    """A slip is found by Check, and its line by the link; who changes and how many by pages."""
    with window(browser, site, has_script=False) as page:
        page.goto("/policy")
        box = page.get_by_role("textbox", name="The text")
        good = box.input_value()
        box.fill(good.replace('spend = "monthly"', 'spend = "montly"'))
        page.get_by_role("button", name="Check").click()
        link = section(page, "Problems").get_by_role("link")
        target = page.locator(link.get_attribute("href") or "")
        assert target.inner_text() == 'spend = "montly"'
        page.get_by_role("textbox", name="The text").fill(good)
        page.get_by_role("button", name="Check").click()
        price_of_summer(page).fill("12")
        page.get_by_role("button", name="Check").click()
        expect(section(page, "Who changes")).to_contain_text("12 USD for 3 months")
        page.get_by_role("link", name="Count it for events.jsonl").click()
        expect(page.get_by_text("decisions in events.jsonl")).to_be_visible()


@pytest.mark.parametrize(
    "look",
    [{"width": 390, "scheme": "dark"}, {"width": 640, "has_forced_colours": True}],
    ids=["phone", "zoomed"],
)
def test_the_place_fits_a_phone_and_a_zoomed_window(
    browser: Browser, site: Site, look: dict[str, Any]
) -> None:
    """Nothing runs out of the window, in the dark and with forced colours; axe finds nothing."""
    with window(browser, site, **look) as page:
        page.goto("/policy")
        price_of_summer(page).fill("12")
        page.keyboard.press("Tab")
        many = section(page, "How many that is")
        expect(many).to_contain_text("decisions in events.jsonl", timeout=LONG)
        expect(section(page, "Problems")).to_contain_text("test fails.")
        assert not is_wider_than_the_window(page)
        assert [] == axe(page)


def test_axe_finds_nothing_on_the_pages_beside_the_place(
    browser: Browser, site: Site, text: str
) -> None:
    """The page of a file that was changed outside, and how many it is as a page of its own."""
    with window(browser, site, expects=(409,)) as page:
        page.goto("/policy")
        page.get_by_label("Anonymous readers", exact=True).fill("5")
        page.keyboard.press("Tab")
        expect(page).to_have_url(re.compile(r"/policy\?v=\w+$"))
        audience = page.url.replace("/policy?", "/policy/audience?")
        site.desk.path.write_text(text.replace("price = 9", "price = 19"), encoding="utf-8")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("heading", name="The file was changed meanwhile")).to_be_visible()
        assert [] == axe(page)
        page.goto(audience, timeout=LONG)
        expect(page.get_by_text("decisions in events.jsonl")).to_be_visible()
        assert [] == axe(page)
