"""What is wrong with a template or a file of texts."""

from __future__ import annotations

from meter.errors import ProblemsError, PromptError

__all__ = ["TemplateError"]


class TemplateError(ProblemsError, PromptError):
    """A template or a file of texts cannot be used.

    `problems` holds everything that is wrong with it.
    """
