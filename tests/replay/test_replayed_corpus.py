"""A replay passes the cases that the engine passes."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

from meter import loads_policy
from meter.replay.run import replay
from tests.corpus.cases import CASES

KEYS = ("show", "access", "rule", "offer", "counted", "used", "left", "limit")
REPLAYED = [
    case
    for case in CASES
    if case.refused is None
    and len({step.policy for step in case.steps}) == 1  # a replay asks what one policy does
    and [step.event["at"] for step in case.steps]
    == sorted(step.event["at"] for step in case.steps)  # and puts views in order
]


@pytest.mark.parametrize("case", REPLAYED, ids=[case.name for case in REPLAYED])
def test_a_case_is_replayed(case, tmp_path):
    """The events of a case as a JSON Lines log get the decisions the case expects."""
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(step.event) + "\n" for step in case.steps), encoding="utf-8")
    decisions = replay(loads_policy(case.steps[0].policy), path, decisions=True).decisions
    rows = [row for table in decisions for row in table.to_pylist()]
    expected = [
        {key: step.expect[key] for key in KEYS if key in step.expect} for step in case.steps
    ]

    assert expected == [
        {key: row[key] or "none" if key == "offer" else row[key] for key in want}
        for row, want in zip(rows, expected, strict=True)
    ]
    assert len(REPLAYED) > 10
