"""`guarantees`: proved for everyone, or broken by a journey that the engine reproduces.

Never rounded up.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from random import Random

import pytest
from attrs import evolve

from meter import Show, Usage, decide, load_policy, loads_policy
from meter.engine import judge
from meter.facts import Vocabulary
from meter.formulas.translation import formula_of
from meter.policy import Guarantee
from meter.rulebook import Rulebook
from meter.verify import BUILT_IN, ProofOutcome, guarantees
from meter.verify.budget import is_installed
from meter.verify.properties import OF_MACHINES
from meter.verify.smt.fallback import fallback
from meter.verify.space import Space
from tests.verify.brute import situations, size
from tests.verify.random_policies import random_policy, random_when
from tests.verify.test_lints import ALLOWANCE, GOOD, HEAD, LAST, OVER, PAYING, rule

EVERY_PAYWALL = {code: words for code, words in BUILT_IN.items() if code not in OF_MACHINES}
POLICIES = [
    *sorted((Path(__file__).parent / "policies").glob("*.toml")),
    Path(__file__).parents[2] / "templates" / "sample" / "policy.toml",
]


def answers(text, **options):
    """Return the answers about a policy by the code of the promise, the publisher's own by name."""
    return {
        answer.name if answer.code == "guarantee" else answer.code: answer
        for answer in guarantees(loads_policy(text), **options)
    }


def outcomes(text, **options):
    return {key: str(answer.outcome) for key, answer in answers(text, **options).items()}


def steps_of(counterexample):
    """Return what a counterexample shows, in short."""
    return [
        (step.words, str(step.decision.show), step.decision.rule) for step in counterexample.steps
    ]


def replay(policy, counterexample):
    """Run a counterexample through the engine from nothing, or from what was counted before."""
    usage = counterexample.steps[0].asked.usage if counterexample.before else Usage()
    shown = []
    for step in counterexample.steps:
        decision, usage = decide(policy, step.asked.reader, step.asked.view, usage, step.asked.now)
        shown.append((decision.show, decision.rule, decision.counted))
    return shown


def test_proves_every_built_in_promise_of_a_good_policy():
    """A policy without a fault keeps all of them."""
    assert dict.fromkeys(EVERY_PAYWALL, "proved") == outcomes(GOOD)


def test_proves_the_sample():
    """The sample policy keeps every promise, its own included."""
    policy = load_policy(POLICIES[-1])
    assert policy.guarantees
    assert {ProofOutcome.PROVED} == {answer.outcome for answer in guarantees(policy)}


def test_tells_who_meets_a_wall_and_which_rule_was_expected():
    """A wall before the subscribers' rule is found, with the rule that lost and why."""
    wall = rule(
        "premium costs extra", '{ access = ["premium"], section = ["data"] }', "subscription-wall"
    )
    counterexample = answers(HEAD + wall + PAYING + OVER + ALLOWANCE + LAST)[
        "subscriber-never-walled"
    ].counterexample
    assert (
        "a subscriber",
        [("opens a premium article in `data`", "subscription-wall", "premium costs extra")],
    ) == (
        counterexample.reader,
        steps_of(counterexample),
    )
    assert (
        "rule `paying` would show `article`, but `premium costs extra` comes first"
        == counterexample.expected.words
    )


def test_leaves_out_what_is_not_meant_to_hold():
    """A built-in promise can be left out; the others are answered."""
    assert set(EVERY_PAYWALL) - {"premium-stays-closed"} == set(
        answers(GOOD, leave_out=["premium-stays-closed"])
    )


def test_finds_premium_that_opens():
    """Premium that opens without a right is found, unless by gift, sponsored or for a crawler."""
    exempt = (
        '[[rules]]\nname = "exempt"\nwhen = { any = [ { gift = true }, { crawler = true }, { tags ='
        ' ["sponsored"] } ] }\nshow = "article"\n'
    )
    assert (
        "proved"
        == outcomes(HEAD + exempt + PAYING + OVER + ALLOWANCE + LAST)["premium-stays-closed"]
    )
    opened = rule("preview week", '{ tags = ["preview-week"] }')
    counterexample = answers(HEAD + opened + PAYING + OVER + ALLOWANCE + LAST)[
        "premium-stays-closed"
    ].counterexample
    assert [
        ("opens a premium article tagged `preview-week`", "article", "preview week")
    ] == steps_of(counterexample)


def test_finds_the_wrong_wall_after_expiry():
    """A reader whose subscription has expired and who gets another wall is found."""
    text = (
        HEAD + PAYING + OVER.partition('[[rules]]\nname = "the subscription')[0] + ALLOWANCE + LAST
    )
    counterexample = answers(text)["right-wall-after-expiry"].counterexample
    assert [("opens a premium article", "subscription-wall", "everyone else")] == steps_of(
        counterexample
    )
    assert (
        "no rule of this policy would show `subscription-expired` to this reader here"
        == counterexample.expected.words
    )


