"""Where the files that ship with the package are: prompts, samples, report and studio pages."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["template_root"]


def template_root() -> Traversable:
    """Return the folder `templates`: inside the installed package, or beside it in a checkout."""
    shipped = files("meter") / "templates"
    return shipped if shipped.is_dir() else Path(__file__).parents[1] / "templates"
