"""A class name occurs once in the package."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import meter

PACKAGE = Path(meter.__file__).parent


def modules_by_class() -> dict[str, list[str]]:
    """Return the modules that define a class, by the name of the class."""
    found = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = path.relative_to(PACKAGE).as_posix()
        for name in {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}:
            found[name].append(module)
    return found


def test_no_two_modules_define_a_class_of_the_same_name():
    """Whoever reads a class name in a message or a signature knows which class it is."""
    assert {} == {name: where for name, where in modules_by_class().items() if len(where) > 1}
