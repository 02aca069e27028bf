"""Nobody is shown a prompt more often than is guaranteed: proved, or a journey breaks it."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from click.testing import CliRunner

from meter import Journey, PolicyError, Usage, decide, loads_policy
from meter.cli import main
from meter.loading import dumps_policy
from meter.verify import guarantees
from meter.verify.budget import is_installed
from meter.verify.smt.fallback import fallback

TEXT = """
[publication]
name = "X"
timezone = "{zone}"
{meters}
[prompts.give]
heading = "Give"
{give}
[prompts.bar]
heading = "Give, please"
{bar}
{rules}
[[rules]]
name = "asks"
show = "article"
prompt = "give"
[[guarantees]]
name = "not too often"
prompt = "{prompt}"
at_most = {at_most}
{when}
"""
HEARD = """
[meters.heard]
window = { rolling = "28 days" }
limit = "none"
counts = { reader = ["anonymous"] }
"""
ASKS_BAR = """
[[rules]]
name = "asks less"
when = { section = ["news"] }
show = "article"
prompt = "bar"
"""
ONLY_FRESH = """
[[rules]]
name = "asked once today"
when = { seen = { give = { at_least = 1 } } }
show = "article"
"""


def cap(times: int, **window: str) -> str:
    """Return a cap as a policy file has it."""
    ((kind, length),) = window.items()
    return f'{{ times = {times}, window = {{ {kind} = "{length}" }} }}'


DAY, WEEK, MONTH = ({"calendar": unit} for unit in ("day", "week", "month"))
LIFE = "{ times = 1, window = { lifetime = true } }"


def text(at_most: str, zone: str = "UTC", **parts: str) -> str:
    """Return a policy that promises how often a prompt is shown at most."""
    given = dict.fromkeys(("meters", "give", "bar", "rules", "when"), "") | {"prompt": "give"}
    return TEXT.format(zone=zone, at_most=at_most, **{**given, **parts})


def capped(*caps: str, **rest: str) -> dict[str, str]:
    """Return the parts of a policy whose prompt `give` has some caps."""
    return {"give": f"at_most = [{', '.join(caps)}]\n" + rest.pop("more", ""), **rest}


def a_day(times: int) -> str:
    return cap(times, **DAY)


CASES = {
    "the same words": (a_day(2), capped(a_day(2)), "proved"),
    "one less": (a_day(1), capped(a_day(2)), "fails"),
    "one of two caps": (a_day(2), capped(a_day(3), cap(2, rolling="2 days")), "proved"),
    "any 24 hours have parts of two days": (cap(2, rolling="1 day"), capped(a_day(2)), "fails"),
    "no more than two days' worth": (cap(4, rolling="1 day"), capped(a_day(2)), "proved"),
    "24 hours where every day has them": (a_day(1), capped(cap(1, rolling="1 day")), "proved"),
    "24 hours where a day has 25": (
        a_day(1), capped(cap(1, rolling="1 day"), zone="Europe/Berlin"), "fails"),
    "25 hours where a day has 25": (
        a_day(1), capped(cap(1, rolling="25 hours"), zone="Europe/Berlin"), "proved"),
    "half an hour more": (
        a_day(1), capped(cap(1, rolling="24 hours"), zone="Australia/Lord_Howe"), "fails"),
    "half an hour more, allowed for": (
        a_day(1), capped(cap(1, rolling="25 hours"), zone="Australia/Lord_Howe"), "proved"),
    "two days": (a_day(1), capped(cap(1, rolling="48 hours"), zone="Europe/Berlin"), "proved"),
    "half a day": (a_day(2), capped(cap(1, rolling="12 hours")), "proved"),
    "half a day, of 25 hours": (
        a_day(2), capped(cap(1, rolling="12 hours"), zone="Europe/Berlin"), "fails"),
    "47 hours of two short days": (
        cap(3, rolling="2 days"), capped(a_day(1), zone="Europe/Berlin"), "fails"),
    "48 hours of whole days": (cap(3, rolling="2 days"), capped(a_day(1)), "proved"),
    "a month of 31 days": (cap(6, **MONTH), capped(cap(6, rolling="30 days")), "fails"),
    "two times 30 days": (cap(12, **MONTH), capped(cap(6, rolling="30 days")), "proved"),
    "31 days": (cap(6, **MONTH), capped(cap(6, rolling="31 days")), "proved"),
    "31 days and an hour": (
        cap(6, **MONTH), capped(cap(6, rolling="31 days"), zone="Europe/Berlin"), "fails"),
    "six weeks touch a month": (cap(18, **MONTH), capped(cap(3, **WEEK)), "proved"),
    "and some month six": (cap(17, **MONTH), capped(cap(3, **WEEK)), "fails"),
    "one on a Sunday, four weeks, two days": (
        cap(15, **MONTH), capped(cap(3, **WEEK), a_day(1)), "proved"),
    "no less": (cap(14, **MONTH), capped(cap(3, **WEEK), a_day(1)), "fails"),
    "a day lies in its week": (a_day(3), capped(cap(3, **WEEK)), "proved"),
    "weeks begin on another day": (
        '{ times = 3, window = { calendar = "week", starts = "sunday" } }',
        capped(cap(3, **WEEK)), "fails"),
    "once": (LIFE, {"give": "once = true"}, "proved"),
    "a cap for ever": (LIFE, capped(LIFE), "proved"),
    "no cap ends all of them": (LIFE, capped(a_day(1)), "fails"),
    "silence after it": (
        cap(1, rolling="1 day"), {"give": 'quiet_after = { shown = "1 day" }'}, "proved"),
    "silence after it, and a longer day": (
        a_day(1),
        {"give": 'quiet_after = { shown = "1 day" }', "zone": "Europe/Berlin"}, "fails"),
    "silence after something else": (
        a_day(1), {"give": 'quiet_after = { closed = "1 day" }'}, "fails"),
    "begun by a showing": (cap(3, rolling="1 day"), capped(cap(2, fixed="1 day")), "proved"),
    "begun just before": (cap(2, rolling="1 day"), capped(cap(2, fixed="1 day")), "fails"),
    "a day that began before": (a_day(2), capped(cap(2, fixed="1 day")), "fails"),
    "one at a time": (cap(1, rolling="1 day"), capped(cap(1, fixed="1 day")), "proved"),
    "begun alike": (cap(2, fixed="1 day"), capped(cap(2, fixed="1 day")), "proved"),
    "begun by another of the group": (
        cap(2, fixed="1 day"),
        capped(cap(2, fixed="1 day"), more='group = "g"', bar='group = "g"', rules=ASKS_BAR),
        "fails"),
    "its own numbers in a group": (
        a_day(1),
        capped(a_day(1), more='group = "g"', bar=f'group = "g"\nat_most = {a_day(3)}',
               rules=ASKS_BAR), "proved"),
    "the numbers of another in the group": (
        a_day(1), {"give": 'group = "g"', "bar": f'group = "g"\nat_most = {a_day(1)}'}, "fails"),
    "not tracked": (a_day(2), {}, "fails"),
    "not tracked, and nobody shows it": (a_day(2), {"prompt": "bar"}, "proved"),
    "only as what stands in": (
        a_day(2), capped(a_day(1), more='instead = "bar"', prompt="bar"), "fails"),
    "what stands in has a cap": (
        a_day(2), capped(a_day(1), more='instead = "bar"', bar=f"at_most = {a_day(2)}",
                         prompt="bar"), "proved"),
    "the words of a wall": (a_day(2), {"prompt": "subscription-wall"}, "proved"),
    "nobody it is about": (
        a_day(1), capped(a_day(2), when='when = { section = ["news"] }', rules=ASKS_BAR),
        "proved"),
    "some it is about": (
        a_day(1), capped(a_day(2), when='when = { section = ["sport"] }', rules=ASKS_BAR),
        "fails"),
    "only those after the first": (
        a_day(1),
        capped(a_day(2), when="when = { seen = { give = { at_least = 1 } } }"),
        "not decided",
    ),
    "at each fifth view": (
        a_day(2),
        capped(a_day(3), more='every = { meter = "heard", views = 5 }', meters=HEARD), "fails"),
    "a rule that stops by itself": (a_day(1), capped(a_day(3), rules=ONLY_FRESH), "not decided"),
    "two windows": (
        f"[{a_day(2)}, {cap(6, **WEEK)}]", capped(a_day(2), cap(6, **WEEK)), "proved"),
    "one of two windows": (
        f"[{a_day(2)}, {cap(6, **WEEK)}]", capped(a_day(2), cap(7, **WEEK)), "fails"),
}  # fmt: skip


def told(at_most, parts):
    """Return the policy and the answer to its guarantee."""
    policy = loads_policy(text(at_most, **parts))
    return policy, guarantees(policy)[-1]


@pytest.mark.parametrize("case", CASES)
def test_how_often_is_proved_or_fails_with_a_journey(case):
    """By the arithmetic of windows, and by what the engine does."""
    at_most, parts, outcome = CASES[case]
    policy, answer = told(at_most, parts)
    assert outcome == str(answer.outcome), answer.how
    if outcome == "fails":
        assert _most_in_a_window(policy, answer.counterexample) is not None


def _most_in_a_window(policy, story):
    """Play a story, and return a window of the guarantee in which too much is shown."""
    usage, shown = Usage(), []
    guarantee = policy.guarantees[0]
    for step in story.steps:
        asked = step.asked
        decision, usage = decide(policy, asked.reader, asked.view, usage, asked.now)
        assert decision == step.decision
        if decision.prompt == guarantee.prompt:
            shown.append(asked.now)
    assert all(one < other for one, other in pairwise(shown))
    return next(
        (cap for cap in guarantee.at_most if any(_is_over(cap, shown, each) for each in shown)),
        None,
    )


def _is_over(cap, shown, now):
    """Say by the calendar's own words whether too much is shown in the window that ends now."""
    window = cap.window
    if window.calendar is not None:
        inside = [at for at in shown if at <= now and _of(window, at) == _of(window, now)]
    elif window.lifetime:
        inside = [at for at in shown if at <= now]
    else:
        inside = [at for at in shown if timedelta() <= _utc(now) - _utc(at) < window.length]
    return len(inside) > cap.times


