"""Simulated people read by the clock, and what they know nothing of is refused."""

from __future__ import annotations

import pytest

from meter import MeterError, loads_policy
from meter.simulate.unknown import refuse_unknown
from tests.simulate.test_engine_agreement import disagreements

CLOCKS = """
[publication]
name = "The Harbour Review"
timezone = "Europe/London"
[meters.monthly]
window = { calendar = "month" }
limit = 2
[[rules]]
name = "the first hours"
when = { age = { below = "36 hours" }, hour = { at_least = 9, below = 18 } }
show = "subscription-wall"
[[rules]]
name = "weekend nights"
when = { weekday = ["saturday", "sunday"], hour = { at_least = 22, below = 6 } }
show = "article"
[[rules]]
name = "lately gone"
when = { since = { expiry = { at_most = "90 minutes" } } }
show = "article"
[[rules]]
name = "two a month"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "trial-offer"
"""

GIVE = """
[prompts.give]
heading = "Give"
at_most = [ { times = 2, window = { calendar = "day" } } ]
"""


def test_hours_days_and_lengths_are_simulated_as_the_engine_decides():
    """To the hour, over a month in which the clocks change."""
    _, wrong, _ = disagreements(loads_policy(CLOCKS), readers=60, months=3)
    assert not wrong


@pytest.mark.parametrize(
    ("when", "named"),
    [
        ("published = { from = 2026-01-01 }", "published"),
        ("value = { above = 0.5 }", "value"),
        ('since = { purchase = { below = "7 days" } }', "since.purchase"),
        ('since = { registration = { below = "7 days" } }', "since.registration"),
        ("seen = { give = { at_least = 2 } }", "seen"),
        (
            'since = { expiry = { below = "7 days", product = ["print"] } }',
            "since.expiry.product",
        ),
    ],
)
def test_what_nobody_simulated_knows_is_refused_with_its_place(when, named):
    """Never answered as if it were another policy."""
    text = CLOCKS.replace('since = { expiry = { at_most = "90 minutes" } }', f"not = {{ {when} }}")
    policy = loads_policy(text + GIVE)
    with pytest.raises(MeterError, match="not simulated yet") as raised:
        refuse_unknown(policy)
    assert f"`{named}` (rule `lately gone`)" in str(raised.value)
