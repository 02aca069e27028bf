"""`changes`: reported if and only if brute force sees one, complete, and few words."""

from __future__ import annotations

from random import Random

import pytest
from attrs import evolve

from meter import Meter, Rule, load_policy, loads_policy
from meter.policy import When
from meter.verify.cover import cover
from meter.verify.diff import changes
from meter.verify.walk.symbolic import verdicts
from meter.windows import Window
from tests.verify.changed import POLICIES, SAMPLES, SOME, brute, joint, main
from tests.verify.mutants import mutants
from tests.verify.random_policies import random_policy


def test_reports_a_mutant_if_and_only_if_somebody_sees_it(capsys):
    """A tenth of those that `python -m tests.verify.changed --whole` looks at."""
    assert 0 == main(SOME), capsys.readouterr().out


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_is_empty_for_a_policy_that_is_only_written_otherwise(path):
    """Rules that never overlap may change places, be renamed, or be split: nothing differs."""
    policy = load_policy(path)
    renamed = evolve(
        policy, rules=tuple(evolve(rule, name=f"{rule.name} (renamed)") for rule in policy.rules)
    )
    first = policy.rules[0]
    doubled = evolve(policy, rules=(first, evolve(first, name="once more"), *policy.rules[1:]))
    assert ((), ()) == (changes(policy, renamed).rows, changes(policy, doubled).rows)


def test_is_empty_where_disjoint_rules_change_places():
    """Two rules for different readers may stand in either order."""
    policy = load_policy(POLICIES / "tiers.toml")
    names = [rule.name for rule in policy.rules]
    over = names.index("the subscription is over")
    trial = names.index("the trial is over")
    rules = list(policy.rules)
    rules[over], rules[trial] = rules[trial], rules[over]
    assert () == changes(policy, evolve(policy, rules=rules)).rows


@pytest.mark.parametrize("seed", range(30))
def test_covers_exactly_what_changes(seed):
    """The rows hold every situation that differs in one meter state, and no other."""
    random = Random(seed)
    old = random_policy(random, rules=2)
    found = [mutant for _, mutant in mutants(old)]
    new = random.choice(found)
    space = joint(old, new)
    diagrams = space.diagrams
    differ = diagrams.combine(
        verdicts(space, 0),
        verdicts(space, 1),
        lambda one, other: (one.show, one.offer) != (other.show, other.offer),
    )
    wanted = diagrams.conjoin(space.possible, differ)
    forbidden = diagrams.difference(space.possible, differ)
    boxes = cover(space, wanted, forbidden)
    union = diagrams.disjoin(*(diagrams.box(box) for box in boxes))
    assert wanted == diagrams.conjoin(space.possible, union)


def rule(name, when=None, show="article", **more):
    return Rule(name=name, when=when or When(), show=show, **more)


def simple(*, limit=3, window=None, rules=None, count="articles", price=9, ends=None):
    """Return a small policy with one thing changed."""
    end = f"ends = {ends}" if ends else ""
    text = f"""
    [publication]
    name = "The Harbour Review"
    timezone = "Asia/Tokyo"
    [meters.monthly]
    window = {window or '{ calendar = "month" }'}
    limit = {limit}
    count = "{count}"
    [offers.summer]
    price = {price}
    currency = "USD"
    term = "3 months"
    {end}
    """
    rules = (
        rules
        or """
    [[rules]]
    name = "subscribers"
    when = { reader = ["subscriber"] }
    show = "article"
    [[rules]]
    name = "the allowance"
    when = { access = ["free", "metered"] }
    spend = "monthly"
    show = "countdown"
    [[rules]]
    name = "everyone else"
    show = "trial-offer"
    offer = "summer"
    """
    )
    return loads_policy(text + rules)


def test_tells_a_limit_by_those_who_have_it():
    """A changed limit is one row: the readers whose limit it is, and what it was and is."""
    old = simple(limit="{ anonymous = 3, registered = 5 }")
    new = simple(limit="{ anonymous = 3, registered = 4 }")
    assert [
        (
            "registered readers or readers whose trial or subscription has expired",
            "5 articles a month (`monthly`)",
            "4 articles a month (`monthly`)",
        )
    ] == [(row.who, row.before, row.after) for row in changes(old, new).rows]


def test_says_nothing_of_a_limit_that_nobody_meets():
    """A subscriber's allowance may change: subscribers never spend."""
    old = simple(limit="{ anonymous = 3 }")
    new = simple(limit="{ anonymous = 3, subscriber = 9 }")
    assert () == changes(old, new).rows


@pytest.mark.parametrize(
    "change, expected",
    [
        (
            {"window": '{ rolling = "30 days" }'},
            ("articles by calendar month in Asia/Tokyo", "articles by rolling 30 days"),
        ),
        (
            {"count": "views"},
            ("articles by calendar month in Asia/Tokyo", "views by calendar month in Asia/Tokyo"),
        ),
        ({"price": 12}, ("trial, 9 USD for 3 months", "trial, 12 USD for 3 months")),
    ],
)
def test_tells_meters_and_offers_that_are_no_longer_the_same(change, expected):
    """Another window, way to count or price is a difference, even if no rule is."""
    assert [expected] == [
        (row.before, row.after) for row in changes(simple(), simple(**change)).rows
    ]


def test_tells_a_window_only_where_it_is_used():
    """The window of a meter that no rule spends from may be anything."""
    rules = "[[rules]]\nname = 'everyone'\nshow = 'article'\n"
    assert (
        () == changes(simple(rules=rules), simple(rules=rules, window="{ lifetime = true }")).rows
    )


def test_tells_a_rule_in_one_row():
    """A change of one rule for some readers is one row, without conditions that do not matter."""
    old = simple()
    new = evolve(
        old, rules=(rule("subscribers", When(reader=["subscriber", "staff"])), *old.rules[1:])
    )
    assert [
        ("staff, premium articles", "`trial-offer`", "`article`"),
        (
            "staff, metered articles, while `monthly` lasts",
            "`countdown`, counted on `monthly`",
            "`article`, not counted",
        ),
        ("staff, metered articles, with nothing left of `monthly`", "`trial-offer`", "`article`"),
    ] == [(row.who, row.before, row.after) for row in changes(old, new).rows]


def test_compares_policies_with_different_meters():
    """A rule that spends from another meter is a difference, with the readers who meet it."""
    old = simple()
    other = Meter(name="weekly", window=Window(calendar="week"), limit=3)
    new = evolve(
        old,
        meters=(other,),
        rules=(old.rules[0], evolve(old.rules[1], spend="weekly"), old.rules[2]),
    )
    assert brute(old, new)
    assert any("`weekly`" in row.after for row in changes(old, new).rows)
