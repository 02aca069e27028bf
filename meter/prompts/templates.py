"""Where templates come from: the publisher's folder first, then ours; each is brought up to date and checked when it is loaded."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, StrictUndefined, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from meter.errors import PromptError
from meter.resources import template_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment

__all__ = ["SHIPPED", "environment", "read_template"]

SHIPPED = "default/"
"""The prefix that names a template of ours even where the publisher's folder has one of the same name."""

MOST_BYTES = 64 * 1024
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class _Loader(BaseLoader):
    """Finds templates by name in a folder, then among ours."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        name = template.removeprefix(SHIPPED)
        if "/" in name or "\\" in name or name.startswith("."):
            raise TemplateNotFound(template)
        if self.folder is not None and name == template:
            path = self.folder / name
            if path.is_file():
                modified = path.stat().st_mtime_ns
                return read_template(path), str(path), lambda: path.is_file() and path.stat().st_mtime_ns == modified
        shipped = template_root() / "prompts" / name
        if not shipped.is_file():
            raise TemplateNotFound(template)
        return shipped.read_text(encoding="utf-8"), name, lambda: self.folder is None or not (self.folder / name).is_file()


def read_template(path: Path) -> str:
    """Read a template's text. Raises `PromptError` where it is missing, too large or not UTF-8."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise PromptError(f"{path}: error[template-missing]: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PromptError(f"{path}: error[bad-encoding]: this is not UTF-8 text\n  help: save it as UTF-8") from error
    if len(raw) > MOST_BYTES:
        raise PromptError(f"{path}: error[template-too-large]: a template of {len(raw)} bytes\n  help: keep it under {MOST_BYTES} bytes")
    return text


def _printable(value: Any) -> Any:  # noqa: ANN401 - whatever an expression gives
    return _CONTROLS.sub(" ", value) if type(value) is str else value


@lru_cache(maxsize=64)
def environment(format: str, folder: Path | None) -> Environment:  # noqa: A002 - the public word
    """Return the sandbox in which templates of a format run: nothing to call, nothing undefined, HTML always escaped."""
    return ImmutableSandboxedEnvironment(
        loader=_Loader(folder), autoescape=format == "html", undefined=StrictUndefined, finalize=_printable, keep_trailing_newline=True,
    )  # fmt: skip
