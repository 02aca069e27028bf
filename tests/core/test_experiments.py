"""Experiments in a policy: who is in which variant, what asks for it, and what is refused."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, PageView, PolicyError, Reader, Usage, decide, explain, loads_policy
from meter.canonical import to_table
from meter.decision import Exposure
from meter.experiments import Experiment
from meter.facts import OTHER
from meter.loading import dumps_policy
from meter.loading.events import decision_table
from meter.policy import DeclaredExperiment, DeclaredHoldout

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
VIEW = PageView(article=Article(id="a1"), country="US")
POLICY = """
[publication]
name = "The Harbour Review"
[holdout]
seed = "quarter"
share = 0.1
[experiments.price]
hash = "unleash"
seed = "price-test"
variants = { zebra = 0.4, nine = 0.4 }
coverage = 0.9
when = { country = ["US"] }
filters = [{ seed = "apart", ranges = [[0, 0.5], [0.6, 1]], hash = "growthbook-1" }]
[experiments.wall]
seed = "wall-test"
unit = "reader"
variants = { control = 0.5, open = 0.5 }
[[rules]]
name = "open"
when = { experiment = { wall = ["open"] }, access = ["premium"] }
show = "article"
[[rules]]
name = "nine"
when = { experiment = { price = ["nine"] } }
show = "article"
[[rules]]
name = "not nine"
when = { not = { experiment = { price = ["nine"] } } }
show = "registration-wall"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
IDS = st.text(min_size=1, max_size=12).filter(lambda text: bool(text.strip()))


def decided(policy, view=VIEW, reader="r1", visitor="v1"):
    """Return the decision of a first view."""
    return decide(policy, Reader(id=reader, visitor=visitor), view, Usage(), NOW)[0]


@given(visitor=IDS, reader=IDS)
def test_a_reader_is_in_the_variant_that_the_hash_says(visitor, reader):
    """The id of the unit is hashed as it is, with filters, coverage and holdout."""
    policy = loads_policy(POLICY)
    premium = evolve(VIEW, article=Article(id="a1", access="premium"))
    facts = decided(policy, premium, reader, visitor).facts
    price = policy.experiment("price")
    by = Experiment(
        seed="price-test",
        hash="unleash",
        variants={"zebra": 0.4, "nine": 0.4},
        coverage=0.9,
        filters=(*price.filters, DeclaredHoldout(seed="quarter", share=0.1).filter),
    )
    assert facts["experiment price"] in (by.variant(visitor) or OTHER, None)
    assert policy.assignments["price"].by.variant(visitor) == by.variant(visitor)
    wall = policy.assignments["wall"].by.variant(reader) or OTHER
    assert facts["experiment wall"] == wall


@pytest.fixture(scope="module")
def who():
    """A visitor in each variant of the price, and one in none."""
    by = loads_policy(POLICY).assignments["price"].by
    names = [f"v{number}" for number in range(200)]
    variants = ("nine", "zebra", None)
    return {variant: next(n for n in names if by.variant(n) == variant) for variant in variants}


def test_missing_data_never_matches_and_no_variant_is_known(who):
    """Who is in no variant is known not to be in it; who has no id is not known at all."""
    policy = loads_policy(POLICY)
    assert decided(policy, visitor=who["nine"]).rule == "nine"
    assert decided(policy, visitor=who["zebra"]).rule == "not nine"
    assert decided(policy, visitor=who[None]).rule == "not nine"
    assert decided(policy, visitor=None).rule == "everyone else"


def test_an_experiment_is_for_whom_it_is_for(who):
    """Elsewhere nobody is in a variant, is decided otherwise, or exposed."""
    policy = loads_policy(POLICY)
    abroad = evolve(VIEW, country="SE")
    unknown = evolve(VIEW, country=None)
    for visitor in who.values():
        # Whether it is for somebody without a country is not known, so neither matches.
        assert decided(policy, unknown, visitor=visitor).rule == "everyone else"
        assert decided(policy, abroad, visitor=visitor).rule == "not nine"
        assert decided(policy, abroad, visitor=visitor).exposures == ()
        assert decided(policy, unknown, visitor=visitor).exposures == ()
    here = {variant: decided(policy, visitor=visitor) for variant, visitor in who.items()}
    assert here["nine"].exposures == (Exposure("price", "nine"),)
    assert here["zebra"].exposures == (Exposure("price", "zebra"),)
    assert here[None].exposures == ()


