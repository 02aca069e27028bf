"""How a prompt is laid out: in which layout and format, and how its ids end."""

from __future__ import annotations

import re
from typing import Literal, get_args

from attrs import frozen

from meter.errors import quoted

# fmt: off
__all__ = [
    "SUFFIX", "TEMPLATES", "FormatWord", "LayoutWord", "PromptLook", "TemplateWord", "look_of",
]
# fmt: on

LayoutWord = Literal["wide", "narrow", "bar"]
TemplateWord = Literal["html", "text"]
"""What a template can be written in."""
FormatWord = Literal["html", "text", "json"]

SUFFIX: dict[TemplateWord, str] = {"html": ".html.j2", "text": ".txt.j2"}
"""How the file of a template ends."""

TEMPLATES: tuple[str, ...] = get_args(TemplateWord)
_LAYOUTS: tuple[str, ...] = get_args(LayoutWord)
_FORMATS: tuple[str, ...] = get_args(FormatWord)
_PLACE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@frozen
class PromptLook:
    """How a prompt is to be laid out; `ending` is the end of its ids."""

    layout: LayoutWord
    form: FormatWord
    ending: str = ""


def look_of(
    layout: LayoutWord, form: FormatWord, place: str | None, forms: tuple[str, ...] = _FORMATS
) -> PromptLook:
    """Return how a prompt is to be laid out. Raises `ValueError` for what there is not."""
    if layout not in _LAYOUTS:
        raise ValueError(f"`{layout}` is not a layout; it is `wide`, `narrow` or `bar`")
    if form not in forms:
        listed = ", ".join(f"`{word}`" for word in forms)
        raise ValueError(f"`{form}` is not a format; there are {listed}")
    if place is None:
        return PromptLook(layout, form)
    if not isinstance(place, str) or not _PLACE.fullmatch(place):
        message = f"`place` is a name such as `below`, not {quoted(place)}"
        raise ValueError(f"{message}: use letters, digits, `-` and `_`")
    return PromptLook(layout, form, f"-{place}")
