"""Promises: a lamp for each, the story of one that is broken, and how good the tests are."""

from __future__ import annotations

from starlette.routing import Route

from meter.studio.promises.page import cancel, keep, mistakes, progress, promises, test_file

__all__ = ["ROUTES"]

ROUTES = (
    Route("/promises", promises, methods=["GET"]),
    Route("/promises/mistakes", mistakes, methods=["POST"]),
    Route("/promises/cancel", cancel, methods=["POST"]),
    Route("/promises/progress", progress, methods=["GET"]),
    Route("/promises/test", test_file, methods=["GET"]),
    Route("/promises/keep", keep, methods=["POST"]),
)
