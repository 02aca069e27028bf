"""The closed list of what a template may contain, checked on its syntax tree.

A template has nothing to call, no multiplication, and no loop but one over the benefits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen
from jinja2 import nodes

from meter.errors import listed, meant
from meter.prompts.legacy import PLACEHOLDERS
from meter.prompts.variables import LISTS, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.prompts.reading import Reading

__all__ = ["LOOP_STEPS", "Scope", "walk"]

LOOP_STEPS = 20
"""How many steps each part of a loop counts for."""

_MOST_DEPTH = 60
_MOST_NUMBER = 1_000_000_000
_IN_BLOCK = "super()"  # no variable has this name
_LOOP_PARTS = ("first", "last", "index", "index0", "length")
_PLURALS = ("zero", "one", "two", "few", "many", "other")

_ALLOWED = (
    nodes.And,
    nodes.Compare,
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

_OF_LISTS = ("join", "first", "last", "length")
_CONDITIONS = (nodes.Compare, nodes.Not, nodes.Test)

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


@frozen
class Scope:
    """What holds at a place of a template: the names that are known there, and how many loops."""

    known: frozenset[str] = frozenset(VARIABLES)
    loops: int = 0

    def knows(self, name: str) -> bool:
        """Say whether a name is known."""
        return name in self.known

    def adding(self, name: str) -> Scope:
        """Return the scope with one more name."""
        return evolve(self, known=self.known | {name})


def walk(reading: Reading, node: nodes.Node, scope: Scope, depth: int = 0) -> None:
    """Look at a node and at all below it; report what is not allowed and count the steps."""
    reading.steps += LOOP_STEPS**scope.loops
    reading.line = node.lineno or reading.line
    if depth > _MOST_DEPTH:
        advice = f"keep it under {_MOST_DEPTH} levels"
        reading.report("template-too-deep", node, "", "this is nested too deeply", advice)
        return
    if reading.full:
        return
    visit = _VISITS.get(type(node))
    if visit is not None:
        scope = visit(reading, node, scope)
    elif not isinstance(node, _ALLOWED):
        what = _REFUSED.get(type(node), f"`{type(node).__name__.lower()}`")
        message = f"a template cannot use {what}"
        advice = "a template chooses and places words; it computes nothing"
        reading.report("not-allowed", node, "", message, advice)
        return
    for child in node.iter_child_nodes(exclude=("target",)):
        walk(reading, child, scope, depth + 1)


def _variable(reading: Reading, node: nodes.Name, scope: Scope) -> Scope:
    if scope.knows(node.name):
        return scope
    advice = meant(
        node.name,
        {*scope.known, *PLACEHOLDERS} - {_IN_BLOCK},
        "see the list of variables in the reference of prompts",
    )
    if node.name == "plural":
        advice = (
            "write `{{numberArticlesLeft-plural}}` without spaces around the `-`, or `{{"
            " left_plural }}`"
        )
    message = f"`{node.name}` is not a variable of a prompt"
    reading.report("unknown-variable", node, node.name, message, advice)
    return scope


def _output(reading: Reading, node: nodes.Output, scope: Scope) -> Scope:
    for printed in node.nodes:
        _report_what_is_no_text(reading, printed)
        if isinstance(printed, nodes.Call):
            reading.alone.add(id(printed))
    return scope


def _joined(reading: Reading, node: nodes.Concat | nodes.Add, scope: Scope) -> Scope:
    for part in node.iter_child_nodes():
        _report_what_is_no_text(reading, part)
    return scope


def _report_what_is_no_text(reading: Reading, node: nodes.Node) -> None:
    """Report each value of an expression that is printed and is no text or number."""
    if isinstance(node, nodes.CondExpr):
        values = [node.expr1] if node.expr2 is None else [node.expr1, node.expr2]
    elif isinstance(node, nodes.And | nodes.Or):
        values = [node.left, node.right]
    else:
        values = []
    for value in values:
        _report_what_is_no_text(reading, value)
    if isinstance(node, nodes.List | nodes.Tuple):
        message = "a list is not a text"
        reading.report("not-allowed", node, "", message, "print its texts one by one")
    elif isinstance(node, nodes.Name) and node.name in LISTS:
        message = f"`{node.name}` is a list, not a text"
        advice = f'loop over it, or write `{{{{ {node.name}|join(", ") }}}}`'
        reading.report("not-allowed", node, node.name, message, advice)
    elif isinstance(node, _CONDITIONS) or _is_word_of_python(node):
        message = "this is no text: it is true, false or nothing"
        advice = 'write `{{ "…" if … else "…" }}`, or `{% if … %}`'
        reading.report("not-allowed", node, "", message, advice)


def _is_word_of_python(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and (node.value is None or isinstance(node.value, bool))


def _number(reading: Reading, node: nodes.Const, scope: Scope) -> Scope:
    if isinstance(node.value, int | float) and not -_MOST_NUMBER <= node.value <= _MOST_NUMBER:
        advice = f"keep it under {_MOST_NUMBER}"
        reading.report("not-allowed", node, "", "this number is too large", advice)
    return scope


def _part(reading: Reading, node: nodes.Getattr, scope: Scope) -> Scope:
    is_of_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop"
    if is_of_loop and scope.loops and node.attr in _LOOP_PARTS:
        return scope.adding("loop")
    message = (
        f"`.{node.attr}` is not available: variables are texts and numbers, they have no parts"
    )
    reading.report("not-allowed", node, node.attr, message, "use the variable itself")
    return scope


def _filter(reading: Reading, node: nodes.Filter, scope: Scope) -> Scope:
    if node.name not in reading.environment.filters:
        _report_unknown_filter(reading, node)
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        message = "arguments cannot be unpacked"
        reading.report("not-allowed", node, node.name, message, "write them one by one")
    elif node.name == "join" and not _joins_a_list(node):
        message = "`join` joins a list with a quoted text"
        advice = 'write `{{ benefits|join(", ") }}`'
        reading.report("not-allowed", node, "join", message, advice)
    elif node.name == "plural":
        forms = {word.key for word in node.kwargs}
        if node.args or "other" not in forms or forms - {*_PLURALS}:
            message = f"`plural` takes forms by name ({', '.join(_PLURALS)}), always with `other`"
            advice = 'write `{{ left|plural(one="article", other="articles") }}`'
            reading.report("bad-plural", node, "plural", message, advice)
    if node.name not in _OF_LISTS and node.node is not None:
        for value in (node.node, *node.args, *(word.value for word in node.kwargs)):
            if not _is_word_of_python(value):  # `default("…", true)`
                _report_what_is_no_text(reading, value)
    return scope


def _report_unknown_filter(reading: Reading, node: nodes.Filter) -> None:
    message = f"there is no filter `{node.name}`"
    filters = reading.environment.filters
    every = listed([f"`{name}`" for name in sorted(filters)])
    advice = meant(node.name, filters, f"the filters are {every}")
    if node.name == "safe":
        message = "`safe` would print a text as HTML"
        advice = "write the HTML into the template: texts are always escaped"
    reading.report("unknown-filter", node, node.name, message, advice)


def _joins_a_list(node: nodes.Filter) -> bool:
    """Say whether a `join` is of a list, and with quoted texts."""
    is_list = isinstance(node.node, nodes.Name) and node.node.name in LISTS
    is_plain = len(node.args) <= 1 and not node.kwargs
    return (
        is_list
        and is_plain
        and all(
            isinstance(argument, nodes.Const) and isinstance(argument.value, str)
            for argument in node.args
        )
    )


def _test(reading: Reading, node: nodes.Test, scope: Scope) -> Scope:
    tests = reading.environment.tests
    if node.name not in tests:
        every = listed([f"`{name}`" for name in sorted(tests)])
        message = f"there is no test `{node.name}`"
        advice = meant(node.name, tests, f"the tests are {every}")
        reading.report("unknown-test", node, node.name, message, advice)
    return scope


def _for(reading: Reading, node: nodes.For, scope: Scope) -> Scope:
    advice = "write `{% for benefit in benefits %}`"
    is_of_list = isinstance(node.iter, nodes.Name) and node.iter.name in LISTS
    if not is_of_list or scope.loops or node.recursive:
        lists = listed([f"`{name}`" for name in sorted(LISTS)], "or")
        message = f"a loop goes once over {lists}, and not inside another"
        reading.report("not-allowed", node, "for", message, advice)
    inside = evolve(scope, loops=1)
    target = node.target
    if not isinstance(target, nodes.Name) or target.name in (*VARIABLES, "loop", "super", "self"):
        reading.report("not-allowed", node, "for", "a loop needs a name of its own", advice)
        return inside
    return inside.adding(target.name)


def _block(reading: Reading, node: nodes.Block, scope: Scope) -> Scope:
    if node.required:
        message = "a block cannot be `required`: a prompt is never without it"
        advice = "put the words that ship into the block, and leave `required` out"
        reading.report("not-allowed", node, node.name, message, advice)
    if scope.loops:
        message = "a block cannot be inside a loop"
        reading.report("not-allowed", node, node.name, message, "put the loop inside the block")
    if sum(_is_of_parent(call) for call in node.find_all(nodes.Call)) > 1:
        message = "a block can use `super()` once"
        reading.report("not-allowed", node, node.name, message, "remove the others")
    return scope.adding(_IN_BLOCK)


def _is_of_parent(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name == "super"


def _call(reading: Reading, node: nodes.Call, scope: Scope) -> Scope:
    if _is_of_parent(node) and id(node) not in reading.alone:
        # It is HTML, of which a filter or a text beside it could take a part away.
        message = "`super()` stands in braces of its own"
        reading.report("not-allowed", node, "super", message, "write `{{ super() }}`")
        return scope.adding("super")
    is_plain = not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
    if _is_of_parent(node) and is_plain and not scope.loops and scope.knows(_IN_BLOCK):
        return scope.adding("super")
    called = node.node
    word = ""
    if isinstance(called, nodes.Name):
        word = called.name
    elif isinstance(called, nodes.Getattr):
        word = called.attr
    message = f"`{word}()` cannot be called from a template"
    reading.report("not-allowed", node, word, message, "a template has variables and filters only")
    return scope.adding(word)


_VISITS: dict[type[nodes.Node], Callable[..., Scope]] = {
    nodes.Name: _variable,
    nodes.Output: _output,
    nodes.Const: _number,
    nodes.Getattr: _part,
    nodes.Add: _joined,
    nodes.Concat: _joined,
    nodes.Filter: _filter,
    nodes.Test: _test,
    nodes.For: _for,
    nodes.Block: _block,
    nodes.Call: _call,
}
"""What is looked at more closely. Each returns the scope of the nodes below."""
