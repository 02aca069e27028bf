"""What the verifier says of conditions on showings and on experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meter import decide, loads_policy
from meter.facts import Vocabulary
from meter.rulebook import Rulebook
from meter.verify import guarantees, lints
from meter.verify.budget import is_installed
from meter.verify.subsumption import never_stricter

if TYPE_CHECKING:
    from meter.policy import Policy

SEEN = """
[publication]
name = "X"
timezone = "Europe/Berlin"
[prompts.give]
heading = "Give"
at_most = {caps}
group = "asks"
[prompts.bar]
heading = "Give, please"
at_most = {caps}
group = "asks"
[[rules]]
name = "asked enough"
when = {{ seen = {seen} }}
show = "{show}"
[[rules]]
name = "asks"
when = {{ section = ["news"] }}
show = "article"
prompt = "give"
[[rules]]
name = "asks less"
show = "article"
prompt = "bar"
"""
TWICE = '[{ times = 2, window = { calendar = "day" } }]'
TWICE_A_WEEK = '[{ times = 2, window = { calendar = "week" } }]'
ONCE_A_DAY_TEN_IN_TWO = """[
    { times = 1, window = { calendar = "day" } },
    { times = 10, window = { rolling = "2 days" } },
]"""


def seen(condition: str, caps: str = TWICE, show: str = "article") -> str:
    """Return a policy with a rule that asks how often prompts were shown."""
    return SEEN.format(seen=condition, caps=caps, show=show)


@pytest.mark.parametrize(
    ("condition", "caps", "most"),
    [
        ("{ give = { at_least = 2 } }", TWICE, None),
        ("{ give = { at_least = 3 } }", TWICE, 2),
        ("{ give = { above = 2 } }", TWICE, 2),
        ("{ give = { at_least = 3 } }", ONCE_A_DAY_TEN_IN_TWO, None),
        ("{ give = { at_least = 5 } }", ONCE_A_DAY_TEN_IN_TWO, 4),
    ],
)
def test_a_rule_that_asks_for_more_than_there_can_be_never_fires(condition, caps, most):
    """Two days in a row may have parts of four, where one of them has 23 hours."""
    policy = loads_policy(seen(condition, caps, "subscription-wall"))
    found = [problem for problem in lints(policy) if problem.code == "rule-never-fires"]
    if most is None:
        assert [] == found
        return
    (problem,) = found
    assert ("rules", 0, "name") == problem.path
    words = f"the caps of prompt `give` leave room for {most} in their longest window"
    assert words in problem.message
    assert "let `at_most` of `give` allow it" in problem.help


def test_prompts_of_a_group_share_what_there_can_be():
    """Two of one and one of another are three of the group, whose caps allow two."""
    both = "{ give = { at_least = 2 }, bar = { at_least = 1 } }"
    (problem,) = [each for each in lints(loads_policy(seen(both))) if "never" in each.code]
    assert "rule-never-fires" == problem.code
    one = "{ give = { at_least = 1 }, bar = { at_least = 1 } }"
    assert "rule-never-fires" not in {each.code for each in lints(loads_policy(seen(one)))}


GUARANTEE = '[[guarantees]]\nname = "nobody is walled"\nnever = ["wall"]\n'


@pytest.mark.parametrize("steps", [None, 1], ids=["diagrams", "z3"])
def test_a_story_of_showings_is_played(steps):
    """Two pages show it, and the third is the wall."""
    if steps and not is_installed():
        pytest.skip("needs the extra `smt`")
    text = seen("{ give = { at_least = 2 } }", show="subscription-wall") + GUARANTEE
    answer = guarantees(loads_policy(text), **({} if steps is None else {"steps": steps}))[-1]
    assert "fails" == str(answer.outcome)
    story = answer.counterexample
    usage = story.steps[0].asked.usage
    for step in story.steps:
        asked = step.asked
        decision, usage = decide(story.policy, asked.reader, asked.view, usage, asked.now)
        assert step.decision == decision
    assert "subscription-wall" == decision.show
    if steps is None:
        assert (3, None) == (len(story.steps), story.before)
    else:
        assert "prompt `give` shown twice" in story.before


def test_who_has_no_id_is_asked_for_no_showing():
    """Neither few nor many: nobody knows, and no story says that somebody does."""
    text = seen("{ give = { at_most = 1 } }", show="subscription-wall") + GUARANTEE
    policy = loads_policy(text)
    story = guarantees(policy)[-1].counterexample
    assert story.steps[-1].asked.reader.id is not None


@pytest.mark.parametrize(
    ("caps", "section", "outcome"),
    [
        (TWICE, "news", "proved"),
        (TWICE_A_WEEK, "news", "not decided"),
        (TWICE, "sport", "not decided"),
    ],
)
def test_records_of_showings_that_part_are_no_proof(caps, section, outcome):
    """Where the two show a prompt at other pages, or count it in other windows."""
    old = loads_policy(seen("{ give = { at_least = 1 } }"))
    new = seen("{ give = { at_least = 1 } }", caps).replace('"news"', f'"{section}"')
    answer = never_stricter(loads_policy(new), old)
    assert outcome == str(answer.outcome)
    assert outcome == "proved" or "the showings of `give` differ" in answer.how


TRIED = """
[publication]
name = "X"
[experiments.price]
seed = "price-test"
variants = {{ control = 0.5, nine = 0.5 }}
{price}
[experiments.layout]
seed = "layout-test"
variants = {{ control = 0.5, wide = 0.5 }}
unit = "{unit}"
{layout}
{holdout}
[[rules]]
name = "both"
when = {{ experiment = {{ price = ["nine"], layout = ["wide"] }} }}
show = "subscription-wall"
[[rules]]
name = "nine"
when = {{ experiment = {{ price = ["nine"] }} }}
show = "registration-wall"
[[rules]]
name = "everyone else"
show = "article"
[[guarantees]]
name = "nobody is asked to subscribe"
never = ["subscription-wall"]
"""
FIRST = 'filters = [{ seed = "slots", ranges = [[0, 0.5]] }]'
SECOND = 'filters = [{ seed = "slots", ranges = [[0.5, 1]] }]'


def tried(**parts: str) -> str:
    """Return a policy with two experiments, and a rule for who is in a variant of both."""
    given = dict.fromkeys(("price", "layout", "holdout"), "") | {"unit": "visitor"}
    return TRIED.format(**{**given, **parts})


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, "fails"),
        ({"price": FIRST, "layout": FIRST}, "fails"),
        ({"price": FIRST, "layout": SECOND}, "proved"),
        ({"price": FIRST, "layout": SECOND, "unit": "reader"}, "fails"),
        ({"holdout": '[holdout]\nseed = "h"\nshare = 0.9'}, "fails"),
        ({"holdout": '[holdout]\nseed = "h"\nshare = 1'}, "proved"),
        ({"price": "coverage = 0"}, "proved"),
    ],
)
@pytest.mark.parametrize("steps", [None, 1], ids=["diagrams", "z3"])
def test_who_is_in_two_experiments_is_somebody_or_nobody(parts, outcome, steps):
    """The ids of a story hash to where it says that they are."""
    if steps and not is_installed():
        pytest.skip("needs the extra `smt`")
    policy = loads_policy(tried(**parts))
    answer = guarantees(policy, **({} if steps is None else {"steps": steps}))[-1]
    assert outcome == str(answer.outcome)
    if answer.counterexample is not None:
        reader = answer.counterexample.steps[-1].asked.reader
        rulebook = Rulebook(policy, Vocabulary([policy]))
        ways = policy.assignments
        assert "nine" == ways["price"].by.variant(reader.visitor)
        unit = reader.id if parts.get("unit") == "reader" else reader.visitor
        assert "wide" == ways["layout"].by.variant(unit)
        assert "in variant `wide` of `layout` and `nine` of `price`" in answer.counterexample.reader
        assert rulebook.policy is policy


def test_a_rule_for_variants_that_exclude_each_other_never_fires():
    """It says which."""
    found = lints(loads_policy(tried(price=FIRST, layout=SECOND)))
    (problem,) = [each for each in found if each.code == "rule-never-fires"]
    assert "rule `both` can never match: nobody is in these variants of" in problem.message
    assert "`filters`" in problem.help


def three(filters: dict[str, str]) -> Policy:
    """Return a policy with three experiments, and a rule for who is in a variant of each."""
    text = '[publication]\nname = "X"\n'
    for name, written in filters.items():
        text += f'[experiments.{name}]\nseed = "{name}-test"\nfilters = [{written}]\n'
        text += "variants = { control = 0.5, nine = 0.5 }\n"
    when = ", ".join(f'{name} = ["nine"]' for name in filters)
    return loads_policy(f"""{text}
