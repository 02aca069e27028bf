"""A paywall and metering engine whose rules are proved and simulated before readers meet them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meter.clock import ManualClock
    from meter.decision import Deadline, Decision, Exposure
    from meter.errors import IdentityError, MeterError, PolicyError, PromptError, StoreError
    from meter.explanation import explain
    from meter.journeys import Journey
    from meter.loading import load_policy, loads_policy
    from meter.memo import decide
    from meter.paywall import AsyncPaywall, Paywall
    from meter.policy import Meter, Offer, Policy, Rule
    from meter.prompts import render
    from meter.reloading import ReloadingPolicy
    from meter.stores import open_store
    from meter.usage import Usage
    from meter.view import Article, Entitlement, PageView, Reader
    from meter.vocabulary import Access, Show
    from meter.windows import Window

__all__ = [
    "Access",
    "Article",
    "AsyncPaywall",
    "Deadline",
    "Decision",
    "Entitlement",
    "Exposure",
    "IdentityError",
    "Journey",
    "ManualClock",
    "Meter",
    "MeterError",
    "Offer",
    "PageView",
    "Paywall",
    "Policy",
    "PolicyError",
    "PromptError",
    "Reader",
    "ReloadingPolicy",
    "Rule",
    "Show",
    "StoreError",
    "Usage",
    "Window",
    "decide",
    "explain",
    "load_policy",
    "loads_policy",
    "open_store",
    "render",
]

# Each is imported when it is first asked for: `meter --help` needs no engine, and who decides pays
# for no template.
_PLACES = {
    "Access": "meter.vocabulary",
    "Article": "meter.view",
    "AsyncPaywall": "meter.paywall",
    "Deadline": "meter.decision",
    "Decision": "meter.decision",
    "Entitlement": "meter.view",
    "Exposure": "meter.decision",
    "IdentityError": "meter.errors",
    "Journey": "meter.journeys",
    "ManualClock": "meter.clock",
    "Meter": "meter.policy",
    "MeterError": "meter.errors",
    "Offer": "meter.policy",
    "PageView": "meter.view",
    "Paywall": "meter.paywall",
    "Policy": "meter.policy",
    "PolicyError": "meter.errors",
    "PromptError": "meter.errors",
    "Reader": "meter.view",
    "ReloadingPolicy": "meter.reloading",
    "Rule": "meter.policy",
    "Show": "meter.vocabulary",
    "StoreError": "meter.errors",
    "Usage": "meter.usage",
    "Window": "meter.windows",
    "decide": "meter.memo",
    "explain": "meter.explanation",
    "load_policy": "meter.loading",
    "loads_policy": "meter.loading",
    "open_store": "meter.stores",
    "render": "meter.prompts",
}

_ROOMS = frozenset(_PLACES.values())


def __getattr__(name: str) -> object:
    if f"meter.{name}" in _ROOMS:
        return import_module(f"meter.{name}")
    if name not in _PLACES:
        raise AttributeError(f"module `meter` has no attribute `{name}`")
    value = getattr(import_module(_PLACES[name]), name)
    # From now on it is found without asking here: `meter.decide` is called at every view.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
