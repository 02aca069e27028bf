"""What does the reader see?

Turns a decision into a prompt: HTML, plain text, or its parts as JSON.
"""

from __future__ import annotations

from meter.prompts.rendering import render, render_template, stylesheet

__all__ = ["render", "render_template", "stylesheet"]
