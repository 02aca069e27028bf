"""The option `--secret-file`: the keys that sign a site's links, one a line, the newest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from meter.commands.options import FilePath
from meter.errors import MeterError
from meter.loading.toml import read_text

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
        help=f"A file with the secret that signs {what}, one a line, the newest first.",
    )


def read_secrets(path: Path) -> list[str]:
    """Return the secrets in a file, the newest first; empty lines and `#` comments are none.

    Raises `MeterError` where there is none; what stands in the file is never quoted.
    """
    lines = [line.strip() for line in read_text(path).splitlines()]
    secrets = [line for line in lines if line and not line.startswith("#")]
    if not secrets:
        raise MeterError(
            f"`{path}` holds no secret; write a long random line, such as what `openssl rand -hex"
            " 32` prints, and give the site the same"
        )
    return secrets
