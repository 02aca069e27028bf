"""Log: a file of page views through the policy that is open, with what such a file can tell."""

from __future__ import annotations

from starlette.routing import Route

from meter.studio.log.page import cancel, choose, log, progress, take_sample

__all__ = ["ROUTES"]

ROUTES = (
    Route("/log", log, methods=["GET"]),
    Route("/log/file", choose, methods=["POST"]),
    Route("/log/sample", take_sample, methods=["POST"]),
    Route("/log/progress", progress, methods=["GET"]),
    Route("/log/cancel", cancel, methods=["POST"]),
)
