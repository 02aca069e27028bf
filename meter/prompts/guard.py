"""Check whether a template may run, before it is compiled.

The sandbox keeps a template away from Python, but it is no limit on time or memory. So a template
may contain no more than a closed list, and takes a bounded number of steps with everything it
includes: it always ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, TemplateSyntaxError, nodes

from meter.errors import problem_at
from meter.prompts.allowed import LOOP_STEPS, Scope, walk
from meter.prompts.errors import TemplateError
from meter.prompts.reading import Reading
from meter.resources import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


__all__ = ["MOST_STEPS", "check"]

MOST_STEPS = 10_000
_MOST_FILES_DEEP = 8

_INCLUSIONS: tuple[type[nodes.Extends | nodes.Include], ...] = (nodes.Extends, nodes.Include)


def check(
    source: str,
    written: str,
    name: str,
    environment: Environment,
    find: Callable[[str], tuple[str, str, str]],
) -> None:
    """Refuse a template that is not made of what is allowed, or that includes one that is not.

    `source` is the template as it will be compiled, `written` as its author wrote it (mistakes are
    located there). `find` returns source, written text and full name of an included template.
    Raises `TemplateError` with everything that is wrong.
    """
    _steps(source, written, name, environment, find, ())


def _steps(
    source: str,
    written: str,
    name: str,
    environment: Environment,
    find: Callable[[str], tuple[str, str, str]],
    above: tuple[str, ...],
) -> int:
    """Return how many steps a template takes with all it includes; `above` are the includers."""
    reading = Reading(name, written, environment)
    tree = _parse(source, reading)
    if len(source) > MOST_BYTES:
        message = f"a template of {len(source)} characters"
        raise TemplateError(
            [problem_at("template-too-large", message, f"keep it under {MOST_BYTES}", name=name)]
        )
    walk(reading, tree, Scope())
    if reading.problems:
        raise TemplateError(reading.problems)
    _check_shape(tree, reading)
    total = reading.steps
    for node, times in _inclusions(tree):
        total += times * _steps_of_included(node, reading, find, (*above, name))
        if total > MOST_STEPS:
            message = f"this takes more than {MOST_STEPS} steps with what it includes"
            reading.report("template-too-large", node, "", message, "include less")
            raise TemplateError(reading.problems)
    if total > MOST_STEPS:
        message = f"this takes more than {MOST_STEPS} steps"
        raise TemplateError(
            [problem_at("template-too-large", message, "make it shorter", name=name)]
        )
    return total


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


def _steps_of_included(
    node: nodes.Extends | nodes.Include,
    reading: Reading,
    find: Callable[[str], tuple[str, str, str]],
    above: tuple[str, ...],
) -> int:
    word = node.template
    if not isinstance(word, nodes.Const) or not isinstance(word.value, str):
        message = "the name of a file is a quoted text"
        reading.report("not-allowed", node, "", message, 'write `{% include "name.html.j2" %}`')
        raise TemplateError(reading.problems)
    try:
        source, written, name = find(word.value)
    except LookupError as missing:
        message = f"there is no template `{word.value}`"
        advice = str(missing.args[0])
        reading.report("template-missing", node, word.value, message, advice)
        raise TemplateError(reading.problems) from None
    if name in above or len(above) > _MOST_FILES_DEEP:
        what = "includes itself" if name in above else "is included too deeply"
        message = f"`{word.value}` {what}"
        reading.report("include-cycle", node, word.value, message, "break the circle")
        raise TemplateError(reading.problems)
    return _steps(source, written, name, reading.environment, find, above)


def _inclusions(tree: nodes.Template) -> Iterator[tuple[nodes.Extends | nodes.Include, int]]:
    """Yield what a template includes, and how often."""
    looped = {
        id(inner) for loop in tree.find_all(nodes.For) for inner in loop.find_all(nodes.Include)
    }
    for node in tree.find_all(_INCLUSIONS):
        yield node, LOOP_STEPS if id(node) in looped else 1


def _in_our_words(message: str) -> str:
    sentence = message.partition(". ")[0].rstrip(".")
    sentence = sentence.replace("'", "`").replace("Jinja", "the template")
    return sentence[0].lower() + sentence[1:]


def _parse(source: str, reading: Reading) -> nodes.Template:
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
