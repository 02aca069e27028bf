"""Small mistakes in a policy: which there are, which change nothing, and what notices them."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from meter import load_policy, loads_policy
from meter.journeys import Journey
from meter.loading.policies import dumps_policy
from meter.verify.mutants.edit import Kind
from meter.verify.mutants.equivalents import Equivalents, MutantEffect
from meter.verify.mutants.journeys import JourneyTest, broken_step, noticed
from meter.verify.mutants.keeping import keep, needed
from meter.verify.mutants.making import mutants
from meter.verify.mutants.run import Trial
from tests.verify.mutant_equivalents import compared

SAMPLE = Path(__file__).parents[2] / "templates" / "sample" / "policy.toml"
SMALL = """
[publication]
name = "Small"
timezone = "Asia/Tokyo"

[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 1, registered = 2 }

[offers.summer]
price = 9
currency = "USD"
term = "3 months"
ends = 2026-06-30

[[rules]]
name = "sport is open to the likely"
when = { section = ["sport"], score = { at_least = 0.2 } }
show = "article"

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"
offer = "summer"

[copy]
headline = "Every port"
"""


def mutant_of(policy, words):
    """Return the mutant whose words contain these."""
    return next(mutant for mutant in mutants(policy) if words in mutant.words)


def test_every_kind_occurs_on_the_sample():
    """The committed sample has something of every kind to get wrong."""
    made = mutants(load_policy(SAMPLE))
    assert set(Kind) == {mutant.kind for mutant in made}
    assert len(made) == len({mutant.policy.digest for mutant in made})


def test_mutants_can_be_written_and_read_back():
    """Each is a policy that a file can say: pytest tests get it as one."""
    for mutant in mutants(load_policy(SAMPLE)):
        assert loads_policy(dumps_policy(mutant.policy)).digest == mutant.policy.digest


@pytest.mark.parametrize(
    "words",
    [
        "limit of `anonymous`: 1 → 2",
        'limit of `anonymous`: 1 → "none"',
        "window: calendar month → rolling 30 days",
        'time zone: "Asia/Tokyo" → "UTC"',
        "ends: 2026-06-30 → 2026-07-01",
        "ends: 2026-06-30 → left out",
        "at_least = 0.2 → at_least = 0.3",
        "at_least = 0.2 → above = 0.2",
        '["sport"] → not asked',
        "in this order → the other way round",
        '"summer" → none',
        "price: 9 → 10",
        "term: 3 months → 2 months",
        '"wall" → "registration-wall"',
        "headline: ",
    ],
)
def test_small_mistakes_change_something(words):
    """Each of these is told from the policy, and a journey is found that notices it."""
    policy = loads_policy(SMALL)
    mutant = mutant_of(policy, words)
    assert Equivalents(policy).difference(mutant.policy) is MutantEffect.SOME
    trial = Trial(policy, [])
    survivor = next(one for one in trial.run().survivors if one.mutant.words == mutant.words)
    assert survivor.journey is not None
    journey = Journey.loads(survivor.journey)
    assert broken_step(journey, policy) is None
    assert noticed(journey, mutant.policy) is not None


def test_words_that_nobody_is_told_change_nothing():
    """A text is only looked at where some reader gets a prompt that says it."""
    policy = loads_policy(SMALL.replace('show = "wall"\noffer = "summer"', 'show = "article"'))
    policy = evolve(policy, rules=policy.rules[2:])
    changed = mutant_of(policy, "headline: ").policy
    assert Equivalents(policy).difference(changed) is MutantEffect.NONE


def test_a_rule_that_is_expected_by_name_does_not_make_a_difference():
    """What no reader sees is left out, though a journey that expects a rule would notice it."""
    news = '[[rules]]\nname = "news are open"\nwhen = { kind = ["news"] }\nshow = "article"\n\n'
    text = SMALL.replace("[[rules]]\n", f"{news}[[rules]]\n", 1)
    policy = loads_policy(text)
    journey = Journey.loads(
        "[[steps]]\nat = 2026-06-01\nread = { id = 'a', kind = 'news', section = 'sport' }\n"
        "expect = { rule = 'news are open' }\n[reader]\nscore = 0.5\n"
    )
    swapped = mutant_of(policy, "`news are open` and `sport is open to the likely`")
    how = noticed(journey, swapped.policy)
    assert how is not None
    assert not how.seen
    result = Trial(policy, [JourneyTest("news", journey)]).run()
    assert swapped.words in [mutant.words for mutant in result.equivalent]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A small policy, what survives without any test, and the journeys that were kept of it."""
    folder = tmp_path_factory.mktemp("kept")
    file = folder / "policy.toml"
    file.write_text(SMALL, encoding="utf-8")
    policy = load_policy(file)
    trial = Trial(policy, [])
    result = keep(trial.run(), trial.told, file, folder / "journeys")
    tests = [
        JourneyTest(str(path), Journey.load(path))
        for path in sorted((folder / "journeys").glob("*.journey.toml"))
    ]
    return policy, result, tests


