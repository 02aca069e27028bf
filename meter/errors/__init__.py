"""The errors of the project, and the words of their messages.

Every exception of the project is a `MeterError`. A message starts in lower case, quotes the user's
input in backticks and says what to do next; a problem in a policy also says where.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from meter.errors.meanings import by_meaning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import NoReturn

__all__ = [
    "EXTRAS",
    "MOST_PROBLEMS",
    "UNPRINTABLE",
    "CorruptUsageError",
    "IdentityError",
    "MeterError",
    "MissingExtraError",
    "PolicyError",
    "Problem",
    "ProblemsError",
    "PromptError",
    "StoreContentionError",
    "StoreError",
    "StoreSetupError",
    "StoreUnavailableError",
    "UnknownPromptError",
    "closest",
    "did_you_mean",
    "listed",
    "meant",
    "printable",
    "problem_at",
    "quoted",
    "raise_missing_extra",
    "shown_line",
    "step_to",
]

MOST_PROBLEMS = 50
"""How many problems of one text are listed."""

LIKE_ENOUGH = 0.6
"""How alike two words must be for one to be a slip for the other (`difflib` calls it the ratio)."""

_LONGEST_QUOTE = 60
_LONGEST_KEY = 20
_LONGEST_LINE = 160
_MOST_ITEMS = 3  # of a list or a table that is quoted
_MOST_LISTED = 40
EXTRAS = {
    "crawleruseragents": "web",
    "hiredis": "redis",
    "html5lib": "web",
    "cryptography": "machines",
    "http_message_signatures": "machines",
    "http_sf": "machines",
    "hypothesis": "testing",
    "itsdangerous": "web",
    "numba": "sim",
    "numpy": "sim",
    "psycopg": "postgres",
    "psycopg_pool": "postgres",
    "pyarrow": "sim",
    "redis": "redis",
    "starlette": "serve",
    "uvicorn": "serve",
    "vl_convert": "plots",
    "z3": "smt",
}
"""The extra that installs a module, of every module that the core does without."""

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What upsets a terminal, or turns the direction of a line."""


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
            number = "" if self.line is None else self.line
            lines.append(f"{number:>5} | {self.source}")
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)


class MeterError(Exception):
    """The parent of every error of this project."""


class ProblemsError(MeterError):
    """A text cannot be used. `problems` holds every problem, never just the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[ProblemsError], tuple[tuple[Problem, ...]]]:
        """Pickle the problems, from which the message is made again."""
        return type(self), (self.problems,)


class PolicyError(ProblemsError):
    """A policy cannot be used. `problems` holds every problem, never just the first."""


class PromptError(MeterError):
    """A prompt cannot be rendered: a template is missing, or names something that is not there."""


class UnknownPromptError(MeterError):
    """A prompt is named that the policy does not have, and that does not ship either."""


class StoreError(MeterError):
    """A store did not do what was asked."""


class StoreSetupError(StoreError):
    """A store cannot work as it is set up: a mistake that no waiting mends, never an outage.

    For example a wrong option in a URL, a wrong password, or a database that does not exist.
    """


class StoreUnavailableError(StoreError):
    """A store did not answer, or not in time."""


class StoreContentionError(StoreError):
    """A reader's usage kept changing under our hands until the attempts were used up."""


class CorruptUsageError(StoreError):
    """The remembered bytes are not a usage this version can read."""


class IdentityError(MeterError):
    """A reader's identity is missing, forged or out of date."""


def problem_at(
    code: str, message: str, advice: str, *, name: str, source: str = "", offset: int | None = None
) -> Problem:
    """Return a problem at `offset` characters from the start of `source`.

    Without an offset it is the whole file's.
    """
    if offset is None:
        return Problem(code=code, message=message, help=advice, name=name)
    start = source.rfind("\n", 0, offset) + 1
    return Problem(
        code=code,
        message=message,
        help=advice,
        name=name,
        line=source.count("\n", 0, offset) + 1,
        column=offset - start + 1,
        source=shown_line(source[start:].partition("\n")[0]),
    )


