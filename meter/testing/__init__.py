"""For your tests: strategies that draw policies and journeys, laws, the contract of a store.

Nothing here is imported before it is asked for, so that installing `meter` costs a test run
nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from meter.errors import raise_missing_extra

if TYPE_CHECKING:
    from meter.journeys import Journey as Journey
    from meter.loading import load_policy as load_policy
    from meter.testing import laws as laws
    from meter.testing import strategies as strategies
    from meter.testing.conformance import check_store
    from meter.testing.handed_out import HandedOut as HandedOut
    from meter.testing.laws import check_laws
    from meter.testing.machine import PaywallMachine
    from meter.testing.overrides import overridden as overridden
    from meter.testing.rule_coverage import RuleCoverage as RuleCoverage
    from meter.testing.story import RecordingAsyncPaywall as RecordingAsyncPaywall
    from meter.testing.story import RecordingPaywall as RecordingPaywall
    from meter.testing.story import format_steps as format_steps
    from meter.testing.story import reader_with_status as reader_with_status
    from meter.testing.story import view_of as view_of

__all__ = ["PaywallMachine", "check_laws", "check_store", "laws", "strategies"]

_LAZY = {
    "HandedOut": "meter.testing.handed_out",
    "Journey": "meter.journeys",
    "PaywallMachine": "meter.testing.machine",
    "RuleCoverage": "meter.testing.rule_coverage",
    "RecordingAsyncPaywall": "meter.testing.story",
    "RecordingPaywall": "meter.testing.story",
    "check_laws": "meter.testing.laws",
    "check_store": "meter.testing.conformance",
    "load_policy": "meter.loading",
    "overridden": "meter.testing.overrides",
    "reader_with_status": "meter.testing.story",
    "view_of": "meter.testing.story",
    "format_steps": "meter.testing.story",
}
_MODULES = ("laws", "strategies")


def __getattr__(name: str) -> object:
    try:
        if name in _MODULES:
            return import_module(f"meter.testing.{name}")
        if name in _LAZY:
            return getattr(import_module(_LAZY[name]), name)
    except ModuleNotFoundError as error:
        raise_missing_extra(error)
    raise AttributeError(f"module `meter.testing` has no attribute `{name}`")
