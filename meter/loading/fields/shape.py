"""What every shape does, and how a value of another form is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from meter.errors.values import wrong_type

if TYPE_CHECKING:
    from meter.errors.values import Fault
    from meter.loading.positions import Path
    from meter.loading.problems import ProblemCollector

__all__ = ["REFUSED", "Refused", "Shape", "label", "refused", "wrong"]


class Refused:
    """Stands for a value that was reported."""


REFUSED = Refused()


class Shape(Protocol):
    """A form a value may take. `form` says it in words, as in ``a whole number such as `5` ``."""

    @property
    def form(self) -> str: ...

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the value as the classes want it, or `REFUSED` when it was reported."""

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""


def label(path: Path) -> str:
    """Return what a message calls the value at `path`: its key."""
    names = [part for part in path if isinstance(part, str)]
    return f"`{names[-1]}`" if names else "this"


def wrong(
    shape: Shape, value: object, path: Path, report: ProblemCollector, advice: str | None = None
) -> Refused:
    """Report a value of the wrong form."""
    is_item = len(path) > 1 and isinstance(path[-1], int)
    subject = f"an item of {label(path)}" if is_item else label(path)
    return refused(wrong_type(shape.form, value, subject, advice), path, report)


def refused(fault: Fault, path: Path, report: ProblemCollector) -> Refused:
    """Report what is wrong with a value."""
    report.add(fault.code, path, fault.message, fault.advice)
    return REFUSED
