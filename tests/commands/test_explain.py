"""`meter explain` says which rule decided, and why those before it did not."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from meter import Article, PageView, Reader, Usage, decide, explain, load_policy
from tests.commands.sample import EVENT


def test_explain_says_which_rule_and_why_not_the_others(meter, folder):
    """For one JSON object, however it is laid out."""
    (folder / "event.json").write_text(json.dumps(json.loads(EVENT), indent=2))
    policy = load_policy(folder / "policy.toml")
    for answer in (
        meter("explain", "policy.toml", "event.json"),
        meter("explain", "policy.toml", "-", given=EVENT),
    ):
        head, _, words = answer.out.partition("\n")
        assert head == "2026-06-01T09:00:00+00:00 reader `r1` (anonymous) opens `a1`"
        view = PageView(article=Article(id="a1"))
        usage = Usage()
        assert (
            words
            == explain(
                decide(policy, Reader(id="r1"), view, usage, datetime(2026, 6, 1, 9, tzinfo=UTC))[0]
            )
            + "\n"
        )


def test_explain_takes_the_views_before_into_account(meter):
    """The last of several is explained, or with `--all` every one."""
    several = "\n".join(EVENT.replace("a1", f"a{number}") for number in range(1, 5))
    last = meter("explain", "policy.toml", "-", given=several)
    assert "opens `a4`" in last.out
    assert "not rule 5 `within the monthly allowance`: nothing is left of `monthly`" in last.out
    assert meter("explain", "policy.toml", "-", "--all", given=several).out.count("opens `a") == 4
    objects = several.splitlines()
    for as_list in (f"[\n{','.join(objects)}\n]", f"[{', '.join(objects)}]\n"):
        for mark in ("", "\ufeff"):
            assert meter("explain", "policy.toml", "-", given=mark + as_list).out == last.out
    document = meter("explain", "policy.toml", "-", "--format", "json", given=several).json
    assert (document["decision"]["show"], document["explanation"].splitlines()[0]) == (
        "registration-wall",
        "shows `registration-wall` (a preview) by rule `registering brings two more`",
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ('{\n "at": 1,\n', "stdin:3:1: error[json-syntax]"),
        ('{\n "at" 1\n}', "stdin:2:7: error[json-syntax]"),
        ('{\n "artcle": 1\n}', "did you mean `article`?"),
        ('{\n "at": 1,\n "at": 2\n}', "the key `at` is given twice"),
        ('[{"artcle": 1}]', "did you mean `article`?"),
        ("[]", "there is no event in stdin"),
        ("", "there is no event in stdin"),
    ],
)
def test_explain_says_what_is_wrong_with_its_event(meter, given, says):
    """Also when there is none."""
    answer = meter("explain", "policy.toml", "-", given=given)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
