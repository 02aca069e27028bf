"""The place Policy: the file's text, a form for what staff change, and who that changes."""

from __future__ import annotations

from starlette.routing import Route

from meter.studio.policy import page, parts

__all__ = ["ROUTES"]

ROUTES: tuple[Route, ...] = (
    Route("/policy", page.show),
    Route("/policy/check", page.check, methods=["POST"]),
    Route("/policy/save", page.save, methods=["POST"]),
    Route("/policy/undo", page.undo, methods=["POST"]),
    Route("/policy/changes", parts.changes),
    Route("/policy/more", parts.more),
    Route("/policy/audience", parts.audience),
    Route("/policy/first", parts.first),
    Route("/policy/outside", parts.outside),
    Route("/policy/download", parts.download),
)