def test_tells_the_shortest_way_to_an_unannounced_last_article():
    """The journey has as many steps as it takes: two that count down, and the last in silence."""
    text = (
        HEAD
        + PAYING
        + OVER
        + rule("silent markets", '{ section = ["markets"], access = ["metered"] }', spend="monthly")
        + ALLOWANCE
        + LAST
    )
    answer = answers(text)["last-free-is-announced"]
    assert [
        ("opens a metered article", "countdown", "the allowance"),
        ("opens a metered article", "countdown", "the allowance"),
        ("opens a metered article in `markets`", "article", "silent markets"),
    ] == steps_of(answer.counterexample)
    assert replay(loads_policy(text), answer.counterexample)[-1] == (
        Show.ARTICLE,
        "silent markets",
        True,
    )
    assert (
        "rule `the allowance` would show `last-free-article`, but `silent markets` comes first"
        == answer.counterexample.expected.words
    )


def test_tells_of_a_last_article_that_is_refused():
    """A countdown that stops at one left breaks the promise at the next article of its kind."""
    when = 'when = { access = ["free", "metered"], left = { monthly = { at_least = 1 } } }\nspend'
    counterexample = answers(GOOD.replace('when = { access = ["free", "metered"] }\nspend', when))[
        "last-free-is-announced"
    ].counterexample
    assert [Show.COUNTDOWN, Show.COUNTDOWN, Show.TRIAL_OFFER] == [
        step.decision.show for step in counterexample.steps
    ]


EARLY = """
[[rules]]
name = "a taste first"
when = { access = ["metered"], left = { monthly = { at_least = 2 } } }
show = "registration-wall"
"""


@pytest.mark.parametrize("window", ['{ calendar = "month" }', '{ rolling = "30 days" }'])
def test_searches_where_one_page_view_settles_nothing(window):
    """A countdown no new reader sees is proved by every journey, also where a window rolls."""
    text = HEAD.replace('{ calendar = "month" }', window) + PAYING + OVER + EARLY + ALLOWANCE + LAST
    text = text.replace("{ anonymous = 3, registered = 5 }", "3").replace(
        "at_least = 2", "at_least = 3"
    )
    answer = answers(text)["last-free-is-announced"]
    assert "proved" == str(answer.outcome)
    assert "page views by" in answer.how


def test_finds_a_wall_before_the_meter_is_spent():
    """A reader who is told that one is left, and is refused it, was misled."""
    text = HEAD + PAYING + OVER + EARLY.replace("at_least = 2", "equals = 2") + ALLOWANCE + LAST
    counterexample = answers(text)["last-free-is-announced"].counterexample
    assert [("countdown", 2), ("registration-wall", None)] == [
        (str(step.decision.show), step.decision.meter and step.decision.meter.left)
        for step in counterexample.steps
    ]


def test_starts_on_a_day_that_matters():
    """A promise about some days is broken on one of them."""
    when = '{ access = ["metered"], dates = { from = 2026-07-01 } }'
    own = (
        f'[[guarantees]]\nname = "nobody counts down in July"\nwhen = {when}\nnever ='
        ' ["countdown"]\n'
    )
    counterexample = answers(GOOD + own)["nobody counts down in July"].counterexample
    assert [(Show.COUNTDOWN, "2026-07-01")] == [
        (step.decision.show, step.asked.now.date().isoformat()) for step in counterexample.steps
    ]


def test_answers_the_publishers_own():
    """Guarantees of the policy file are answered as the built-in promises are.

    By name, for every reader there can be.
    """
    own = """
    [[guarantees]]
    name = "markets are never sold by a trial"
    when = { section = ["markets"], reader = ["anonymous"] }
    never = ["trial-offer"]
    [[guarantees]]
    name = "staff read everything"
    when = { reader = ["staff"] }
    always = ["article"]
    [[guarantees]]
    name = "nobody is both"
    when = { reader = ["anonymous"], product = ["all"] }
    always = ["registration-wall"]
    """
    found = answers(GOOD + own)
    assert ["fails", "proved", "proved"] == [
        str(found[name].outcome)
        for name in ("markets are never sold by a trial", "staff read everything", "nobody is both")
    ]
    assert "nobody can be in that situation" == found["nobody is both"].how
    assert [("opens a premium article in `markets`", "trial-offer", "everyone else")] == steps_of(
        found["markets are never sold by a trial"].counterexample
    )


def debts(rules):
    """Return a policy with a wall for those who have nothing left, and a promise that it breaks."""
    wall = rule(
        "old debts",
        '{ access = ["free"], left = { monthly = { at_most = 0 } } }',
        "subscription-wall",
    )
    own = (
        '[[guarantees]]\nname = "free is free"\nwhen = { access = ["free"], reader = ["registered"]'
        ' }\nalways = ["article"]\n'
    )
    return HEAD + PAYING + OVER + wall + rules + LAST + own


def test_reads_up_to_the_count_that_matters():
    """Where a promise is only broken by a reader who has read, the journey reads first."""
    answer = answers(debts(ALLOWANCE))["free is free"]
    assert (None, 6) == (answer.counterexample.before, len(answer.counterexample.steps))
    assert (Show.SUBSCRIPTION_WALL, "old debts", False) == replay(
        loads_policy(debts(ALLOWANCE)), answer.counterexample
    )[-1]


