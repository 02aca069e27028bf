"""What is promised about machines: which policies promise it, and who breaks it."""

from __future__ import annotations

from random import Random

import pytest
from attrs import evolve

from meter import loads_policy
from meter.facts import Vocabulary
from meter.policy import MachinesTable, MachineTerms, When
from meter.rulebook import Rulebook
from meter.verify import ProofOutcome, changes, guarantees
from meter.verify.budget import is_installed
from meter.verify.export import counterexample_text
from meter.verify.lints import lints, search_advice
from meter.verify.properties import BUILT_IN, OF_MACHINES
from meter.verify.smt.fallback import fallback
from meter.vocabulary import Access
from tests.verify.oracle.proofs import hold
from tests.verify.random_policies import random_policy

HEAD = '[publication]\nname = "The Harbour Review"\n[machines]\nsite = "https://example.com"\n'
WALL = """
[[rules]]
name = "readers with a right"
when = { covered = true }
show = "article"

[[rules]]
name = "everyone else"
show = "subscription-wall"
machines = { status = 402, price = "USD 0.01" }
"""
NO_REFUSAL, NO_PREMIUM = "search-crawlers-meet-no-refusal", "unverified-get-no-premium"


def rule(name, when, more='show = "article"'):
    """Return the text of a rule."""
    return f'[[rules]]\nname = "{name}"\nwhen = {when}\n{more}\n'


def answers(text):
    """Return the answers about machines, by code."""
    found = guarantees(loads_policy(text), seconds=None)
    return {answer.code: answer for answer in found if answer.code in OF_MACHINES}


def outcomes(text):
    """Return what came of the promises about machines, by code."""
    return {code: str(answer.outcome) for code, answer in answers(text).items()}


SEARCH = rule("search engines", '{ crawler = ["search"] }')


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (HEAD + WALL, {NO_REFUSAL, NO_PREMIUM}),
        (HEAD.partition("[machines]")[0] + WALL, {NO_REFUSAL, NO_PREMIUM}),
        (HEAD + "search = false\n" + WALL, {NO_PREMIUM}),
        (HEAD + f'[promises]\nexcept = ["{NO_PREMIUM}"]\n' + WALL, {NO_REFUSAL}),
        (HEAD.partition("[machines]")[0] + WALL.partition("machines =")[0], set()),
    ],
)
def test_only_a_policy_that_speaks_to_machines_promises_anything_of_them(text, asked):
    """By its table or by a rule; who keeps search engines out promises them nothing."""
    assert asked == set(answers(text))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("", "fails"),
        (SEARCH, "proved"),
        (rule("machines", "{ crawler = true }"), "proved"),
        (rule("agents", '{ crawler = ["agent"] }'), "fails"),
        (rule("some of search", '{ crawler = ["search"], section = ["news"] }'), "fails"),
        (rule("walled", '{ crawler = ["search"] }', 'show = "subscription-wall"'), "proved"),
        (rule("no training", '{ not = { crawler = ["training"] } }'), "proved"),
        (
            rule(
                "training pays",
                '{ crawler = ["training"] }',
                'show = "subscription-wall"\nmachines = { status = 403 }',
            )
            + SEARCH,
            "proved",
        ),
    ],
)
def test_a_search_crawler_that_is_refused_is_found(rules, expected):
    """Wherever a rule with `machines` may decide for one; a wall without them refuses nobody."""
    assert expected == outcomes(HEAD + rules + WALL)[NO_REFUSAL]


def test_the_witness_is_a_search_crawler():
    """Also of a policy that never asks for crawlers, and in the journey that is kept of it."""
    for rules in ("", rule("agents", '{ crawler = ["agent"] }')):
        answer = answers(HEAD + rules + WALL)[NO_REFUSAL]
        (step,) = answer.counterexample.steps
        assert "search" == step.asked.view.crawler
        assert 402 == step.decision.machines.status
        assert "as a crawler of class `search`" in step.words
        assert 'crawler = "search"' in counterexample_text(answer, "policy.toml")


PREMIUM = 'access = ["premium"]'
METER = '[meters.taste]\nwindow = { calendar = "month" }\nlimit = 1\naccess = ["premium"]\n'


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("", "proved"),
        (rule("verified", f'{{ crawler = ["search", "agent"], {PREMIUM} }}'), "proved"),
        (rule("gifts", f"{{ gift = true, {PREMIUM} }}"), "proved"),
        (rule("sponsored", '{ tags = ["sponsored"] }'), "proved"),
        (rule("trials", '{ reader = ["trial", "staff"] }'), "proved"),
        (rule("from search", f'{{ referrer = ["google.com"], {PREMIUM} }}'), "fails"),
        (rule("no crawler", "{ crawler = false }"), "fails"),
        (rule("not training", '{ not = { crawler = ["training"] } }'), "fails"),
        (rule("loyal", f'{{ segments = ["loyal"], {PREMIUM} }}'), "fails"),
        (METER + '[[rules]]\nname = "a taste"\nspend = "taste"\nshow = "article"\n', "fails"),
    ],
)
def test_premium_that_opens_to_whoever_is_not_verified_is_found(rules, expected):
    """What a request claims opens it, or a rule that says that it is meant: both are found."""
    assert expected == outcomes(HEAD + rules + WALL)[NO_PREMIUM]


