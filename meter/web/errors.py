"""What a visit refuses."""

from __future__ import annotations

from meter.errors import MeterError

__all__ = ["CrossSiteError"]


class CrossSiteError(MeterError):
    """A request that would change something comes from another site: answer it with 403."""
