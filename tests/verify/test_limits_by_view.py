"""Limits that differ from view to view of one reader: what was counted stays open, and is proved.

A reader counts up to the higher limit and opens one of those again where the lower one holds.
"""

from __future__ import annotations

import pytest

from meter import loads_policy
from meter.verify import guarantees, lints

POLICY = """\
[publication]
name = "The Harbour Review"

[meters.monthly]
window = {{ {window} }}
limits = [{{ when = {{ {when} }}, limit = {low} }}, {{ limit = 3 }}]

[[rules]]
name = "whoever pays reads everything"
when = {{ entitled = true }}
show = "article"

[[rules]]
name = "the allowance"
spend = "monthly"
show = "{show}"

[[rules]]
name = "the trial is over"
when = {{ reader = ["trial-expired"] }}
show = "trial-expired"

[[rules]]
name = "the subscription is over"
when = {{ reader = ["subscription-expired"] }}
show = "subscription-expired"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
WINDOWS = ('calendar = "month"', 'rolling = "30 days"', 'fixed = "2 days"', "lifetime = true")
VIEWS = (
    'device = ["desktop"]',
    'channel = ["newsletter"]',
    'tags = ["x"]',
    "score = { at_least = 0.6 }",
    "value = { at_least = 0.8 }",
    "hour = { at_least = 18, below = 6 }",
)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("when", VIEWS)
def test_nobody_reads_more_than_the_limit_of_each_view(window, when):
    """It is proved, whatever the rule shows and wherever the lower limit holds."""
    for show in ("article", "countdown"):
        policy = loads_policy(POLICY.format(window=window, when=when, low=1, show=show))
        answers = {answer.code: answer.outcome for answer in guarantees(policy)}
        assert answers["never-more-than-the-limit"] == "proved"


@pytest.mark.parametrize("when", VIEWS)
def test_a_limit_of_zero_for_everyone_alike_is_no_loss_of_who_registers(when):
    """Registered readers and strangers have the same limits, so registering loses nothing."""
    text = POLICY.format(window=WINDOWS[0], when=when, low=0, show="countdown")
    found = [problem.code for problem in lints(loads_policy(text))]
    assert "registering-loses" not in found


def test_who_registers_and_gets_nothing_is_told():
    """Where strangers read three and registered readers none, at their view or at all."""
    text = POLICY.format(window=WINDOWS[0], when='reader = ["registered"]', low=0, show="countdown")
    found = [problem.code for problem in lints(loads_policy(text))]
    assert "registering-loses" in found
