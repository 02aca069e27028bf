"""What somebody does in a story, as one short word of its address and as a step of a journey.

A story's list of steps stands in the address as words with commas between: `read,read:premium,
+1d,sign-in,@2026-06-30T23:59`. What a word cannot hold (a comma, a colon) is written as addresses
write it (`%2C`). Every word has one meaning, and every move one word.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from attrs import field, frozen

from meter.errors import meant, quoted
from meter.forms import words
from meter.journeys.action_keys import ACTIONS, AT, READ
from meter.journeys.actions import (
    Action,
    Cancel,
    ClearCookies,
    DismissPrompt,
    EndTrial,
    FailPayment,
    ReadArticle,
    SignIn,
    SignOut,
    StartTrial,
    Subscribe,
    SwitchDevice,
    Wait,
)
from meter.journeys.person import parse_span, span_text
from meter.journeys.steps import PlannedStep
from meter.studio.reader.checking import StoryError, check
from meter.view import Article, PageView
from meter.vocabulary import ArticleAccess
from meter.windows import Term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "MOST_MOVES",
    "ArticleRead",
    "Move",
    "Until",
    "parse_moves",
    "planned",
    "write_moves",
]

MOST_MOVES = 300
"""A story has no more steps of its own: each has an address with all of them."""

_MINUTE = timedelta(minutes=1)
_UNITS = {"min": "minute", "h": "hour", "d": "day", "w": "week", "month": "month", "year": "year"}
_LETTERS = {unit: letters for letters, unit in _UNITS.items()}
_STRETCH = re.compile(r"([0-9]{1,5})(min|h|d|w|month|year)", re.ASCII)
_RESERVED = "%,:=+"
_ACCESSES: tuple[str, ...] = tuple(ArticleAccess)
_SAID_OF_AN_ARTICLE = ("section", "tag", "kind", "id", "referrer")


@frozen(kw_only=True)
class ArticleRead:
    """Opening an article: a new one, the one that was opened last (`again`), or that of an `id`."""

    access: ArticleAccess = ArticleAccess.METERED
    again: bool = False
    section: str | None = None
    tags: frozenset[str] = field(default=frozenset(), converter=words)
    kind: str | None = None
    id: str | None = None
    referrer: str | None = None


@frozen
class Until:
    """The clock moves to a time; without an offset it is in the publication's zone."""

    at: datetime


Move = ArticleRead | Until | Action
"""A step of a story. Of the actions, those that a word can say: offers go by their names."""

_SIMPLE: dict[str, Action] = {
    "next-month": Wait(span=Term.parse("1 month")),
    "sign-out": SignOut(),
    "clear-cookies": ClearCookies(),
    "cancel": Cancel(),
    "end-trial": EndTrial(),
    "payment-fails": FailPayment(),
}
_NAMED: dict[str, Callable[[str], Action]] = {
    "sign-in": lambda account: SignIn(account=account or None),
    "start-trial": lambda offer: StartTrial(offer=offer),
    "subscribe": lambda offer: Subscribe(offer=offer or None),
    "device": lambda device: SwitchDevice(device=device),
    "dismiss": lambda prompt: DismissPrompt(prompt=prompt),
}
_KEYS = {
    "sign-in": "sign_in",
    "start-trial": "start_trial",
    "subscribe": "subscribe",
    "device": "switch_device",
    "dismiss": "dismiss",
}
"""Under which key of a journey file the name stands that such a word gives."""
_NEEDS_A_NAME = ("start-trial", "device", "dismiss")
_KNOWN = ("read", *_SIMPLE, *_NAMED, "+1h", "+1d")


def parse_moves(text: str) -> tuple[Move, ...]:
    """Read the list of steps of an address. Raises `StoryError` for a word that is none."""
    if not text:
        return ()
    # a `+` of an address that somebody typed arrives as a blank
    parts = [f"+{part[1:]}" if part.startswith(" ") else part for part in text.split(",")]
    if len(parts) > MOST_MOVES:
        raise StoryError(f"a story has {MOST_MOVES} steps at most, not {len(parts)}")
    return tuple(map(_parse, parts))


def write_moves(moves: Iterable[Move]) -> str:
    """Write the list of steps of an address, as `parse_moves` reads it.

    Raises `StoryError` for a step that no word can say.
    """
    return ",".join(map(_write, moves))


def planned(moves: Iterable[Move], before: Iterable[PlannedStep] = ()) -> Iterator[PlannedStep]:
    """Yield moves as the steps of a journey, after the steps `before` them.

    New articles are `a1`, `a2`, and so on, as far as no other step names them.
    """
    opened = [step.action.view.article for step in before if isinstance(step.action, ReadArticle)]
    for move in moves:
        if isinstance(move, Until):
            # A journey has no step that only has a time: it waits for the last minute of it.
            yield PlannedStep(at=move.at - _MINUTE, action=Wait(span=_MINUTE))
        elif isinstance(move, ArticleRead):
            opened.append(_article(move, opened))
            view = PageView(article=opened[-1], referrer=move.referrer)
            yield PlannedStep(action=ReadArticle(view=view))
        else:
            yield PlannedStep(action=move)


