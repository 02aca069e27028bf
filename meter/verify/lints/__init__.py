"""Exact lints: likely mistakes in a policy, with examples that were put to the engine."""

from __future__ import annotations

from meter.verify.lints.checks import CODES, lints
from meter.verify.lints.search import SEARCH_CODES, search_advice

__all__ = ["CODES", "SEARCH_CODES", "lints", "search_advice"]
