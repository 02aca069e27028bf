"""A reader without identity: decided alike everywhere, and never anybody's record."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from attrs import evolve
from click.testing import CliRunner

from meter import (
    Article,
    Journey,
    PageView,
    Paywall,
    Reader,
    Usage,
    decide,
    explain,
    loads_policy,
    open_store,
)
from meter.cli import main

TEXT = """
[publication]
name = "The Harbour Review"
[meters.monthly]
window = { calendar = "month" }
limit = 2
[[rules]]
name = "free"
when = { access = ["free"] }
show = "article"
[[rules]]
name = "two a month"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
POLICY = loads_policy(TEXT)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOBODY = Reader(id=None)


def view(name, **article):
    return PageView(article=Article(id=name, **article))


@pytest.mark.parametrize("on_outage", ["fallback", "open", "closed", "raise"])
def test_nobody_needs_no_store(tmp_path, on_outage):
    """With the store gone a reader without an id is decided as ever, and not degraded."""
    store = open_store(f"sqlite:///{tmp_path / 'counts.db'}")
    paywall = Paywall(POLICY, store, on_outage=on_outage)
    assert paywall.check(Reader(id="anna"), view("a"), now=NOW).counted
    store.close()
    for asked in (paywall.check, paywall.peek):
        decision = asked(NOBODY, view("a"), now=NOW)
        assert (str(decision.show), decision.degraded) == ("subscription-wall", False)
        assert decision == decide(POLICY, NOBODY, view("a"), Usage(), NOW)[0]
        assert asked(NOBODY, view("f", access="free"), now=NOW).access == "full"


def test_says_why_every_meter_is_closed():
    """The explanation speaks of the missing id, and not of articles that were read."""
    decision, _ = decide(POLICY, NOBODY, view("a"), Usage(), NOW)
    assert "the reader has no id" in explain(decision)
    assert "the reader has no id" not in explain(
        decide(POLICY, Reader(id="r"), view("a"), Usage(), NOW)[0]
    )


def test_an_event_says_null(tmp_path):
    """`meter decide` takes `null` for a reader without an id, and asks for the key."""
    (tmp_path / "policy.toml").write_text(TEXT)
    event = {"at": "2026-06-01T00:00:00Z", "reader": {"id": None}, "article": "a"}
    lines = "".join(json.dumps(event | {"article": name}) + "\n" for name in "ab")
    (tmp_path / "events.jsonl").write_text(lines)
    command = ["decide", str(tmp_path / "policy.toml"), str(tmp_path / "events.jsonl")]
    done = CliRunner().invoke(main, command)
    assert [json.loads(line)["show"] for line in done.stdout.splitlines()] == [
        "subscription-wall",
        "subscription-wall",
    ]
    (tmp_path / "events.jsonl").write_text(json.dumps(event | {"reader": {}}))
    assert CliRunner().invoke(main, command).exit_code == 2


def test_a_journey_without_a_cookie_counts_from_the_sign_in_on():
    """Signed out there is no id; an account has one."""
    journey = Journey.loads(
        'start = 2026-06-01\n[[steps]]\nread = "a"\n[[steps]]\nsign_in = "ana"\n'
        '[[steps]]\nread = "b"\n[[steps]]\nsign_out = true\n[[steps]]\nread = "b"\n'
    )
    steps = evolve(journey, reader=NOBODY).run(POLICY)
    assert [(step.reader.id, step.decision.counted) for step in steps] == [
        (None, False),
        ("ana", False),
        ("ana", True),
        (None, False),
        (None, False),
    ]
    assert steps[-1].decision.access == "preview"


def test_views_of_version_1_are_read_and_counted():
    """Bytes from before a view's id was held with its article still fill the meter."""
    policy = loads_policy(TEXT.replace("limit = 2", 'limit = 2\ncount = "views"'))
    usage = Usage.from_bytes(b'1{"monthly":[["req-1"],[1780272000000000]]}')
    decision, usage = decide(policy, Reader(id="r"), view("a"), usage, NOW)
    assert (decision.counted, decision.meter.used) == (True, 2)
    assert decide(policy, Reader(id="r"), view("b"), usage, NOW)[0].access == "preview"
