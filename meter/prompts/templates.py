"""Where templates come from.

The publisher's folder first, then ours; each is brought up to date and checked when it is loaded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, StrictUndefined, Template, TemplateNotFound, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from meter.prompts.errors import TemplateError, fault, suggestion
from meter.prompts.guard import check
from meter.prompts.legacy import modernised
from meter.prompts.locales import parse_locale, plural
from meter.prompts.texts import read_bounded
from meter.resources import template_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jinja2 import Environment
    from jinja2.runtime import Context

__all__ = ["FILTERS", "SHIPPED", "TESTS", "compiled", "environment", "found", "written_texts"]

SHIPPED = "default/"
"""The prefix that names a template of ours even where the publisher's folder has one of the same
name.
"""

FILTERS = (
    "capitalize",
    "default",
    "e",
    "escape",
    "first",
    "join",
    "last",
    "length",
    "lower",
    "plural",
    "title",
    "trim",
    "upper",
)
"""The filters of a template; `plural` picks a word by the plural category of a number in the
prompt's language.
"""

TESTS = ("defined", "undefined", "eq", "ne", "lt", "le", "gt", "ge", "in")
"""The tests of a template (`is defined`)."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class _Loader(BaseLoader):
    """Finds templates by name in a folder, then among ours; what it returns has been checked."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.written: dict[str, str] = {}

    def find(self, template: str) -> tuple[str, str, str]:
        """Return a template's source, its text as written, and its full name.

        Raises `LookupError` with a next step.
        """
        name = template.removeprefix(SHIPPED)
        if "/" in name or "\\" in name or name.startswith("."):
            raise LookupError("name a file of the same folder, without a path")
        own = None if self.folder is None or name != template else self.folder / name
        if own is not None and own.is_file():
            written, full = read_bounded(own), str(own)
            return modernised(written, full), written, full
        shipped = template_root() / "prompts" / name
        if not shipped.is_file():
            known = {
                file.name
                for file in (template_root() / "prompts").iterdir()
                if file.name.endswith(".j2")
            }
            known |= (
                {file.name for file in self.folder.glob("*.j2")}
                if self.folder is not None
                else set()
            )
            raise LookupError(
                suggestion(name, known, "put a file of that name in the publisher's folder")
            )
        written = shipped.read_text(encoding="utf-8")
        return written, written, SHIPPED + name

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        stamp = None if self.folder is None else _stamp(self.folder / template)
        try:
            source, written, name = self.find(template)
        except LookupError as missing:
            raise TemplateNotFound(template, str(missing.args[0])) from None
        check(source, written, name, environment, self.find)
        self.written[name] = written
        if self.folder is None or template.startswith(SHIPPED):
            return source, name, lambda: True
        own = self.folder / template
        return source, name, lambda: _stamp(own) == stamp


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file does, or `None` where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _printable(value: Any) -> Any:
    return _CONTROLS.sub(" ", value) if type(value) is str else value


@pass_context
def _plural(context: Context, n: object, **forms: str) -> str:
    if type(n) is not int:
        raise TypeError("`plural` counts with a whole number, such as `left`")
    locale = parse_locale(context["lang"])
    return forms.get(plural(n, locale) if locale else "other", forms["other"])


@lru_cache(maxsize=64)
def environment(format: str, folder: Path | None) -> Environment:
    """Return the sandbox in which templates of a format run.

    Nothing to call, nothing undefined, HTML always escaped.
    """
    sandbox = ImmutableSandboxedEnvironment(
        loader=_Loader(folder),
        autoescape=format == "html",
        undefined=StrictUndefined,
        finalize=_printable,
        keep_trailing_newline=True,
    )
    sandbox.filters["plural"] = _plural
    sandbox.filters = {name: sandbox.filters[name] for name in FILTERS}
    sandbox.tests = {name: sandbox.tests[name] for name in TESTS}
    sandbox.globals.clear()
    return sandbox


def found(name: str, format: str, folder: Path | None) -> Template:
    """Return the template of a name, the publisher's before ours. Raises `TemplateError`."""
    try:
        return environment(format, folder).get_template(name)
    except TemplateNotFound as missing:
        raise TemplateError(
            fault(
                "template-missing",
                f"there is no template `{name}`",
                str(missing.message),
                name=name,
            )
        ) from None


@lru_cache(maxsize=256)
def compiled(written: str, name: str, format: str, folder: Path | None) -> Template:
    """Return a template given as text, brought up to date, checked and compiled.

    Raises `TemplateError`.
    """
    source = modernised(written, name)
    sandbox = environment(format, folder)
    check(source, written, name, sandbox, _loader(sandbox).find)
    code = sandbox.compile(source, name, name)
    return Template.from_code(sandbox, code, {})


def written_texts(format: str, folder: Path | None) -> Mapping[str, str]:
    """Return the text of every template loaded so far as its author wrote it, by full name."""
    return _loader(environment(format, folder)).written


def _loader(sandbox: Environment) -> _Loader:
    assert isinstance(sandbox.loader, _Loader)
    return sandbox.loader
