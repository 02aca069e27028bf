"""`meter gallery` writes a page of every prompt, `meter render` one page without any events."""

from __future__ import annotations

import json

import jsonschema
import pytest

from meter import load_policy, render
from meter.prompts import stylesheet
from meter.studio.gallery import situations
from tests.commands.sample import EVENT, SAMPLE


def test_gallery_prints_the_number_of_figures(meter, folder):
    """As many as are on the page; in JSON with what each prompt is, and what is missing."""
    said = meter("gallery", "policy.toml", "--out", "page.html", "--locale", "en", "--locale", "ar")
    page = (folder / "page.html").read_text(encoding="utf-8")
    figures = page.count("<figure ")
    assert 0 == said.code
    prompts = len(situations(load_policy(SAMPLE / "policy.toml")))
    assert f"page.html: {figures} figures of {prompts} prompts in `en` and `ar`\n" in said.out
    assert "missing in `ar`: your own words are in `en` here: add `[copy.ar]`\n" in said.out
    table = meter("gallery", "policy.toml", "--out", "page.html", "--format", "json").json
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert page.count("<figure ") == table["figures"]
    assert ["en", "ja"] == table["locales"]
    found = situations(load_policy(folder / "policy.toml"))
    assert [(one.rule, one.count) for one in found] == [
        (one["rule"], one["count"]) for one in table["prompts"]
    ]


def test_gallery_takes_the_templates_that_the_policy_names(meter, folder):
    """As `render` does."""
    (folder / "own").mkdir()
    (folder / "own" / "countdown.html.j2").write_text("<p>Ours: {{ left }}</p>\n")
    policy = (folder / "policy.toml").read_text(encoding="utf-8")
    named = policy.replace("[publication]\n", '[publication]\ntemplates = "own"\n')
    (folder / "named.toml").write_text(named, encoding="utf-8")
    meter("gallery", "named.toml", "--out", "page.html")
    assert "<p>Ours: 21</p>" in (folder / "page.html").read_text(encoding="utf-8")


def test_what_words_need_is_not_said_to_be_missing(meter, folder):
    """A prompt that says how many were read has nothing to say where nothing is counted."""
    policy = (folder / "policy.toml").read_text(encoding="utf-8")
    declared = '[prompts.few]\nheading = "{{ used }} read"\n\n[[rules]]\n'
    wall = 'name = "everyone else"\n'
    named = policy.replace("[[rules]]\n", declared, 1)
    (folder / "few.toml").write_text(named.replace(wall, f'{wall}prompt = "few"\n'))
    said = meter("gallery", "few.toml", "--out", "page.html", "--locale", "en")
    words = (
        "the words of prompt `few` need a meter, and this decision has none; the text that ships"
    )
    assert f"needed in `en`: {words}" in said.out
    assert f"missing in `en`: {words}" not in said.out
    table = meter("gallery", "few.toml", "--out", "page.html", "--format", "json").json
    assert words in table["needed"]["en"][0]
    assert not any(words in each for each in table["missing"]["en"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["gallery", "policy.toml"],
            "`--out` is missing; write it as in `meter gallery policy.toml --out",
        ),
        (["gallery", "policy.toml", "--out", "policy.toml"], "is there and is no page"),
        (["gallery", "policy.toml", "--out", "no/page.html"], "there is no folder `no`"),
        (["gallery", "policy.toml", "--out", "p.html", "--locale", "jp"], "did you mean `ja`?"),
        (["render", "policy.toml", "events.jsonl", "--at", "2026-06-01"], "leave one of them out"),
        (
            ["render", "policy.toml", "--at", "0001-01-01"],
            "is not between 1970 and 2200; check the year",
        ),
        (["render", "policy.toml", "--at", "9999-12-31T23:59:59Z"], "check the year"),
        (
            ["render", "policy.toml", "--at", "june"],
            "write a day as YYYY-MM-DD, such as `2026-06-01`",
        ),
        (["render", "policy.toml", "--as", "admin"], "`admin` is not `anonymous`"),
        (
            ["render", "policy.toml", "--page", "--format", "text", "--at", "2026-06-01"],
            "a page is HTML: leave out `--format text`, or `--page`",
        ),
        (["schema", "polcy"], "`polcy` is not `policy`, `part`, `journey`, `event`"),
    ],
)
def test_slips_are_told_with_the_next_step(meter, arguments, says):
    """And end with 2."""
    answer = meter(*arguments)
    assert 2 == answer.code
    assert says in " ".join(answer.err.split())


