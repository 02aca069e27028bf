"""Do imports point one way, and does the core ask nothing of the world?"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import meter

PACKAGE = Path(meter.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# "Imports point one way": a module may import from its own layer and from those before it.
LAYERS = (
    {"errors", "windows"},
    {"policy", "view", "usage", "decision", "facts", "rulebook", "faults", "tables"},
    {"engine", "words", "clock"},
)
CORE = set.union(*LAYERS)
OUTSIDE = {
    "asyncio",
    "babel",
    "click",
    "http",
    "io",
    "jinja2",
    "logging",
    "multiprocessing",
    "numpy",
    "os",
    "pathlib",
    "random",
    "requests",
    "rich",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "threading",
    "time",
    "tomllib",
    "tree_sitter",
    "urllib",
}


def module_name(path: Path) -> str:
    parts = ("meter", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> list[tuple[str, bool, int]]:
    """Return what a module imports, whether only for type checkers, and on which line."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in typing_only, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            found.append((node.module, id(node) in typing_only, node.lineno))
    return found


@pytest.mark.parametrize("name", sorted(CORE))
def test_the_core_imports_only_from_its_own_layer_and_below(name):
    """What an outer layer knows, an inner one never asks; names for type checkers apart."""
    level = next(index for index, layer in enumerate(LAYERS) if name in layer)
    allowed = {f"meter.{inner}" for layer in LAYERS[: level + 1] for inner in layer}
    wrong = [
        (module, line)
        for module, typing_only, line in imports(PACKAGE / f"{name}.py")
        if module.split(".")[0] == "meter" and module not in allowed and not typing_only
    ]
    # `explain` is the engine's and its words are a module of their own, imported when somebody
    # asks.
    assert wrong == []


@pytest.mark.parametrize("name", sorted(CORE))
def test_the_core_does_no_input_or_output(name):
    """No files, no sockets, no randomness, no event loop, no templates, not even for type checkers."""
    assert [
        (module, line)
        for module, _, line in imports(PACKAGE / f"{name}.py")
        if module.split(".")[0] in OUTSIDE
    ] == []


EDGES = {"meter.paywall", "meter.web", "meter.cli", "meter.studio", "meter.testing"}


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_what_edges_use_does_not_use_them(path):
    """Loading, prompts, stores, verifying and simulating never import the paywall, the web, the
    command line or the test kit.
    """
    name = module_name(path)
    area = ".".join(name.split(".")[:2])
    if area in EDGES or name == "meter" or name.endswith(("commands", "__main__")):
        return
    wrong = [
        (module, line)
        for module, _, line in imports(path)
        if ".".join(module.split(".")[:2]) in EDGES
    ]
    assert wrong == []


NOW = {"now", "utcnow", "today"}


def asks_the_time(path: Path) -> list[int]:
    """Return the lines that read a clock: `datetime.now` and kin, `time.time` and kin."""
    lines = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            whose = ast.unparse(node.func.value)
            dated = node.func.attr in NOW and whose.split(".")[-1] in ("datetime", "date")
            if dated or (whose == "time" and node.func.attr.startswith("time")):
                lines.append(node.lineno)
    return lines


def test_only_the_clock_asks_what_time_it_is():
    """Nobody else in the whole package does."""
    asking = {module_name(path): lines for path in FILES if (lines := asks_the_time(path))}
    assert list(asking) == ["meter.clock"]
    assert len(asking["meter.clock"]) == 1


def test_the_core_is_read_in_one_sitting():
    """The modules that decide are short, and no module of the package is much over 300 lines."""
    deciding = sum(
        len((PACKAGE / f"{name}.py").read_text().splitlines())
        for name in ("view", "usage", "decision", "engine")
    )
    assert deciding <= 900
    assert [module_name(path) for path in FILES if len(path.read_text().splitlines()) > 480] == []
