"""The help of a command: a line in the list of commands, its own help, and examples."""

from __future__ import annotations

from inspect import cleandoc
from typing import TYPE_CHECKING, TypeVar

import click

from meter.commands.mistakes import in_editors_words, too_many_words
from meter.errors import meant

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CommandGroup", "command", "command_group", "write_examples"]

C = TypeVar("C", bound=click.Command)


def command(*examples: str) -> Callable[[Callable[..., object]], click.Command]:
    """Make a command of a function; help prints `examples` as they are, before the options.

    The help is the function's docstring. Its first line is also the command's line in lists, of
    which `meter.cli.COMMANDS` has a copy, so that `meter --help` imports no command.
    """
    return _made(_Command, examples)


def command_group(*examples: str) -> Callable[[Callable[..., object]], CommandGroup]:
    """Make a command of several of a function, whose help is written like that of `command`.

    The commands in it are added to what this returns, with `add_command`.
    """
    return _made(CommandGroup, examples)


def _made(kind: type[C], examples: tuple[str, ...]) -> Callable[[Callable[..., object]], C]:
    def made(function: Callable[..., object]) -> C:
        words = cleandoc(function.__doc__ or "")
        decorate = click.command(
            cls=kind,
            short_help=words.partition("\n\n")[0],
            help=words,
            epilog="\n".join(examples),
        )
        return decorate(function)

    return made


class _Command(click.Command):
    """A command whose epilog, the examples, stands before its options.

    What is wrong with its arguments is said in an editor's words.
    """

    allow_extra_args = True  # so that they are refused here

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            raise in_editors_words(error, ctx, given) from None
        # Whoever completes a line has not written it yet: a word too many has no completion.
        if rest and not isinstance(self, click.Group) and not ctx.resilient_parsing:
            raise too_many_words(rest, ctx)
        return rest

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        if self.epilog:
            write_examples(formatter, self.epilog)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing: the examples stand before the options."""


class CommandGroup(_Command, click.Group):
    """A command of several, which are listed in the order in which they were added."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        known = self.list_commands(ctx)
        if not name.startswith("-") and name not in known and not ctx.resilient_parsing:
            every = ", ".join(f"`{each}`" for each in known)
            step = meant(name, known, f"there are: {every}")
            ctx.fail(f"there is no command `{name}`; {step}")
        return super().resolve_command(ctx, args)


def write_examples(formatter: click.HelpFormatter, examples: str) -> None:
    """Write lines as they are, where click would fill a paragraph with them."""
    formatter.write_paragraph()
    with formatter.indentation():
        for line in examples.splitlines():
            formatter.write(f"{' ' * formatter.current_indent}{line}\n")
