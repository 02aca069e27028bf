"""The help of a command: a line in the list of commands, its own help, and examples."""

from __future__ import annotations

from inspect import cleandoc
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["command", "command_group", "write_examples"]


def command(*examples: str) -> Callable[[Callable[..., object]], click.Command]:
    """Make a command of a function; help prints `examples` as they are, before the options.

    The help is the function's docstring. Its first line is also the command's line in lists, of
    which `meter.cli.COMMANDS` has a copy, so that `meter --help` imports no command.
    """

    def made(function: Callable[..., object]) -> click.Command:
        words = cleandoc(function.__doc__ or "")
        decorate = click.command(
            cls=_Command,
            short_help=words.partition("\n\n")[0],
            help=words,
            epilog="\n".join(examples),
        )
        return decorate(function)

    return made


def command_group(*examples: str) -> Callable[[Callable[..., object]], click.Group]:
    """Make a command of several of a function, whose help is written like that of `command`.

    The commands in it are added to what this returns, with `add_command`.
    """

    def made(function: Callable[..., object]) -> click.Group:
        words = cleandoc(function.__doc__ or "")
        decorate = click.group(
            cls=_CommandGroup,
            short_help=words.partition("\n\n")[0],
            help=words,
            epilog="\n".join(examples),
        )
        return decorate(function)

    return made


class _Command(click.Command):
    """A command whose epilog, the examples, stands before its options."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        if self.epilog:
            write_examples(formatter, self.epilog)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing: the examples stand before the options."""


class _CommandGroup(click.Group):
    """A command of several whose epilog, the examples, stands before its options.

    Its commands are listed in the order in which they were added.
    """

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        if self.epilog:
            write_examples(formatter, self.epilog)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing: the examples stand before the options."""


def write_examples(formatter: click.HelpFormatter, examples: str) -> None:
    """Write lines as they are, where click would fill a paragraph with them."""
    formatter.write_paragraph()
    with formatter.indentation():
        for line in examples.splitlines():
            formatter.write(f"{' ' * formatter.current_indent}{line}\n")