@pytest.mark.parametrize(
    "arguments", [["gallery", "policy.toml", "--out"], ["simulate", "policy.toml", "--html"]]
)
def test_a_page_is_written_over_nothing_but_a_page(meter, folder, arguments):
    """A journey test keeps its words, and the next step is told."""
    test = folder / "trial.journey.toml"
    test.write_text('[[steps]]\nread = "a"\n', encoding="utf-8")
    answer = meter(*arguments, "trial.journey.toml")
    assert 2 == answer.code
    assert "no page: nothing is written over it; name another file" in answer.err
    assert '[[steps]]\nread = "a"\n' == test.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("status", "day", "says"),
    [
        ("anonymous", "2026-06-12", "You have 2 free articles left this month"),
        ("registered", "2026-06-12", "You have 4 free articles left this month"),
        ("registered", "2026-07-01T09:00", "You have 4 free articles left this month"),
        ("trial-expired", "2026-06-12", "Your trial period has expired"),
        (
            "subscription-expired",
            "2026-06-12T00:00:00+00:00",
            "Your full access to The Harbour Review has expired",
        ),
        ("trial", "2026-06-12", ""),
        ("subscriber", "2026-06-12", ""),
        ("staff", "2026-06-12", ""),
    ],
)
def test_render_makes_one_page_view_of_a_status(meter, status, day, says):
    """On a day in the publication's zone; the offer of June is there in June only."""
    said = meter("render", "policy.toml", "--as", status, "--at", day).out
    assert says == said.partition("\n")[0]
    assert (says != "" and "12" in day and "left" in says) == ("Try 3 months for $9" in said)


@pytest.mark.parametrize(
    ("at", "runs"),
    [
        ("2026-05-31", False),
        ("2026-06-01", True),
        ("2026-06-30T23:30", True),
        ("2026-07-01T03:30:00+00:00", True),
        ("2026-07-01T04:30:00+00:00", False),
    ],
)
def test_a_day_of_one_view_is_the_publications(meter, folder, at, runs):
    """In New York the offer of June begins and ends four hours after it does in UTC."""
    policy = (folder / "policy.toml").read_text(encoding="utf-8")
    west = policy.replace("Asia/Tokyo", "America/New_York")
    (folder / "west.toml").write_text(west, encoding="utf-8")
    assert runs == ("$9" in meter("render", "west.toml", "--at", at).out)


def test_render_writes_a_whole_page(meter, folder):
    """An article with the prompt as it is, and its styles; two views on a page share no id."""
    page = meter("render", "policy.toml", "--at", "2026-06-12", "--page", "--locale", "ja").out
    (one,) = [
        one
        for one in situations(load_policy(SAMPLE / "policy.toml"))
        if (one.show, one.count, one.decision.offer) == ("countdown", 2, "summer")
    ]
    assert page.startswith('<!doctype html>\n<html lang="ja"')
    assert stylesheet() in page
    assert render(one.decision, locale="ja").strip("\n") in page
    both = f"{EVENT}\n{EVENT.replace('a1', 'a2')}\n"
    shared = meter("render", "policy.toml", "--page", given=both).out
    assert 'id="view-1-' in shared
    assert 'id="view-2-' in shared
    body = meter("render", "policy.toml", "--page", "--as", "trial-expired").out.partition("<main")[
        2
    ]
    assert body.startswith(' class="meter-frame meter-frame--preview"')
    assert '<main class="meter-frame">' in page
    paid = meter("render", "policy.toml", "--page", "--as", "subscriber").out.partition("<main")[2]
    assert "<article" in paid
    assert "<section" not in paid


def test_schema_prints_what_editors_know(meter, folder):
    """A schema for each of the files; the sample keeps its own."""
    policy = meter("schema").json
    assert policy == meter("schema", "policy").json
    assert policy == json.loads((SAMPLE.parent / "policy.schema.json").read_text(encoding="utf-8"))
    for what in ("policy", "part", "journey", "event", "institutions"):
        jsonschema.Draft202012Validator.check_schema(meter("schema", what).json)
    part = jsonschema.Draft202012Validator(meter("schema", "part").json)
    assert part.is_valid({"switches": {"storm": False}})
    assert not part.is_valid({"publication": {"name": "H"}})
    event = jsonschema.Draft202012Validator(meter("schema", "event").json)
    assert event.is_valid(json.loads(EVENT))
    assert not event.is_valid({**json.loads(EVENT), "artcle": "a"})
    journey = jsonschema.Draft202012Validator(meter("schema", "journey").json)
    assert journey.is_valid({"steps": [{"read": "a1"}]})
    assert not journey.is_valid({"stpes": []})
    institutions = jsonschema.Draft202012Validator(meter("schema", "institutions").json)
    library = {"name": "Harbour Library", "addresses": ["192.0.2.0/24"]}
    assert institutions.is_valid({"institutions": [library]})
    assert not institutions.is_valid({"institutions": [{**library, "addresses": []}]})
