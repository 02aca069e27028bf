"""Write the tables of a policy as a person would: conditions and windows on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomli_w

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["policy_text"]


def policy_text(table: Mapping[str, dict[str, object] | list[dict[str, object]]]) -> str:
    """Return tables of a policy, and lists of them, as TOML.

    A table whose values are tables themselves has each under a name of its own, such as
    `[meters.monthly]`.
    """
    return "\n".join(_blocks(table))


def _blocks(
    table: Mapping[str, dict[str, object] | list[dict[str, object]]],
) -> Iterator[str]:
    for name, part in table.items():
        if isinstance(part, list):
            for one in part:
                yield f"[[{name}]]\n{_lines(one)}"
        elif all(isinstance(value, dict) for value in part.values()):
            for inner, value in part.items():
                if isinstance(value, dict):
                    yield f"[{name}.{inner}]\n{_lines(value)}"
        else:
            yield f"[{name}]\n{_lines(part)}"


def _lines(table: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_inline(value)}\n" for key, value in table.items())


def _inline(value: object) -> str:
    """Write a value in one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_inline(part)}' for key, part in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").removesuffix("\n")
