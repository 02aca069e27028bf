"""From a text to a policy or an event, with every problem located, and back."""

from __future__ import annotations

from meter.loading.policies import (
    MOST_BYTES,
    ReloadingPolicy,
    check_text,
    dumps_policy,
    load_policy,
    loads_policy,
)

__all__ = [
    "MOST_BYTES",
    "ReloadingPolicy",
    "check_text",
    "dumps_policy",
    "load_policy",
    "loads_policy",
]