def shown_line(line: str) -> str:
    """Return a line of a text as it can be shown: bounded, and without control characters."""
    shown = line.rstrip("\r").replace("\t", " ")
    if len(shown) > _LONGEST_LINE:
        shown = shown[: _LONGEST_LINE - 1] + "…"
    return UNPRINTABLE.sub("\ufffd", shown)


class MissingExtraError(MeterError):
    """A module is not installed that one of the extras brings.

    >>> print(MissingExtraError("z3"))
    this needs `z3`, which is not installed: `pip install 'meter-paywall[smt]'`
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self.extra = EXTRAS[module]
        how = f"pip install 'meter-paywall[{self.extra}]'"
        super().__init__(f"this needs `{module}`, which is not installed: `{how}`")

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str]]:
        return type(self), (self.module,)


def raise_missing_extra(error: ImportError) -> NoReturn:
    """Say what to install for an import that failed; raise the error itself if no extra helps."""
    module = (error.name or "").partition(".")[0]
    if module not in EXTRAS:
        raise error
    raise MissingExtraError(module) from error


def quoted(value: object, most: int = _LONGEST_QUOTE) -> str:
    """Return what an editor wrote, in backticks, printable and cut to `most` characters.

    >>> quoted("summer"), quoted(True), quoted(["a"])
    ('`summer`', '`true`', '`["a"]`')
    """
    text = printable(value if isinstance(value, str) else _literal(value))
    if len(text) > most:
        text = text[: most - 1] + "…"
    return f"`{text}`"


def printable(text: str) -> str:
    """Return a text with codes for what upsets a terminal or turns the direction of a line."""
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04X}", text)


def _literal(value: object) -> str:
    """Return a value as it is written in TOML, shortened where it is long."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{value[:_LONGEST_QUOTE]}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_QUOTE:
        return "a number of more than 60 digits"
    if isinstance(value, list):
        items = [_literal(item) for item in value[:_MOST_ITEMS]]
        if len(value) > _MOST_ITEMS:
            items.append("…")
        return f"[{', '.join(items)}]"
    if isinstance(value, dict) and value:
        keys = [f"{str(key)[:_LONGEST_KEY]} = …" for key in list(value)[:_MOST_ITEMS]]
        return f"{{ {', '.join(keys)} }}"
    return str(value)


def listed(words: Sequence[str], joiner: str = "and") -> str:
    """Join words as English does: `a`, `a and b`, `a, b and c`.

    >>> listed(["Monday", "Tuesday", "Friday"]), listed([])
    ('Monday, Tuesday and Friday', 'nothing')
    """
    *most, last = words or ["nothing"]
    return f"{', '.join(most)} {joiner} {last}" if most else last


def meant(word: str, known: Collection[str], otherwise: str | None = None) -> str:
    """Return the next step for a word that is not known: the one meant, or the list of all.

    What a word means comes before what is spelled alike. Where there is neither, `otherwise` may
    say something better than the list.

    >>> meant("artcles", ["articles", "views"])
    'did you mean `articles`?'
    """
    words = by_meaning(word, known)
    if words:
        return did_you_mean(*words)
    close = closest(word, known)
    if close is None and otherwise is not None:
        return otherwise
    return step_to(close, known)


def did_you_mean(*words: str) -> str:
    """Return the next step where one of some words was probably meant."""
    return f"did you mean {listed([f'`{word}`' for word in words], 'or')}?"


def step_to(close: str | None, known: Collection[str]) -> str:
    """Return the next step where `close` is the known word that was probably meant, if any."""
    if close is not None:
        return did_you_mean(close)
    if not known:
        return "there are none yet"
    return f"there are: {', '.join(f'`{item}`' for item in sorted(known)[:_MOST_LISTED])}"


def closest(word: str, known: Collection[str], like_enough: float = LIKE_ENOUGH) -> str | None:
    """Return the known word that `word` means or is most like, or `None` if there is none.

    Capitals, and whether `-` or `_` joins a word, make no difference.
    """
    meaning = by_meaning(word, known)
    if meaning:
        return meaning[0]
    folded = {_folded(item): item for item in sorted(known, reverse=True)}
    found = get_close_matches(_folded(word[:_LONGEST_QUOTE]), folded, 1, like_enough)
    return folded[found[0]] if found else None


def _folded(word: str) -> str:
    return word.casefold().replace("_", "-")
