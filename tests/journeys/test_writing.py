"""A journey that is written as a file is read again as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from meter.journeys import Journey
from meter.journeys.writing import journey_text

SAMPLES = sorted((Path(__file__).parents[2] / "templates" / "sample").glob("*.journey.toml"))

EVERYTHING = """
title = "every key that there is"
policy = "policy.toml"
locale = "ja"
start = 2026-05-04
[reader]
id = "ana"
registered = true
registered_at = 2026-01-01T00:00:00+09:00
segments = ["new", "student"]
country = "JP"
score = 0.25
device = "phone"
language = "ja"
channel = "app"
entitlements = [
  { kind = "trial", product = "p", starts = 2026-01-01, ends = 2026-02-01, grace = "36 hours" },
  { kind = "gift", article = "a", section = "s", tags = ["t"] },
]
[[steps]]
at = 2026-05-04T08:00:00
[steps.read]
id = "x"
access = "premium"
section = "s/t"
tags = ["b", "a"]
kind = "k"
published = 2026-05-01
value = 0.5
referrer = "example.com"
channel = "c"
device = "tablet"
country = "FR"
language = "fr"
gift = true
crawler = true
prefetch = true
[steps.expect]
show = "article"
access = "full"
rule = "r"
offer = false
offers = ["a", "b"]
prompt = true
left = 2
used = false
counted = true
resets_at = 2026-06-01
says = ["x", "y"]
[[steps]]
after = "90 minutes"
read = "y"
expect = { says = false, resets_at = 2026-06-01T00:00:00+09:00 }
[[steps]]
after = "2 hours"
sign_in = true
[[steps]]
sign_in = "other"
[[steps]]
sign_out = true
[[steps]]
subscribe = true
[[steps]]
subscribe = "annual"
[[steps]]
subscribe = { term = "1 year", product = "p", grace = "7 days", renews = false }
[[steps]]
start_trial = "summer"
[[steps]]
start_trial = { offer = "summer", then = "annual", ends = 2026-12-31 }
[[steps]]
end_trial = true
[[steps]]
cancel = true
[[steps]]
cancel = { now = true }
[[steps]]
cancel = { ends = 2026-12-31 }
[[steps]]
payment_fails = true
[[steps]]
switch_device = "laptop"
[[steps]]
clear_cookies = true
[[steps]]
wait = "1 month"
"""


def plain(journey):
    """Return a journey without its name and the lines of its file."""
    steps = [evolve(step, line=None) for step in journey.steps]
    return evolve(journey, name="journey", steps=steps)


@pytest.mark.parametrize("text", [EVERYTHING, *(path.read_text() for path in SAMPLES)])
def test_a_journey_comes_back_as_it_was(text):
    """Every key of every table, and the journeys that ship."""
    journey = Journey.loads(text)
    assert plain(Journey.loads(journey_text(journey))) == plain(journey)


def test_a_note_and_a_policy_stand_above():
    """The comment comes first, and the policy is the one that is given."""
    journey = Journey.loads('[[steps]]\nread = "a"')
    text = journey_text(journey, policy="p.toml", note="one\ntwo")
    head = '# one\n# two\npolicy = "p.toml"\n\n[reader]\nid = "reader"\n\n'
    assert text == f'{head}[[steps]]\nread = "a"\n'
