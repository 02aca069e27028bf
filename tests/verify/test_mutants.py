"""Small mistakes in a policy: which there are, which change nothing, and what notices them."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from meter import load_policy, loads_policy
from meter.journeys import Journey
from meter.loading.policies import dumps_policy, read_placed
from meter.loading.together import files_of
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
    """The committed sample has something of every kind to get wrong, beside a campaign."""
    made = mutants(load_policy(SAMPLE))
    of_campaigns = {mutant.kind for mutant in mutants(loads_policy(ASKING))}
    assert set(Kind) == {mutant.kind for mutant in made} | of_campaigns
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


ASKING = """
[publication]
name = "Harbour Radio"

[meters.heard]
window = { rolling = "365 days" }
limit = "none"
counts = {}

[prompts.give]
heading = "Give"
at_most = { times = 2, window = { calendar = "day" } }
every = { meter = "heard", views = 2 }
quiet_after = { closed = "7 days", shown = "1 hour" }
instead = "bar"
group = "asks"

[prompts.bar]
heading = "Give too"
once = true
group = "asks"

[experiments.price]
seed = "price-test"
variants = { control = 0.6, nine = 0.4 }
when = { section = ["markets"] }
filters = [{ seed = "asks", ranges = [[0, 0.5]] }]

[holdout]
seed = "quarter"
share = 0.05

[[rules]]
name = "dear"
when = { experiment = { price = ["nine"] } }
show = "subscription-wall"

[[rules]]
name = "open"
show = "article"
prompt = "give"
"""
OF_PROMPTS = {
    "prompt `give`, cap: times = 2 → times = 1": 12,
    "prompt `give`, cap: times = 2 → times = 3": 12,
    "prompt `give`, cap, window: calendar day → calendar week": 12,
    "prompt `give`, cap: there → left out": 12,
    "prompt `give`, `every`: views = 2 → views = 1": 13,
    "prompt `give`, `every`: views = 2 → views = 3": 13,
    "prompt `give`, `every`: there → left out": 13,
    'prompt `give`, `quiet_after`: closed = "7 days" → left out': 14,
    'prompt `give`, `quiet_after`: shown = "1 hour" → left out': 14,
    'prompt `give`, `instead`: "bar" → left out': 15,
    'prompt `give`, `group`: "asks" → left out': 16,
    "prompt `bar`, `once`: true → false": 20,
    "experiment `price`, `control` and `nine`: 0.6 and 0.4 → 0.4 and 0.6": 25,
    "experiment `price`, `control` and `nine`: in this order → the other way round": 25,
    "experiment `price`, share of `nine`: 0.4 → 0.2": 25,
    'experiment `price`, `unit`: "visitor" → "reader"': 23,
    'experiment `price`, `section`: ["markets"] → not asked': 26,
    "experiment `price`, filter 1: there → left out": 27,
    "the holdout: there → left out": 29,
    'rule `dear`, `experiment` of `price`: ["nine"] → not asked': 35,
}


def test_mistakes_in_campaigns_are_told_at_their_lines_and_change_something():
    """In caps, silences, stand-ins, groups, shares, filters, and in what asks for a variant."""
    policy, places = read_placed(files_of(ASKING, "policy.toml", None))
    made = {mutant.words: mutant for mutant in mutants(policy)}
    assert OF_PROMPTS.keys() <= made.keys()
    assert {words: made[words].place_in(places).line for words in OF_PROMPTS} == OF_PROMPTS
    equivalents = Equivalents(policy)
    nothing = [
        words
        for words in OF_PROMPTS
        if equivalents.difference(made[words].policy) is not MutantEffect.SOME
    ]
    assert nothing == []


def test_mistakes_in_what_no_rule_shows_or_asks_for_change_nothing():
    """They are left out, as every mistake that nobody meets is."""
    idle = ASKING.replace('prompt = "give"', "").replace('experiment = { price = ["nine"] }', "")
    policy = loads_policy(idle)
    equivalents = Equivalents(policy)
    of_campaigns = [
        mutant for mutant in mutants(policy) if mutant.kind in (Kind.FREQUENCY, Kind.EXPERIMENTS)
    ]
    assert len(of_campaigns) > 15
    assert {equivalents.difference(one.policy) for one in of_campaigns} == {MutantEffect.NONE}


JOURNEY = """
[reader]
id = "r"
{visitor}
[[steps]]
at = 2026-06-01T09:00:00Z
read = {{ id = "a1", section = "{section}" }}
expect = {{ {first} }}
[[steps]]
after = "10 minutes"
dismiss = "bar"
[[steps]]
after = "1 day"
read = {{ id = "a2", section = "{section}" }}
expect = {{ {second} }}
"""


def test_journeys_that_close_a_prompt_or_have_a_visitor_notice_mistakes():
    """What is found reads only; what is written may close, and say who comes."""
    policy = loads_policy(ASKING)
    made = {mutant.words: mutant.policy for mutant in mutants(policy)}
    visitor = next(
        f"v{number}"
        for number in range(1000)
        if policy.assignments["price"].by.variant(f"v{number}") == "nine"
    )
    closing = Journey.loads(
        JOURNEY.format(visitor="", section="sport", first='prompt = "bar"', second="prompt = false")
    )
    tried = Journey.loads(
        JOURNEY.format(
            visitor=f'visitor = "{visitor}"',
            section="markets",
            first='show = "subscription-wall", exposed = ["price"]',
            second='show = "subscription-wall"',
        )
    )
    for journey in (closing, tried):
        assert broken_step(journey, policy) is None
    closed = 'prompt `give`, `quiet_after`: closed = "7 days" → left out'
    unit = 'experiment `price`, `unit`: "visitor" → "reader"'
    assert noticed(closing, made[closed]) is not None
    assert noticed(tried, made[unit]) is not None
    trial = Trial(policy, [JourneyTest("closing", closing), JourneyTest("tried", tried)])
    result = trial.run()
    by = {one.mutant.words: one.by for one in result.killed}
    assert by[closed] == "closing, step 3"
    assert by[unit] == "tried, step 1"
    found = {one.mutant.words: one.journey for one in result.survivors}
    assert found["prompt `give`, cap: times = 2 → times = 3"] is not None
