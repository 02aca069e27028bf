"""The option `--locale` of the commands that show prompts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from meter.loading.codes import locale_step

__all__ = ["locale_option", "locales_option"]

_Command = TypeVar("_Command", bound=Callable[..., object])


def locale_option(command: _Command) -> _Command:
    """Add `--locale`, and refuse what is no language."""
    words = "The language of the prompts, such as `ja`; without it, the publication's."
    return click.option("--locale", callback=_known_locale, metavar="LOCALE", help=words)(command)


def locales_option(command: _Command) -> _Command:
    """Add `--locale` for several languages, and refuse what is none."""
    words = "A language to show, such as `ja`; several times for several; without it, the policy's."
    return click.option(
        "--locale", "locales", multiple=True, callback=_known_locales, metavar="LOCALE", help=words
    )(command)


def _known_locales(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    for value in values:
        _known_locale(ctx, param, value)
    return values


def _known_locale(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    step = None if value is None else locale_step(value)
    if step is not None:
        raise click.BadParameter(f"`{value}` is not a locale; {step}", ctx, param)
    return value
