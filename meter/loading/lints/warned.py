"""How a lint tells what is allowed, and probably a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import Problem

if TYPE_CHECKING:
    from meter.loading.positions import Path as Place

__all__ = ["warning"]


def warning(code: str, path: Place, message: str, advice: str) -> Problem:
    """Return something that is allowed, and probably a mistake."""
    return Problem(code=code, path=path, message=message, help=advice, severity="warning")
