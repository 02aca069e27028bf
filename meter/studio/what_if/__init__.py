"""Place *What if*: other policies on the same simulated readers, for one publisher's numbers."""

from meter.studio.what_if.page import ROUTES

__all__ = ["ROUTES"]
