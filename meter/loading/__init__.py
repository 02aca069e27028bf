"""From a text to a policy or an event, with every problem located, and back."""

from __future__ import annotations

from meter.loading.policies import check_text, dumps_policy, load_policy, loads_policy

__all__ = ["check_text", "dumps_policy", "load_policy", "loads_policy"]
