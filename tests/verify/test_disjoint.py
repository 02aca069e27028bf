"""No reader is eligible for two: of offers, or of rules."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from meter import PolicyError, loads_policy
from meter.cli import main
from meter.loading import dumps_policy
from meter.verify import guarantees
from meter.verify.answers import ProofOutcome

TEXT = """
[publication]
name = "X"
timezone = "UTC"
[offers.summer]
price = 9
currency = "USD"
term = "3 months"
{summer}
[offers.students]
price = 3
currency = "USD"
term = "3 months"
{students}
[[rules]]
name = "news"
when = {{ section = ["news"] }}
show = "article"
[[rules]]
name = "sport"
when = {{ section = ["sport"] }}
show = "article"
[[rules]]
name = "else"
show = "wall"
offers = ["summer", "students"]
[[guarantees]]
name = "one at a time"
disjoint = {names}
{when}
"""
OFFERS = '["summer", "students"]'


def text(summer: str = "", students: str = "", names: str = OFFERS, when: str = "") -> str:
    """Return a policy that promises that some names exclude each other."""
    return TEXT.format(summer=summer, students=students, names=names, when=when)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({}, "fails"),
        (
            {"summer": 'when = { segments = ["a"] }', "students": 'when = { segments = ["b"] }'},
            "fails",
        ),
        (
            {
                "summer": 'when = { segments = { none = ["s"] } }',
                "students": 'when = { segments = ["s"] }',
            },
            "proved",
        ),
        ({"summer": "ends = 2026-06-30", "students": "starts = 2026-07-01"}, "proved"),
        ({"summer": "ends = 2026-06-30", "students": "starts = 2026-06-30"}, "fails"),
        (
            {
                "when": 'when = { reader = ["subscriber"] }',
                "summer": 'when = { reader = ["anonymous"] }',
            },
            "proved",
        ),
        ({"names": '["news", "sport"]'}, "proved"),
        ({"names": '["news", "sport", "else"]'}, "fails"),
    ],
)
@pytest.mark.parametrize("steps", [None, 40], ids=["diagrams", "z3"])
def test_disjoint_is_proved_or_told_with_a_reader(given, outcome, steps) -> None:
    """The reader of the story has both."""
    policy = loads_policy(text(**given))
    size = {} if steps is None else {"steps": steps}
    answer = guarantees(policy, **size)[-1]
    assert outcome == answer.outcome
    if answer.outcome is ProofOutcome.FAILS:
        assert "only one of `" in answer.counterexample.expected.words


@pytest.mark.parametrize(
    ("names", "code", "words"),
    [
        ('["summer", "studnts"]', "unknown-disjoint", "did you mean `students`"),
        ('["summer"]', "bad-disjoint", "names one only"),
        ('["summer", "summer"]', "bad-disjoint", "names `summer` twice"),
        ('["summer", "news"]', "bad-disjoint", "offers and rules"),
        ('["summer", "students"]\nnever = ["wall"]', "bad-disjoint", "make two guarantees"),
    ],
)
def test_what_cannot_exclude_is_refused_at_its_place(names, code, words) -> None:
    """With a next step."""
    with pytest.raises(PolicyError) as caught:
        loads_policy(text(names=names))
    (problem, *_) = caught.value.problems
    assert (code, True) == (problem.code, problem.line is not None)
    assert words in f"{problem.message} {problem.help}"


def test_it_is_written_back_and_part_of_the_digest() -> None:
    """As it was written."""
    policy = loads_policy(text())
    assert loads_policy(dumps_policy(policy)) == policy
    assert loads_policy(text(names='["news", "sport"]')).digest != policy.digest


def test_the_command_tells_it_and_keeps_no_journey_for_it(tmp_path) -> None:
    """A journey expects what is shown, and this is not it."""
    file = tmp_path / "policy.toml"
    file.write_text(text(), encoding="utf-8")
    command = ["prove", str(file), "--keep", str(tmp_path)]
    found = CliRunner().invoke(main, [*command, "--format", "json"])
    (answer,) = [each for each in json.loads(found.stdout)["answers"] if each["section"] == "yours"]
    assert (1, "fails", None) == (found.exit_code, answer["outcome"], answer["kept"])
    told = " ".join(CliRunner().invoke(main, command).stdout.split())
    assert "only one of `summer` and `students` for this reader and page view" in told
    assert "not kept: a journey expects what is shown" in told