def test_what_the_neighbour_excuses_is_told_here():
    """`premium-stays-closed` takes a rule at its word, and this one does not."""
    text = HEAD + rule("from search", f'{{ referrer = ["google.com"], {PREMIUM} }}') + WALL
    found = {one.code: str(one.outcome) for one in guarantees(loads_policy(text), seconds=None)}
    assert ("proved", "fails") == (found["premium-stays-closed"], found[NO_PREMIUM])


@pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
@pytest.mark.parametrize("rules", ["", SEARCH, rule("no crawler", "{ crawler = false }")])
def test_z3_answers_alike(rules):
    """Of the same policies, with the engine's agreement."""
    policy = loads_policy(HEAD + rules + WALL)
    book = Rulebook(policy, Vocabulary([policy], [When(crawler=["search"])]))
    by_z3 = {one.code: one.outcome for one in fallback(book, (), "asked for", None)}
    by_diagram = {one.code: one.outcome for one in guarantees(policy, seconds=None)}
    assert by_diagram == by_z3
    assert ProofOutcome.NOT_DECIDED not in by_z3.values()


def speaking(seed):
    """Return a random policy some of whose previews tell machines a status."""
    policy = random_policy(Random(seed), rules=3)
    rules = [
        evolve(one, machines=MachineTerms(status=403))
        if one.show.access is Access.PREVIEW and (seed + place) % 2
        else one
        for place, one in enumerate(policy.rules)
    ]
    return evolve(policy, rules=rules, machines=MachinesTable(site="https://example.com"))


def test_an_evaluator_of_its_own_agrees_about_random_policies():
    """What is proved is broken by no encounter, and each story breaks what it is told of."""
    failed = proved = 0
    for seed in range(9_000, 9_012):
        held = hold(Random(seed), speaking(seed), 60)
        assert [] == held.wrong, seed
        failed += held.failed
        proved += held.proved
    assert min(failed, proved) > 20


def test_what_machines_are_told_is_a_difference():
    """A price, a status, and each key of the two tables, in words."""
    old = loads_policy(HEAD + WALL)
    new = loads_policy(
        (HEAD + 'train_ai = "n"\n[gifts]\nper_month = 3\n' + WALL).replace("USD 0.01", "USD 0.05")
    )
    rows = {row.who: (row.about, row.before, row.after) for row in changes(old, new).rows}
    assert {
        "what machines are told: `train_ai`": ("machines", "not said", "`false`"),
        "who gives an article away: `per_month`": ("gifts", "not said", "`3`"),
        "who gives an article away: `readers`": ("gifts", "not said", "`25`"),
        "who gives an article away: `lasts`": ("gifts", "not said", '`"30 days"`'),
        "who gives an article away: `givers`": (
            "gifts",
            "not said",
            '`["staff", "subscriber"]`',
        ),
    } == {who: told for who, told in rows.items() if told[0] != "rules"}
    ((_, before, after),) = [told for told in rows.values() if told[0] == "rules"]
    assert "`subscription-wall`, machines: status 402, USD 0.01" == before
    assert "`subscription-wall`, machines: status 402, USD 0.05" == after
    assert () == changes(old, loads_policy(HEAD + WALL)).rows


SMALL = '[meters.taste]\nwindow = { calendar = "month" }\nlimit = 10\n'
SPENT = '[[rules]]\nname = "an allowance"\nspend = "taste"\nshow = "countdown"\n'


@pytest.mark.parametrize(
    ("crawler", "advised"),
    [
        ('["search"]', None),
        ("true", None),
        ('["training"]', '["search"]'),
        ('["agent", "training"]', '["search"]'),
    ],
)
def test_advice_for_search_is_about_search_crawlers(crawler, advised):
    """One of another class may meet a wall."""
    text = HEAD + SMALL + rule("machines", f"{{ crawler = {crawler} }}") + SPENT + WALL
    found = [one.help for one in search_advice(loads_policy(text)) if one.code == "crawler-walled"]
    assert bool(advised) == bool(found)
    assert all(f"crawler = {advised}" in step for step in found)


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ('{ crawler = ["search"] }', None),
        ('{ crawler = ["search"], section = ["a"] }', '{ crawler = ["search"] }'),
        ('{ crawler = true, section = ["a"] }', "{ crawler = true }"),
    ],
)
def test_a_meter_that_counts_crawlers_of_a_known_class_is_told(when, told):
    """Of those classes that the policy names; the others read as anybody."""
    text = HEAD + SMALL + rule("machines", when) + SPENT + WALL
    found = [one.help for one in lints(loads_policy(text)) if one.code == "crawler-metered"]
    assert ([] if told is None else [True]) == [str(told) in step for step in found]


def test_the_promises_about_machines_are_among_the_built_in():
    """They can be left out by name, as any other."""
    assert set(BUILT_IN) >= OF_MACHINES
