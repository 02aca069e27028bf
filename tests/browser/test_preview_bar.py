"""The bar of a previewed page in a real browser: in the way of nothing, and read by everybody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from meter.prompts import stylesheet
from meter.web.previews import PreviewLink, Previews
from tests.studio.browsing import axe, is_wider_than_the_window
from tests.web.site import START, Site

SENTENCE = (
    "The ferry to the outer islands left at dawn, as it has for a hundred and twelve years, with"
    " the mail, two goats and a crate of oranges on its deck. "
)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>page</title>
<style>:root {{ color-scheme: light dark; background: light-dark(#ffffff, #0f1215) }}
header {{ padding: 16px; position: sticky; top: 0 }}
body {{ margin: 0; font: 18px/1.55 Georgia, serif }}
main {{ padding: 16px; max-width: 44rem; margin: auto }} {css}</style>
<header id="header"><a id="home" href="/">The Harbour Review</a></header>
<main><h1>The last ferry</h1>{text}{prompt}<p><a id="below" href="/next">Read on</a></p></main>
</html>"""
PREVIEWS = Previews("a-key-of-editors")
SHOWN = {
    "a wall": {"used": {"monthly": 2}, "at": START, "country": "JP", "draft": "spring"},
    "whole": {"status": "registered", "used": {"monthly": 2}},
}
PICTURES = os.environ.get("PREVIEW_PICTURES")
"""A folder to keep pictures in, where somebody wants to look."""


@pytest.fixture
def opened(browser):
    """Open a previewed page in a window."""
    contexts = []

    def opened(shown, layout="wide", width=390, scheme="light", policy=None):
        link = PreviewLink(ends=START.replace(day=11), **SHOWN[shown])
        site = Site(settings={"secret": "new", "previews": PREVIEWS, "layout": layout})
        answer = site.visit(url=f"/?preview={PREVIEWS.token(link)}").open("a1")
        text = f"<p>{SENTENCE * 2}</p>" * (6 if answer.whole else 2)
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        html = PAGE.format(css=stylesheet(), text=text, prompt=answer.prompt)
        if policy is not None:
            meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            html = html.replace("<title>", f"{meta}<title>")
        page.set_content(html)
        return page

    yield opened
    for context in contexts:
        context.close()


def is_reached(page, selector):
    """Say whether a click in the middle of an element, once it is scrolled to, is one on it."""
    return page.evaluate(
        """(selector) => {
          const wanted = document.querySelector(selector);
          wanted.scrollIntoView({ block: "center", behavior: "instant" });
          const box = wanted.getBoundingClientRect();
          const found = document.elementFromPoint(
            box.x + box.width / 2, box.y + box.height / 2);
          return wanted.contains(found);
        }""",
        selector,
    )


def ends_above_the_line(page):
    """Say whether the last of a page that is scrolled to its end stands above the line."""
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    end = page.locator("#below").bounding_box()
    is_above = end["y"] + end["height"] <= page.locator(".meter-preview__line").bounding_box()["y"]
    page.evaluate("scrollTo(0, 0)")
    return is_above


@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)
@pytest.mark.parametrize("shown", SHOWN)
def test_axe_finds_nothing_and_nothing_is_hidden(opened, shown, width, scheme):
    """The line is whole at the bottom of the window; nothing sticks out, nothing is under it."""
    page = opened(shown, width=width, scheme=scheme)
    if PICTURES:
        name = f"{shown.replace(' ', '-')}-{width}-{scheme}.png"
        page.screenshot(path=Path(PICTURES) / name, full_page=True)
    line = page.locator(".meter-preview__line")
    box = line.bounding_box()
    assert (844, width) == (box["y"] + box["height"], box["width"])
    assert box["height"] < 844 / 4
    assert line.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert line.evaluate("one => one.scrollHeight <= one.clientHeight")
    assert "visible" == line.evaluate("one => getComputedStyle(one).overflow")
    assert "nowrap" != line.evaluate("one => getComputedStyle(one).whiteSpace")
    assert 0 == page.locator("#header").bounding_box()["y"]
    assert ends_above_the_line(page)
    assert not is_wider_than_the_window(page)
    for selector in ("#home", "h1", ".meter-prompt__action", "#below"):
        assert is_reached(page, selector), selector
    page.locator(".meter-preview summary").press("Enter")
    assert page.locator(".meter-preview__more").get_attribute("open") is not None
    assert [] == axe(page)


@pytest.mark.parametrize("layout", ["narrow", "bar"])
def test_the_button_of_every_layout_can_be_pressed(opened, layout):
    """Also that of a line at the bottom of the window, and by the keyboard."""
    page = opened("whole", layout=layout, width=1280)
    action = page.locator(".meter-prompt__action:visible").first
    action.focus()
    assert action.evaluate("one => one === document.activeElement")
    box = action.bounding_box()
    line = page.locator(".meter-preview__line").bounding_box()
    assert layout != "bar" or line["y"] + line["height"] <= box["y"]
    assert page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).className",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
    ).startswith("meter-prompt__action")


def test_nothing_of_a_preview_is_printed(opened):
    """And the page begins where it does without it."""
    page = opened("a wall")
    page.emulate_media(media="print")
    assert not page.locator(".meter-preview").is_visible()
    assert 0 == page.evaluate("document.body.getBoundingClientRect().y")


def test_a_line_that_hides_the_page_is_found(opened):
    """The planted bug: without room for the line, the page's last words are under it."""
    page = opened("whole")
    page.add_style_tag(content="html:has(.meter-preview) { padding-block-end: 0 !important }")
    assert not ends_above_the_line(page)


@pytest.mark.parametrize("shown", SHOWN)
def test_a_header_that_stays_is_never_under_the_line(opened, shown):
    """Also where the page is scrolled."""
    page = opened(shown)
    page.evaluate("scrollTo(0, 400)")
    line = page.locator(".meter-preview__line").bounding_box()
    header = page.locator("#header").bounding_box()
    assert 0 == header["y"]
    assert header["height"] <= line["y"]


@pytest.mark.parametrize("shown", SHOWN)
def test_it_is_plain_text_where_the_site_refuses_its_styles(opened, shown):
    """`default-src 'self'`: everything is there, in the page, and nothing stands on it."""
    page = opened(shown, policy="default-src 'self'")
    line = page.locator(".meter-preview__line")
    assert "static" == line.evaluate("one => getComputedStyle(one).position")
    for selector in ("line", "title", "rows", "why"):
        assert page.locator(f".meter-preview__{selector}").first.is_visible()
    page.locator(".meter-preview summary").press("Enter")
    assert page.locator(".meter-preview__more p").first.is_visible()
