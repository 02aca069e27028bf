"""Little of an example is about `meter`, and nothing in `meter` is about an example."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

import meter
from tests.web.sites import EXAMPLES, NAMES

VISIT = "paywall"
"""What Django calls the visit of its request."""
MOST_GLUE, MOST_LINES = 20, 110
ALLOWED = {
    "starlette": {"starlette", "uvicorn"},
    "fastapi": {"fastapi", "starlette", "uvicorn"},
    "flask": {"flask"},
    "django": {"django"},
}
CHOSEN = ("free-", "premium-", "sub-", "THE WHOLE STORY")
PACKAGE = Path(meter.__file__).parent
RULES = [
    rule["name"]
    for rule in tomllib.loads((EXAMPLES / "policy.toml").read_text(encoding="utf-8"))["rules"]
]


def source_of(name):
    return (EXAMPLES / name / "app.py").read_text(encoding="utf-8")


def roots_of(tree):
    """Yield the packages that a program imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def lines_of(node):
    return set(range(node.lineno, node.end_lineno + 1))


def root_of(node):
    """Return the name that an expression begins with: `a` of `await a.b(c).d`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute) and node.attr == VISIT:
            return VISIT
        node = getattr(node, "value", None) or getattr(node, "func", None)
        if not isinstance(node, ast.AST):
            return None
    return node.id


def named_by(node):
    """Return the name that stands at a node, if one does."""
    if isinstance(node, ast.Attribute):
        return node.attr if node.attr == VISIT else None
    return getattr(node, "id", None) or getattr(node, "arg", None)


def made_of(node, bound):
    """Return the names that a node gives to what is made of names that are bound already."""
    if isinstance(node, ast.Assign) and root_of(node.value) in bound:
        return set().union(*(names_in(target) for target in node.targets))
    if isinstance(node, ast.arg) and node.annotation and names_in(node.annotation) & bound:
        return {node.arg}
    return set()


def names_in(node):
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def glue_of(source):
    """Return the lines of a program that are about `meter`.

    Its imports; every line of a call of what was imported from it, or was made from that; every
    other line that names one of these; and each setting whose name says `meter`.
    """
    tree = ast.parse(source)
    bound, lines = {VISIT}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "meter":
            bound |= {alias.asname or alias.name for alias in node.names}
            lines |= lines_of(node)
    for _ in range(3):  # what is made of what is made of an import
        bound |= {name for node in ast.walk(tree) for name in made_of(node, bound)}
    for node in ast.walk(tree):
        called = root_of(node) if isinstance(node, ast.Call) else None
        names = {named_by(node), called}
        if names & bound or str(named_by(node)).startswith("METER"):
            lines |= lines_of(node)
    settings = re.compile(r"\b(METER_|meter\.)|['\"]meter['\"]")
    lines |= {at for at, line in enumerate(source.splitlines(), 1) if settings.search(line)}
    return sorted(lines)


@pytest.mark.parametrize("name", NAMES)
def test_at_most_twenty_lines_of_an_example_are_about_meter(name):
    """The rest is the site's own."""
    source = source_of(name)
    glue = [source.splitlines()[number - 1] for number in glue_of(source)]
    assert len(glue) <= MOST_GLUE, "\n".join(glue)
    assert len(source.splitlines()) <= MOST_LINES


def test_what_is_glue_is_seen():
    """Imports, what is made of them, each line of their calls and their settings."""
    source = """
from meter.web.flask import FlaskPaywall, visit
import os
wall = FlaskPaywall(
    app,
)
app.config["METER_STORE"] = os.environ["STORE"]
answer = visit.open(1)
text = answer.whole
other = os.name
def view(other, mine: FlaskPaywall): pass
mine.go()
"""
    assert glue_of(source) == [2, 4, 5, 6, 7, 8, 9, 11, 12]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_imports_its_framework_the_standard_library_and_meter(name):
    """And nothing else that would have to be installed."""
    roots = set(roots_of(ast.parse(source_of(name))))
    assert roots - ALLOWED[name] - {"meter"} - sys.stdlib_module_names == set()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("word", ["cookie", "cache", "503"])
def test_an_example_names_nothing_that_the_gate_owns(name, word):
    """No cookie, no header for caches, no refusal."""
    assert word not in source_of(name).lower()


def as_chosen(word):
    """Return what finds a word as the examples mean it: a whole text, or an id that begins so."""
    if word.endswith("-"):
        return re.compile(rf"""["'`]{word}(["'`{{%…]|\d)""")
    return re.compile(re.escape(word))


@pytest.mark.parametrize("word", [*CHOSEN, *RULES])
def test_nothing_that_the_examples_choose_stands_in_the_package(word):
    """Neither an id's beginning nor a rule's name means anything to `meter`."""
    chosen = as_chosen(word)
    found = [
        f"{path.relative_to(PACKAGE)}:{number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if chosen.search(line)
    ]
    assert found == []


def test_what_an_example_chooses_would_be_seen():
    """A prefix of ids, an id of that kind, and no code of a message that begins like it."""
    chosen = as_chosen("free-")
    assert [bool(chosen.search(text)) for text in ('"free-"', "'free-1'", 'f"free-{x}"')] == [
        True
    ] * 3
    assert not chosen.search('"free-walled"')
