"""Writes the listing of `architecture.md`: run it when a module comes, goes or says something new.

A test checks that the page is up to date.

python docs/explanation/rooms.py
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).with_name("architecture.md")
ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "meter"
WIDTH = 100
_NAME = 24
_LISTING = re.compile(r"(<!-- rooms -->\n).*?(<!-- end -->)", re.DOTALL)


def rooms() -> list[Path]:
    """Return every folder of the package that holds modules, from the outside in."""
    return sorted(path.parent for path in PACKAGE.rglob("__init__.py"))


def modules(room: Path) -> list[Path]:
    """Return the modules that stand in a room itself."""
    return sorted(path for path in room.glob("*.py") if path.name != "__init__.py")


def sentence(module: Path) -> str:
    """Return the first line of a module's docstring, as running text."""
    text = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split()).replace("`", "")


def listing() -> str:
    """Return the tree: a sentence for each room, and for each module of the core."""
    lines = list(_entry("meter/", "The core and the faces."))
    for module in modules(PACKAGE):
        lines += _entry(f"  {module.name}", sentence(module))
    for room in rooms()[1:]:
        name = f"{room.relative_to(ROOT).as_posix()}/"
        lines += ["", *_entry(name, sentence(room / "__init__.py"))]
        names = " ".join(module.name for module in modules(room))
        lines += wrap(names, WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(["```text", *lines, "```", ""])


def _entry(name: str, text: str) -> Iterator[str]:
    """Yield a name with a text beside it, over as many lines as the text needs."""
    first, *others = wrap(text, WIDTH - _NAME)
    yield f"{name:{_NAME - 1}} {first}"
    for other in others:
        yield " " * _NAME + other


def filled(page: str) -> str:
    """Return the text of the page with the listing brought up to date."""
    return _LISTING.sub(lambda match: match[1] + listing() + match[2], page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
