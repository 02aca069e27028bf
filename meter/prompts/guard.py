"""May this template run?

A closed list of what a template may contain, checked on its syntax tree before it is compiled.

The sandbox keeps a template away from Python, but it is no limit on time or memory. So a template
here has nothing to call, no multiplication, no loop but one over the benefits, and a bounded number
of steps with everything it includes: it always ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field
from jinja2 import Environment, TemplateSyntaxError, nodes

from meter.errors import Problem
from meter.prompts.errors import TemplateError, fault, suggestion
from meter.prompts.legacy import PLACEHOLDERS, QUOTED, Segment, segments
from meter.prompts.texts import MOST_BYTES
from meter.prompts.variables import LISTS, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


__all__ = ["MOST_STEPS", "check"]

MOST_STEPS = 10_000
MOST_FILES_DEEP = 8
MOST_DEPTH = 60
_LOOP_STEPS = 20
_MOST_NUMBER = 1_000_000_000
_IN_BLOCK = "super()"  # no variable has this name
_MOST_PROBLEMS = 50
_LOOP_PARTS = ("first", "last", "index", "index0", "length")
_PLURALS = ("zero", "one", "two", "few", "many", "other")

_ALLOWED = (
    nodes.Add,
    nodes.And,
    nodes.Compare,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Extends,
    nodes.If,
    nodes.Include,
    nodes.Keyword,
    nodes.List,
    nodes.Neg,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Pos,
    nodes.Sub,
    nodes.Template,
    nodes.TemplateData,
    nodes.Tuple,
)

_REFUSED = {
    nodes.Assign: "`set`",
    nodes.AssignBlock: "`set`",
    nodes.Macro: "a macro",
    nodes.CallBlock: "`call`",
    nodes.FilterBlock: "`filter` as a block",
    nodes.With: "`with`",
    nodes.Import: "`import`",
    nodes.FromImport: "`import`",
    nodes.ScopedEvalContextModifier: "`autoescape`",
    nodes.Mul: "multiplication",
    nodes.Div: "division",
    nodes.FloorDiv: "division",
    nodes.Mod: "`%`",
    nodes.Pow: "a power",
    nodes.Dict: "a dictionary",
    nodes.Getitem: "a part in brackets",
}


@define
class _Check:
    """One template being read: what was found, and what is left to look at."""

    name: str
    written: str
    environment: Environment
    problems: list[Problem] = field(factory=list)
    steps: int = 0
    _pointed: set[int] = field(factory=set)
    _line: int = 1
    _tags: list[Segment] = field(factory=list)

    def report(self, code: str, node: nodes.Node, word: str, message: str, advice: str) -> None:
        offset = self._offset(node.lineno or self._line, word)
        self.problems.append(
            fault(code, message, advice, name=self.name, source=self.written, offset=offset)
        )

    def _offset(self, line: int, word: str) -> int:
        """Return where on a line a word stands inside a tag: the tree knows lines only."""
        start = 0
        for _ in range(line - 1):
            start = self.written.find("\n", start) + 1
        end = self.written.find("\n", start) % (len(self.written) + 1)
        if not self._tags:
            self._tags = [
                segment
                for segment in segments(self.written)
                if segment.kind in ("expression", "statement")
            ]
        tags = [tag for tag in self._tags if tag.end > start and tag.start < end]
        found = (
            re.compile(rf"(?<![\w]){re.escape(word)}(?!\w)")
            if word and word[0].isalnum()
            else re.compile(re.escape(word))
        )
        for tag in tags:
            for match in found.finditer(self.written, max(tag.start, start), min(tag.end, end)):
                if match.start() not in self._pointed and not (
                    word.isidentifier() and self._is_quoted(tag, match.start())
                ):
                    self._pointed.add(match.start())
                    return match.start()
        return max(tags[0].start, start) if tags else start

    def _is_quoted(self, tag: Segment, offset: int) -> bool:
        return any(
            quoted.start() < offset < quoted.end()
            for quoted in QUOTED.finditer(self.written, tag.start, tag.end)
        )

    def walk(self, node: nodes.Node, known: frozenset[str], loops: int, depth: int) -> None:
        self.steps += _LOOP_STEPS**loops
        self._line = node.lineno or self._line
        if depth > MOST_DEPTH:
            self.report(
                "template-too-deep",
                node,
                "",
                "this is nested too deeply",
                f"keep it under {MOST_DEPTH} levels",
            )
            return
        if len(self.problems) >= _MOST_PROBLEMS:
            return
        visit = _VISITS.get(type(node))
        if visit is not None:
            known, loops = visit(self, node, known, loops)
        elif not isinstance(node, _ALLOWED):
            what = _REFUSED.get(type(node), f"`{type(node).__name__.lower()}`")
            self.report(
                "not-allowed",
                node,
                "",
                f"a template cannot use {what}",
                "a template chooses and places words; it computes nothing",
            )
            return
        for child in node.iter_child_nodes(exclude=("target",)):
            self.walk(child, known, loops, depth + 1)

    def variable(
        self, node: nodes.Name, known: frozenset[str], loops: int
    ) -> tuple[frozenset[str], int]:
        if node.name not in known:
            advice = suggestion(
                node.name,
                {*known, *PLACEHOLDERS} - {_IN_BLOCK},
                "see the list of variables in the reference of prompts",
            )
            if node.name == "plural":
                advice = (
                    "write `{{numberArticlesLeft-plural}}` without spaces around the `-`, or `{{"
                    " left_plural }}`"
                )
            self.report(
                "unknown-variable",
                node,
                node.name,
                f"`{node.name}` is not a variable of a prompt",
                advice,
            )
        return known, loops

    def printed(
        self, node: nodes.Output, known: frozenset[str], loops: int
    ) -> tuple[frozenset[str], int]:
        for printed in node.nodes:
            if isinstance(printed, nodes.List | nodes.Tuple):
                self.report(
                    "not-allowed", printed, "", "a list is not a text", "print its texts one by one"
                )
            elif isinstance(printed, nodes.Name) and printed.name in LISTS:
                advice = f'loop over it, or write `{{{{ {printed.name}|join(", ") }}}}`'
                self.report(
                    "not-allowed",
                    node,
                    printed.name,
                    f"`{printed.name}` is a list, not a text",
                    advice,
                )
        return known, loops

    def number(
        self, node: nodes.Const, known: frozenset[str], loops: int
    ) -> tuple[frozenset[str], int]:
        if isinstance(node.value, int | float) and not -_MOST_NUMBER <= node.value <= _MOST_NUMBER:
            self.report(
                "not-allowed", node, "", "this number is too large", f"keep it under {_MOST_NUMBER}"
            )
        return known, loops

    def part(
        self, node: nodes.Getattr, known: frozenset[str], loops: int
    ) -> tuple[frozenset[str], int]:
        if (
            isinstance(node.node, nodes.Name)
            and node.node.name == "loop"
            and loops
            and node.attr in _LOOP_PARTS
        ):
            return known | {"loop"}, loops
        self.report(
            "not-allowed",
            node,
            node.attr,
            f"`.{node.attr}` is not available: variables are texts and numbers, they have no parts",
            "use the variable itself",
        )
        return known, loops

    def filtered(
        self, node: nodes.Filter, known: frozenset[str], loops: int
    ) -> tuple[frozenset[str], int]:
        filters = self.environment.filters
        if node.name not in filters:
            listed = ", ".join(f"`{name}`" for name in sorted(filters))
            advice = suggestion(node.name, filters, f"the filters are {listed}")
            message = f"there is no filter `{node.name}`"
            if node.name == "safe":
                message, advice = (
                    "`safe` would print a text as HTML",
                    "write the HTML into the template: texts are always escaped",
                )
            self.report("unknown-filter", node, node.name, message, advice)
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            self.report(
                "not-allowed",
                node,
                node.name,
                "arguments cannot be unpacked",
                "write them one by one",
            )
        elif node.name == "join" and not (
            isinstance(node.node, nodes.Name)
            and node.node.name in LISTS
            and self._constant(node.args)
        ):
            self.report(
                "not-allowed",
                node,
                "join",
                "`join` joins a list with a quoted text",
                'write `{{ benefits|join(", ") }}`',
            )
        elif node.name == "plural":
            words = {word.key: word.value for word in node.kwargs}
            if node.args or "other" not in words or set(words) - {*_PLURALS}:
                self.report(
                    "bad-plural",
                    node,
                    "plural",
                    f"`plural` takes forms by name ({', '.join(_PLURALS)}), always with `other`",
                    'write `{{ left|plural(one="article", other="articles") }}`',
                )
        return known, loops

    def tested(
        self, node: nodes.Test, known: frozenset[str], loops: int
    ) -> tuple[frozenset[str], int]:
        if node.name not in self.environment.tests:
            listed = ", ".join(f"`{name}`" for name in sorted(self.environment.tests))
            self.report(
                "unknown-test",
                node,
                node.name,
                f"there is no test `{node.name}`",
                f"the tests are {listed}",
            )
        return known, loops

    def loop(
        self, node: nodes.For, known: frozenset[str], loops: int
    ) -> tuple[frozenset[str], int]:
        over, target = node.iter, node.target
        if not (isinstance(over, nodes.Name) and over.name in LISTS) or loops or node.recursive:
            lists = " or ".join(f"`{name}`" for name in sorted(LISTS))
            self.report(
                "not-allowed",
                node,
                "for",
                f"a loop goes once over {lists}, and not inside another",
                "write `{% for benefit in benefits %}`",
            )
        if not isinstance(target, nodes.Name) or target.name in (
            *VARIABLES,
            "loop",
            "super",
            "self",
        ):
            self.report(
                "not-allowed",
                node,
                "for",
                "a loop needs a name of its own",
                "write `{% for benefit in benefits %}`",
            )
            return known, 1
        return known | {target.name}, 1

    def block(
        self, node: nodes.Block, known: frozenset[str], loops: int
    ) -> tuple[frozenset[str], int]:
        if loops:
            self.report(
                "not-allowed",
                node,
                node.name,
                "a block cannot be inside a loop",
                "put the loop inside the block",
            )
        if (
            sum(
                isinstance(call.node, nodes.Name) and call.node.name == "super"
                for call in node.find_all(nodes.Call)
            )
            > 1
        ):
            self.report(
                "not-allowed",
                node,
                node.name,
                "a block can use `super()` once",
                "remove the others",
            )
        return known | {_IN_BLOCK}, loops

    def call(
        self, node: nodes.Call, known: frozenset[str], loops: int
    ) -> tuple[frozenset[str], int]:
        called = node.node
        plain = not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
        if (
            isinstance(called, nodes.Name)
            and called.name == "super"
            and plain
            and not loops
            and _IN_BLOCK in known
        ):
            return known | {"super"}, loops
        word = (
            called.name
            if isinstance(called, nodes.Name)
            else called.attr
            if isinstance(called, nodes.Getattr)
            else ""
        )
        self.report(
            "not-allowed",
            node,
            word,
            f"`{word}()` cannot be called from a template",
            "a template has variables and filters only",
        )
        return known | {word}, loops

    @staticmethod
    def _constant(args: list[nodes.Expr]) -> bool:
        return all(
            isinstance(argument, nodes.Const) and isinstance(argument.value, str)
            for argument in args
        )


_VISITS: dict[type[nodes.Node], Callable[..., tuple[frozenset[str], int]]] = {
    nodes.Name: _Check.variable,
    nodes.Output: _Check.printed,
    nodes.Const: _Check.number,
    nodes.Getattr: _Check.part,
    nodes.Filter: _Check.filtered,
    nodes.Test: _Check.tested,
    nodes.For: _Check.loop,
    nodes.Block: _Check.block,
    nodes.Call: _Check.call,
}
"""What is looked at more closely.

