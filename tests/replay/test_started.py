"""What a log says of offers that were started is recorded, as `meter decide` records it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from meter import Usage, decide, loads_policy
from meter.columns import views as columns_views
from meter.engine import start
from meter.loading.events import read_events, readable_events
from meter.replay.logs.columns import LogError
from meter.replay.logs.remembered import ToldRows
from meter.replay.run import replay
from tests.replay.events import by_replay

POLICY = """
[publication]
name = "The Harbour Review"
[meters.monthly]
window = { calendar = "month" }
limit = 1
[offers.guest]
price = 0
currency = "USD"
term = "1 day"
once = true
[offers.spring]
kind = "subscription"
price = 5
currency = "USD"
term = "1 month"
once = true
[offers.plain]
kind = "subscription"
price = 9
currency = "USD"
term = "1 month"
[[rules]]
name = "one a month"
spend = "monthly"
show = "countdown"
[[rules]]
name = "several"
when = { access = ["premium"] }
show = "wall"
offers = ["spring", "guest"]
[[rules]]
name = "wall"
show = "trial-offer"
offer = ["guest", "plain"]
"""
CAPPED = POLICY.replace(
    "[[rules]]",
    '[prompts.ask]\nheading = "Stay"\n'
    'at_most = [ { times = 1, window = { calendar = "day" } } ]\n[[rules]]',
    1,
).replace('show = "countdown"', 'show = "countdown"\nprompt = "ask"')
FIRST = datetime(2026, 6, 1, tzinfo=UTC)


def drawn(seed, of=40):
    """Return lines of views and starts of a few readers in no order, several at one instant."""
    random = Random(seed)
    lines = []
    for _ in range(of):
        at = FIRST + timedelta(hours=random.randrange(6))
        line = {"at": at.isoformat(), "reader": {"id": f"r{random.randrange(4)}"}}
        if random.random() < 0.3:
            line["started"] = random.choice(["guest", "spring", "plain"])
        else:
            access = random.choice(["metered", "premium"])
            line["article"] = {"id": f"a{random.randrange(9)}", "access": access}
        lines.append(line)
    return lines


def written(folder, lines):
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def by_engine(policy, path):
    """Return what the engine decides of each view, everything in order of time."""
    with path.open("rb") as lines:
        events = list(enumerate(read_events(lines, str(path), policy.zone)))
    usages, found = {}, {}
    for number, event in sorted(events, key=lambda each: (each[1].at, each[0])):
        name = event.reader.id
        usage = usages.get(name, Usage())
        if hasattr(event, "started"):
            usages[name] = start(policy, usage, event.started)
            continue
        decision, usages[name] = decide(policy, event.reader, event.view, usage, event.at)
        found[number] = (str(decision.show), decision.offer, decision.prompt, decision.counted)
    return [found[number] for number in sorted(found)]


def replayed(policy, path, **options):
    names = ("show", "offer", "prompt", "counted")
    return [tuple(row[name] for name in names) for row in by_replay(policy, path, **options)]


@pytest.mark.parametrize("text", [POLICY, CAPPED], ids=["arrays", "view by view"])
@pytest.mark.parametrize("seed", range(12))
def test_starts_are_recorded_as_the_engine_records_them(text, seed, tmp_path):
    """Every decision is the engine's, in arrays and view by view, in memory and from files."""
    policy = loads_policy(text)
    path = written(tmp_path, drawn(seed))
    engine = by_engine(policy, path)
    assert engine == replayed(policy, path)
    assert engine == replayed(policy, path, memory=1)


