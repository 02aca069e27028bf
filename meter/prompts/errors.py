"""Make the problems of a template: file, line, column, code, words and a next step."""

from __future__ import annotations

from meter.errors import Problem, PromptError

__all__ = ["TemplateError", "fault"]

_LONGEST_LINE = 160


class TemplateError(PromptError):
    """A template or a file of texts cannot be used.

    `problems` holds everything that is wrong with it.
    """

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def fault(
    code: str, message: str, advice: str, *, name: str, source: str = "", offset: int | None = None
) -> Problem:
    """Return a problem at `offset` characters from the start of `source`.

    Without an offset it is the whole file's.
    """
    if offset is None:
        return Problem(code=code, message=message, help=advice, name=name)
    before = source[:offset]
    line = before.count("\n") + 1
    start = before.rfind("\n") + 1
    text = source[start:].partition("\n")[0].rstrip("\r")
    return Problem(
        code=code,
        message=message,
        help=advice,
        name=name,
        line=line,
        column=offset - start + 1,
        source=text[:_LONGEST_LINE],
    )
