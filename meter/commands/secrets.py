"""The option `--secret-file`: the keys that sign a site's links, one a line, the newest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from meter.commands.options import FilePath
from meter.errors import MeterError
from meter.loading.toml import read_text
from meter.web.secrets import LEAST_SECRET, secret_fault

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_secrets", "secret_file_option"]

_Command = TypeVar("_Command", bound=Callable[..., object])


def secret_file_option(what: str, *, required: bool = True) -> Callable[[_Command], _Command]:
    """Add `--secret-file`; `what` says what its secret signs."""
    return click.option(
        "--secret-file",
        type=FilePath(),
        required=required,
        help=(
            f"A file with the secret that signs {what}, of {LEAST_SECRET} characters at least;"
            " several one a line, the newest first."
        ),
    )


def read_secrets(path: Path) -> list[str]:
    """Return the secrets in a file, the newest first; empty lines and `#` comments are none.

    Raises `MeterError` where there is none, and for one that is short or the name of a file; what
    stands in the file is never quoted.
    """
    lines = {number: line.strip() for number, line in enumerate(read_text(path).splitlines(), 1)}
    secrets = {number: line for number, line in lines.items() if line and not line.startswith("#")}
    for number, secret in secrets.items():
        fault = secret_fault(secret)
        if fault is not None:
            raise MeterError(f"{path}:{number}: the secret in this line {fault}")
    if not secrets:
        raise MeterError(
            f"`{path}` holds no secret; write a long random line, such as what `openssl rand -hex"
            " 32` prints, and give the site the same"
        )
    return list(secrets.values())
