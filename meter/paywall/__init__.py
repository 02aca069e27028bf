"""The engine over a store: load, decide, swap, try again."""

from __future__ import annotations

from meter.paywall.shell import AsyncPaywall, Counted, OnOutage, Paywall

__all__ = ["AsyncPaywall", "Counted", "OnOutage", "Paywall"]
