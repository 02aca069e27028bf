"""Exact lints: likely mistakes in a policy, with examples that were put to the engine."""

from __future__ import annotations

from meter.verify.lints.checks import CODES, lints

__all__ = ["CODES", "lints"]
