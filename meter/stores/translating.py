"""The errors of a driver, raised as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import MeterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Translated"]


class Translated:
    """A context that raises the errors of `meter` in the place of the driver's.

    `ours` says what an error of the driver's means. It is a class, for it is entered once a call:
    one made of a generator costs several times as much.
    """

    __slots__ = ("_ours",)

    def __init__(self, ours: Callable[[Exception], MeterError]) -> None:
        self._ours = ours

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, MeterError):
            raise self._ours(error) from error
