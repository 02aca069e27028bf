"""The sample that ships, and one page view, for the tests of commands."""

from __future__ import annotations

from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "templates" / "sample"
EVENT = '{"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": "a1"}'