def _utc(at):
    return at.astimezone(tz=None)


def _of(window, at):
    day = at.date()
    if window.calendar == "week":
        start = 6 if window.starts == "sunday" else 0
        return day - timedelta(days=(day.weekday() - start) % 7)
    return {"day": day, "month": (day.year, day.month), "year": day.year}[str(window.calendar)]


@pytest.mark.parametrize(
    "case", [case for case, (*_, outcome) in CASES.items() if outcome == "fails"]
)
def test_a_story_can_be_kept_as_a_journey_that_fails(case, tmp_path):
    """Its last step expects no such prompt, or what stands in for it."""
    at_most, parts, _ = CASES[case]
    file = tmp_path / "policy.toml"
    file.write_text(text(at_most, **parts), encoding="utf-8")
    command = ["prove", str(file), "--keep", str(tmp_path), "--format", "json"]
    found = CliRunner().invoke(main, command)
    answers = {each["name"]: each for each in json.loads(found.stdout)["answers"]}
    answer = answers["not too often"]
    assert (1, "fails") == (found.exit_code, answer["outcome"])
    assert parts.get("prompt", "give") == answer["story"]["steps"][-1]["prompt"]
    kept = Journey.load(answer["kept"])
    (*before, last) = kept.run(loads_policy(file.read_text(encoding="utf-8")))
    assert not any(step.problem for step in before)
    assert "`prompt = " in last.problem


@pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
@pytest.mark.parametrize(
    "case", ["the same words", "one less", "only as what stands in", "nobody it is about"]
)
def test_z3_says_the_same(case):
    """Where the policy is too large for a diagram."""
    at_most, parts, outcome = CASES[case]
    answer = guarantees(loads_policy(text(at_most, **parts)), steps=1)[-1]
    assert outcome == str(answer.outcome)


def test_what_caps_keep_is_proved_where_nothing_else_can_be():
    """They need no diagram."""
    at_most, parts, _ = CASES["the same words"]
    policy = loads_policy(text(at_most, **parts))
    answers = list(fallback(policy.rulebook, (), "too large", 1e-9))
    assert "proved" == str(answers[-1].outcome)


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        ({"prompt": "giv"}, "unknown-prompt", "did you mean `give`"),
        ({"when": 'never = ["wall"]'}, "bad-at-most", "make two guarantees"),
        ({"when": 'disjoint = ["asks", "asks"]'}, "bad-at-most", "make two guarantees"),
    ],
)
def test_what_cannot_be_promised_is_refused_at_its_place(parts, code, words):
    """With a next step."""
    with pytest.raises(PolicyError) as caught:
        loads_policy(text(a_day(2), **parts))
    problem = caught.value.problems[0]
    assert (code, True) == (problem.code, problem.line is not None)
    assert words in f"{problem.message} {problem.help}"


@pytest.mark.parametrize(
    ("line", "step"),
    [('prompt = "give"\n', "name it"), (f"at_most = {a_day(2)}\n", "add `at_most`")],
)
def test_one_half_needs_the_other(line, step):
    """What is shown, and how often."""
    head, _, tail = text(a_day(2)).rpartition(line)
    with pytest.raises(PolicyError) as caught:
        loads_policy(head + tail)
    (problem,) = caught.value.problems
    assert "bad-at-most" == problem.code
    assert step in problem.help


def test_what_could_not_be_read_is_told_once():
    """And not that it is missing."""
    with pytest.raises(PolicyError) as caught:
        loads_policy(text('"twice"'))
    assert ["wrong-type"] == [problem.code for problem in caught.value.problems]


def test_it_is_written_back_and_part_of_the_digest():
    """As it was written."""
    policy = loads_policy(text(a_day(2)))
    assert loads_policy(dumps_policy(policy)) == policy
    assert loads_policy(text(a_day(3))).digest != policy.digest
