"""Reader: a clock one can push, the very page in a frame, and why it is shown."""

from __future__ import annotations

from meter.studio.reader.page import ROUTES

__all__ = ["ROUTES"]
