"""Mistakes in how often a prompt is shown: caps, silences, what stands in, groups."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from meter.forms import length_text
from meter.policy import Cap, Every, Prompt, Quiet
from meter.verify.mutants.edit import Edit, Kind, lifted, replaced, with_field
from meter.verify.mutants.meters import window_edits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["frequency_edits"]

_Value = TypeVar("_Value", Cap, Every)
_LEFT_OUT = "left out"


def frequency_edits(prompt: Prompt, name: str) -> Iterator[Edit[Prompt]]:
    """Yield every mistake in how often a prompt is shown; `name` says in words which it is."""
    for place, cap in enumerate(prompt.at_most):
        numbered = f" {place + 1}" if len(prompt.at_most) > 1 else ""
        what = f"{name}, cap{numbered}"
        yield from lifted(_cap(cap, what), ("at_most", place), partial(_with_cap, prompt, place))
        make = partial(with_field, prompt, "at_most", replaced(prompt.at_most, place))
        yield Edit(Kind.FREQUENCY, what, "there", _LEFT_OUT, ("at_most", place), make)
    every = prompt.every
    if every is not None:
        what = f"{name}, `every`"
        edits = _numbers(every, "views", what)
        yield from lifted(edits, ("every",), partial(with_field, prompt, "every"))
        make = partial(with_field, prompt, "every", None)
        yield Edit(Kind.FREQUENCY, what, "there", _LEFT_OUT, ("every",), make)
    if prompt.quiet_after is not None:
        edits_of_quiet = _quiet(prompt.quiet_after, f"{name}, `quiet_after`")
        whole = partial(with_field, prompt, "quiet_after")
        yield from lifted(edits_of_quiet, ("quiet_after",), whole)
    if prompt.once:
        what = f"{name}, `once`"
        again = partial(evolve, prompt, once=False)
        yield Edit(Kind.FREQUENCY, what, "true", "false", ("once",), again)
    for key in ("instead", "group"):
        said = getattr(prompt, key)
        if said is not None:
            make = partial(with_field, prompt, key, None)
            yield Edit(Kind.FREQUENCY, f"{name}, `{key}`", f'"{said}"', _LEFT_OUT, (key,), make)


def _with_cap(prompt: Prompt, place: int, cap: Cap) -> Prompt:
    return evolve(prompt, at_most=replaced(prompt.at_most, place, cap))


def _cap(cap: Cap, what: str) -> Iterator[Edit[Cap]]:
    return chain(
        _numbers(cap, "times", what),
        lifted(
            (edit._replace(kind=Kind.FREQUENCY) for edit in window_edits(cap.window, what)),
            ("window",),
            partial(with_field, cap, "window"),
        ),
    )


def _numbers(value: _Value, key: str, what: str) -> Iterator[Edit[_Value]]:
    """Yield one less and one more; what may not be is refused where it is made."""
    number = getattr(value, key)
    for other in (number - 1, number + 1):
        make = partial(with_field, value, key, other)
        said = (f"{key} = {number}", f"{key} = {other}")
        yield Edit(Kind.FREQUENCY, what, *said, (key,), make)


def _quiet(quiet: Quiet, what: str) -> Iterator[Edit[Quiet | None]]:
    lengths = {key: getattr(quiet, key) for key in ("closed", "purchase", "shown")}
    given = {key: length for key, length in lengths.items() if length is not None}
    for key, length in given.items():
        make = partial(_without, quiet, key, tuple(given))
        said = f'{key} = "{length_text(length)}"'
        yield Edit(Kind.FREQUENCY, what, said, _LEFT_OUT, (key,), make)


def _without(quiet: Quiet, key: str, given: tuple[str, ...]) -> Quiet | None:
    return None if given == (key,) else with_field(quiet, key, None)
