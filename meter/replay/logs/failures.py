"""What is raised of a log that cannot be read; imports no array library."""

from __future__ import annotations

from meter.errors import MeterError

__all__ = ["LogError"]


class LogError(MeterError):
    """A log cannot be read at all: no such file, no such column, not the form its name says."""