def test_exposures_are_in_the_order_of_the_policy_and_only_there_in_json(who):
    """A decision without any is written as ever."""
    policy = loads_policy(POLICY)
    premium = evolve(VIEW, article=Article(id="a1", access="premium"))
    by = policy.assignments["wall"].by
    reader = next(f"r{n}" for n in range(99) if by.variant(f"r{n}") == "control")
    decision = decided(policy, premium, reader, who["nine"])
    assert decision.exposures == (Exposure("price", "nine"),)
    both = decided(policy, premium, reader, who["zebra"])
    assert both.exposures == (Exposure("price", "zebra"), Exposure("wall", "control"))
    assert decision_table(both)["exposures"] == [
        {"experiment": "price", "variant": "zebra"},
        {"experiment": "wall", "variant": "control"},
    ]
    assert "exposures" not in json.dumps(decision_table(decided(policy, visitor=None)))
    assert pickle.loads(pickle.dumps(both)).exposures == both.exposures
    assert "price: zebra" in both._repr_html_()
    assert "exposed to experiment `wall` in variant `control`" in explain(both)


SMALL = {"a": 0.2, "b": 0.2}


@given(unit=IDS, seed=st.sampled_from("stuv"), coverage=st.sampled_from([0.1, 0.5, 0.9]))
def test_more_coverage_and_one_more_variant_reassign_nobody(unit, seed, coverage):
    """Whoever is in a variant stays in it."""
    first = DeclaredExperiment(name="x", seed=seed, variants=SMALL, coverage=coverage)
    variant = first.variant(unit)
    raised = evolve(first, coverage=1)
    another = evolve(first, variants={**SMALL, "c": 0.6})
    for later in (raised, another):
        assert variant in (None, later.assignment().by.variant(unit))


def test_a_policy_is_written_as_it_was_read_and_known_by_the_order_of_variants():
    """Variants share numbers out in their order, so another order is another policy."""
    policy = loads_policy(POLICY)
    assert loads_policy(dumps_policy(policy)) == policy
    assert loads_policy(dumps_policy(policy)).digest == policy.digest
    turned = loads_policy(POLICY.replace("zebra = 0.4, nine = 0.4", "nine = 0.4, zebra = 0.4"))
    assert turned != policy
    assert turned.digest != policy.digest
    plain = loads_policy('[publication]\nname = "R"\n[[rules]]\nname = "x"\nshow = "article"\n')
    assert to_table(plain).keys() == {"publication", "rules"}
    assert plain.rulebook.experiments == ()