[[rules]]
name = "all three"
when = {{ experiment = {{ {when} }} }}
show = "subscription-wall"
[[rules]]
name = "everyone else"
show = "article"
[[guarantees]]
name = "nobody is asked to subscribe"
never = ["subscription-wall"]
""")


def slots(*ranges: list[float]) -> str:
    """Return a filter by one seed for all."""
    return f'{{ seed = "slots", ranges = {[*ranges]} }}'


@pytest.mark.parametrize(
    ("filters", "outcome"),
    [
        ([slots([0, 0.2], [0.2, 0.4]), slots([0.2, 0.4], [0.4, 0.6]), slots([0.3, 0.5])], "fails"),
        # Two of them meet, each with each, and all three nowhere.
        ([slots([0, 0.4]), slots([0.2, 0.6]), slots([0, 0.2], [0.4, 0.6])], "proved"),
        # One id in eight millions is in all three: there is such a reader, whom nobody finds.
        ([f'{{ seed = "of {name}", ranges = [[0, 0.01]] }}' for name in "abc"], "not decided"),
    ],
)
@pytest.mark.parametrize("steps", [None, 1], ids=["diagrams", "z3"])
def test_who_is_in_three_experiments_is_somebody_or_nobody_or_not_found(filters, outcome, steps):
    """Three that meet two by two need not meet; what is too rare to be found is said to be."""
    if steps and not is_installed():
        pytest.skip("needs the extra `smt`")
    policy = three(dict(zip("abc", filters, strict=True)))
    asked = [each.code for each in guarantees(policy) if each.code != "guarantee"]
    given = {} if steps is None else {"steps": steps}
    (answer,) = guarantees(policy, leave_out=asked, **given)
    assert outcome == str(answer.outcome)
    if outcome == "not decided":
        told = "none has `experiment a`: variant `nine`, `experiment b`: variant `nine` and"
        assert told in answer.how
        assert {"not-analysed"} == {each.code for each in lints(policy)}
    if outcome == "fails":
        reader = answer.counterexample.steps[-1].asked.reader
        ways = policy.assignments.values()
        assert ["nine"] * 3 == [way.by.variant(reader.visitor) for way in ways]
