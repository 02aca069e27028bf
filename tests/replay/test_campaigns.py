"""Are prompts, experiments and offers that last replayed as the engine decides them?"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="replays need the `sim` extra")

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Usage, decide
from meter.engine import close
from meter.loading.events import read_events
from meter.replay.distributed import ReplayPart, deal_by_reader, sum_counts
from meter.replay.logs.log import LogError
from meter.replay.logs.remembered import KnownRights, ToldRows
from meter.replay.run import replay
from meter.testing import strategies
from tests.columns.both import closing_journeys
from tests.columns.test_campaigns import CAMPAIGN
from tests.replay.events import by_engine, by_replay, event, mixed, write


@st.composite
def _populations(draw):
    policy = draw(strategies.campaigns())
    if draw(st.booleans()):
        policy = draw(strategies.with_experiments(policy))
    policy = draw(st.sampled_from([policy, policy, CAMPAIGN]))
    return policy, {
        f"reader-{n}": draw(closing_journeys(policy)) for n in range(draw(st.integers(1, 2)))
    }


@settings(max_examples=40, deadline=None)
@given(_populations(), st.sampled_from(["jsonl", "jsonl", "csv", "parquet"]))
def test_campaigns_are_replayed_as_the_engine_decides(population, form):
    """Prompts that are shown and kept back, whom an experiment exposes, row by row, in any log."""
    policy, people = population
    rows = mixed(people)
    if form != "jsonl":  # a table says of nothing that it was closed
        rows = [(name, step) for name, step in rows if hasattr(step, "view")]
    if form == "csv":  # an empty cell is an empty referrer, not one that is not known
        rows = [(name, step) for name, step in rows if step.view.referrer is not None]
    if not any(hasattr(step, "view") for _, step in rows):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = write([event(name, step) for name, step in rows], Path(folder), form)

        assert by_engine(policy, rows) == by_replay(policy, path)
        if form == "jsonl":
            assert by_replay(policy, path) == by_replay(policy, path, memory=1)


def _line(day, reader, article, **more):
    at = f"2026-06-{day}-04:00"
    return {"at": at, "reader": reader, "article": {"id": article, **more}}


ANNA = {"id": "anna", "visitor": "visitor-1"}
BEN = {
    "id": "ben",
    "visitor": "visitor-2",
    "entitlements": [{"kind": "subscription", "starts": "2026-06-05T00:00:00-04:00"}],
}
EVENTS = [
    _line("01T08:00:00", ANNA, "a1"),
    _line("01T09:00:00", ANNA, "a2", section="markets"),
    _line("02T08:00:00", ANNA, "a3"),
    _line("03T08:00:00", ANNA, "a4"),
    {"at": "2026-06-03T08:00:00-04:00", "reader": {"id": "anna"}, "dismissed": "give"},
    _line("06T08:00:00", ANNA, "a5"),
    _line("06T09:00:00", ANNA, "a6", section="markets"),
    _line("06T10:00:00", ANNA, "a7"),
    _line("01T08:00:00", BEN, "a2", section="markets"),
    _line("05T08:00:00", BEN, "a3"),
    _line("05T09:00:00", BEN, "a4"),
    _line("05T10:00:00", BEN, "a5"),
    _line("07T10:00:00", BEN, "a5"),
    {"at": "2026-06-07T10:00:00-04:00", "reader": {"id": "ben"}, "dismissed": "nothing"},
]


def _log(folder, events=EVENTS):
    path = Path(folder) / "log.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return path


def _decided(path):
    """Return what the engine says of the log's views and closings, in their order."""
    usages, found = {}, []
    with path.open("rb") as lines:
        for each in read_events(lines, str(path), CAMPAIGN.zone):
            name = each.reader.id
            usage = usages.get(name, Usage())
            if hasattr(each, "view"):
                decision, usages[name] = decide(CAMPAIGN, each.reader, each.view, usage, each.at)
                found.append((name, decision))
            elif each.dismissed == "give":
                usages[name] = close(CAMPAIGN, usage, each.dismissed, each.at)
    return found


