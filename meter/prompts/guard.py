"""Check whether a template may run, before it is compiled.

The sandbox keeps a template away from Python, but it is no limit on time or memory. So a template
may contain no more than a closed list, takes a bounded number of steps with everything it includes,
and prints a bounded number of characters: it always ends. The guard itself reads and checks every
file once, and remembers what came of it, good or bad, until a file changes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field, frozen
from jinja2 import Environment, TemplateSyntaxError, nodes

from meter.errors import Problem, problem_at
from meter.prompts.allowed import LOOP_STEPS, Scope, walk
from meter.prompts.contexts import check_contexts
from meter.prompts.errors import TemplateError
from meter.prompts.reading import Reading
from meter.prompts.weight import MOST_CHARACTERS, Weight, weigh
from meter.resources import MOST_BYTES, FileStamp, file_stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

__all__ = ["MOST_STEPS", "Found", "Guard", "Outcome", "context_problems"]

MOST_STEPS = 10_000
_MOST_FILES_DEEP = 8
_MOST_REMEMBERED = 256
_CYCLE = "include-cycle"

_INCLUSIONS: tuple[type[nodes.Extends | nodes.Include], ...] = (nodes.Extends, nodes.Include)


@frozen
class Found:
    """A template as it will be compiled, as its author wrote it, and its full name."""

    source: str
    written: str
    name: str


@frozen
class Outcome:
    """What came of checking a template: what it weighs, or what is wrong.

    It holds as long as the files that were looked at are as they were (`stamps`). `missing` is the
    next step where there is no such template, `circles` says that it includes itself.
    """

    found: Found | None = None
    weight: Weight | None = None
    problems: tuple[Problem, ...] = ()
    missing: str | None = None
    circles: bool = False
    stamps: dict[Path, FileStamp | None] = field(factory=dict)

    @property
    def is_current(self) -> bool:
        """Whether no file has changed since."""
        return all(file_stamp(path) == stamp for path, stamp in self.stamps.items())


@define
class Guard:
    """Checks the templates of one environment.

    `find` returns a template by its name, or raises `LookupError` with the next step; `places` are
    the files it would look at.
    """

    environment: Environment
    find: Callable[[str], Found]
    places: Callable[[str], list[Path]]
    _remembered: dict[str, Outcome] = field(factory=dict)

    def outcome(self, name: str, above: tuple[str, ...] = ()) -> Outcome:
        """Return what comes of the template of a name; `above` are the files that include it."""
        known = self._remembered.get(name)
        if known is not None and known.is_current:
            return known
        stamps = {path: file_stamp(path) for path in self.places(name)}
        try:
            found = self.find(name)
        except LookupError as missing:
            outcome = Outcome(missing=str(missing.args[0]), stamps=stamps)
        except TemplateError as error:
            outcome = Outcome(problems=error.problems, stamps=stamps)
        else:
            if found.name in above:
                return Outcome(circles=True)
            outcome = self.examined(found, above, stamps)
        depends = any(problem.code == _CYCLE for problem in outcome.problems)
        if not (above and depends):  # a circle is one only with the files above
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[name] = outcome
        return outcome

    def examined(
        self,
        found: Found,
        above: tuple[str, ...] = (),
        stamps: dict[Path, FileStamp | None] | None = None,
    ) -> Outcome:
        """Return what comes of a template that was read; all that is wrong with it is told."""
        stamps = {} if stamps is None else stamps
        reading = Reading(found.name, found.written, self.environment)
        try:
            weight = self._weight(found, reading, (*above, found.name), stamps)
        except TemplateError as error:
            return Outcome(found=found, problems=error.problems, stamps=stamps)
        return Outcome(found=found, weight=weight, stamps=stamps)

    def _weight(
        self,
        found: Found,
        reading: Reading,
        above: tuple[str, ...],
        stamps: dict[Path, FileStamp | None],
    ) -> Weight:
        tree = _parse(found.source, reading)
        walk(reading, tree, Scope())
        too_deep = any(problem.code == "template-too-deep" for problem in reading.problems)
        if self.environment.autoescape is True and not (too_deep or reading.full):
            check_contexts(tree, reading)
        if reading.problems:
            raise TemplateError(reading.problems)
        _check_shape(tree, reading)
        included: list[tuple[Weight, int, int]] = []
        steps, characters = reading.steps, len(found.source)
        for node, loops in _inclusions(tree):
            weight = self._included(node, reading, above, stamps)
            times = LOOP_STEPS**loops
            steps += times * weight.steps
            characters += times * weight.characters
            _check_size(steps, characters, reading, node)
            included.append((weight, times, loops))
        _check_size(steps, characters, reading, tree)
        return weigh(tree, reading.steps, len(found.source), included)

    def _included(
        self,
        node: nodes.Extends | nodes.Include,
        reading: Reading,
        above: tuple[str, ...],
        stamps: dict[Path, FileStamp | None],
    ) -> Weight:
        """Return what a file weighs that is included; the files looked at are added to `stamps`."""
        word = node.template
        if not isinstance(word, nodes.Const) or not isinstance(word.value, str):
            message = "the name of a file is a quoted text"
            advice = 'write `{% include "name.html.j2" %}`'
            reading.report("not-allowed", node, "", message, advice)
            raise TemplateError(reading.problems)
        if len(above) > _MOST_FILES_DEEP:
            _refuse_circle(node, reading, word.value, "is included too deeply")
        outcome = self.outcome(word.value, above)
        stamps.update(outcome.stamps)
        if outcome.circles:
            _refuse_circle(node, reading, word.value, "includes itself")
        if outcome.missing is not None:
            message = f"there is no template `{word.value}`"
            reading.report("template-missing", node, word.value, message, outcome.missing)
            raise TemplateError(reading.problems)
        if outcome.weight is None:
            raise TemplateError(outcome.problems)
        if outcome.weight.deep + len(above) > _MOST_FILES_DEEP + 1:
            _refuse_circle(node, reading, word.value, "is included too deeply")
        return outcome.weight


def context_problems(found: Found, environment: Environment) -> tuple[Problem, ...]:
    """Return what is wrong with where the variables of a template stand in its HTML.

    Nothing else is looked at, and no file that it includes.
    """
    reading = Reading(found.name, found.written, environment)
    try:
        check_contexts(_parse(found.source, reading), reading)
    except TemplateError as error:
        return error.problems
    except RecursionError:
        at = nodes.TemplateData("", lineno=1)
        reading.report("template-too-deep", at, "", "this is nested too deeply", "make it simpler")
    return tuple(reading.problems)


def _refuse_circle(node: nodes.Node, reading: Reading, word: str, what: str) -> NoReturn:
    reading.report(_CYCLE, node, word, f"`{word}` {what}", "break the circle")
    raise TemplateError(reading.problems)


def _check_size(steps: int, characters: int, reading: Reading, node: nodes.Node) -> None:
    """Refuse a template that takes too many steps or characters, at the node where it does."""
    if steps > MOST_STEPS:
        message = f"this takes more than {MOST_STEPS} steps with what it includes"
    elif characters > MOST_CHARACTERS:
        message = f"this is more than {MOST_CHARACTERS // 1024} KiB with what it includes"
    else:
        return
    if isinstance(node, nodes.Template):
        problem = problem_at("template-too-large", message, "make it shorter", name=reading.name)
        raise TemplateError([problem])
    reading.report("template-too-large", node, "", message, "include less")
    raise TemplateError(reading.problems)


def _check_shape(tree: nodes.Template, reading: Reading) -> None:
    """Refuse what only shows when a template is put together.

    A second parent, a second block of one name.
    """
    seen: set[str] = set()
    for block in tree.find_all(nodes.Block):
        if block.name in seen:
            message = f"there are two blocks called `{block.name}`"
            advice = "give each its own name"
            reading.report("template-syntax", block, block.name, message, advice)
        seen.add(block.name)
    for place, extends in enumerate(tree.find_all(nodes.Extends)):
        if place or extends not in tree.body:
            message = "a template extends one other, outside of every block and condition"
            advice = "put `extends` once, at the top"
            reading.report("template-syntax", extends, "extends", message, advice)
    if reading.problems:
        raise TemplateError(reading.problems)


def _inclusions(tree: nodes.Template) -> Iterator[tuple[nodes.Extends | nodes.Include, int]]:
    """Yield what a template includes, and inside how many loops."""
    looped = {
        id(inner) for loop in tree.find_all(nodes.For) for inner in loop.find_all(nodes.Include)
    }
    for node in tree.find_all(_INCLUSIONS):
        yield node, int(id(node) in looped)


def _in_our_words(message: str) -> str:
    sentence = message.partition(". ")[0].rstrip(".")
    sentence = sentence.replace("'", "`").replace("Jinja", "the template")
    return sentence[0].lower() + sentence[1:]


def _parse(source: str, reading: Reading) -> nodes.Template:
    if len(source) > MOST_BYTES:
        message = f"a template of {len(source)} characters"
        advice = f"keep it under {MOST_BYTES}"
        raise TemplateError([problem_at("template-too-large", message, advice, name=reading.name)])
    try:
        return reading.environment.parse(source, reading.name)
    except TemplateSyntaxError as error:
        at = nodes.TemplateData("", lineno=error.lineno)
        message = _in_our_words(error.message or "this is not a template")
        advice = "check the braces and the spelling around here"
        reading.report("template-syntax", at, "", message, advice)
    except (RecursionError, ValueError):
        at = nodes.TemplateData("", lineno=1)
        message = "this is nested too deeply, or a number in it is too long"
        reading.report("template-too-deep", at, "", message, "make it simpler")
    raise TemplateError(reading.problems)
