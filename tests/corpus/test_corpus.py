"""Does the engine decide every case of the corpus as it says?"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from meter import Decision, Policy, PolicyError, Usage, decide, loads_policy, render
from meter.cli import main
from meter.loading.events import parse_event
from tests.corpus.cases import CASES, Case


def told(decision: Decision, policy: Policy, usage: Usage, asked: dict) -> dict:
    """Return what a case asks about a decision, in the case's own words."""
    meter = decision.meter
    answers = {
        "show": str(decision.show),
        "access": str(decision.access),
        "rule": decision.rule,
        "offer": decision.offer or "none",
        "counted": decision.counted,
        "speculative": decision.speculative,
        "prompt": decision.prompt or "none",
        "used": meter and meter.used,
        "left": meter and meter.left,
        "limit": meter and meter.limit,
        "meter": meter.name if meter else "none",
        "resets_at": meter and meter.resets_at and meter.resets_at.astimezone(UTC),
        "remembered": sum(len(tally.ids) for tally in usage.tallies.values()),
    }
    if {"text_has", "text_lacks"} & asked.keys():
        text = render(decision, policy, format="text")
        answers |= {key: asked[key] for key in ("text_has",) if key in asked and asked[key] in text}
        answers |= {
            key: asked[key] for key in ("text_lacks",) if key in asked and asked[key] not in text
        }
    return {key: answers.get(key) for key in asked}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_decides_as_the_case_says(case: Case):
    """Step by step, through the text of a policy file and the JSON form of a page view."""
    if case.refused:
        with pytest.raises(PolicyError) as caught:
            loads_policy(case.policy)
        assert case.refused in [problem.code for problem in caught.value.problems]
        return
    usage = Usage()
    for step in case.steps:
        policy = loads_policy(step.policy)
        event = parse_event(step.event, policy.zone)
        decision, usage = decide(policy, event.reader, event.view, usage, event.at)
        assert step.expect == told(decision, policy, usage, step.expect), case.says


def test_cases_are_told_apart_by_name_and_say_something():
    """Each has its own name, a sentence, and something to check."""
    assert len(CASES) == len({case.name for case in CASES})
    assert all(case.says.endswith(".") for case in CASES)
    assert all(
        case.refused or (case.steps and all(step.expect for step in case.steps)) for case in CASES
    )


SINGLE = [
    case
    for case in CASES
    if not case.refused and {step.policy for step in case.steps} == {case.policy}
]


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case.name)
def test_the_command_line_decides_the_same(case: Case, tmp_path):
    """`meter decide` reads the same page views, a line each, and writes the same decisions."""
    (tmp_path / "policy.toml").write_text(case.policy)
    (tmp_path / "events.jsonl").write_text("\n".join(json.dumps(step.event) for step in case.steps))
    done = CliRunner().invoke(
        main, ["decide", str(tmp_path / "policy.toml"), str(tmp_path / "events.jsonl")]
    )
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(case.steps)
    for line, step in zip(lines, case.steps, strict=True):
        meter = line["meter"] or {}
        resets = meter.get("resets_at")
        found = line | meter | {"meter": meter.get("name", "none")}
        found |= {key: line[key] or "none" for key in ("offer", "prompt")}
        found["resets_at"] = datetime.fromisoformat(resets).astimezone(UTC) if resets else None
        expected = {
            key: value
            for key, value in step.expect.items()
            if key not in ("remembered", "text_has", "text_lacks")
        }
        assert expected == {key: found[key] for key in expected}


def test_the_page_on_external_cases_names_every_one_of_them():
    """Whoever reads the table finds the case, and the other way round."""
    page = (Path(__file__).parents[2] / "docs/explanation/external-cases.md").read_text()
    names = {case.name[:7] for case in CASES if re.match("[A-Z]{3}-[0-9]{3}", case.name)}
    same = {
        name
        for row in page.splitlines()
        if "| the same" in row
        for name in re.findall("[A-Z]{3}-[0-9]{3}", row.split("|")[1])
    }
    assert set() == {name for name in names if name not in page}
    assert {
        "TPL-003",
        "ENT-006",
        "ENT-007",
        "PRM-015",
        "PRM-016",
    } == same - names, "these are tested elsewhere"
