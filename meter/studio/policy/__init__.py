"""The place Policy: the file's text, a form for what staff change, and who that changes."""

from __future__ import annotations

from starlette.routing import Route

from meter.studio.policy import page

__all__ = ["ROUTES"]

ROUTES: tuple[Route, ...] = (
    Route("/policy", page.show),
    Route("/policy/check", page.check, methods=["POST"]),
    Route("/policy/save", page.save, methods=["POST"]),
    Route("/policy/undo", page.undo, methods=["POST"]),
    Route("/policy/changes", page.changes),
    Route("/policy/more", page.more),
    Route("/policy/audience", page.audience),
    Route("/policy/first", page.first),
    Route("/policy/outside", page.outside),
    Route("/policy/download", page.download),
)