MISTAKES = {
    "no start is taken": (ToldRows, "take", lambda *_: None),
    "each start is of the first moment": (
        ToldRows,
        "take",
        lambda self, piece, fine, reader, at, _real=ToldRows.take: _real(
            self, piece, fine, reader, at * 0
        ),
    ),
    "a start holds for whoever reads": (
        columns_views,
        "_later",
        lambda views, starts, _real=columns_views._later: (
            views.at >= min(each.at for each in starts)
        ),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_with_starts_is_noticed(name, tmp_path, monkeypatch):
    """A replay that loses starts, or takes them for others', decides otherwise."""
    policy = loads_policy(POLICY)
    owner, attribute, wrong = MISTAKES[name]
    paths = [written(tmp_path, drawn(0))]
    engine = [by_engine(policy, path) for path in paths]
    monkeypatch.setattr(owner, attribute, wrong)
    assert engine != [replayed(policy, path) for path in paths]


def test_what_is_told_of_starts_is_noted(tmp_path):
    """How many were taken, and how many are of offers that the policy does not have."""
    lines = [
        {"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": {"id": "a1"}},
        {"at": "2026-06-01T09:01:00Z", "reader": {"id": "r1"}, "started": "guest"},
        {"at": "2026-06-01T09:02:00Z", "reader": {"id": "r1"}, "started": "nothing"},
        {"at": "2026-06-01T09:03:00Z", "reader": {"id": "r2"}, "started": "guest"},
    ]
    found = replay(loads_policy(POLICY), written(tmp_path, lines), recorded_under="none")
    assert (1, 1, {}) == (found.views, found.readers, found.rows_left_out.reasons)
    assert "starts of offers are taken: 2" in found.notes
    assert (
        "1 start of an offer that the policy does not have was left out: `nothing`" in found.notes
    )


def test_of_starts_that_are_left_out_a_few_are_named(tmp_path):
    """However many names there are; each once."""
    lines = [
        {"at": f"2026-06-01T09:0{minute}:00Z", "reader": {"id": "r1"}, "started": name}
        for minute, name in enumerate(("a", "b", "a", "c", "d", "e"))
    ]
    view = {"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": {"id": "a1"}}
    found = replay(loads_policy(POLICY), written(tmp_path, [view, *lines]), recorded_under="none")
    words = (
        "6 starts of offers that the policy does not have were left out: `a`, `b`, `c` and others"
    )
    assert words in found.notes


@pytest.mark.parametrize("key", ["started", "dismissed"])
@pytest.mark.parametrize("values", [[False], [0], [True], [None], [""], [[]], [False, 1, None, {}]])
def test_a_field_of_a_logs_own_is_no_start(key, values, tmp_path):
    """A view stays one, whatever a publication notes by that name; only a text tells a start."""
    lines = [
        {
            "at": f"2026-06-01T09:0{minute}:00Z",
            "reader": {"id": "r1"},
            "article": {"id": f"a{minute}", "access": "premium"},
        }
        for minute in range(4)
    ]
    policy = loads_policy(CAPPED)
    without = replayed(policy, written(tmp_path, lines))
    for minute, line in enumerate(lines):
        line[key] = values[minute % len(values)]
    path = written(tmp_path, lines)
    assert without == replayed(policy, path)
    found = replay(policy, path, recorded_under="none")
    assert (4, 0) == (found.views, found.rows_left_out.count)


@pytest.mark.parametrize("mixed", [False, True])
def test_a_line_that_would_be_two_events_is_refused(mixed, tmp_path):
    """As `meter decide` refuses it, with the number of the line; the others are read."""
    base = {"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}}
    lines = [
        {**base, "article": {"id": "a1"}},
        {**base, "article": {"id": "a2"}, "started": "guest"},
        {**base, "article": {"id": "a3"}, "dismissed": "ask"},
        {**base, "started": "guest", "dismissed": "ask"},
    ]
    if mixed:
        lines.append({**base, "article": {"id": "a4"}, "started": 7})
    policy, path = loads_policy(CAPPED), written(tmp_path, lines)
    found = replay(policy, path, recorded_under="none")
    assert [
        (2, "an article and `started`, which are two events"),
        (3, "an article and `dismissed`, which are two events"),
        (4, "`dismissed` and `started`, which are two events"),
    ] == sorted((bad.row, bad.reason) for bad in found.rows_left_out.first)
    assert 1 + mixed == found.views
    refused = []
    list(readable_events(path.read_text().splitlines(), "events", policy.zone, refused.append))
    assert [2, 3, 4, 5][: 3 + mixed] == [error.problems[0].line for error in refused]


def test_a_log_that_was_cut_off_is_bounded_alike(tmp_path):
    """What was started changes no access, so it changes nothing of what such a log can tell."""
    policy = loads_policy(POLICY)
    lines = drawn(3)
    views = [line for line in lines if "article" in line]
    found = replay(policy, written(tmp_path, lines), recorded_under=policy)
    without = replay(policy, written(tmp_path, views), recorded_under=policy)
    assert without.measures == found.measures


def test_a_start_in_a_table_is_refused(tmp_path):
    """Its rows are views; a policy in which it may be started again does not ask."""
    log = tmp_path / "events.csv"
    log.write_text("reader,time,article,started\nr1,2026-06-01T09:00:00Z,a1,guest\n")
    with pytest.raises(LogError, match="row 2 says that a reader started offer `guest`"):
        replay(loads_policy(POLICY), log)
    again = loads_policy(POLICY.replace("once = true\n", ""))
    assert 1 == replay(again, log).views
