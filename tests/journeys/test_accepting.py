"""Accepted answers are written into a journey file, and nothing else in it changes."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Journey, loads_policy
from meter.journeys import JourneyError
from meter.journeys.accepting import AcceptedAnswer, accepted_answers, rewritten

HEAD = "start = 2026-06-01T09:00:00\n"


def accept(text, policy):
    """Return a journey file with its answers accepted, and what was replaced."""
    journey = Journey.loads(text)
    answers = accepted_answers(journey, journey.run(policy), policy)
    return rewritten(text, answers, policy, "journey.toml"), answers


def problems(text, policy):
    """Return what is broken in a journey file."""
    return [step.problem for step in Journey.loads(text).run(policy) if step.problem is not None]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{ show = "trial-offer" }', '{ show = "countdown" }'),
        ("{ show = 'trial-offer' }", '{ show = "countdown" }'),
        ('{show="trial-offer",left=0}', '{show="countdown",left=2}'),
        ('{ access = "preview", used = 3 }', '{ access = "full", used = 1 }'),
        ("{ counted = false }", "{ counted = true }"),
        ('{ rule = "everyone else" }', '{ rule = "metered" }'),
        ("{ offer = false }", '{ offer = "summer" }'),
        ('{ offer = "annual" }', '{ offer = "summer" }'),
        ('{ prompt = "wall" }', '{ prompt = "countdown" }'),
        ("{ left = false }", "{ left = 2 }"),
        ("{ resets_at = 2026-06-30 }", "{ resets_at = 2026-07-01 }"),
        ("{ resets_at = 2026-06-30T00:00:00 }", "{ resets_at = 2026-07-01T00:00:00 }"),
        ("{ resets_at = 2026-06-30T00:00:00Z }", "{ resets_at = 2026-07-01T00:00:00+09:00 }"),
        ("{ resets_at = false }", "{ resets_at = 2026-07-01 }"),
        (
            '{ says = "You have 3 free articles left this month" }',
            '{ says = "You have 2 free articles left this month" }',
        ),
        (
            '{ says = ["2 free articles left", "Try 2 months for $8"] }',
            '{ says = ["2 free articles left", "Try 3 months for $9"] }',
        ),
        ("{ says = false }", "{ says = true }"),
        # What is kept stays as it is written.
        ('{ show="countdown" ,left = 2}', '{ show="countdown" ,left = 2}'),
        ("{ offer = true, prompt = true }", "{ offer = true, prompt = true }"),
    ],
)
def test_a_value_is_replaced_where_it_stands(policy, old, new):
    """In the form it has, as far as that goes."""
    text = f'{HEAD}[[steps]] # the first\nread = "a"\nexpect = {old}  # why\n'
    written, _ = accept(text, policy)
    assert written == text.replace(old, new)
    assert problems(written, policy) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{ left = 2 }", "{ left = false }"),
        ("{ used = 1 }", "{ used = false }"),
        ("{ resets_at = 2026-07-01 }", "{ resets_at = false }"),
        ('{ offer = "summer" }', "{ offer = false }"),
        ("{ prompt = true }", "{ prompt = false }"),
        ('{ says = "Try 3 months" }', "{ says = false }"),
        ('{ says = ["Try", "3 months"] }', "{ says = false }"),
        ('{ says = ["Try",\n  "3 months", # the term\n] }', "{ says = false }"),
    ],
)
def test_what_is_not_there_is_false(policy, old, new):
    """No meter, no offer, no prompt, not a word."""
    text = f'{HEAD}[[steps]]\nsubscribe = true\n[[steps]]\nread = "a"\nexpect = {old}\n'
    written, _ = accept(text, policy)
    assert written == text.replace(old, new)
    assert problems(written, policy) == []


def test_every_way_to_write_a_step_is_found(policy):
    """Inline, as a table of its own, with dots, in quotes, in one list."""
    for text in (
        f'{HEAD}[[steps]]\nread = "a"\nexpect.left = 0\n"expect".\'used\' = 7\n',
        f'{HEAD}[[steps]]\nread = "a"\n[steps.expect]\nleft = 0\nused = 7\n',
        f'{HEAD}[[steps]]\nread = "a"\n[ steps . "expect" ]\nleft = 0\n\n# so far\nused = 7',
        f'{HEAD}steps = [\n  {{ read = "a", expect = {{ left = 0, used = 7 }} }},\n]\n',
        f'\ufeff{HEAD}[[steps]]\r\nread = "é"\r\nexpect = {{ left = 0, used = 7 }}\r\n',
    ):
        written, answers = accept(text, policy)
        assert len(answers) == 2
        assert written == text.replace("0", "\0", 10).replace("left = \0", "left = 2").replace(
            "used = 7", "used = 1"
        ).replace("'used' = 7", "'used' = 1").replace("\0", "0")
        assert problems(written, policy) == []


def test_a_step_that_cannot_happen_stays_broken(policy):
    """There is no new answer to a trial that is over."""
    text = f'{HEAD}[[steps]]\nat = 2026-08-01\nstart_trial = "summer"\nexpect = {{ left = 9 }}\n'
    written, answers = accept(text, policy)
    assert (written, answers) == (text, [])
    assert len(problems(written, policy)) == 1


def test_a_journey_that_is_kept_is_written_as_it_is(policy):
    """To the byte."""
    text = f'{HEAD}[[steps]]\nread = "a"\nexpect = {{ left = 2 }}'
    assert accept(text, policy) == (text, [])


def test_a_value_that_cannot_be_found_is_not_guessed(policy):
    """Nothing is written then."""
    answer = AcceptedAnswer(path=("steps", 3, "expect", "left"), step=4, line=None, old=1, new=2)
    with pytest.raises(JourneyError) as caught:
        rewritten(f'{HEAD}[[steps]]\nread = "a"\n', [answer], policy, "j.toml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == (
        "not-rewritten",
        "the place of `left` of step 4 in the file is not certain, so nothing was written",
    )


@frozen
class Slot:
    """A value of `expect` in a random file."""

    text: str


WORDS = st.sampled_from(["a", "é", "# no comment", "]", '\\"', "{ left = 1 }", "日本"])
COMMENTS = st.sampled_from(["", "  # why", " # left = 2", "\t# expect = { }"])
VALUES = {
    "show": ['"countdown"', '"trial-offer"', "'article'"],
    "access": ['"full"', "'preview'"],
    "left": ["0", "1", "2", "+2", "1_0", "false", "true", "0x2"],
    "used": ["0", "3", "false"],
    "counted": ["true", "false"],
    "rule": ['"metered"', '"""metered"""', "'''nobody'''"],
    "offer": ["true", "false", '"summer"', '"x # y"'],
    "prompt": ["true", "false", '"w{a}ll"'],
    "resets_at": ["2026-07-01", "2026-07-01T00:00:00", "2026-06-30T15:00:00Z", "false"],
    "says": ["false", "true", '"free"', '"3 # free [ ]"', '"""\n  free\n  articles"""'],
}
ACTIONS = (
    'read = "a"',
    'read = { id = "b", access = "premium" }',
    "sign_in = true",
    "subscribe = true",
    'switch_device = "tv"',
    'start_trial = "summer"',
    'wait = "20 days"',
    "cancel = { now = true }",
)


@st.composite
def expectations(draw):
    """Draw keys with values for one step, some of them right."""
    keys = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, min_size=1, max_size=5))
    return {key: draw(st.sampled_from(VALUES[key])) for key in keys}


@st.composite
def files(draw):
    """Draw a journey file as pieces: texts, and slots where a value of `expect` stands."""
    pieces = [draw(st.sampled_from(["", "# a head\n", "\ufeff"])), HEAD]
    for _ in range(draw(st.integers(1, 5))):
        note = draw(COMMENTS)
        pieces.append(f"\n[[steps]]{note}\n{draw(st.sampled_from(ACTIONS))}{draw(COMMENTS)}\n")
        wanted = draw(st.none() | expectations())
        if wanted is None:
            continue
        layout = draw(st.sampled_from(["inline", "table", "dots"]))
        if layout == "inline":
            pieces.append("expect = { ")
            for number, (key, value) in enumerate(wanted.items()):
                pieces += [", " * bool(number), f"{key} = ", Slot(value)]
            pieces.append(f" }}{draw(COMMENTS)}\n")
            continue
        pieces.append("[steps.expect] # here\n" if layout == "table" else "")
        prefix = "" if layout == "table" else "expect . "
        for key, value in wanted.items():
            pieces += [f"{prefix}{key}\t= ", Slot(value), f"{draw(COMMENTS)}\n"]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return [
        piece if isinstance(piece, Slot) else piece.replace("\n", end) for piece in pieces if piece
    ]


@settings(max_examples=400, deadline=None)
@given(files())
def test_only_values_of_expect_change_and_running_again_passes(policy, pieces):
    """Law, for any layout: the text around the values is the same to the letter."""
    text = "".join(piece.text if isinstance(piece, Slot) else piece for piece in pieces)
    written, answers = accept(text, policy)
    around = "".join("(.+?)" if isinstance(piece, Slot) else re.escape(piece) for piece in pieces)
    assert re.fullmatch(around, written, re.DOTALL)
    again = Journey.loads(written).run(policy)
    assert [step.problem for step in again if step.happened and step.problem] == []
    assert accept(written, policy) == (written, [])
    old, new = (
        tomllib.loads(one.removeprefix("\ufeff").replace("\r\n", "\n")) for one in (text, written)
    )
    changed = {(answer.step, answer.key) for answer in answers}
    for number, (before, after) in enumerate(zip(old["steps"], new["steps"], strict=True), 1):
        was, now = before.pop("expect", {}), after.pop("expect", {})
        assert (before, list(was)) == (after, list(now))
        assert {(number, key) for key in was if was[key] != now[key]} <= changed


BERLIN = loads_policy(
    '[publication]\nname="P"\ntimezone="Europe/Berlin"\n[meters.m]\n'
    'window={ rolling = "24 hours" }\nlimit=2\n[[rules]]\nname="m"\nspend="m"\nshow="countdown"\n'
    '[[rules]]\nname="e"\nshow="subscription-wall"\n'
)


def resetting(start, expected):
    """Return a journey whose one read resets a day later."""
    return f'start = {start}\n[[steps]]\nread = "a"\nexpect = {{ resets_at = {expected} }}\n'


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2 * 24 * 60 - 1),
    st.sampled_from(["2026-11-25", "2026-11-25T01:30:00", "2026-11-25T01:30:00+02:00", "false"]),
)
def test_a_time_that_is_written_is_the_same_instant(minutes, old):
    """Law: where a local time happens twice, no form is used that says the other one."""
    start = datetime(2026, 10, 23, 12, tzinfo=UTC) + timedelta(minutes=minutes)
    written, _ = accept(resetting(start.isoformat(), old), BERLIN)
    assert problems(written, BERLIN) == []
    value = tomllib.loads(written)["steps"][0]["expect"]["resets_at"]
    assert isinstance(value, date)


@pytest.mark.parametrize(
    ("start", "resets"),
    [
        ("2026-10-24T00:30:00Z", "2026-10-25T02:30:00"),
        ("2026-10-24T01:30:00Z", "2026-10-25T02:30:00+01:00"),
    ],
)
def test_two_local_times_are_told_apart(start, resets):
    """02:30 in Berlin happens twice on 25 October: the second needs its offset."""
    written, _ = accept(resetting(start, "2026-10-25T00:00:00"), BERLIN)
    assert written == resetting(start, resets)
