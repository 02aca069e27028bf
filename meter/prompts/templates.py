"""Find templates in the publisher's folder, then among ours, and make them ready to run.

Each is brought up to date and checked when it is loaded.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import BaseLoader, StrictUndefined, Template, TemplateNotFound, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from meter.errors import meant, problem_at
from meter.prompts.errors import TemplateError
from meter.prompts.guard import check
from meter.prompts.legacy import modernised
from meter.prompts.locales import plural
from meter.prompts.texts import read_bounded, without_controls
from meter.resources import file_stamp, locale_of, template_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jinja2 import Environment
    from jinja2.runtime import Context

__all__ = ["FILTERS", "SHIPPED", "TESTS", "compiled", "found", "written_texts"]

SHIPPED = "default/"
"""The prefix that names a template of ours where the publisher's folder has one of that name."""

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
"""The filters of a template; `plural` picks a word by a number, as the prompt's language does."""

TESTS = ("defined", "undefined", "eq", "ne", "lt", "le", "gt", "ge", "in")
"""The tests of a template (`is defined`)."""


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
            written = read_bounded(own)
            return modernised(written, str(own)), written, str(own)
        shipped = template_root() / "prompts" / name
        if not shipped.is_file():
            otherwise = "put a file of that name in the publisher's folder"
            raise LookupError(meant(name, self._known(), otherwise))
        written = shipped.read_text(encoding="utf-8")
        return written, written, SHIPPED + name

    def _known(self) -> set[str]:
        """Return the name of every template there is."""
        shipped = (template_root() / "prompts").iterdir()
        known = {file.name for file in shipped if file.name.endswith(".j2")}
        if self.folder is not None:
            known |= {file.name for file in self.folder.glob("*.j2")}
        return known

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        own = None if self.folder is None else self.folder / template
        stamp = None if own is None else file_stamp(own)
        try:
            source, written, name = self.find(template)
        except LookupError as missing:
            raise TemplateNotFound(template, str(missing.args[0])) from None
        check(source, written, name, environment, self.find)
        self.written[name] = written
        if own is None or template.startswith(SHIPPED):
            return source, name, lambda: True
        return source, name, lambda: file_stamp(own) == stamp


@pass_context
def _plural(context: Context, n: object, **forms: str) -> str:
    if type(n) is not int:
        raise TypeError("`plural` counts with a whole number, such as `left`")
    locale = locale_of(context["lang"])
    return forms.get(plural(n, locale) if locale else "other", forms["other"])


def _printable(value: object) -> object:
    return without_controls(value) if type(value) is str else value


class _Sandbox(ImmutableSandboxedEnvironment):
    """Where templates of a format run: nothing to call, nothing undefined, HTML always escaped."""

    def __init__(self, form: str, folder: Path | None) -> None:
        self.templates = _Loader(folder)
        super().__init__(
            loader=self.templates,
            autoescape=form == "html",
            undefined=StrictUndefined,
            finalize=_printable,
            keep_trailing_newline=True,
        )
        self.filters["plural"] = _plural
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.tests = {name: self.tests[name] for name in TESTS}
        self.globals.clear()


@lru_cache(maxsize=64)
def _sandbox(form: str, folder: Path | None) -> _Sandbox:
    return _Sandbox(form, folder)


def found(name: str, form: str, folder: Path | None) -> Template:
    """Return the template of a name, the publisher's before ours. Raises `TemplateError`."""
    try:
        return _sandbox(form, folder).get_template(name)
    except TemplateNotFound as missing:
        message = f"there is no template `{name}`"
        problem = problem_at("template-missing", message, str(missing.message), name=name)
        raise TemplateError([problem]) from None


@lru_cache(maxsize=256)
def compiled(written: str, name: str, form: str, folder: Path | None) -> Template:
    """Return a template given as text, brought up to date, checked and compiled.

    Raises `TemplateError`.
    """
    source = modernised(written, name)
    sandbox = _sandbox(form, folder)
    check(source, written, name, sandbox, sandbox.templates.find)
    code = sandbox.compile(source, name, name)
    return Template.from_code(sandbox, code, {})


def written_texts(form: str, folder: Path | None) -> Mapping[str, str]:
    """Return the text of every template loaded so far as its author wrote it, by full name."""
    return _sandbox(form, folder).templates.written
