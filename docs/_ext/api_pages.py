"""A page for each room and each core module, written before a build from what `__all__` names.

A value may be public under several names. It is described once, under the shortest; the others
lead there.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click
from api_signatures import is_private, is_told, make_readable

import meter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from sphinx.application import Sphinx

FOLDER = Path("reference", "api")


def public_modules() -> Iterator[ModuleType]:
    """Import every module of `meter` whose dotted name has no part with a leading underscore."""
    yield meter
    for found in pkgutil.walk_packages(meter.__path__, "meter."):
        if not any(part.startswith("_") for part in found.name.split(".")):
            yield import_module(found.name)


def _split(dotted: str) -> tuple[str, str]:
    module_name, _, name = dotted.rpartition(".")
    return module_name, name


def _is_proxy(value: object) -> bool:
    """Say whether a value stands for another that is only there during a request."""
    return type(value).__name__ == "LocalProxy"


def _origin(module: ModuleType, name: str) -> str:
    """Return the dotted name under which a name that a module hands on was made."""
    value = getattr(module, name)
    if _is_proxy(value):
        return f"{module.__name__}.{name}"
    if inspect.ismodule(value):
        return value.__name__
    if inspect.isclass(value) or inspect.isroutine(value):
        return f"{value.__module__}.{value.__qualname__}"
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                if name == (alias.asname or alias.name):
                    return _origin(import_module(statement.module), alias.name)
    return f"{module.__name__}.{name}"


def _kind(value: object) -> str:
    """Return the word of Sphinx's Python domain for a value; `py_func` is numba's."""
    if _is_proxy(value):
        return "data"
    if inspect.isclass(value):
        return "exception" if issubclass(value, BaseException) else "class"
    if inspect.isroutine(value) or hasattr(value, "py_func"):
        return "function"
    return "data"


class _Pages:
    """What is public, and where each of it is described."""

    def __init__(self) -> None:
        self.modules = {module.__name__: module for module in public_modules()}
        self.origins = {
            f"{module.__name__}.{name}": _origin(module, name)
            for module in self.modules.values()
            for name in getattr(module, "__all__", ())
        }
        names = defaultdict(list)
        for name, origin in self.origins.items():
            names[origin].append(name)
        self.homes = {origin: self._home(origin, known) for origin, known in names.items()}

    def _home(self, origin: str, names: list[str]) -> str:
        module_name, name = _split(names[0])
        # What is said of a constant stands below it, in the module it is made in.
        if origin in names and _kind(getattr(self.modules[module_name], name)) == "data":
            return origin
        return min(names, key=lambda name: (name.count("."), name))

    def texts(self) -> dict[str, str]:
        """Return the text of every page, as reStructuredText."""
        pages = defaultdict(list)
        for name, module in self.modules.items():
            room = name if hasattr(module, "__path__") else _split(name)[0]
            pages[name if room == "meter" else room].append(name)
        return {page: "\n".join(map(self._section, names)) for page, names in pages.items()}

    def _section(self, name: str) -> str:
        module = self.modules[name]
        is_part = not hasattr(module, "__path__") and name.count(".") > 1
        underline = ("-" if is_part else "=") * (len(name) + 4)
        lines = [f"``{name}``", underline, "", f".. automodule:: {name}"]
        if name in self.origins:
            lines.append("   :no-index:")  # the package hands on something of the same name
        lines += ["", f".. currentmodule:: {name}", ""]
        for public in getattr(module, "__all__", ()):
            lines += [*self._entry(name, public), ""]
        return "\n".join(lines)

    def _entry(self, module_name: str, name: str) -> list[str]:
        value = getattr(self.modules[module_name], name)
        here = f"{module_name}.{name}"
        home = self.homes[self.origins[here]]
        if _is_proxy(value):
            return [f".. py:data:: {name}", "", "   Stands for the one of the request at hand."]
        if inspect.ismodule(value):
            return [f".. py:data:: {name}", "", "   A module, described below."]
        if isinstance(value, click.Command):
            text = f"The command ``meter {value.name}``: see :doc:`/reference/cli`."
            return [f".. py:data:: {name}", "", f"   {text}"]
        if home == here:
            options = self._class_options(value) if inspect.isclass(value) else []
            return [f".. auto{_kind(value)}:: {name}", *options]
        text = f"Handed on as :py:obj:`{home}`, and described there."
        if inspect.isclass(value) and here == self.origins[here]:
            # Sphinx registers the name a class was made under together with its home.
            return [f"``{name}``", f"   {text}"]
        return [f".. py:{_kind(value)}:: {name}", "   :no-index-entry:", "", f"   {text}"]

    def _class_options(self, value: type) -> list[str]:
        options = ["   :members:", "   :undoc-members:"]
        if any(map(is_told, value.__bases__)):
            options.append("   :show-inheritance:")
        if any(map(is_private, value.__mro__)):
            # What a private base brings is told as the class's own.
            known = next(base for base in value.__mro__[1:] if not is_private(base))
            options.append(f"   :inherited-members: {known.__name__}")
        return options


def _write(app: Sphinx) -> None:
    """Write the pages that have changed, and remove those of modules that are gone."""
    pages = _Pages()
    make_readable(pages.modules.values())
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{name}.rst": text for name, text in pages.texts().items()}
    for path in folder.glob("*.rst"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.is_file() or text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
