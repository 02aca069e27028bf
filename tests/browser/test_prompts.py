"""The prompts in a real browser: on a phone, in a column, in the dark, closed, without script."""

from __future__ import annotations

from importlib.resources import files

import pytest

from meter import Meter, Policy, Window, render
from meter.policy import Copy
from meter.prompts import stylesheet
from tests.prompts.staging import HEADLINE, PITCH, Stage, every_state, make_offer, make_policy

LIMITS = {"anonymous": 3, "registered": 5}
WALLS = (
    *("registration-wall", "trial-offer", "subscription-wall"),
    *("trial-expired", "subscription-expired"),
)
FIRST = (
    "The ferry to the outer islands left at dawn, as it has for a hundred and twelve years, with"
    " the mail, two goats and a crate of oranges on its deck."
)
SECOND = (
    "Nobody on board knew that it would be its last regular crossing. The company had decided the"
    " evening before, in a meeting that took eleven minutes, to sell the ship."
)
PREVIEW = f"<p>{FIRST}</p><p>{SECOND}</p>"
PAGE = """<!doctype html><html lang="en" style="color-scheme: {scheme}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>page</title>
<style>body {{ margin: 0; font: 18px/1.55 Georgia, serif }} main {{ padding: 16px }}
header {{ padding: 16px }} {css}</style>
<header>The Harbour Review</header><main><article><h1>The last ferry</h1>{preview}</article>
{prompts}</main></html>"""


def page_of(*prompts, scheme="light"):
    """An article with two paragraphs, and what stands below it."""
    return PAGE.format(css=stylesheet(), scheme=scheme, preview=PREVIEW, prompts="".join(prompts))


@pytest.fixture(scope="module")
def policy():
    """Two meters' worth of words: an offer with a price afterwards, accounts that give more."""
    base = make_policy(offer=make_offer(), copy=Copy(headline=HEADLINE, pitch=PITCH))
    return Policy(
        publication=base.publication,
        meters=[Meter(name="monthly", window=Window(calendar="month"), limit=LIMITS)],
        offers=base.offers,
        rules=base.rules,
        copy=base.copy,
    )


@pytest.fixture(scope="module")
def states(policy):
    """Every prompt; whoever has one article left has no account."""
    return every_state(policy) | {"countdown": Stage(policy).read(2, registered=False)}


@pytest.fixture
def window(browser):
    """Open a window, as large as a phone unless said."""
    opened = []

    def window(width=390, height=844, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        opened.append(context)
        return context.new_page()

    yield window
    for context in opened:
        context.close()


@pytest.mark.parametrize("locale", ["en", "ja", "ar"])
def test_a_phone_shows_what_a_wall_asks_for_without_scrolling(window, states, locale):
    """Below two paragraphs of preview, in every layout."""
    page = window()
    for name in WALLS:
        for layout in ("wide", "narrow", "bar"):
            page.set_content(page_of(render(states[name], locale=locale, layout=layout)))
            box = page.locator(".meter-prompt__action").bounding_box()
            assert box["y"] + box["height"] <= 844, (name, layout)
            assert 0 <= box["x"] <= box["x"] + box["width"] <= 390


def test_a_wide_prompt_has_two_columns_where_its_own_column_has_room(window, states):
    """Whatever the window's width is; a narrow one fits 680 pixels and never has two."""
    page = window(1280, 800)
    wide, narrow = (render(states["trial-offer"], layout=name) for name in ("wide", "narrow"))
    columns = [
        ("wide", wide, 1000, True),
        ("wide", wide, 640, False),
        ("narrow", narrow, 1000, False),
    ]
    for layout, prompt, width, beside in columns:
        page.set_content(page_of(f'<div style="width: {width}px">{prompt}</div>'))
        words = page.get_by_role("heading", name="Continue").bounding_box()
        action = page.get_by_role("link", name="Try 3 months").bounding_box()
        assert (action["x"] > words["x"] + words["width"]) == beside, (layout, width)
        whole = page.get_by_role("region").bounding_box()
        assert whole["width"] <= min(width, 680 if layout == "narrow" else 1024)


def test_a_bar_opens_and_closes_by_keyboard_without_script(window, states):
    """Enter opens the card and closes it, Space on the cross closes the bar."""
    page = window(java_script_enabled=False)
    page.set_content(page_of(render(states["countdown"], layout="bar")))
    region = page.get_by_role("region", name="You have 1 free article left this month")
    headline = region.get_by_text(HEADLINE)
    close = region.get_by_role("checkbox", name="Close")
    box = region.bounding_box()
    assert (844, True) == (box["y"] + box["height"], box["height"] < 64)
    assert not headline.is_visible()
    page.keyboard.press("Tab")
    assert close.evaluate("box => box.matches(':focus-visible')")
    page.keyboard.press("Tab")
    for is_open in (True, False, True):
        page.keyboard.press("Enter")
        assert is_open == headline.is_visible()
    for name in ("Try 3 months for $9", "See all offers", "Create an account"):
        page.keyboard.press("Tab")
        assert region.get_by_role("link", name=name).evaluate(
            "link => link === document.activeElement"
        )
    close.press("Space")
    assert not region.is_visible()


def test_a_prompt_follows_the_scheme_of_what_it_stands_in(window, states):
    """A dark part and a light part of one page; where nothing is said it is light."""
    page = window(color_scheme="dark")
    prompts = [
        f'<div style="color-scheme: {scheme}">{render(states[name], layout="narrow")}</div>'
        for scheme, name in (("dark", "trial-expired"), ("light", "subscription-wall"))
    ]
    page.set_content(page_of(*prompts, render(states["sponsored"]), scheme="normal"))
    grounds = page.locator(".meter-prompt__box").evaluate_all(
        "boxes => boxes.map(box => getComputedStyle(box).backgroundColor)"
    )
    assert ["rgb(23, 26, 30)", "rgb(251, 250, 247)", "rgb(251, 250, 247)"] == grounds


def test_print_and_forced_colours_keep_what_matters(window, states):
    """No buttons and no bar on paper; a button has an edge where colours are forced."""
    page = window(forced_colors="active")
    bar, wall = render(states["countdown"], layout="bar"), render(states["trial-expired"])
    page.set_content(page_of(bar, wall))
    edge = page.get_by_role("link", name="See all offers and subscribe")
    assert edge.evaluate("link => getComputedStyle(link).borderTopStyle") == "solid"
    page.emulate_media(media="print")
    assert not page.locator(".meter-prompt--bar").is_visible()
    assert not edge.is_visible()
    assert page.get_by_role("heading", name="Your trial period").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_prompts(window, states, scheme):
    """All of them on one page in each layout, and an open bar over it."""
    axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    wide, narrow = ([render(d, layout=x) for d in states.values()] for x in ("wide", "narrow"))
    page = window(1280, 800)
    for shown in (wide, narrow, [render(states["countdown"], layout="bar")]):
        page.set_content(page_of(*shown, scheme=scheme))
        if len(shown) == 1:
            page.locator("summary").click()
        page.evaluate(axe)
        found = page.evaluate("axe.run('.meter-prompt')")
        assert [rule["id"] for rule in found["violations"]] == []
        told = [rule["id"] for rule in found["incomplete"]]
        assert told == [], [
            node["target"] for rule in found["incomplete"] for node in rule["nodes"]
        ]
