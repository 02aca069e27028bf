"""The state machine that publishers subclass passes for our paywall, and notices a wrong one."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from meter import Paywall, loads_policy, open_store
from meter.testing import PaywallMachine

POLICY = loads_policy("""
[publication]
name = "The Harbour Review"
timezone = "America/Havana"
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 1, registered = 2 }
[meters.daily]
window = { rolling = "1 day" }
limit = 2
count = "views"
[[rules]]
name = "subscribers"
when = { reader = ["subscriber", "trial", "staff"] }
show = "article"
[[rules]]
name = "podcasts"
when = { kind = ["podcast"] }
spend = "daily"
show = "article"
[[rules]]
name = "within the allowance"
when = { access = ["metered"] }
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
""")
ONE_FOR_LIFE = loads_policy("""
[publication]
name = "The Harbour Review"
[meters.ever]
window = { lifetime = true }
limit = 1
[[rules]]
name = "one article"
spend = "ever"
show = "article"
[[rules]]
name = "everyone else"
show = "subscription-wall"
""")
FEW = settings(
    max_examples=30, stateful_step_count=20, deadline=None, derandomize=True, database=None
)


class InMemory(PaywallMachine):
    """Our own paywall, over memory."""

    policy = POLICY


TestInMemory = InMemory.TestCase
TestInMemory.settings = FEW


class NeverCounts(PaywallMachine):
    """A paywall that only looks."""

    policy = ONE_FOR_LIFE

    def make(self):
        class OnlyLooks(Paywall):
            def check(self, reader, view, *, now=None):
                return super().peek(reader, view, now=now)

        return OnlyLooks(self.policy, open_store("memory://"), deadline=60, on_outage="raise")


class NeverForgets(PaywallMachine):
    """A paywall that does not forget whom it should."""

    policy = ONE_FOR_LIFE

    def make(self):
        class Remembers(Paywall):
            def forget(self, reader_id):
                """Keep everything."""

        return Remembers(self.policy, open_store("memory://"), deadline=60, on_outage="raise")


@pytest.mark.parametrize("wrong", [NeverCounts, NeverForgets])
def test_notices_a_paywall_that_is_wrong(wrong):
    """A paywall that does not count, or does not forget, does not pass."""
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            wrong,
            settings=settings(
                FEW, max_examples=300, phases=[Phase.generate], report_multiple_bugs=False
            ),
        )
