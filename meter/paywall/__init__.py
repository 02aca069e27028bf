"""The engine over a store: load, decide, swap, try again."""

from __future__ import annotations

from meter.paywall.awaited import AsyncPaywall
from meter.paywall.base import Counted
from meter.paywall.json_lines import JsonLines
from meter.paywall.settings import OnOutage, PaywallSettings
from meter.paywall.shell import Paywall

__all__ = ["AsyncPaywall", "Counted", "JsonLines", "OnOutage", "Paywall", "PaywallSettings"]
