"""A gallery in a real browser: filters without a script, no request, nothing sticks out, axe."""

from __future__ import annotations

from importlib.resources import files

import pytest
from playwright.sync_api import expect

from meter import loads_policy
from meter.studio.gallery import gallery_page

POLICY = """
[publication]
name = "The Harbour Review"

[meters.monthly]
window = { calendar = "month" }
limit = 3

[[rules]]
name = "within the monthly allowance"
when = { access = ["metered"] }
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"

[copy]
headline = "News of every port"
"""
AXE = """async () => {
  const found = await axe.run();
  return [...found.violations, ...found.incomplete].flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`));
}"""
WHOLE = "figure { content-visibility: visible !important; }"
"""Axe looks at what is painted; what is far down the page is painted when it is scrolled to."""
STICKING_OUT = """() => [...document.querySelectorAll("figure")]
  .filter((figure) => figure.checkVisibility())
  .filter((figure) => figure.querySelector(".stage").scrollWidth > figure.clientWidth
    || figure.querySelector(".meter-prompt").clientHeight === 0)
  .map((figure) => figure.querySelector("figcaption").textContent)"""


@pytest.fixture(scope="module")
def gallery():
    """A gallery of a small policy, in a language from left to right and one from right to left."""
    return gallery_page(loads_policy(POLICY), locales=["en", "ar"])


@pytest.fixture
def open_page(browser, gallery, tmp_path):
    """Open the gallery in a window of a width and a scheme; it asks for nothing but itself."""
    address = tmp_path / "gallery.html"
    address.write_text(gallery.html, encoding="utf-8")
    contexts = []

    def opened(width, scheme="light", **options):
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, **options
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address.as_uri())
        assert [address.as_uri()] == asked
        return page

    yield opened
    for context in contexts:
        context.close()


def shown(page, **kind):
    """Count the figures that can be seen, of some kind."""
    chosen = "".join(f'[data-{name}="{value}"]' for name, value in kind.items())
    return page.locator(f"figure{chosen}").locator("visible=true").count()


def test_filters_work_by_keyboard_and_without_a_script(open_page, gallery):
    """At first the policy's own language, light; each choice leaves only what it names."""
    page = open_page(1280, java_script_enabled=False)
    every = len(gallery.survey.situations)
    layouts = gallery.figures // (every * 2 * 2)
    assert gallery.figures == page.locator("figure").count()
    assert every * layouts == shown(page) == shown(page, locale="en", scheme="light")
    page.get_by_role("group", name="Language").get_by_role("radio", name="English").press(
        "ArrowRight"
    )
    assert every * layouts == shown(page) == shown(page, locale="ar", scheme="light")
    page.get_by_role("group", name="Scheme").get_by_label("all").check()
    assert every * layouts * 2 == shown(page)
    page.get_by_role("group", name="Layout").get_by_label("narrow").check()
    page.get_by_role("group", name="Prompt").get_by_label("countdown").check()
    assert 4 * 2 == shown(page) == shown(page, locale="ar", layout="narrow", show="countdown")
    for figure in page.locator("figure").locator("visible=true").all():
        expect(figure.locator(".meter-prompt")).to_be_visible()
    page.get_by_text("Go to one of").click()
    page.get_by_role("link", name="Countdown, 5 left").click()
    expect(page.get_by_role("heading", name="Countdown, 5 left")).to_be_in_viewport()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing_and_nothing_sticks_out(open_page, width, scheme):
    """In both languages, every layout and both schemes, frames included."""
    page = open_page(width, scheme, bypass_csp=True)
    for group in ("Language", "Scheme"):
        page.get_by_role("group", name=group).get_by_label("all").check()
    page.add_style_tag(content=WHOLE)
    assert [] == page.evaluate(STICKING_OUT)
    assert width == page.evaluate("document.documentElement.scrollWidth")
    page.get_by_role("group", name="Prompt").get_by_label("subscription wall").check()
    page.get_by_text("Go to one of").click()
    page.evaluate((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    assert [] == page.evaluate(AXE)
