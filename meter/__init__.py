"""A paywall and metering engine whose rules are proved and simulated before readers meet them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from meter.clock import ManualClock
from meter.decision import Deadline, Decision, Exposure
from meter.errors import IdentityError, MeterError, PolicyError, PromptError, StoreError
from meter.memo import decide
from meter.policy import Meter, Offer, Policy, Rule
from meter.usage import Usage
from meter.view import Article, Entitlement, PageView, Reader
from meter.vocabulary import Access, Show
from meter.windows import Window

if TYPE_CHECKING:
    from meter.explanation import explain
    from meter.journeys import Journey
    from meter.loading import load_policy, loads_policy
    from meter.paywall import AsyncPaywall, Paywall
    from meter.prompts import render
    from meter.reloading import ReloadingPolicy
    from meter.stores import open_store

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

# Imported when first asked for, so that `import meter` costs what the engine costs.
_LAZY = {
    "AsyncPaywall": "meter.paywall",
    "Journey": "meter.journeys",
    "Paywall": "meter.paywall",
    "ReloadingPolicy": "meter.reloading",
    "explain": "meter.explanation",
    "load_policy": "meter.loading",
    "loads_policy": "meter.loading",
    "open_store": "meter.stores",
    "render": "meter.prompts",
}


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module `meter` has no attribute `{name}`")


def __dir__() -> list[str]:
    return sorted(__all__)
