"""Where Reader plays a story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.studio.pages import link

if TYPE_CHECKING:
    from meter.journeys import Journey

__all__ = ["story_link"]


def story_link(journey: Journey, *, step: int, v: str) -> str:  # noqa: ARG001 - Reader comes later
    """Return the address at which Reader plays a story up to a step, with a version."""
    return link("reader", v=v)
