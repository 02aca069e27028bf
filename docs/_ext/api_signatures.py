"""What autodoc needs to know of our code: how docstrings are written, and what annotations name."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import ChainMap
from functools import cache
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    ForwardRef,
    ParamSpec,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from sphinx.util.docstrings import prepare_docstring

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import FunctionType, ModuleType

    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx

_FUNCTION = re.compile(r"<(?:built-in )?function (\w+)[^<>]*>")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def is_private(kind: type) -> bool:
    """Return whether a class is one of ours that nobody else is to know."""
    return kind.__name__.startswith("_") and kind.__module__.startswith("meter.")


def is_told(base: object) -> bool:
    """Return whether a base of a class is worth naming."""
    return base is not object and not (inspect.isclass(base) and is_private(base))


def make_readable(modules: Collection[ModuleType]) -> None:
    """Import what modules import for type checkers only, and resolve what is generated."""
    for module in modules:
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for branch in tree.body:
            if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING":
                code = compile(ast.Module(branch.body, []), str(module.__file__), "exec")
                exec(code, module.__dict__)  # noqa: S102 (our own source, imported a moment ago)
    everything = dict(ChainMap(*map(vars, modules)))
    for module in modules:
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                _resolve_constructor(value, everything)


def _resolve_constructor(kind: type, everything: dict[str, object]) -> None:
    """Read the annotations of a constructor that was generated: it knows no names of the module.

    That of a converter may come from any other module.
    """
    if hasattr(kind, "_fields"):  # a named tuple
        kind.__new__.__annotations__ = get_type_hints(kind)
    elif hasattr(kind, "__attrs_attrs__") and "__init__" in vars(kind):
        near = [vars(sys.modules[base.__module__]) for base in kind.__mro__]
        names = ChainMap(*near, everything)
        annotations = vars(kind)["__init__"].__annotations__
        for name, text in annotations.items():
            annotations[name] = _read(text, names)


def _resolve(_app: Sphinx, value: FunctionType, _bound: object) -> None:
    """Read the signature that a decorator wrote, in the module of the function it was put on."""
    signature = getattr(value, "__signature__", None)
    if not inspect.isfunction(value) or not isinstance(signature, inspect.Signature):
        return
    names = vars(sys.modules[value.__module__])
    parameters = [
        parameter.replace(annotation=_read(parameter.annotation, names))
        for parameter in signature.parameters.values()
    ]
    resolved = signature.replace(
        parameters=parameters, return_annotation=_read(signature.return_annotation, names)
    )
    value.__dict__["__signature__"] = resolved
    value.__annotations__ = {}


def _read(annotation: object, names: Mapping[str, object]) -> object:
    """Return the type that an annotation stands for, inside and out."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return eval(annotation, {}, names)  # noqa: S307 (our own source, imported a moment ago)
    origin: Any = get_origin(annotation)
    if origin is None:
        return annotation
    return origin[tuple(_read(part, names) for part in get_args(annotation))]


def _name_bases(
    _app: Sphinx, _name: str, _value: type, _options: object, bases: list[object]
) -> None:
    """Name only those bases of a class that can be looked up."""
    bases[:] = [base for base in bases if is_told(base)]


def _name_defaults(
    _app: Sphinx,
    _what: str,
    _name: str,
    _value: object,
    _options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Write a function that is a default as its name, so that the signature can be parsed."""
    return signature and _FUNCTION.sub(r"\1", signature), returns


def _read_docstring(
    _app: Sphinx, what: str, _name: str, value: object, _options: object, lines: list[str]
) -> None:
    """Read code in a docstring as Markdown does, where a space may stand inside or none outside.

    Of a constant, leave out what Python says of every `dict`, and NumPy of every array.
    """
    if what == "data" and lines == prepare_docstring(getattr(value, "__doc__", None) or ""):
        lines.clear()
    paragraphs = "\n".join(lines).split("\n\n")
    lines[:] = "\n\n".join(map(_with_literals, paragraphs)).split("\n")


def _with_literals(paragraph: str) -> str:
    if paragraph.lstrip().startswith(">>>"):
        return paragraph
    return _CODE.sub(lambda code: f"\\ ``{code[2].strip()}``\\ ", paragraph)


def _name_only(_app: Sphinx, _env: object, node: pending_xref, shown: Element) -> Element | None:
    """Write a type variable, or a private class of ours, as its name: nobody is to look it up."""
    module_name, _, name = node["reftarget"].rpartition(".")
    value = getattr(sys.modules.get(module_name), name, None)
    if isinstance(value, TypeVar) or (inspect.isclass(value) and is_private(value)):
        return shown
    return shown if node["reftarget"] in _parameters() else None


@cache
def _parameters() -> set[str]:
    """Return the names of the parameter specifications of all modules, as Sphinx writes them."""
    ours = [module for name, module in sys.modules.items() if name.startswith("meter.")]
    values = [value for module in ours for value in vars(module).values()]
    return {value.__name__ for value in values if isinstance(value, ParamSpec)}


def _list_top_level(_app: Sphinx, domain: str, _kind: str, content: Element) -> None:
    """Leave the members of classes out of the contents beside a page."""
    signature = content.parent[0]
    if domain == "py" and signature.get("class"):
        signature["_toc_name"] = ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("autodoc-before-process-signature", _resolve)
    app.connect("autodoc-process-bases", _name_bases)
    app.connect("autodoc-process-signature", _name_defaults)
    app.connect("autodoc-process-docstring", _read_docstring)
    app.connect("object-description-transform", _list_top_level)
    app.connect("missing-reference", _name_only)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
