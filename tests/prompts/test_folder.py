"""A publisher's folder.

Files of the same name replace ours, new ones make new prompts, texts add languages.
"""

from __future__ import annotations

import json

import pytest
from attrs import evolve

from meter import Policy, PolicyError, PromptError, Reader, Rule, Usage, decide, render
from meter.policy import Publication
from meter.prompts import render_template
from tests.prompts.markup import read
from tests.prompts.staging import METERED, NOW, Stage, every_state, make_offer, make_policy

STAGE = Stage(make_policy(offer=make_offer()))
DECISION = STAGE.read(1)
DANISH = """
[period]
month = "i denne måned"
[left]
one = "Du har {n} gratis artikel tilbage {period}"
other = "Du har {n} gratis artikler tilbage {period}"
[countdown]
action = "Læs videre nu"
[offer]
trial = "Prøv {term} for {price}"
ends = "Tilbuddet slutter {day}"
"""


def test_a_file_of_the_same_name_replaces_ours(tmp_path):
    """In its format only, and only that prompt."""
    (tmp_path / "countdown.html.j2").write_text("<p><<numberArticlesLeft>> left</p>")
    assert "<p>4 left</p>" == render(DECISION, STAGE.policy, folder=tmp_path)
    assert "<p>4 left</p>" == render(DECISION, STAGE.policy, folder=str(tmp_path))
    for name, decision in every_state(STAGE.policy).items():
        assert render(decision, STAGE.policy, format="text") == render(
            decision, STAGE.policy, format="text", folder=tmp_path
        )
        if name != "countdown":
            assert render(decision, STAGE.policy) == render(decision, STAGE.policy, folder=tmp_path)


def test_a_template_can_build_on_ours(tmp_path):
    """It replaces one block of ours, or adds to it; `default/` names ours where both have it."""
    (tmp_path / "countdown.html.j2").write_text(
        '{% extends "default/countdown.html.j2" %}{% block actions %}{{ super() }}<p>{{'
        ' left|plural(one="One!", other="More!") }}</p>{% endblock %}'
    )
    lines = read(render(DECISION, STAGE.policy)).lines
    assert [*lines, "More!"] == read(render(DECISION, STAGE.policy, folder=tmp_path)).lines


def test_an_edited_file_is_used_at_once(tmp_path):
    """No restart."""
    path = tmp_path / "countdown.html.j2"
    for words in ("first", "second"):
        path.write_text(words)
        assert words == render(DECISION, STAGE.policy, folder=tmp_path)
    path.unlink()
    assert render(DECISION, STAGE.policy) == render(DECISION, STAGE.policy, folder=tmp_path)


def test_a_new_file_is_used_at_once(tmp_path):
    """Also where ours was used before."""
    assert render(DECISION, STAGE.policy) == render(DECISION, STAGE.policy, folder=tmp_path)
    (tmp_path / "countdown.html.j2").write_text("mine")
    assert "mine" == render(DECISION, STAGE.policy, folder=tmp_path)


def test_a_rule_can_name_a_prompt_of_the_publishers_own(tmp_path):
    """HTML needs its template, or what ships stands in; text and JSON tell the parts."""
    policy = Policy(
        publication=Publication(name="H"),
        rules=[Rule(name="all", show="subscription-wall", prompt="spring-sale")],
    )
    decision = decide(policy, Reader(id="r"), METERED, Usage(), NOW)[0]
    plain = evolve(decision, prompt="subscription-wall")
    assert render(plain) == render(decision, policy)
    (tmp_path / "spring-sale.html.j2").write_text(
        "<h2>{{ heading }}</h2> <a href='{{ action_link }}'>{{ action_label }}</a>"
    )
    expected = (
        "<h2>Subscribe to continue reading</h2> <a href='/offers'>See all offers and subscribe</a>"
    )
    assert expected == render(decision, policy, folder=tmp_path)
    assert render(decision, policy, format="text").startswith("Subscribe to continue reading\n")
    assert "spring-sale" == json.loads(render(decision, policy, format="json"))["prompt"]


