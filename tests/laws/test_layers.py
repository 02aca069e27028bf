"""Do imports point one way, does the core ask nothing of the world, and is the house small enough?

Everything is read off the syntax trees: imports for type checkers, inside functions and through
`importlib` count.
"""

from __future__ import annotations

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import meter

PACKAGE = Path(meter.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# A module imports from its own room and from rooms of earlier lines, never from its neighbours.
LAYERS = (
    {"errors"},  # the words of messages, which a word of a closed list needs as well
    {"forms"},
    {"vocabulary"},
    {"windows", "experiments"},
    {"view", "usage"},
    {"policy", "validation", "canonical"},
    {"facts"},
    {"formulas"},
    {"rulebook"},
    {"decision"},
    {"engine", "clock", "resources"},
    {"explanation"},
    {"memo"},
    {"loading", "prompts", "stores"},
    {"paywall", "journeys", "columns"},
    {"replay", "simulate", "verify"},
    {"reloading"},
    {"testing", "web"},
    {"studio"},
    {"commands"},
    {"cli"},
    {"__main__"},
    {""},  # `meter/__init__.py`
)
LEVEL = {room: level for level, layer in enumerate(LAYERS) for room in layer}

# A policy keeps its rulebook, made once; and what a policy is, what makes it unusable and how it
# is written down know each other.
EXCEPTIONS = {
    ("policy", "rulebook"),
    ("policy", "validation"),
    ("policy", "canonical"),
    ("validation", "policy"),
    ("canonical", "policy"),
}

CORE = set.union(*LAYERS[:12]) - {"clock", "resources"}
# fmt: off
OUTSIDE = {
    "asyncio", "babel", "click", "http", "io", "jinja2", "logging", "multiprocessing", "numpy",
    "os", "pathlib", "random", "requests", "rich", "secrets", "socket", "sqlite3", "subprocess",
    "sys", "threading", "time", "tomllib", "tree_sitter",
}
DECIDING = (
    "forms", "vocabulary", "windows", "view", "usage", "policy", "validation", "canonical",
    "decision", "facts", "formulas", "rulebook", "engine",
)
# fmt: on
"""The modules that decide, counted together: the design aims at about 2,800 lines."""

MOST_MODULES, MOST_LINES, MOST_COLUMNS = 20, 350, 100
MOST_FUNCTION_LINES, MOST_NESTING = 60, 4
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.AsyncFor, ast.AsyncWith)
DATES = ("datetime", "date")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def module_name(path: Path) -> str:
    parts = ("meter", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Return the first name below `meter`; that of `meter` itself is empty."""
    return module.split(".")[1] if "." in module else ""


TREES = {module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
SOURCES = {module_name(path): path.read_text(encoding="utf-8") for path in FILES}


def imports(module: str) -> list[tuple[str, str | None, int]]:
    """Return the modules a module imports, with the name taken from each and the line."""
    tree = TREES[module]
    by_name = any("importlib" in name for name, _ in _plain_imports(tree))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, None, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in TREES:
                    found.append((whole, None, node.lineno))
                else:
                    found.append((node.module, alias.name, node.lineno))
        elif by_name and isinstance(node, ast.Constant) and _names_a_module(node.value):
            found.append((node.value, None, node.lineno))
    return found


def _names_a_module(value):
    return isinstance(value, str) and value.startswith("meter.") and value in TREES


def _plain_imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module, node.lineno


def test_every_room_has_its_place():
    """No module and no package stands outside the layers."""
    assert {room_of(module) for module in TREES} - set(LEVEL) == set()


@pytest.mark.parametrize("module", TREES)
def test_imports_point_one_way(module):
    """From a module's own room and from rooms to the left; neighbours do not import each other."""
    room = room_of(module)
    wrong = []
    for other, _, line in imports(module):
        if other.split(".")[0] != "meter":
            continue
        theirs = room_of(other)
        if theirs != room and LEVEL[theirs] >= LEVEL[room] and (room, theirs) not in EXCEPTIONS:
            wrong.append(f"{module}:{line} imports {other}")
    assert wrong == []


def test_no_circle_inside_a_room():
    """Modules can be put into an order in which each imports only earlier ones."""
    graph = {
        module: {
            other
            for other, _, _ in imports(module)
            if room_of(other) == room_of(module) and other != module and other in TREES
        }
        for module in TREES
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(TREES)


@pytest.mark.parametrize("module", TREES)
def test_no_private_name_of_another_module_is_imported(module):
    """What begins with an underscore stays where it is."""
    taken = [
        f"{other}.{name}" for other, name, _ in imports(module) if (name or "").startswith("_")
    ]
    assert [name for name in taken if not name.startswith("__future__")] == []


@pytest.mark.parametrize("core", [module for module in TREES if room_of(module) in CORE])
def test_the_core_does_no_input_or_output(core):
    """No files, no sockets, no randomness, no event loop, no templates, not for type checkers."""
    wrong = [
        (module, line)
        for module, line in _plain_imports(TREES[core])
        if module.split(".")[0] in OUTSIDE
    ]
    assert wrong == []


def asks_the_time(tree: ast.Module) -> list[int]:
    """Return the lines that read a clock: `datetime.now` and kin, `time.time` and kin."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            whose = ast.unparse(node.func.value)
            called = node.func.attr
            dated = called in ("now", "utcnow", "today") and whose.split(".")[-1] in DATES
            if dated or (whose == "time" and called.startswith("time")):
                lines.append(node.lineno)
    return lines


def test_only_the_clock_asks_what_time_it_is():
    """Nobody else in the whole package does."""
    asking = {module: lines for module, tree in TREES.items() if (lines := asks_the_time(tree))}
    assert list(asking) == ["meter.clock"]
    assert len(asking["meter.clock"]) == 1


def test_no_folder_is_crowded():
    """At most 20 modules a folder; `commands` has one a command."""
    crowded = {}
    for folder in {path.parent for path in FILES} - {PACKAGE / "commands"}:
        modules = [path for path in FILES if path.parent == folder]
        if len(modules) > MOST_MODULES:
            crowded[str(folder.relative_to(PACKAGE))] = len(modules)
    assert crowded == {}


def test_no_module_is_long_and_no_line_is_wide():
    """350 lines at 100 columns, with the formatter's own breaks everywhere."""
    wrong = []
    for module, source in SOURCES.items():
        lines = source.splitlines()
        if len(lines) > MOST_LINES:
            wrong.append(f"{module} has {len(lines)} lines")
        wrong += [
            f"{module}:{number} is wide"
            for number, line in enumerate(lines, 1)
            if len(line) > MOST_COLUMNS
        ]
        if "fmt: " + "skip" in source:
            wrong.append(f"{module} skips the formatter")
    assert wrong == []


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function, without its docstring."""
    length = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        length -= first.end_lineno - first.lineno + 1
    return length


def depth_of(node: ast.AST, depth: int = 0) -> int:
    """Return how deep blocks are nested; `elif` is no deeper than its `if`."""
    deepest = depth
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, (*FUNCTIONS, ast.ClassDef)):
                continue
            is_elif = isinstance(node, ast.If) and field == "orelse" and len(node.orelse) == 1
            opens = isinstance(child, BLOCKS) and not (is_elif and isinstance(child, ast.If))
            deepest = max(deepest, depth_of(child, depth + opens))
    return deepest


def test_no_function_is_long_or_deep():
    """At most 60 lines without the docstring, and blocks at most 4 deep."""
    wrong = []
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                length, depth = length_of(node), depth_of(node)
                if length > MOST_FUNCTION_LINES or depth > MOST_NESTING:
                    wrong.append(f"{module}:{node.name}: {length} lines, {depth} deep")
    assert wrong == []


def test_no_conditional_expression_stands_inside_another():
    """Two conditions are two statements."""
    wrong = []
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.IfExp):
                inside = [inner for inner in ast.walk(node) if isinstance(inner, ast.IfExp)]
                wrong += [f"{module}:{inner.lineno}" for inner in inside if inner is not node]
    assert wrong == []


MARKS = ("# noqa", "# type: ignore")


def exemptions() -> dict[str, int]:
    """Count what asks for an exemption: marks, `Any` in public signatures, local imports."""
    marks = sum(source.count(mark) for source in SOURCES.values() for mark in MARKS)
    loose, local = 0, 0
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                local += sum(
                    isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node)
                )
                loose += not node.name.startswith("_") and _says_any(node)
    return {"marks": marks, "any": loose, "local": local}


def _says_any(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a parameter or the answer is nothing but `Any`."""
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    hints = [argument.annotation for argument in given] + [function.returns]
    return any(isinstance(hint, ast.Name) and hint.id == "Any" for hint in hints)


def test_exemptions_are_few():
    """Marks and loose public signatures together at most 60, imports inside functions 40."""
    found = exemptions()
    assert found["marks"] + found["any"] <= 60, found
    assert found["local"] <= 40, found


def test_the_deciding_modules_are_counted(capsys):
    """Every one of the design's list exists, and what they are together is printed."""
    lines = dict.fromkeys(DECIDING, 0)
    for module, source in SOURCES.items():
        if room_of(module) in lines:
            lines[room_of(module)] += len(source.splitlines())
    with capsys.disabled():
        sys.stdout.write(f"\nthe deciding modules: {sum(lines.values())} lines {lines}\n")
    assert all(lines.values())


def test_slips_are_guessed_in_one_module():
    """Only `meter.errors` asks how alike two words are; `migrate` shows a difference of texts."""
    using = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(n.name == "difflib" for n in node.names))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "difflib"
            and {name.name for name in node.names} != {"unified_diff"}
        )
    }
    assert {"meter.errors"} == using


def test_toml_is_parsed_in_one_module():
    """Only `meter.resources.toml` imports `tomllib`: it bounds a text before a parser sees it."""
    parsing = {
        module
        for module, tree in TREES.items()
        if any(name.split(".")[0] in ("tomllib", "tomli") for name, _ in _plain_imports(tree))
    }
    assert {"meter.resources.toml"} == parsing
