"""Find templates in the publisher's folder, then among ours, and make them ready to run.

Each is brought up to date and checked when it is loaded.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import frozen
from jinja2 import BaseLoader, StrictUndefined, Template, TemplateNotFound, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from meter.errors import meant, problem_at
from meter.prompts.errors import TemplateError
from meter.prompts.guard import Found, Guard, Outcome, context_problems
from meter.prompts.legacy import modernised
from meter.prompts.locales import plural
from meter.prompts.texts import read_bounded, without_controls
from meter.prompts.weight import MOST_CHARACTERS, Weight
from meter.resources import template_root
from meter.resources.locales import locale_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jinja2 import Environment
    from jinja2.runtime import Context

    from meter.errors import Problem

__all__ = [
    "FILTERS",
    "SHIPPED",
    "TESTS",
    "Ready",
    "compiled",
    "found",
    "html_problems",
    "sandbox_of",
    "written_texts",
]

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
        self._guard: Guard | None = None

    def places(self, template: str) -> list[Path]:
        """Return the file of the publisher's that a name may stand for."""
        return [] if not _is_plain(template) or self.folder is None else [self.folder / template]

    def find(self, template: str) -> Found:
        """Return a template by its name. Raises `LookupError` with a next step."""
        name = template.removeprefix(SHIPPED)
        if not _is_plain(name):
            raise LookupError("name a file of the same folder, without a path")
        for own in self.places(template):
            if own.is_file():
                written = read_bounded(own)
                return Found(modernised(written, str(own)), written, str(own))
        shipped = template_root() / "prompts" / name
        if not shipped.is_file():
            otherwise = "put a file of that name in the publisher's folder"
            raise LookupError(meant(name, self._known(), otherwise))
        written = shipped.read_text(encoding="utf-8")
        return Found(written, written, SHIPPED + name)

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
        outcome = self.guard(environment).outcome(template)
        if outcome.missing is not None:
            raise TemplateNotFound(template, outcome.missing)
        found, _ = _passed(outcome)
        self.written[found.name] = found.written
        return found.source, found.name, lambda: outcome.is_current

    def guard(self, environment: Environment) -> Guard:
        """Return what checks the templates of this folder."""
        if self._guard is None:
            self._guard = Guard(environment, self.find, self.places)
        return self._guard


def _is_plain(name: str) -> bool:
    return not ("/" in name or "\\" in name or name.startswith(".") or "\0" in name)


def _passed(outcome: Outcome) -> tuple[Found, Weight]:
    """Return a template that may be used. Raises `TemplateError` for any other."""
    if outcome.found is None or outcome.weight is None:
        raise TemplateError(outcome.problems)
    return outcome.found, outcome.weight


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

    @property
    def guard(self) -> Guard:
        """What checks the templates of this sandbox."""
        return self.templates.guard(self)


@lru_cache(maxsize=64)
def sandbox_of(form: str, folder: Path | None) -> _Sandbox:
    """Return where the templates of a folder run."""
    return _Sandbox(form, folder)


@frozen
class Ready:
    """A template that has passed, to be filled in."""

    name: str
    _template: Template
    _weight: Weight

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the template filled in.

        Raises `TemplateError` for more than can be a prompt, before any of it is printed.
        """
        if self._weight.prints(values) > MOST_CHARACTERS:
            message = f"this would print more than {MOST_CHARACTERS // 1024} KiB"
            advice = "print fewer or shorter texts"
            problem = problem_at("template-too-large", message, advice, name=self.name)
            raise TemplateError([problem])
        return self._template.render(values)


def found(name: str, form: str, folder: Path | None) -> Ready:
    """Return the template of a name, the publisher's before ours. Raises `TemplateError`."""
    sandbox = sandbox_of(form, folder)
    try:
        template = sandbox.get_template(name)
    except TemplateNotFound as missing:
        message = f"there is no template `{name}`"
        problem = problem_at("template-missing", message, str(missing.message), name=name)
        raise TemplateError([problem]) from None
    _, weight = _passed(sandbox.guard.outcome(name))
    return Ready(name, template, weight)


def compiled(written: str, name: str, form: str, folder: Path | None) -> Ready:
    """Return a template given as text, brought up to date, checked and compiled.

    Raises `TemplateError`. Either is remembered until a file changes that it includes.
    """
    outcome, template = _compiled(written, name, form, folder)
    if not outcome.is_current:
        _compiled.cache_clear()
        outcome, template = _compiled(written, name, form, folder)
    if template is None or outcome.weight is None:
        raise TemplateError(outcome.problems)
    return Ready(name, template, outcome.weight)


@lru_cache(maxsize=256)
def _compiled(
    written: str, name: str, form: str, folder: Path | None
) -> tuple[Outcome, Template | None]:
    sandbox = sandbox_of(form, folder)
    try:
        source = modernised(written, name)
    except TemplateError as error:
        return Outcome(problems=error.problems), None
    outcome = sandbox.guard.examined(Found(source, written, name))
    if outcome.weight is None:
        return outcome, None
    code = sandbox.compile(source, name, name)
    return outcome, Template.from_code(sandbox, code, {})


def html_problems(source: str, written: str, name: str) -> tuple[Problem, ...]:
    """Return what is wrong with where the variables of a template stand in its HTML."""
    return context_problems(Found(source, written, name), sandbox_of("html", None))


def written_texts(form: str, folder: Path | None) -> Mapping[str, str]:
    """Return the text of every template loaded so far as its author wrote it, by full name."""
    return sandbox_of(form, folder).templates.written
