"""For your tests: strategies that draw policies and journeys, laws to hold a policy to, a contract
for stores, a pytest plugin.

Nothing here is imported before it is asked for, so that installing `meter` costs a test run
nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["PaywallMachine", "check_laws", "check_store", "laws", "strategies"]

_LAZY = {
    "PaywallMachine": "meter.testing.machine",
    "check_laws": "meter.testing.laws",
    "check_store": "meter.testing.conformance",
}
_MODULES = ("laws", "strategies")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"meter.testing.{name}")
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module `meter.testing` has no attribute `{name}`")
