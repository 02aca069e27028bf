"""What can go wrong, and how it is told.

Every exception of the project is a `MeterError`. A message starts in lower case, quotes the user's
input in backticks and says what to do next; a problem in a policy also says where.
"""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = [
    "CorruptUsageError",
    "IdentityError",
    "MeterError",
    "PolicyError",
    "Problem",
    "PromptError",
    "StoreContentionError",
    "StoreError",
    "StoreUnavailableError",
]


@frozen(kw_only=True)
class Problem:
    """One thing that is wrong (or doubtful) in a policy.

    `code` is stable and documented; `line` and `column` count from 1 and are `None` where the
    policy was built in Python; `path` says where in the policy's tables the problem is, for example
    `("rules", 3, "spend")`; `help` is the next step.
    """

    code: str
    message: str
    line: int | None = None
    column: int | None = None
    help: str | None = None
    path: tuple[str | int, ...] = ()
    severity: Literal["error", "warning"] = "error"
    name: str = "policy"
    source: str | None = None

    def __str__(self) -> str:
        """Say file, line, column, code and words, then the line itself and the next step."""
        where = ":".join(
            str(part) for part in (self.name, self.line, self.column) if part is not None
        )
        lines = [f"{where}: {self.severity}[{self.code}]: {self.message}"]
        if self.source is not None:
            lines.append(f"{self.line:>5} | {self.source}")
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)


class MeterError(Exception):
    """The parent of every error of this project."""


class PolicyError(MeterError):
    """A policy cannot be used. `problems` holds every problem, never just the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PromptError(MeterError):
    """A prompt cannot be rendered: a template is missing, or names something that is not there."""


class StoreError(MeterError):
    """A store did not do what was asked."""


class StoreUnavailableError(StoreError):
    """A store did not answer, or not in time."""


class StoreContentionError(StoreError):
    """A reader's usage kept changing under our hands until the attempts were used up."""


class CorruptUsageError(StoreError):
    """The remembered bytes are not a usage this version can read."""


class IdentityError(MeterError):
    """A reader's identity is missing, forged or out of date."""
