"""What a finished comparison says, in plain texts: computed elsewhere, shown on a page."""

from __future__ import annotations

from datetime import date

from attrs import frozen

__all__ = ["AnswerLine", "CautionLine", "Cell", "ComparisonAnswer", "FitLine", "Task"]


@frozen(kw_only=True)
class Task:
    """What is to be computed: the policies by name, the first one today's, and for whom.

    The numbers are those of `meter compare`; `known` is the text of `--known`, and
    `assumptions_text` the file for `--assumptions`.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    readers: int
    months: int
    seed: int
    draws: int
    sweep: bool
    by: str
    today: date
    known: str | None = None
    assumptions_text: str | None = None


@frozen(kw_only=True)
class Cell:
    """A number with what other readers would give, and what other assumptions would.

    `direction` is 1 or -1 where both intervals of a difference lie on one side of 0.
    """

    value: str
    sampling: str = ""
    assumed: str = ""
    direction: int = 0


@frozen
class AnswerLine:
    """A line of a table: a title, what it means, and a cell for each policy."""

    title: str
    words: str
    cells: tuple[Cell, ...]


@frozen
class FitLine:
    """A number that was given, what the fitted simulation gives, and whether these agree."""

    name: str
    yours: str
    simulated: str
    fits: bool


@frozen
class CautionLine:
    """A caution; `comes_first` says that it is about this question, not about simulating."""

    code: str
    text: str
    comes_first: bool


@frozen(kw_only=True)
class ComparisonAnswer:
    """Everything that is shown of a comparison, and its report as a page and as JSON.

    `verdict` is the leading sentence, the only one that may name a `best`; `more` says what
    each policy does against today's.
    """

    verdict: str
    more: tuple[str, ...]
    best: str | None
    about: str
    names: tuple[str, ...]
    lines: tuple[AnswerLine, ...]
    differences: tuple[AnswerLine, ...]
    chances: tuple[AnswerLine, ...]
    my_readers: int | None
    totals: tuple[AnswerLine, ...]
    total_differences: tuple[AnswerLine, ...]
    note: str
    fit: tuple[FitLine, ...]
    cautions: tuple[CautionLine, ...]
    unknowable: tuple[str, ...]
    closing: str
    json: str
    html: str
