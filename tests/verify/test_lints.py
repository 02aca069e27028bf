"""Exact lints: each is earned by a policy with the fault, and its example is the engine's."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest
from attrs import evolve

from meter import load_policy, loads_policy
from meter.engine import judge
from meter.facts import Vocabulary
from meter.loading import check_text
from meter.policy import When
from meter.rulebook import Rulebook
from meter.verify import CODES, lints
from meter.verify.rows import visible
from meter.verify.space import Space
from tests.verify.brute import situations, size
from tests.verify.random_policies import random_policy

HEAD = """\
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 3, registered = 5 }

[offers.summer]
price = 9
currency = "USD"
term = "3 months"
when = { reader = ["anonymous", "registered"] }

"""
PAYING = (
    '[[rules]]\nname = "paying"\nwhen = { reader = ["subscriber", "trial", "staff"] }\nshow ='
    ' "article"\n'
)
OVER = """
[[rules]]
name = "the trial is over"
when = { reader = ["trial-expired"], access = ["metered", "premium"] }
show = "trial-expired"
[[rules]]
name = "the subscription is over"
when = { reader = ["subscription-expired"], access = ["metered", "premium"] }
show = "subscription-expired"
"""
ALLOWANCE = (
    '[[rules]]\nname = "the allowance"\nwhen = { access = ["free", "metered"] }\nspend ='
    ' "monthly"\nshow = "countdown"\n'
)
LAST = '[[rules]]\nname = "everyone else"\nshow = "trial-offer"\noffer = "summer"\n'
GOOD = HEAD + PAYING + OVER + ALLOWANCE + LAST


def rule(name, when, show="article", **more):
    extra = "".join(f'{key} = "{value}"\n' for key, value in more.items())
    return f'[[rules]]\nname = "{name}"\nwhen = {when}\nshow = "{show}"\n{extra}'


def found(text):
    """Return the exact warnings about a policy: code, message and help of each."""
    return [(warning.code, warning.message, warning.help) for warning in lints(loads_policy(text))]


def test_says_nothing_of_a_good_policy():
    """A policy without a fault has no warning."""
    assert [] == found(GOOD)


def test_says_nothing_of_the_sample():
    """The sample policy is an example to follow."""
    assert () == lints(
        load_policy(Path(__file__).parents[2] / "templates" / "sample" / "policy.toml")
    )


def test_names_the_rule_that_hides_another():
    """A rule can never match where one rule before it matches every case it would.

    The example is a reader it was meant for.
    """
    hidden = rule(
        "students",
        '{ reader = ["subscriber"], section = ["campus"] }',
        "countdown",
        spend="monthly",
    )
    assert [
        (
            "rule-never-fires",
            (
                "rule `students` can never match: `paying` comes first and matches every case"
                " `students` would"
            ),
            (
                "move it up, or remove it; for example a subscriber opens a metered article in"
                " `campus` that is counted already: `article` by rule `paying`"
            ),
        )
    ] == found(HEAD + PAYING + hidden + OVER + ALLOWANCE + LAST)


def test_names_the_rules_that_hide_another_together():
    """Where only the union of some rules hides another, those are named and no more."""
    parts = [
        rule("phones", '{ device = ["phone"] }', "registration-wall"),
        rule("markets", '{ section = ["markets"] }', "registration-wall"),
        rule("all else", '{ not = { device = ["phone"] } }', "registration-wall"),
        rule(
            "known devices",
            '{ any = [ { device = ["phone"] }, { not = { device = ["phone"] } } ], tags ='
            ' ["live"] }',
        ),
    ]
    text = HEAD + "".join(parts) + LAST
    message = (
        "rule `known devices` can never match: `phones` and `all else` come first and together"
        " match every case `known devices` would"
    )
    assert message in [message for code, message, _ in found(text) if code == "rule-never-fires"]


def test_says_that_conditions_contradict_each_other():
    """A rule that asks for a product of an anonymous reader is for nobody."""
    text = (
        HEAD
        + rule("impossible", '{ reader = ["anonymous"], product = ["all"] }')
        + PAYING
        + OVER
        + ALLOWANCE
        + LAST
    )
    assert [
        (
            "rule-never-fires",
            "rule `impossible` can never match: no reader and article meet its conditions",
            "its conditions contradict each other: leave one of them out",
        )
    ] == found(text)


def test_knows_words_that_no_page_view_can_have():
    """A country without letters is never seen: a rule that asks for it is for nobody."""
    policy = loads_policy(GOOD)
    nowhere = evolve(
        policy.rules[0], name="nowhere", when=When(country=[""], reader=["registered"])
    )
    warnings = lints(evolve(policy, rules=(nowhere, *policy.rules)))
    assert ["rule `nowhere` can never match: no reader and article meet its conditions"] == [
        warning.message for warning in warnings
    ]


def test_says_that_a_meter_without_allowance_is_spent_at_once():
    """A spending rule for readers whose limit is 0 fires only for what is free or counted."""
    text = (
        HEAD
        + rule(
            "staff picks",
            '{ reader = ["staff"], access = ["metered"] }',
            "countdown",
            spend="monthly",
        )
        + PAYING
        + OVER
        + ALLOWANCE
        + LAST
    )
    assert ["rule-never-fires"] == [code for code, _, _ in found(text)]


def test_finds_a_rule_that_changes_nothing():
    """A rule that does fire, but shows what the rules after it would show, can be removed."""
    text = (
        HEAD
        + rule("subscribers on phones", '{ reader = ["subscriber"], device = ["phone"] }')
        + PAYING
        + OVER
        + ALLOWANCE
        + LAST
    )
    assert [
        (
            "rule-changes-nothing",
            (
                "rule `subscribers on phones` changes nothing: without it every reader would see"
                " the same"
            ),
            "remove it, or change what it shows; `paying` would do the same",
        )
    ] == found(text)


def test_finds_an_offer_that_nobody_is_ever_shown():
    """An offer for subscribers in a rule that subscribers never reach is never shown."""
    text = GOOD.replace(
        'when = { reader = ["anonymous", "registered"] }', 'when = { reader = ["subscriber"] }'
    )
    assert [
        (
            "offer-never-shows",
            "offer `summer` can never be shown: no reader who reaches `everyone else` may have it",
        )
    ] == [(code, message) for code, message, _ in found(text)]


def test_finds_a_rule_whose_offer_nobody_it_is_for_may_have():
    """An offer that other rules show can still be out of reach of one."""
    text = GOOD.replace('show = "trial-expired"\n', 'show = "trial-expired"\noffer = "summer"\n')
    assert [
        (
            "offer-never-shows",
            (
                "rule `the trial is over` can never show offer `summer`: no reader it matches may"
                " have it"
            ),
        )
    ] == [(code, message) for code, message, _ in found(text)]


def test_finds_a_last_free_article_that_goes_by_in_silence():
    """Where a second rule spends a meter in silence, the last notice can be skipped."""
    text = (
        HEAD
        + PAYING
        + OVER
        + rule("silent markets", '{ section = ["markets"], access = ["metered"] }', spend="monthly")
        + ALLOWANCE
        + LAST
    )
    expected = (
        "the last free article of `monthly` can go by without a notice: an anonymous reader opens a"
        " metered article in `markets` with 2 of 3 used on `monthly`: `article` by rule `silent"
        " markets`"
    )
    assert [expected] == [
        message for code, message, _ in found(text) if code == "last-free-skipped"
    ]


def test_finds_a_last_free_article_that_can_never_be_read():
    """A countdown for those who have more than one left never comes to the last."""
    text = GOOD.replace(
        'when = { access = ["free", "metered"] }\nspend',
        'when = { access = ["free", "metered"], left = { monthly = { at_least = 1 } } }\nspend',
    )
    expected = (
        "the last free article of `monthly` can never be read: an anonymous reader opens a metered"
        " article with 2 of 3 used on `monthly`: `trial-offer` by rule `everyone else`"
    )
    assert [expected] == [
        message for code, message, _ in found(text) if code == "last-free-skipped"
    ]


def test_finds_readers_that_fall_through():
    """Readers whose subscription has expired are for no rule here: the last one decides."""
    text = (
        HEAD + PAYING + OVER.partition('[[rules]]\nname = "the subscription')[0] + ALLOWANCE + LAST
    )
    ((code, message, advice),) = found(text)
    assert (
        "status-falls-through",
        (
            "no rule names readers whose subscription has expired: the last rule, `everyone else`,"
            " decides for them"
        ),
    ) == (
        code,
        message,
    )
    assert 'when = { reader = ["subscription-expired"] }' in advice
    assert "with 5 of 5 used on `monthly`: `subscription-wall` by rule `everyone else`" in advice


CLASH = HEAD + PAYING + rule("live is open", '{ tags = ["live"] }') + OVER + ALLOWANCE + LAST


def test_finds_two_rules_whose_order_alone_decides():
    """A rule about articles and one about readers overlap.

    Which one wins is nowhere said but in the order.
    """
    expected = (
        "rules `live is open` and `the trial is over` overlap, and only their order decides: a"
        " reader whose trial has expired opens a metered article tagged `live`: `article` by rule"
        " `live is open`"
    )
    assert [expected] == [message for code, message, _ in found(CLASH) if code == "silent-order"]


def test_takes_a_guarantee_for_an_answer():
    """Where a guarantee says which of the two is meant, their order is not silent any more."""
    said = (
        '[[guarantees]]\nname = "live is open to all"\nwhen = { tags = ["live"], access ='
        ' ["metered", "premium"] }\nalways = ["article"]\n'
    )
    assert [] == [message for code, message, _ in found(CLASH + said) if code == "silent-order"]


def test_says_that_a_policy_is_too_large(monkeypatch):
    """Past the budget there is a warning that nothing was analysed, and no wrong answer."""
    monkeypatch.setitem(sys.modules, "z3", None)  # as if it were not installed
    (warning,) = lints(loads_policy(GOOD), steps=20)
    assert ("not-analysed", ("rules",)) == (warning.code, warning.path)
    needless = {"not-analysed", "idle-cap", "idle-stand-in"}
    assert all(f"`{code}`" in warning.message for code in {*CODES} - needless)


def test_caps_are_told_of_a_policy_that_is_too_large(monkeypatch):
    """They need no diagram, and switches turn nothing of them."""
    monkeypatch.setitem(sys.modules, "z3", None)  # as if it were not installed
    day = '{ times = 1, window = { calendar = "day" } }'
    text = f'{GOOD}[prompts.give]\nheading = "Give"\nat_most = [{day}, {day}]\n'
    for switches in ("", "[switches]\nopen = false\n"):
        found = lints(loads_policy(text + switches), steps=20)
        assert ["not-analysed", "idle-cap"] == [warning.code for warning in found]


def test_locates_every_code_in_the_file():
    """`meter check` gives each exact warning its line and column."""
    text = (
        HEAD
        + rule("impossible", '{ reader = ["anonymous"], product = ["all"] }')
        + PAYING
        + OVER
        + ALLOWANCE
        + LAST
    )
    _, problems = check_text(text, exact=lints)
    assert [("rule-never-fires", 16, 8)] == [
        (problem.code, problem.line, problem.column) for problem in problems
    ]


def test_has_words_for_every_code():
    """Every code that a warning can carry is described."""
    folder = Path(__file__).parents[2] / "meter" / "verify" / "lints"
    text = "".join(source.read_text(encoding="utf-8") for source in folder.glob("*.py"))
    assert [] == [code for code in CODES if f'code="{code}"' not in text]


@pytest.mark.parametrize("seed", range(40))
def test_agrees_with_brute_force_on_rules_that_change_nothing(seed):
    """A rule changes nothing if it fires for somebody and nobody misses it."""
    policy = random_policy(Random(7_000 + seed), rules=2)
    space = Space([Rulebook(policy, Vocabulary([policy]))])
    everyone = list(situations(space)) if size(space) < 30_000 else []
    said = {
        warning.message.split("`")[1]
        for warning in lints(policy)
        if warning.code == "rule-changes-nothing"
    }
    for index, each in enumerate(policy.rules[:-1] if everyone else ()):
        without = evolve(policy, rules=(*policy.rules[:index], *policy.rules[index + 1 :]))
        books = [Rulebook(one, space.vocabulary) for one in (policy, without)]
        verdicts = [
            [judge(book, space.facts(situation)) for situation in everyone] for book in books
        ]
        fires = any(verdict.rule == each.name for verdict in verdicts[0])
        same = all(visible(one) == visible(other) for one, other in zip(*verdicts, strict=True))
        assert (fires and same) == (each.name in said)