def test_every_kept_journey_notices_its_mutant(kept):
    """And goes as expected with the policy as it is; together they leave nothing unnoticed."""
    policy, result, tests = kept
    assert tests
    for test in tests:
        assert broken_step(test.journey, policy) is None
    for survivor in result.survivors:
        assert survivor.kept is not None, survivor.mutant.words
        assert noticed(Journey.load(survivor.kept), survivor.mutant.policy) is not None
    assert Trial(policy, tests).run().survivors == ()


def without_each_expectation(tests):
    """Yield the journeys with one expectation less, for each there is."""
    for place, test in enumerate(tests):
        for number, step in enumerate(test.journey.steps):
            if step.expect is None:
                continue
            nothing = type(step.expect)()
            for key in ("show", "access", "offer", "prompt", "left", "used", "counted", "says"):
                unasked = getattr(nothing, key)
                if getattr(step.expect, key) == unasked:
                    continue
                fewer = evolve(step, expect=evolve(step.expect, **{key: unasked}))
                steps = [*test.journey.steps]
                steps[number] = fewer
                changed = JourneyTest(test.name, evolve(test.journey, steps=steps))
                yield (test.name, key), [*tests[:place], changed, *tests[place + 1 :]]


def test_taking_any_expectation_away_makes_a_mutant_survive(kept):
    """A complete set of journeys has no expectation too many."""
    _policy, result, tests = kept
    tried = 0
    for which, fewer in without_each_expectation(tests):
        tried += 1
        assert any(
            all(noticed(test.journey, survivor.mutant.policy) is None for test in fewer)
            for survivor in result.survivors
        ), which
    assert tried >= len(tests)


def test_what_is_needed_has_nothing_too_many():
    """Of journeys that notice the same only one is kept."""
    policy = loads_policy(SMALL)
    trial = Trial(policy, [])
    survivors = [survivor.mutant for survivor in trial.run().survivors]
    twice = [*trial.told, *trial.told]
    assert sum(map(bool, needed(twice, survivors))) <= len(trial.told)


def test_a_guarantee_notices_what_breaks_it():
    """A promise of the policy that fails with a mistake in it is a test as well."""
    promised = (
        '\n[[guarantees]]\nname = "likely readers of sport are let in"\n'
        'when = { section = ["sport"], score = { at_least = 0.2 } }\nalways = ["article"]\n'
    )
    policy = loads_policy(SMALL + promised)
    found = {one.mutant.words: one.by for one in Trial(policy, []).run().killed}
    gone = "rule `sport is open to the likely`: there → left out"
    assert found[gone] == "the guarantee `likely readers of sport are let in`"


@pytest.mark.parametrize("seed", [3, 11, 24])
def test_what_is_left_out_changes_nothing_for_anybody(seed):
    """Every reader of a small policy is tried; the whole is a command of its own."""
    for one in compared(seed, 3):
        assert one.left_out == one.equivalent, one.mutant.words
