"""Any policy, not only ours: simulated people and the engine agree on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, reject, settings

from meter import MeterError
from meter.simulate.unknown import refuse_unknown
from meter.testing.strategies import policies
from tests.simulate.test_engine_agreement import disagreements

if TYPE_CHECKING:
    from meter import Policy


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policy=policies())
def test_any_policy_is_simulated_as_the_engine_decides(policy: Policy) -> None:
    """Whatever its rules ask about, every simulated view gets what `decide` gives.

    What simulated people know nothing of is refused, and not drawn here.
    """
    try:
        refuse_unknown(policy)
    except MeterError:
        reject()
    _, wrong, _ = disagreements(policy, readers=12, months=2)
    assert not wrong
