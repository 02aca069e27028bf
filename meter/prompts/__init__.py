"""From a decision to what the reader sees: HTML, plain text, or its parts as JSON."""

from __future__ import annotations

from meter.prompts.rendering import render, render_template, stylesheet

__all__ = ["render", "render_template", "stylesheet"]