def _article(move: ArticleRead, opened: list[Article]) -> Article:
    if move.again and opened:
        return opened[-1]
    taken = {article.id for article in opened}
    number = len(taken) + 1
    while f"a{number}" in taken:
        number += 1
    return Article(
        id=move.id or f"a{number}",
        access=move.access,
        section=move.section,
        tags=move.tags,
        kind=move.kind,
    )


def _parse(word: str) -> Move:
    name, _, rest = word.partition(":")
    if word.startswith("+"):
        return _stretch(word)
    if word.startswith("@"):
        return _until(word)
    if name == "read":
        return _read(rest.split(":") if rest else [])
    if word in _SIMPLE:
        return _SIMPLE[word]
    if name not in _NAMED:
        raise StoryError(f"{quoted(word)} is not a step of a story: {meant(word, _KNOWN)}")
    if name in _NEEDS_A_NAME and not rest:
        raise StoryError(f"`{name}` needs a name: write `{name}:NAME`")
    given = unquote(rest)
    if given:
        check(ACTIONS[_KEYS[name]].resolve(), given, _KEYS[name])
    return _NAMED[name](given)


def _stretch(word: str) -> Wait:
    match = _STRETCH.fullmatch(word[1:])
    try:
        if match is not None:
            return Wait(span=parse_span(f"{match[1]} {_UNITS[match[2]]}s"))
    except ValueError:
        pass
    raise StoryError(f"{quoted(word)} is no stretch of time: write one such as `+1h` or `+14d`")


def _until(word: str) -> Until:
    try:
        at = datetime.fromisoformat(word[1:].replace(" ", "+"))
    except ValueError:
        advice = "write one such as `@2026-06-30T23:59`"
        raise StoryError(f"{quoted(word)} is no time: {advice}") from None
    check(AT, at, "at")
    return Until(at)


def _read(parts: list[str]) -> ArticleRead:
    """Read what is said of an article, such as `premium` or `section=ports/asia`."""
    access = ArticleAccess.METERED
    again = False
    tags: list[str] = []
    said: dict[str, str] = {}
    for part in parts:
        key, _, value = part.partition("=")
        if part in _ACCESSES:
            access = ArticleAccess(part)
        elif part == "again":
            again = True
        elif key not in _SAID_OF_AN_ARTICLE or not value:
            keys = (f"{name}=" for name in _SAID_OF_AN_ARTICLE)
            known = ("again", *_ACCESSES, *keys)
            raise StoryError(f"{quoted(part)} says nothing of an article: {meant(part, known)}")
        elif key == "tag":
            tags.append(unquote(value))
        else:
            said[key] = unquote(value)
    table = {"id": "a1", **said, **({"tags": sorted(tags)} if tags else {})}
    check(READ, table, "read")
    return ArticleRead(access=access, again=again, tags=frozenset(tags), **said)


def _write(move: Move) -> str:
    if isinstance(move, ArticleRead):
        return ":".join(("read", *_said(move)))
    if isinstance(move, Until):
        is_whole = not (move.at.second or move.at.microsecond)
        return f"@{move.at.isoformat(timespec='minutes' if is_whole else 'auto')}"
    for word, action in _SIMPLE.items():
        if action == move:
            return word
    if isinstance(move, Wait):
        count, _, unit = span_text(move.span).partition(" ")
        return f"+{count}{_LETTERS[unit.removesuffix('s')]}"
    named = _name_of(move)
    if named is None:
        raise StoryError(f"no word of an address says how somebody can {move.verb} like this")
    name, value = named
    return f"{name}:{_escaped(value)}" if value else name


def _name_of(move: Action) -> tuple[str, str] | None:
    """Return the word of a move that names something, and that name; `None` if there is none."""
    value: str | None = None
    match move:
        case SignIn():
            name, value = "sign-in", move.account
        case StartTrial():
            name, value = "start-trial", move.offer
        case Subscribe():
            name, value = "subscribe", move.offer
        case SwitchDevice():
            name, value = "device", move.device
        case DismissPrompt():
            name, value = "dismiss", move.prompt
        case _:
            return None
    told = value or ""
    is_all = not (name in _NEEDS_A_NAME and not told) and _NAMED[name](told) == move
    return (name, told) if is_all else None


def _said(move: ArticleRead) -> Iterator[str]:
    if move.access is not ArticleAccess.METERED:
        yield str(move.access)
    if move.again:
        yield "again"
    for key in _SAID_OF_AN_ARTICLE:
        if key == "tag":
            yield from (f"tag={_escaped(tag)}" for tag in sorted(move.tags))
        elif getattr(move, key) is not None:
            yield f"{key}={_escaped(getattr(move, key))}"


def _escaped(text: str) -> str:
    """Write what would end a word early as addresses do; the rest stays readable."""
    return "".join(f"%{ord(sign):02X}" if sign in _RESERVED else sign for sign in text)
