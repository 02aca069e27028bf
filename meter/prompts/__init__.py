"""From a decision to what the reader sees: HTML, plain text, or its parts as JSON."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meter.prompts.rendering import render, render_template, stylesheet
    from meter.resources.languages import language_status

__all__ = ["language_status", "render", "render_template", "stylesheet"]

# Imported when first asked for: a policy is checked without the template engine.
_LAZY = {
    "language_status": "meter.resources.languages",
    "render": "meter.prompts.rendering",
    "render_template": "meter.prompts.rendering",
    "stylesheet": "meter.prompts.rendering",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module `meter.prompts` has no attribute `{name}`")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
