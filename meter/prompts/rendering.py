"""Lays the parts of a prompt out: finds the template (the publisher's before ours), checks it, and fills it in."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import TemplateNotFound

from meter.errors import PromptError
from meter.prompts.parts import compose
from meter.prompts.templates import environment, read_template
from meter.prompts.texts import load_texts
from meter.prompts.variables import values_of
from meter.resources import template_root

if TYPE_CHECKING:
    from jinja2 import Template

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.prompts.parts import Parts

__all__ = ["render", "render_template", "stylesheet"]

_LAYOUTS = ("wide", "narrow")
_SUFFIX = {"html": ".html.j2", "text": ".txt.j2"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)


def render(
    decision: Decision, policy: Policy, *, locale: str | None = None, layout: str = "wide", format: str = "html", folder: str | Path | None = None,  # noqa: A002 - the public word
) -> str:  # fmt: skip
    """Return what the reader of `decision` sees, or an empty text where nothing is said.

    `locale` is a tag such as `ja-JP`; where there are no words for it the publication's own locale is used, then English.
    `layout` is `wide` or `narrow` (the same words), `format` is `html`, `text` or `json` (the parts, for those who lay prompts
    out themselves; `null` where nothing is said). Files in `folder` replace those of the same name that ship: `countdown.html.j2`,
    `countdown.txt.j2`, `texts/de.toml`. Dates are days in the publication's zone.

    Raises `PromptError` for a template that is missing, unsafe or names something that is not there.
    """
    if layout not in _LAYOUTS:
        raise ValueError(f"`{layout}` is not a layout; it is `wide` or `narrow`")
    if format not in (*_SUFFIX, "json"):
        raise ValueError(f"`{format}` is not a format; it is `html`, `text` or `json`")
    if decision.prompt is None:
        return "null" if format == "json" else ""
    own = Path(folder) if folder is not None else None
    parts = _parts(decision, policy, locale, own)
    if format == "json":
        return json.dumps({**parts.table(), "layout": layout}, ensure_ascii=False, indent=2)
    if not _NAME.fullmatch(parts.name):
        raise PromptError(f"error[bad-prompt-name]: `{parts.name}` cannot be the name of a prompt\n  help: use letters, digits and `-`")
    return _fill(_find(parts.name + _SUFFIX[format], format, own), parts, layout)


def render_template(
    template: str | Path, decision: Decision, policy: Policy, *, locale: str | None = None, layout: str = "wide", format: str = "html", folder: str | Path | None = None,  # noqa: A002 - the public word
) -> str:  # fmt: skip
    """Return a publisher's own template filled in for `decision`.

    `template` is a `Path` to a file, or the template's text. The placeholders of old templates work, in all three spellings. Files
    it includes are looked for beside it (or in `folder`), then among ours. Raises `PromptError` like `render`.
    """
    own = Path(folder) if folder is not None else template.parent if isinstance(template, Path) else None
    parts = _parts(decision, policy, locale, own)
    source = read_template(template) if isinstance(template, Path) else template
    return _fill(environment(format, own).from_string(source), parts, layout)


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """Return the style sheet of the prompts that ship, for a page to link or embed."""
    return (template_root() / "prompts" / "prompt.css").read_text(encoding="utf-8")


def _parts(decision: Decision, policy: Policy, locale: str | None, own: Path | None) -> Parts:
    wanted = (locale, policy.publication.locale)
    return compose(decision, policy, load_texts(wanted, own), wanted)


def _find(name: str, format: str, own: Path | None) -> Template:  # noqa: A002 - the public word
    try:
        return environment(format, own).get_template(name)
    except TemplateNotFound as missing:
        raise PromptError(f"error[template-missing]: there is no template `{missing.name}`") from missing


def _fill(template: Template, parts: Parts, layout: str) -> str:
    return template.render(values_of(parts, layout))
