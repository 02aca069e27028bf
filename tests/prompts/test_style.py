"""The style sheet: its colours can be read, its variables are documented, it follows the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from meter import render
from meter.prompts import stylesheet
from tests.prompts.markup import read
from tests.prompts.staging import every_state, make_offer, make_policy

POLICY = make_policy(offer=make_offer())
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "prompts.md"
COLOUR = "#[0-9a-f]{6}"


def colours(scheme):
    """The colours of a scheme, by name."""
    place = ("light", "dark").index(scheme)
    pairs = re.findall(rf"--meter-([a-z-]+): light-dark\(({COLOUR}), ({COLOUR})\);", stylesheet())
    return {name: both[place] for name, *both in pairs}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"),
        ("soft", "paper"),
        ("accent", "paper"),
        ("on-accent", "accent"),
        ("on-accent", "accent-strong"),
    ],
)
def test_colours_keep_their_contrast(text, ground, scheme):
    """At least 4.5:1 (WCAG 2.2, success criterion 1.4.3), in light and in dark."""
    found = colours(scheme)
    darker, lighter = sorted((_luminance(found[text]), _luminance(found[ground])))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(
        weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def test_older_browsers_get_the_same_colours():
    """By what the reader prefers, where a browser does not know the scheme of an element."""
    css = stylesheet()
    plain, _, dark = css.partition("@supports not (color: light-dark(")
    assert "prefers-color-scheme: dark" in dark[:100]
    for scheme, part in (("light", plain), ("dark", dark)):
        given = dict(re.findall(rf"--meter-([a-z-]+): ({COLOUR});", part))
        assert given == colours(scheme)


def test_every_variable_is_documented_with_its_value():
    """In the table of the reference, and there is none beside them."""
    css = stylesheet()
    first = css[: css.index("@supports")]
    declared = dict(re.findall(r"^  (--meter-[a-z-]+): (.*);$", first, re.MULTILINE))
    rows = re.findall(r"^\| `(--meter-[a-z-]+)` \| `(.*?)` \|", PAGE.read_text(), re.MULTILINE)
    shown = {name: colours("light").get(name.removeprefix("--meter-"), said) for name, said in rows}
    assert [name for name, _ in rows] == list(declared)
    for name, value in declared.items():
        first_word = shown[name].removesuffix(", …")
        assert value.startswith(first_word), name
    used = set(re.findall(r"var\((--meter-[a-z-]+)\)", css))
    assert used == set(declared)


def test_the_style_sheet_covers_every_class_and_respects_the_reader():
    """Every class of the HTML that carries words is styled; so are focus, motion and dark.

    No width is the window's: a prompt stands in a column of somebody's page.
    """
    css = stylesheet()
    classes = {
        word
        for d in every_state(POLICY).values()
        for layout in ("wide", "bar")
        for _, attrs in read(render(d, POLICY, layout=layout)).elements
        for word in (attrs.get("class") or "").split()
    }
    assert not {word for word in classes if "__" in word and f".{word}" not in css}
    for asked in (
        ":focus-visible",
        "prefers-reduced-motion",
        "forced-colors",
        "@media print",
        "@container meter-prompt",
        "env(safe-area-inset-bottom)",
    ):
        assert asked in css
    assert not re.search(r"@media[^{]*(width|height)|\dv[wi]\b", css)
    assert "url(" not in css
    assert "@import" not in css
