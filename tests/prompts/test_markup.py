"""The HTML is well made, accessible and safe, whatever a publisher writes.

The style sheet keeps its contrast.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Policy, render
from meter.policy import Copy, Publication
from meter.prompts import stylesheet
from tests.prompts.markup import read
from tests.prompts.staging import Stage, every_state, make_offer, make_policy

POLICY = make_policy(offer=make_offer())
STATES = every_state(POLICY)
LANGUAGES = ["ar", "cy", "en", "ja", "pl", "ru"]
NASTY = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "'",
        "&amp;",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "<<numberArticlesLeft>>",
        "🗞️",
        "</p>",
        "\u202e",
        "\x00\x1b",
    ]
)
WORDS = st.lists(
    NASTY | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    min_size=1,
    max_size=4,
).map("".join)


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STATES)
def test_a_prompt_is_a_landmark_with_a_heading_and_named_links(name, language, layout):
    """One section or aside, labelled by its heading, with language and direction.

    Every link has words.
    """
    html = render(STATES[name], POLICY, locale=language, layout=layout)
    page = read(html)
    tag, landmark = page.elements[0]
    headings = [attrs for tag, attrs in page.elements if tag == "h2"]
    assert tag in ("section", "aside")
    assert landmark["lang"].startswith(language)
    assert {"rtl" if language == "ar" else "ltr"} == {landmark["dir"]}
    assert [landmark["aria-labelledby"]] == [heading["id"] for heading in headings]
    assert f"meter-prompt--{layout}" in landmark["class"].split()
    assert page.links
    assert all(line.strip() for line in page.lines)


@pytest.mark.parametrize("name", STATES)
def test_a_prompt_has_nothing_inline(name):
    """No script, no style, no event handler, no `javascript:`.

    A strict content policy lets it through.
    """
    page = read(render(STATES[name], POLICY))
    attributes = {attribute for _, attrs in page.elements for attribute in attrs}
    assert not {
        attribute for attribute in attributes if attribute.startswith("on") or attribute == "style"
    }
    assert not [link for link in page.links if ":" in link]


def test_wide_and_narrow_can_stand_on_one_page():
    """No id is used twice."""
    ids = re.findall(
        r'\bid="([^"]+)"',
        "".join(
            render(d, POLICY, layout=layout)
            for d in STATES.values()
            for layout in ("wide", "narrow")
        ),
    )
    assert sorted(set(ids)) == sorted(ids)
    assert 2 * len(STATES) == len(ids)


def _shown(text: str) -> str:
    """A text as it is shown: control characters are spaces, and spaces at the edges do not show."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).strip()


@given(headline=WORDS, pitch=WORDS, benefit=WORDS, publication=WORDS)
@settings(max_examples=25, deadline=None)
def test_what_a_publisher_writes_is_shown_and_never_run(headline, pitch, benefit, publication):
    """For any copy the tags are balanced and ours alone, and every word is shown as written."""
    policy = _with_copy(headline, pitch, benefit, publication)
    for decision in every_state(policy).values():
        pages = [read(render(decision, policy, layout=layout)) for layout in ("wide", "narrow")]
        assert pages[0].lines == pages[1].lines
        lines = [line.strip() for line in pages[0].lines]
        assert all(lines)
        if decision.prompt in ("countdown", "trial-offer", "subscription-wall"):
            assert {_shown(headline), _shown(pitch)} - {""} <= {*lines}
        if decision.prompt in ("trial-expired", "subscription-expired"):
            assert not _shown(benefit) or _shown(benefit) in lines


@given(headline=WORDS, pitch=WORDS, benefit=WORDS, publication=WORDS)
@settings(max_examples=20, deadline=None)
def test_text_has_the_words_of_the_html(headline, pitch, benefit, publication):
    """Every line of the page is in the plain text, unescaped, and no control character is."""
    policy = _with_copy(headline, pitch, benefit, publication)
    for decision in every_state(policy).values():
        text = render(decision, policy, format="text")
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
        assert [
            line for line in read(render(decision, policy)).lines if line.strip() not in text
        ] == []


def _with_copy(headline: str, pitch: str, benefit: str, publication: str) -> Policy:
    copy = Copy(headline=headline, pitch=pitch, benefits=[benefit])
    return Policy(
        publication=Publication(name=publication, timezone="Asia/Tokyo"),
        meters=POLICY.meters,
        offers=POLICY.offers,
        rules=POLICY.rules,
        copy={"en": copy},
    )


def test_a_prompt_without_copy_has_no_empty_lines():
    """What a publisher did not write leaves no trace."""
    policy = make_policy(copy=Copy())
    assert ["You have 4 free articles left this month", "Get unlimited access"] == read(
        render(Stage(policy).read(1), policy)
    ).lines


@pytest.mark.parametrize("theme", ["light", "dark"])
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
def test_colours_keep_their_contrast(text, ground, theme):
    """At least 4.5:1 (WCAG 2.2, success criterion 1.4.3), in light and in dark."""
    light, dark = stylesheet().split("prefers-color-scheme: dark")
    colours = dict(
        re.findall(r"--meter-([a-z-]+): (#[0-9a-f]{6});", light if theme == "light" else dark)
    )
    darker, lighter = sorted((_luminance(colours[text]), _luminance(colours[ground])))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(
        weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def test_the_style_sheet_covers_every_class_and_respects_the_reader():
    """Every class of the HTML that carries words is styled; so are focus, motion and dark."""
    css = stylesheet()
    classes = {
        word
        for d in STATES.values()
        for _, attrs in read(render(d, POLICY)).elements
        for word in (attrs.get("class") or "").split()
    }
    assert not {word for word in classes if "__" in word and f".{word}" not in css}
    for asked in (
        ":focus-visible",
        "prefers-reduced-motion",
        "prefers-color-scheme: dark",
        "forced-colors",
    ):
        assert asked in css
    assert "url(" not in css
    assert "@import" not in css
