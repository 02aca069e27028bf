"""The HTML is well made, accessible and safe, whatever a publisher writes.

Bars and cards say the same.
"""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Policy, render
from meter.policy import Copy, Publication
from tests.prompts.markup import read
from tests.prompts.staging import Stage, every_state, make_offer, make_policy

POLICY = make_policy(offer=make_offer())
STATES = every_state(POLICY)
BARS = ("countdown", "last-free-article")
"""What stands beside an article: only that can be a bar."""
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


@pytest.mark.parametrize("layout", ["wide", "narrow", "bar"])
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
    fits = layout if name in BARS or layout != "bar" else "narrow"
    assert f"meter-prompt--{fits}" in landmark["class"].split()
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


def test_prompts_can_stand_on_one_page():
    """No id is used twice: by layouts, by prompts, and by two prompts of one kind."""
    decisions = [*STATES.values(), Stage(POLICY).read(2)]
    prompts = [render(d, layout=layout) for d in decisions for layout in ("wide", "narrow")]
    prompts += [render(d, layout="bar") for d in decisions if d.prompt in BARS]
    ids = re.findall(r'\bid="([^"]+)"', "".join(prompts))
    assert sorted(set(ids)) == sorted(ids)
    assert len(prompts) == len(ids)


def test_a_bar_is_a_line_that_opens_and_closes_and_holds_the_card():
    """One check box with a name, one summary with the heading, and every word of the card."""
    for name in BARS:
        card = read(render(STATES[name], layout="narrow"))
        bar = read(render(STATES[name], layout="bar"))
        (box,) = [attrs for tag, attrs in bar.elements if tag == "input"]
        assert ("checkbox", "Close") == (box["type"], box["aria-label"])
        assert [card.lines[0], "Details", "Try 3 months for $9"] == bar.lines[:3]
        assert card.lines[1:] == bar.lines[3:]
        assert [1, 1] == [[tag for tag, _ in bar.elements].count(t) for t in ("summary", "h2")]


@pytest.mark.parametrize("name", STATES)
def test_nobody_closes_a_wall_away(name):
    """What is no bar is narrow, and says so to whoever lays it out."""
    decision = STATES[name]
    is_bar = name in BARS
    assert is_bar == ("checkbox" in render(decision, layout="bar"))
    assert is_bar == (render(decision, layout="bar") != render(decision, layout="narrow"))
    parts = json.loads(render(decision, layout="bar", format="json"))
    assert ("bar" if is_bar else "narrow") == parts["layout"]


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