Each says which names are known, and how many loops are open, in the nodes below.
"""


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
    reading = _Check(name, written, environment)
    tree = _parse(source, reading)
    if len(source) > MOST_BYTES:
        raise TemplateError(
            fault(
                "template-too-large",
                f"a template of {len(source)} characters",
                f"keep it under {MOST_BYTES}",
                name=name,
            )
        )
    reading.walk(tree, frozenset(VARIABLES), 0, 0)
    if reading.problems:
        raise TemplateError(*reading.problems)
    total = reading.steps
    _check_shape(tree, reading)
    for node, times in _inclusions(tree):
        total += times * _steps_of_included(node, reading, find, (*above, name))
        if total > MOST_STEPS:
            reading.report(
                "template-too-large",
                node,
                "",
                f"this takes more than {MOST_STEPS} steps with what it includes",
                "include less",
            )
            raise TemplateError(*reading.problems)
    if total > MOST_STEPS:
        raise TemplateError(
            fault(
                "template-too-large",
                f"this takes more than {MOST_STEPS} steps",
                "make it shorter",
                name=name,
            )
        )
    return total


def _check_shape(tree: nodes.Template, reading: _Check) -> None:
    """Refuse what only shows when a template is put together.

    A second parent, a second block of one name.
    """
    seen: set[str] = set()
    for block in tree.find_all(nodes.Block):
        if block.name in seen:
            reading.report(
                "template-syntax",
                block,
                block.name,
                f"there are two blocks called `{block.name}`",
                "give each its own name",
            )
        seen.add(block.name)
    for place, extends in enumerate(tree.find_all(nodes.Extends)):
        if place or extends not in tree.body:
            message = "a template extends one other, outside of every block and condition"
            reading.report(
                "template-syntax", extends, "extends", message, "put `extends` once, at the top"
            )
    if reading.problems:
        raise TemplateError(*reading.problems)


def _steps_of_included(
    node: nodes.Extends | nodes.Include,
    reading: _Check,
    find: Callable[[str], tuple[str, str, str]],
    above: tuple[str, ...],
) -> int:
    word = node.template
    if not isinstance(word, nodes.Const) or not isinstance(word.value, str):
        reading.report(
            "not-allowed",
            node,
            "",
            "the name of a file is a quoted text",
            'write `{% include "name.html.j2" %}`',
        )
        raise TemplateError(*reading.problems)
    try:
        source, written, name = find(word.value)
    except LookupError as missing:
        reading.report(
            "template-missing",
            node,
            word.value,
            f"there is no template `{word.value}`",
            str(missing.args[0]),
        )
        raise TemplateError(*reading.problems) from None
    if name in above or len(above) > MOST_FILES_DEEP:
        what = "includes itself" if name in above else "is included too deeply"
        reading.report(
            "include-cycle", node, word.value, f"`{word.value}` {what}", "break the circle"
        )
        raise TemplateError(*reading.problems)
    return _steps(source, written, name, reading.environment, find, above)


def _inclusions(tree: nodes.Template) -> Iterator[tuple[nodes.Extends | nodes.Include, int]]:
    looped = {
        id(inner) for loop in tree.find_all(nodes.For) for inner in loop.find_all(nodes.Include)
    }
    for node in tree.find_all((nodes.Extends, nodes.Include)):
        assert isinstance(node, nodes.Extends | nodes.Include)
        yield node, _LOOP_STEPS if id(node) in looped else 1


def _in_our_words(message: str) -> str:
    message = (
        message.partition(". ")[0].rstrip(".").replace("'", "`").replace("Jinja", "the template")
    )
    return message[0].lower() + message[1:]


def _parse(source: str, reading: _Check) -> nodes.Template:
    try:
        return reading.environment.parse(source, reading.name)
    except TemplateSyntaxError as error:
        at = nodes.TemplateData("", lineno=error.lineno)
        message = _in_our_words(error.message or "this is not a template")
        reading.report(
            "template-syntax", at, "", message, "check the braces and the spelling around here"
        )
    except (RecursionError, ValueError):
        reading.report(
            "template-too-deep",
            nodes.TemplateData("", lineno=1),
            "",
            "this is nested too deeply, or a number in it is too long",
            "make it simpler",
        )
    raise TemplateError(*reading.problems)