def test_a_file_of_texts_adds_a_language(tmp_path):
    """With its plural forms; what it does not say is English."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "da.toml").write_text(DANISH, encoding="utf-8")
    page = read(render(DECISION, STAGE.policy, locale="da-GL", folder=tmp_path))
    assert "Du har 4 gratis artikler tilbage i denne måned" == page.lines[0]
    assert {"Tilbuddet slutter 30. juni", "Prøv 3 måneder for 9\u00a0USD"} <= {*page.lines}
    assert "da-GL" == page.elements[0][1]["lang"]
    assert (
        "Du har 1 gratis artikel tilbage i denne måned"
        == read(render(STAGE.read(4), STAGE.policy, locale="da", folder=tmp_path)).lines[0]
    )


def test_a_language_of_the_publishers_is_spared_english_lines(tmp_path):
    """What a prompt can do without is left out, and a bar has signs for its buttons."""
    (tmp_path / "texts").mkdir()
    words = '[left]\nother = "{n} tilbage {period}"\n[period]\nmonth = "i juni"\n'
    (tmp_path / "texts" / "da.toml").write_text(words, encoding="utf-8")
    policy = make_policy(limit={"anonymous": 3, "registered": 5}, offer=make_offer())
    stage = Stage(policy)
    for count in (2, 4):
        decision = stage.read(count, registered=False)
        said = render(decision, locale="da", format="text", folder=tmp_path)
        assert "5 free articles" not in said
        assert "come back" not in said
        assert "See all offers" not in said
    bar = read(render(stage.read(1), locale="da", layout="bar", folder=tmp_path))
    assert ["4 tilbage i juni", "…"] == bar.lines[:2]
    assert "×" == bar.elements[1][1]["aria-label"]


def test_a_file_of_texts_changes_words_of_ours(tmp_path):
    """Only those it has."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "en.toml").write_text('[offer]\nends = "Ends {day}"\n')
    lines = read(render(DECISION, STAGE.policy)).lines
    assert [line.replace("Offer ends", "Ends") for line in lines] == read(
        render(DECISION, STAGE.policy, folder=tmp_path)
    ).lines


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ("[left\n", "bad-texts"),
        ("left = 1\n", "bad-texts"),
        ("[left]\none = 1\n", "bad-texts"),
        ('[left]\none = "{n}"\n', "missing-plural"),
        ('[left]\nother = "{n} {number}"\n', "unknown-field"),
        ("[left]\n" + "a" + ".a" * 20_000 + " = 1\n", "bad-texts"),
        ("[left]\none = " + "[" * 5_000 + "\n", "bad-texts"),
        ("[left]\none = " + "{a=" * 5_000 + "\n", "bad-texts"),
        ("[left]\none = " + "1" * 5_000 + "\n", "bad-texts"),
        ('[left]\nother = "' + "x" * 70_000 + '"\n', "template-too-large"),
    ],
)
def test_a_mistake_in_texts_is_told_with_its_file(tmp_path, texts, code):
    """And nothing is rendered half."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "en.toml").write_text(texts)
    with pytest.raises(PromptError, match=rf"en\.toml(:\d+:\d+)?: error\[{code}\]"):
        render(DECISION, STAGE.policy, folder=tmp_path)


def test_a_file_of_texts_is_read_again_when_it_has_changed(tmp_path):
    """A mistake too is told from memory until it is mended, and mended at once."""
    (tmp_path / "texts").mkdir()
    path = tmp_path / "texts" / "en.toml"
    for ends in ("one", "two"):
        path.write_text(f'[offer]\nends = "{ends}"\n')
        assert ends in read(render(DECISION, STAGE.policy, folder=tmp_path)).lines
        path.write_text("[offer]\nends = 1\n")
        for _ in range(2):
            with pytest.raises(PromptError, match="bad-texts"):
                render(DECISION, STAGE.policy, folder=tmp_path)


def test_texts_cannot_reach_into_objects(tmp_path):
    """A field is a plain name: what looks like an attribute is text."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "en.toml").write_text('[left]\nother = "{n.__class__} {0} {n!r}"\n')
    assert (
        "{n.__class__} {0} {n!r}" == read(render(DECISION, STAGE.policy, folder=tmp_path)).lines[0]
    )


def test_an_old_template_is_rendered_by_its_path_or_its_text(tmp_path):
    """A path is a file, a text is a template; includes are looked for beside the file."""
    (tmp_path / "old.html").write_text(
        "{% include 'part.html.j2' %} {{numberArticlesLeft}} article{{numberArticlesLeft-plural}}"
    )
    (tmp_path / "part.html.j2").write_text("&lt;&lt;numberArticlesLeft&gt;&gt;")
    assert "4 4 articles" == render_template(tmp_path / "old.html", DECISION, STAGE.policy)
    assert "4 articles" == render_template(
        "{{numberArticlesLeft}} article{{numberArticlesLeft-plural}}", DECISION, STAGE.policy
    )


def test_a_template_that_is_not_text_is_told(tmp_path):
    """With its name and a next step."""
    (tmp_path / "countdown.html.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(PromptError, match=r"countdown\.html\.j2: error\[bad-encoding\]"):
        render(DECISION, STAGE.policy, folder=tmp_path)


@pytest.mark.parametrize("prompt", ["../secret", "a/b", ".hidden", "a b"])
def test_a_prompts_name_is_no_path(prompt, tmp_path):
    """A rule cannot make a prompt of a file outside the folder."""
    try:
        policy = Policy(
            publication=Publication(name="H"),
            rules=[Rule(name="all", show="article", prompt=prompt)],
        )
    except PolicyError:
        return
    decision = decide(policy, Reader(id="r"), METERED, Usage(), NOW)[0]
    with pytest.raises(PromptError, match="bad-prompt-name"):
        render(decision, policy, folder=tmp_path)