def test_what_is_told_of_prompts_and_experiments_is_the_sum_of_the_decisions(tmp_path):
    """How often each prompt was shown and kept back; who was in which variant, and exposed."""
    path = _log(tmp_path)
    decided = _decided(path)
    found = replay(CAMPAIGN, path, recorded_under="none")

    shown = Counter(decision.prompt for _, decision in decided if decision.prompt is not None)
    names = {rule.name: rule.prompt for rule in CAMPAIGN.rules}
    kept = Counter(
        names[decision.rule] for _, decision in decided if decision.prompt != names[decision.rule]
    )
    assert {"give", "bar"} <= set(shown)
    assert kept["give"] > 0
    assert {
        name: {"shown": shown[name], "kept_back": kept[name]}
        for name in ("give", "bar", "subscription-wall")
        if name in found.prompts
    } == found.to_dict()["prompts"]
    exposed = Counter(
        (name, each.variant) for name, decision in decided for each in decision.exposures
    )
    variants = found.to_dict()["experiments"]["price"]
    assert sum(exposed.values()) == sum(each["exposures"] for each in variants.values()) > 0
    assert len(exposed) == sum(each["readers_exposed"] for each in variants.values())
    assert sum(each["readers"] for each in variants.values()) == len({"anna", "ben"})
    assert found.tables["prompts"]
    assert found.tables["experiments"]
    assert "closings of prompts are taken: 1" in found.notes
    assert (
        "1 closing of a prompt that the policy does not have was left out: `nothing`" in found.notes
    )


SABOTAGES = {
    "nothing was closed": (ToldRows, "take", lambda *_: None),
    "nobody has bought": (
        KnownRights,
        "of_views",
        lambda _self, _coded, total: np.zeros(total, np.int32),
    ),
    "no closing comes before a view": (
        ToldRows,
        "take",
        lambda self, piece, fine, reader, at, _real=ToldRows.take: _real(
            self, piece, fine, reader, at + 10**13
        ),
    ),
}


@pytest.mark.parametrize("name", SABOTAGES)
def test_what_a_log_says_besides_views_makes_a_difference(name, tmp_path, monkeypatch):
    """A replay that loses closings or rights decides otherwise than the engine."""
    path = _log(tmp_path)
    engine = [decision.prompt for _, decision in _decided(path)]
    assert engine == [row["prompt"] for row in by_replay(CAMPAIGN, path)]
    owner, attribute, wrong = SABOTAGES[name]
    monkeypatch.setattr(owner, attribute, wrong)
    assert engine != [row["prompt"] for row in by_replay(CAMPAIGN, path)]


def test_bounds_are_refused_where_rules_ask_what_was_seen(tmp_path):
    """What a reader would have seen beyond the log changes the rules in ways no bound covers."""
    with pytest.raises(LogError, match="what was `seen`"):
        replay(CAMPAIGN, _log(tmp_path), recorded_under=CAMPAIGN)


def test_a_log_without_visitors_or_closings_is_told(tmp_path):
    """An experiment by visitors, and a prompt that is quiet once closed, lack what they go by."""
    plain = [
        {**line, "reader": {"id": line["reader"]["id"]}} for line in EVENTS if "article" in line
    ]
    codes = {each.code for each in replay(CAMPAIGN, _log(tmp_path, plain)).cautions}
    assert {"W35", "W36"} <= codes
    codes = {each.code for each in replay(CAMPAIGN, _log(tmp_path)).cautions}
    assert not {"W35", "W36"} & codes


def test_parts_of_a_log_add_up_to_the_whole():
    """However readers are dealt, prompts and experiments come to the same sums."""
    draw = np.random.default_rng(2)
    table = pa.table(
        {
            "reader": [f"reader-{number}" for number in draw.integers(0, 40, 400)],
            "visitor": [f"visitor-{number}" for number in draw.integers(0, 40, 400)],
            "time": pa.array(
                1_780_000_000_000_000 + draw.integers(0, 10 * 86_400_000_000, 400),
                pa.timestamp("us", "UTC"),
            ),
            "article": draw.integers(0, 30, 400),
            "section": np.where(draw.random(400) < 0.3, "markets", "sport"),
        }
    )
    whole = replay(CAMPAIGN, table, recorded_under="none").to_dict()
    part = ReplayPart(policy=CAMPAIGN)
    summed = sum_counts(part(each) for each in deal_by_reader(table, 3))
    assert whole["prompts"] == summed["prompts"]
    assert whole["experiments"] == summed["experiments"]
    assert all(each["exposures"] for each in summed["experiments"]["price"].values())
