"""A policy says which of the promises of every paywall it does not make."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from meter import PolicyError, loads_policy
from meter.cli import main
from meter.loading import dumps_policy
from meter.policy import Promises
from meter.policy.promises import Promise
from meter.verify import BUILT_IN, guarantees, lints
from meter.verify.properties import OF_MACHINES

TEXT = """\
[publication]
name = "The Harbour Review"

[[rules]]
name = "pay or consent, on free pages too"
show = "subscription-wall"
"""
EXCEPT = '\n[promises]\nexcept = ["free-stays-open", "subscriber-never-walled"]\n'


def asked(text):
    """Return the codes of the promises that are answered."""
    return [answer.code for answer in guarantees(loads_policy(text))]


def test_every_built_in_promise_has_a_word():
    """What can be left out is what is asked."""
    assert [str(promise) for promise in Promise] == list(BUILT_IN)


def test_a_free_article_that_is_walled_breaks_the_promise():
    """Whoever meets it is told of."""
    (answer,) = [one for one in guarantees(loads_policy(TEXT)) if one.code == "free-stays-open"]
    assert "fails" == answer.outcome
    assert "subscription-wall" == answer.counterexample.steps[-1].decision.show


def test_what_is_excepted_is_not_asked():
    """The others are."""
    every = [code for code in BUILT_IN if code not in OF_MACHINES]
    left = [code for code in every if code not in ("free-stays-open", "subscriber-never-walled")]
    assert left == asked(TEXT + EXCEPT)
    assert every == asked(TEXT)


def test_what_is_excepted_is_not_warned_of():
    """A policy that walls free pages on purpose says so once."""
    assert ["free-walled"] == [found.code for found in lints(loads_policy(TEXT))]
    assert () == lints(loads_policy(TEXT + EXCEPT))


def test_prove_names_what_was_not_asked(tmp_path, monkeypatch):
    """In text and as a document."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.toml").write_text(TEXT + EXCEPT, encoding="utf-8")
    text = CliRunner().invoke(main, ["prove", "policy.toml"]).stdout
    assert "left out  a free article is never walled (`free-stays-open`)" in text
    document = json.loads(
        CliRunner().invoke(main, ["prove", "--format", "json", "policy.toml"]).stdout
    )
    assert ["subscriber-never-walled", "free-stays-open"] == document["left_out"]


def test_it_is_written_back_and_part_of_the_digest():
    """Reading what was written gives an equal policy."""
    policy = loads_policy(TEXT + EXCEPT)
    assert policy == loads_policy(dumps_policy(policy))
    assert policy.digest != loads_policy(TEXT).digest
    assert "promises" not in dumps_policy(loads_policy(TEXT))


def test_a_word_that_is_no_promise_is_an_error():
    """Located, with the one that was meant; from Python in the same words."""
    with pytest.raises(PolicyError) as raised:
        loads_policy(TEXT + EXCEPT.replace("free-stays-open", "free-stay-open"))
    (problem,) = raised.value.problems
    assert ("unknown-word", 9, "did you mean `free-stays-open`?") == (
        problem.code,
        problem.line,
        problem.help,
    )
    with pytest.raises(ValueError, match="did you mean `free-stays-open`"):
        Promises(except_=["free-stay-open"])
