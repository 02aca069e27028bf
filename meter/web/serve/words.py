"""The words for how a prompt is written: those that `render` takes."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["PromptFormat", "PromptLayout"]


class PromptFormat(StrEnum):
    """What a prompt is written in."""

    HTML = "html"
    TEXT = "text"
    JSON = "json"


class PromptLayout(StrEnum):
    """The layout of the page."""

    WIDE = "wide"
    NARROW = "narrow"
    BAR = "bar"
