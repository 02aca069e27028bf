"""The policy most journeys here run through.

Three a month for the anonymous, five for the registered, a summer offer.
"""

from __future__ import annotations

import pytest

from meter import Policy, loads_policy

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 3, registered = 5 }
[offers.summer]
price = 9
currency = "USD"
term = "3 months"
starts = 2026-06-01
ends = 2026-06-30
[offers.annual]
kind = "subscription"
price = 90
currency = "USD"
term = "1 year"
product = "digital"
[[rules]]
name = "paid"
when = { reader = ["subscriber", "trial", "staff"] }
show = "article"
[[rules]]
name = "trial over"
when = { reader = ["trial-expired"] }
show = "trial-expired"
[[rules]]
name = "subscription over"
when = { reader = ["subscription-expired"] }
show = "subscription-expired"
[[rules]]
name = "metered"
spend = "monthly"
show = "countdown"
offer = "summer"
[[rules]]
name = "everyone else"
show = "trial-offer"
offer = "summer"
"""


@pytest.fixture(scope="session")
def policy() -> Policy:
    """Return the policy of the journeys."""
    return loads_policy(POLICY)
