"""What each answer of `meter prove` comes to: sections, counts, exit codes, what is left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from meter.cli import main
from meter.verify.answers import SAFETY, ProofAnswer, ProofOutcome, ProofSection
from meter.verify.properties import BUILT_IN, OF_MACHINES

HEAD = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
[meters.monthly]
window = { calendar = "month" }
limit = 2
"""
PAID = '[[rules]]\nname = "paid"\nwhen = { covered = true }\nshow = "article"\n'
FREE = '[[rules]]\nname = "free"\nwhen = { access = ["free"] }\nshow = "article"\n'
COUNTED = '[[rules]]\nname = "counted"\nspend = "monthly"\nshow = "countdown"\n'
FINE = HEAD + PAID + FREE + COUNTED + '[[rules]]\nname = "else"\nshow = "wall"\n'
ADVICE = HEAD + PAID + COUNTED + '[[rules]]\nname = "else"\nshow = "subscription-wall"\n'
WALLED = HEAD + FREE + COUNTED + '[[rules]]\nname = "else"\nshow = "wall"\n'
KEPT = '[[guarantees]]\nname = "paid reads"\nwhen = { covered = true }\nalways = ["article"]\n'
BROKEN = '[[guarantees]]\nname = "no wall"\nnever = ["wall"]\n'
LEFT_OUT = '[promises]\nexcept = ["subscriber-never-walled", "free-stays-open"]\n'


def prove(folder, text: str, *options: str) -> Result:
    """Return what `meter prove` says of a policy."""
    (folder / "policy.toml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(main, ["prove", str(folder / "policy.toml"), *options])


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (FINE, (), 0),
        (FINE + KEPT, (), 0),
        (FINE + BROKEN, (), 1),
        (ADVICE, (), 0),
        (ADVICE, ("--strict",), 1),
        (WALLED, (), 1),
        (WALLED, ("--except", "subscriber-never-walled"), 0),
        (WALLED + LEFT_OUT, (), 0),
        (FINE, ("--budget", "0.01"), 0),
        (FINE + KEPT, ("--except", "never"), 2),
        ("nonsense", (), 2),
    ],
)
def test_the_exit_code_is_no_only_where_a_promise_that_somebody_made_is_broken(
    tmp_path, text, options, code
) -> None:
    """Advice is told, and is 0."""
    assert code == prove(tmp_path, text, *options).exit_code


def test_what_is_not_decided_is_a_no_only_of_the_policy_itself() -> None:
    """A built-in one is a line, and with `--strict` a no; what is proved never is."""
    for outcome in ProofOutcome:
        for code in (*BUILT_IN, "guarantee"):
            answer = ProofAnswer(code=code, name="x", outcome=outcome, how="")
            own = code == "guarantee"
            fails = outcome is ProofOutcome.FAILS
            open_question = outcome is ProofOutcome.NOT_DECIDED
            assert answer.is_no() == (
                (fails and (own or code in SAFETY)) or (open_question and own)
            )
            assert answer.is_no(strict=True) == (outcome is not ProofOutcome.PROVED)
            assert (answer.section is ProofSection.YOURS) == own


def test_both_sections_are_counted_and_what_is_left_out_is_said(tmp_path) -> None:
    """In JSON and on the terminal, whoever leaves it out."""
    found = prove(
        tmp_path,
        FINE + KEPT + BROKEN + LEFT_OUT,
        "--format",
        "json",
        "--except",
        "nothing-free-at-zero",
    )
    told = json.loads(found.stdout)
    left_out = ["subscriber-never-walled", "nothing-free-at-zero", "free-stays-open"]
    assert left_out == told["left_out"]
    assert {"promises": 2, "proved": 1, "fails": 1, "not decided": 0} == told["counts"]["yours"]
    built_in = [answer for answer in told["answers"] if answer["section"] == "every-paywall"]
    assert (
        len(BUILT_IN) - len(OF_MACHINES) - 3
        == len(built_in)
        == told["counts"]["every-paywall"]["promises"]
    )
    assert not {answer["code"] for answer in built_in} & set(left_out)
    assert told["ok"] is False
    text = prove(tmp_path, FINE + KEPT + BROKEN + LEFT_OUT).stdout
    assert "What this policy promises: 1 proved, 1 fails of 2" in text
    assert "What every paywall promises: 5 proved, 2 left out of 7" in text
    assert "left out  a free article is never walled (`free-stays-open`)" in text


def test_advice_has_no_red_cross(tmp_path) -> None:
    """What fails and is taste is told as advice."""
    text = prove(tmp_path, ADVICE).stdout
    assert "! fails (advice)  after expiry comes the right wall" in text
    assert "✗" not in text


def test_the_policy_of_the_readme_greets_nobody_with_a_cross(tmp_path) -> None:
    """Nor does the one that `meter init` writes."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    first = readme.split("```toml", 1)[1].split("\n", 1)[1].split("```", 1)[0]
    sample = Path(__file__).parents[2] / "templates" / "sample" / "policy.toml"
    for text in (first, sample.read_text(encoding="utf-8")):
        found = prove(tmp_path, text, "--strict")
        assert (0, False) == (found.exit_code, "✗" in found.stdout), found.stdout


def test_a_policy_without_guarantees_of_its_own_may_say_so(tmp_path) -> None:
    """An empty list is no mistake."""
    found = prove(tmp_path, "guarantees = []\n" + FINE)
    assert 0 == found.exit_code, found.output
    assert "What this policy promises" not in found.stdout


@pytest.mark.parametrize("word", ["a", "news-", "a-b-", "-"])
@pytest.mark.parametrize("attribute", ["section", "kind", "device", "channel"])
def test_a_word_is_one_whatever_it_ends_with(tmp_path, attribute, word):
    """Only of a country a mark at the end says that a region is not known."""
    rule = f'[[rules]]\nname = "open"\nwhen = {{ {attribute} = ["{word}"] }}\nshow = "article"\n'
    answer = prove(tmp_path, HEAD + rule + '[[rules]]\nname = "else"\nshow = "wall"\n')
    assert answer.exit_code == 1
    assert "✓ proved premium never opens for the unentitled" not in answer.output
    assert "nobody can be in that situation" not in answer.output
    closed = f'[[guarantees]]\nname = "shut"\nwhen = {{ {attribute} = ["{word}"] }}\n'
    closed += 'never = ["article"]\n'
    told = prove(tmp_path, HEAD + closed + rule + '[[rules]]\nname = "else"\nshow = "wall"\n')
    assert "✓ proved shut" not in told.output
    assert "shut" in told.output
