"""An experiment, a prompt with a frequency and an offer of one's own deadline, in one policy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from meter import Article, PageView, Reader, Usage, engine, loads_policy, memo
from meter.decision import Exposure

POLICY = loads_policy("""
[publication]
name = "The Harbour Review"

[meters.monthly]
window = { calendar = "month" }
limit = 90

[experiments.price]
seed = "price-test"
variants = { control = 0.5, nine = 0.5 }

[offers.back]
kind = "subscription"
price = 9
currency = "USD"
term = "1 month"
lasts = "72 hours"
when = { experiment = { price = ["nine"] } }

[prompts.give]
heading = "Give what you can"
at_most = { times = 1, window = { calendar = "day" } }
instead = "bar"

[prompts.bar]
heading = "Read more for less"

[[rules]]
name = "asked"
spend = "monthly"
show = "countdown"
prompt = "give"
offer = "back"

[[rules]]
name = "else"
show = "wall"
""")
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
VARIANT = POLICY.assignments["price"].by.variant
VISITORS = {VARIANT(f"v{number}"): f"v{number}" for number in range(20)}


def read(variant, usage, name, now):
    """Decide by the engine and by what it remembers, which is the same."""
    reader = Reader(id="anna", visitor=VISITORS[variant])
    given = (POLICY, reader, PageView(id=name, article=Article(id=name)), usage, now)
    decided = engine.decide(*given)
    assert decided == memo.decide(*given)
    return decided


@pytest.mark.parametrize("variant", ["control", "nine"])
def test_what_is_remembered_and_exposed_in_either_variant(variant):
    """The prompt is capped for both; the offer runs, and is over, for one of them alone."""
    first, usage = read(variant, Usage(), "a1", NOW)
    again, usage = read(variant, usage, "a2", NOW + HOUR)
    assert ["give", "bar"] == [first.prompt, again.prompt]
    exposed = (Exposure("price", variant),)
    assert exposed == first.exposures == again.exposures
    offered = {"nine": ("back",), "control": ()}[variant]
    assert offered == first.offers == again.offers
    ends = [(each.offer, each.ends) for each in again.deadlines]
    assert ends == [(offer, NOW + 72 * HOUR) for offer in offered]
    parts = json.loads(usage.to_bytes()[1:])
    assert usage.to_bytes()[:1] == b"3"
    assert set(parts) == {"meters", "shown", *(["offered"] if offered else [])}


def test_an_offer_that_is_over_differs_from_no_other_variant():
    """The record is the same in each variant that is compared, so then nobody is exposed by it."""
    _, usage = read("nine", Usage(), "a1", NOW)
    before, usage = read("nine", usage, "a2", NOW + 72 * HOUR - timedelta(microseconds=1))
    over, _ = read("nine", usage, "a3", NOW + 72 * HOUR)
    assert (("back",), ()) == (before.offers, over.offers)
    assert (1, 0) == (len(before.exposures), len(over.exposures))
