"""The words of the page that these prompts were first made after ship as a set, to the letter."""

from __future__ import annotations

import pytest

from meter import PromptError, render
from meter.cli import main
from meter.loading import check_text
from meter.resources import prompt_set
from tests.prompts.markup import read
from tests.prompts.staging import (
    HEADLINE,
    METERED,
    PITCH,
    SPONSORED,
    Stage,
    make_offer,
    make_policy,
)

PLAIN, OFFERING = Stage(make_policy()), Stage(make_policy(offer=make_offer()))
GET, ENDS, TRY = "Get Unlimited access", "Offer ends June 30th", "Try 3 months for $9"
LEFT = [f"You have {count} left this month" for count in ("4 free articles", "1 free article")]
LAST = "This is your last free article this month"
BENEFITS = ["Read all stories with unlimited access", "Use our mobile and tablet apps"]
TRIAL = ["Your trial period has expired", "You need a subscription to..."]
WHOLE = ["Your full access to The Harbour Review has expired", "You need a subscription to:"]
STATES = {
    "S1": (PLAIN.read(1), [LEFT[0], HEADLINE, PITCH, GET]),
    "S1, one left": (PLAIN.read(4), [LEFT[1], HEADLINE, PITCH, GET]),
    "S2": (PLAIN.read(5), [LAST, HEADLINE, PITCH, GET]),
    "S3": (OFFERING.read(1), [LEFT[0], HEADLINE, PITCH, ENDS, TRY]),
    "S3, one left": (OFFERING.read(4), [LEFT[1], HEADLINE, PITCH, ENDS, TRY]),
    "S4": (OFFERING.read(5), [LAST, HEADLINE, PITCH, ENDS, TRY]),
    "S5": (
        PLAIN.view(METERED, expired="trial"),
        [*TRIAL, *BENEFITS, "See all offers and subscribe"],
    ),
    "S6": (PLAIN.view(METERED, expired="subscription"), [*WHOLE, *BENEFITS, "See all offers"]),
    "S7": (PLAIN.view(SPONSORED), ["Sponsored Content", "About Sponsored Content"]),
}
POLICY = """
[publication]
name = "The Harbour Review"
templates = "{templates}"

[meters.monthly]
window = {{ calendar = "month" }}
limit = {{ anonymous = 2, registered = 5 }}

[[rules]]
name = "within"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "registration-wall"
"""


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("state", STATES)
def test_the_set_says_the_words_of_the_source(state, layout):
    """These lines in this order and no others, on the page and as text."""
    decision, words = STATES[state]
    assert words == read(render(decision, layout=layout, folder="meter:source")).lines
    text = render(decision, format="text", folder=prompt_set("meter:source"))
    lines = [line for line in text.splitlines() if line]
    assert len(words) == len(lines)
    assert all(word in line for word, line in zip(words, lines, strict=True))


def test_the_set_says_nothing_of_accounts_and_returns():
    """Where the words that ship elsewhere do."""
    limits = {"anonymous": 1, "registered": 5}
    policy = make_policy(limit=limits)
    for count in (1, 2):
        decision = Stage(policy).read(count, registered=False)
        plain, own = (render(decision, format="text", folder=f) for f in (None, "meter:source"))
        assert "5 free articles a month instead of 1" in plain
        assert "instead of" not in own
        assert "come back" not in own


def test_a_policy_names_the_set(tmp_path, monkeypatch, capsys):
    """As it names a folder: `check`, `render` and the other places know it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.toml").write_text(POLICY.format(templates="meter:source"))
    event = '{"at": "2026-06-10T09:00:00Z", "reader": {"id": "r"}, "article": {"id": "a"}}\n'
    (tmp_path / "events.jsonl").write_text(event)
    _, problems = check_text((tmp_path / "policy.toml").read_text(), "policy.toml")
    assert problems == ()
    for extra in ([], ["--templates", "meter:source"]):
        with pytest.raises(SystemExit):
            main(["render", "policy.toml", "events.jsonl", *extra])
        assert GET in capsys.readouterr().out


@pytest.mark.parametrize("name", ["meter:sauce", "meter:../texts", "meter:"])
def test_a_set_that_there_is_not_is_told(name):
    """Where it is named, and where it is used."""
    with pytest.raises(PromptError, match="there is no folder of prompts"):
        render(PLAIN.read(1), folder=name)
    _, problems = check_text(POLICY.format(templates=name), "policy.toml")
    assert ["no-such-file"] == [problem.code for problem in problems]
    assert "meter:source" in problems[0].help
    assert problems[0].message == "no set of prompts that ships is called so"


def test_a_slip_in_the_name_of_a_set_is_understood(tmp_path, capsys):
    """In a policy and on the command line."""
    _, problems = check_text(POLICY.format(templates="meter:sorce"), "policy.toml")
    assert [problem.help for problem in problems] == ["did you mean `meter:source`?"]
    (tmp_path / "policy.toml").write_text(POLICY.format(templates="meter:source"))
    with pytest.raises(SystemExit):
        main(["render", f"{tmp_path}/policy.toml", "--templates", "meter:sorce"])
    assert "did you mean `meter:source`?" in capsys.readouterr().err
