"""The words for how a prompt is written: those that `render` takes."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Form", "Layout"]


class Form(StrEnum):
    """What a prompt is written in."""

    HTML = "html"
    TEXT = "text"
    JSON = "json"


class Layout(StrEnum):
    """The layout of the page."""

    WIDE = "wide"
    NARROW = "narrow"
