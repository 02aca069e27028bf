"""What is wrong with a command line, in an editor's words: what was written, and what to write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from meter.errors import closest, did_you_mean, listed, quoted, step_to

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["in_editors_words", "too_many_words"]

_NAME = re.compile(r"[A-Z]{2,}")
"""What the place of an argument is called, such as the `EVENTS` of `[EVENTS.jsonl]`."""


def in_editors_words(
    error: click.UsageError, context: click.Context, arguments: Sequence[str]
) -> click.UsageError:
    """Return a mistake in the `arguments` of a command in words of its own.

    Messages that are ours already keep their words.
    """
    command = context.command
    if isinstance(error, click.NoSuchOption):
        words = _no_such_option(error.option_name, context)
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        words = _missing(error.param, context)
    elif isinstance(error, click.BadOptionUsage):
        words = _value_or_none(_option(command, error.option_name), context)
    elif isinstance(error, click.BadParameter) and error.param is not None:
        given = command.make_parser(context).parse_args(list(arguments))[0]
        words = _not_taken(error.param.type, given.get(error.param.name)) or error.message
        if isinstance(error.param, click.Option):
            words = f"{_hint(error.param, context)}: {words}"
    else:
        return error
    return click.UsageError(words, context)


def too_many_words(rest: Sequence[str], context: click.Context) -> click.UsageError:
    """Return the mistake of words for which a command has no place."""
    return click.UsageError(
        f"{quoted(rest[0])} is more than `{_form(context)}` takes; leave it out, or put words that"
        " belong together in quotes",
        context,
    )


def _no_such_option(name: str, context: click.Context) -> str:
    for argument in context.command.params:
        place = _hint(argument, context).strip("`")
        found = _NAME.search(place)
        if isinstance(argument, click.Argument) and found and name == f"--{found[0].lower()}":
            form = _example(argument, context) or _form(context)
            return f"`{name}` is not an option: {found[0]} stands by itself, as in `{form}`"
    known = {
        word.strip("-"): word
        for option in context.command.get_params(context)
        if isinstance(option, click.Option)
        for word in (*option.opts, *option.secondary_opts)
        if word.startswith("--")
    }
    close = closest(name.strip("-"), known)
    return f"there is no option {quoted(name)}; {step_to(known.get(close or ''), known.values())}"


def _missing(parameter: click.Parameter, context: click.Context) -> str:
    example = _example(parameter, context)
    such = f"write it as in `{example}`" if example else f"write `{_form(context)}`"
    return f"{_hint(parameter, context)} is missing; {such}"


def _value_or_none(option: click.Option, context: click.Context) -> str:
    if option.is_flag:
        return f"`{option.opts[0]}` takes no value"
    place = option.make_metavar(context)
    return f"`{option.opts[0]}` needs a value; write `{option.opts[0]} {place}`"


def _not_taken(kind: click.ParamType[object], value: object) -> str | None:
    """Return why a word is none of a kind; `None` for kinds that say it in our words."""
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    if isinstance(kind, click.Choice):
        words = [str(word) for word in kind.choices]
        every = listed([f"`{word}`" for word in words], "or")
        close = closest(str(value), words)
        step = "" if close is None else f"; {did_you_mean(close)}"
        return f"{quoted(value)} is not {every}{step}"
    if isinstance(kind, click.IntRange):
        return f"{quoted(value)} is not a whole number {_bounds(kind.min, kind.max)}"
    if isinstance(kind, click.FloatRange):
        return f"{quoted(value)} is not a number {_bounds(kind.min, kind.max)}"
    if isinstance(kind, click.Path):
        return f"{quoted(value)} is no {'file' if kind.file_okay else 'folder'} to write to"
    return None


def _bounds(least: float | None, most: float | None) -> str:
    return f"of at least {least}" if most is None else f"from {least} to {most}"


def _option(command: click.Command, name: str) -> click.Option:
    options = [option for option in command.params if isinstance(option, click.Option)]
    return next(each for each in options if name in (*each.opts, *each.secondary_opts))


def _hint(parameter: click.Parameter, context: click.Context) -> str:
    """Return what a parameter is called in a message."""
    if isinstance(parameter, click.Option):
        return f"`{parameter.opts[0]}`"
    return f"`{parameter.make_metavar(context)}`"


def _form(context: click.Context) -> str:
    """Return how a command is written without options, such as `meter replay POLICY LOG`."""
    command = context.command
    places = [
        argument.make_metavar(context)
        for argument in command.params
        if isinstance(argument, click.Argument)
    ]
    return " ".join([context.command_path, *places])


def _example(parameter: click.Parameter, context: click.Context) -> str | None:
    """Return the first example in the help that gives what is missing, in one line."""
    lines = (context.command.epilog or "").replace("\\\n", "").splitlines()
    for line in lines:
        words = re.split(r" {2,}|  #", line.strip())[0]
        named = isinstance(parameter, click.Argument) or parameter.opts[0] in words.split()
        if words.startswith("meter ") and named:
            return words
    return None