# fmt: off
REFUSED = [
    ("nine = 0.4 }", "nine = 0.7 }", "bad-number", (10, 12), "add up to 1.1, which is more than 1"),
    ("{ zebra = 0.4, nine = 0.4 }", "{}", "empty-table", (10, 12), "is empty"),
    ("nine = 0.4 }", '"ni ne" = 0.4 }', "bad-name", (10, 37), "`ni ne` cannot be"),
    ("experiments.price]", 'experiments."the price"]', "bad-name", (7, 2), "`the price` cannot be"),
    ('price = ["nine"] } }\nshow = "article"', 'price = ["nien"] } }\nshow = "article"',
     "unknown-variant", (24, 33), "did you mean `nine`?"),
    ('wall = ["open"]', 'walls = ["open"]', "unknown-experiment", (20, 33), "did you mean `wall`?"),
    ('wall = ["open"]', "wall = []", "empty-list", (20, 32), "is empty"),
    ('{ wall = ["open"] }', "{}", "empty-table", (20, 23), "is empty"),
    ('{ country = ["US"] }', '{ experiment = { wall = ["open"] } }', "experiment-in-experiment",
     (12, 23), "cannot depend on an experiment"),
    ('{ country = ["US"] }', "{ used = { monthly = { at_least = 1 } } }", "left-in-limit",
     (12, 8), "cannot depend on `used`"),
    ('hash = "unleash"', 'hash = "unlaesh"', "unknown-word", (8, 8), "did you mean `unleash`?"),
    ('unit = "reader"', 'unit = "readers"', "unknown-word", (16, 8), "did you mean `reader`?"),
    ("coverage = 0.9", "coverage = 9", "bad-number", (11, 12), "between 0 and 1"),
    ("[[0, 0.5]", "[[0.5, 0]", "bad-number", None, "ends before it starts"),
    ("[[0, 0.5]", "[[0]", "empty-list", None, ""),
    ("[[0, 0.5], [0.6, 1]]", "[0, 0.5]", "wrong-type", None, "`ranges = [[0, 0.5]]`"),
    ("[[0, 0.5]", "[[0, 2]", "bad-number", None, "between 0 and 1, not `2`"),
    ("[[0, 0.5]", '[["0", 0.5]', "wrong-type", None, "not the text"),
    ("nine = 0.4 }", "nine = nan }", "wrong-type", (10, 34), "a number such as `0.5`, not `nan`"),
    ("{ zebra = 0.4, nine = 0.4 }", '{ nine = "1" }', "wrong-type", (10, 21), "not the text"),
    ("share = 0.1", "share = 1.1", "bad-number", (6, 9), "between 0 and 1"),
    ('seed = "wall-test"\n', "", "missing-key", None, "needs `seed`"),
    ("{ zebra = 0.4, nine = 0.4 }", '["zebra", "nine"]', "wrong-type", (10, 12),
     "write each by its name: `variants = { control = 0.5, nine = 0.5 }`"),
    ("nine = 0.4 }", "nine = 50 }", "bad-number", (10, 34), "50 % is written `0.5`"),
    ("nine = 0.4 }", 'nine = "12,5 %" }', "wrong-type", (10, 34), "12.5 % is written `0.125`"),
    ("nine = 0.4 }", "nine = 1.5 }", "bad-number", (10, 34), "write a number such as `0.5`"),
    ("nine = 0.4 }", "nine = 500 }", "bad-number", (10, 34), "write a number such as `0.5`"),
    ('{ wall = ["open"] }', '["open"]', "wrong-type", (20, 23),
     'write each by its name: `experiment = { price = ["nine"] }`'),
]
# fmt: on


@pytest.mark.parametrize(("old", "new", "code", "place", "said"), REFUSED)
def test_what_is_wrong_is_told_where_it_is(old, new, code, place, said):
    """Each mistake alone is one problem, with its place and a next step."""
    assert old in POLICY
    with pytest.raises(PolicyError) as caught:
        loads_policy(POLICY.replace(old, new, 1))
    # Another name is unknown as well, wherever somebody asks for the old one.
    problems = [one for one in caught.value.problems if one.code == code or code != "bad-name"]
    (problem,) = problems
    assert problem.code == code
    assert said in f"{problem.message} {problem.help}"
    if place is not None:
        assert (problem.line, problem.column) == place


def test_what_is_built_in_python_is_refused_alike():
    """A policy's own checks hold without a file."""
    policy = loads_policy(POLICY)
    with pytest.raises(PolicyError, match="there are two experiments called `wall`"):
        evolve(policy, experiments=[*policy.experiments, policy.experiment("wall")])
    spaced = evolve(policy.experiment("wall"), name="a wall")
    with pytest.raises(PolicyError, match="cannot be the name of an experiment"):
        evolve(policy, experiments=[*policy.experiments, spaced])
    with pytest.raises(ValueError, match="`unit`"):
        evolve(policy.experiment("wall"), unit="device")
    with pytest.raises(ValueError, match="`share`"):
        DeclaredHoldout(seed="s", share=2)
    with pytest.raises(ValueError, match="`hash`"):
        DeclaredHoldout(seed="s", share=0.1, hash="md5")
    with pytest.raises(TypeError, match="visitor"):
        Reader(id="r1", visitor=7)
    with pytest.raises(ValueError, match="visitor"):
        Reader(id="r1", visitor=" ")
