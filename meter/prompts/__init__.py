"""From a decision to what the reader sees: HTML, plain text, or its parts as JSON."""

from __future__ import annotations

from meter.prompts.rendering import render, render_template, stylesheet
from meter.resources.languages import language_status

__all__ = ["language_status", "render", "render_template", "stylesheet"]