def test_tells_of_counts_that_the_reader_cannot_come_by_alone():
    """A count from another time is told as such, and the engine agrees."""
    only_anonymous = ALLOWANCE.replace(
        '{ access = ["free", "metered"] }', '{ reader = ["anonymous"], access = ["metered"] }'
    )
    answer = answers(debts(only_anonymous + rule("free", '{ access = ["free"] }')))["free is free"]
    assert "5 counted by `monthly`" == answer.counterexample.before
    assert (Show.SUBSCRIPTION_WALL, "old debts", False) == replay(
        loads_policy(debts(only_anonymous)), answer.counterexample
    )[-1]


@pytest.mark.parametrize("steps", [5, 60])
def test_is_not_decided_past_the_budget(steps, monkeypatch):
    """Without enough budget, and without z3, nothing is proved."""
    monkeypatch.setitem(sys.modules, "z3", None)  # as if it were not installed
    assert dict.fromkeys(EVERY_PAYWALL, "not decided") == outcomes(GOOD, steps=steps)
    assert "meter-paywall[smt]" in answers(GOOD, steps=steps)["premium-stays-closed"].how


@pytest.mark.parametrize("seed", range(60))
def test_agrees_with_brute_force(seed):
    """A guarantee is proved if and only if no reader, view and count breaks it.

    A counterexample ends in a page view that does.
    """
    random = Random(seed)
    policy = random_policy(random, rules=2)
    shows = random.choice([random.sample(list(Show), 3), ["wall"], ["open", "gate"]])
    when = random_when(
        random, [meter.name for meter in policy.meters], ["reader", "access", "tags"], 1, 2
    )
    guarantee = Guarantee(name="own", when=when, **{random.choice(["always", "never"]): shows})
    policy = evolve(policy, guarantees=(guarantee,))
    vocabulary = Vocabulary([policy], [when])
    space = Space([Rulebook(policy, vocabulary)])
    if size(space) > 20_000:
        policy = (
            evolve(policy, rules=policy.rules[-1:], meters=(), offers=())
            if not _needs_meter(policy)
            else policy
        )
        space = Space([Rulebook(policy, Vocabulary([policy], [when]))])
    (answer,) = guarantees(policy, leave_out=list(BUILT_IN), seconds=None)
    if size(space) <= 60_000:
        formula = formula_of(when, space.vocabulary, policy)
        shown = [
            judge(space.rulebooks[0], space.facts(situation)).show
            for situation in situations(space)
            if formula.holds(space.facts(situation))
        ]
        broken = any(
            show in guarantee.never or (guarantee.always and show not in guarantee.always)
            for show in shown
        )
        assert broken == (answer.outcome is ProofOutcome.FAILS)
    if answer.counterexample is not None:
        last = replay(policy, answer.counterexample)[-1][0]
        assert last in guarantee.never or (guarantee.always and last not in guarantee.always)
        assert [step.decision.show for step in answer.counterexample.steps] == [
            show for show, _, _ in replay(policy, answer.counterexample)
        ]


def _needs_meter(policy):
    return bool(policy.meters) or bool(policy.rules[-1].offer)


@pytest.mark.parametrize("path, limit", list(product(POLICIES, [0, 1])), ids=str)
def test_never_lets_anybody_read_more_than_the_limit(path, limit):
    """Nobody reads more than the limit under any sample policy, whatever the limits are."""
    policy = load_policy(path)
    meters = tuple(evolve(meter, limit=limit, limits=()) for meter in policy.meters)
    found = {answer.code: answer for answer in guarantees(evolve(policy, meters=meters))}
    assert (ProofOutcome.PROVED, ProofOutcome.PROVED) == (
        found["never-more-than-the-limit"].outcome,
        found["nothing-free-at-zero"].outcome,
    )


@pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_gets_the_same_answers_from_z3(path):
    """What the diagram answers about single page views, z3 answers alike."""
    policy = load_policy(path)
    rulebook = Rulebook(
        policy, Vocabulary([policy], [guarantee.when for guarantee in policy.guarantees])
    )
    by_diagram = {answer.name: answer.outcome for answer in guarantees(policy)}
    by_z3 = {answer.name: answer.outcome for answer in fallback(rulebook, (), "asked for", 30.0)}
    left_open = {name for name, outcome in by_z3.items() if outcome is ProofOutcome.NOT_DECIDED}
    assert left_open <= {BUILT_IN["last-free-is-announced"]}
    assert {name: outcome for name, outcome in by_diagram.items() if name not in left_open} == {
        name: outcome for name, outcome in by_z3.items() if name not in left_open
    }


def test_gives_every_unannounced_journey_back_to_the_engine():
    """The search for journeys calls the engine itself: its last step is reproduced from nothing."""
    policy = load_policy(POLICIES[1])
    (answer,) = [answer for answer in guarantees(policy) if answer.code == "last-free-is-announced"]
    assert ProofOutcome.FAILS is answer.outcome
    assert [
        (step.decision.show, step.decision.rule, step.decision.counted)
        for step in answer.counterexample.steps
    ] == replay(policy, answer.counterexample)
