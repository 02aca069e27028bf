"""The buttons of Reader: what each does where the story stands, and what one may choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.journeys.actions import Cancel, ClearCookies, DismissPrompt, SignIn, SignOut
from meter.studio.reader.moves import ArticleRead, parse_moves, write_moves
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from meter.policy import Policy
    from meter.studio.reader.moves import Move
    from meter.studio.reader.playing import Played
    from meter.studio.reader.screen import Screen

__all__ = ["BRANCH", "ArticleChoice", "Button", "button_groups", "choices", "done"]

BRANCH = "branch"
"""What the address asks to do where a branch is wanted: every other word is a step."""

_OFFER = "Take the offer"
_CLOSE = "Close the prompt"
_ACCESSES = (ArticleAccess.METERED, ArticleAccess.FREE, ArticleAccess.PREMIUM)
_LABELS = {"section": "Section", "tags": "Tag", "kind": "Kind"}
_OTHERS = {"section": "another section", "tags": "no such tag", "kind": "another kind"}
"""What an article is that has none of the words that the policy mentions."""
_WHICH = (("new", "a new one"), ("again", "the same again"))


@frozen
class Button:
    """A button: its name, the words of what it does, and why it cannot be pressed, if it cannot."""

    name: str
    does: str
    why_not: str = ""
    is_main: bool = False


@frozen
class ArticleChoice:
    """A list to choose from: the name of its field, its label, its words, and what is chosen."""

    field: str
    label: str
    words: tuple[tuple[str, str], ...]
    chosen: str


def button_groups(played: Played) -> tuple[tuple[str, tuple[Button, ...]], ...]:
    """Return the buttons in groups, each with its name."""
    groups = (
        ("Clock", _clock(played)),
        ("Account", _account(played)),
        ("Offer", _offers(played)),
        ("Prompt", _prompt(played)),
    )
    found = ((name, tuple(buttons)) for name, buttons in groups)
    return tuple((name, buttons) for name, buttons in found if buttons)


def done(screen: Screen, does: str, given: Mapping[str, str]) -> Screen:
    """Return the screen after a button was pressed.

    `given` are the words of the form: what is read is said there. Raises `StoryError` for what is
    no step.
    """
    if does == BRANCH:
        return screen.branching()
    if does == "read":
        return screen.doing(*_read(given))
    return screen.doing(*parse_moves(does))


def choices(policy: Policy, screen: Screen) -> tuple[ArticleChoice, ...]:
    """Return what an article may be, as far as the policy can tell it apart."""
    last = _last_read(screen)
    accesses = tuple((str(word), str(word)) for word in _ACCESSES)
    found = [
        ArticleChoice("article", "Which", _WHICH, "new"),
        ArticleChoice("access", "Access", accesses, last.access),
    ]
    chosen = {"section": last.section, "tags": next(iter(sorted(last.tags)), ""), "kind": last.kind}
    for slot in policy.rulebook.vocabulary.slots:
        if slot.name in _LABELS:
            words = ((str(word), str(word)) for word in slot.mentioned)
            every = (("", _OTHERS[slot.name]), *words)
            found.append(
                ArticleChoice(slot.name, _LABELS[slot.name], every, chosen[slot.name] or "")
            )
    return tuple(found)


def _last_read(screen: Screen) -> ArticleRead:
    """Return what was read last where the side at hand stands; nobody reads two kinds in turn."""
    moves = screen.active.first(screen.place(screen.side)).moves
    reads = [move for move in moves if isinstance(move, ArticleRead) and not move.again]
    return reads[-1] if reads else ArticleRead()


def _read(given: Mapping[str, str]) -> tuple[Move, ...]:
    """Return what is read, checked as a word of an address is."""
    is_again = given.get("article") == "again"
    tag = given.get("tags", "").strip()
    read = ArticleRead(again=True)
    if not is_again:
        access = given.get("access", "")
        read = ArticleRead(
            access=ArticleAccess(access) if access in _ACCESSES else ArticleAccess.METERED,
            section=given.get("section", "").strip() or None,
            tags=frozenset({tag} if tag else ()),
            kind=given.get("kind", "").strip() or None,
        )
    return parse_moves(write_moves([read]))


def _clock(played: Played) -> Iterator[Button]:
    yield Button("+1 hour", "+1h")
    yield Button("+1 day", "+1d")
    yield Button("Next month", "next-month")
    reset = played.before_the_reset()
    why_not = "" if reset else "no allowance comes back later than a minute from now"
    yield Button("Before the reset", write_moves([reset]) if reset else "", why_not)


def _account(played: Played) -> Iterator[Button]:
    is_in = played.is_signed_in
    yield Button("Sign in", write_moves([SignIn()]), "somebody is signed in" if is_in else "")
    yield Button("Sign out", write_moves([SignOut()]), "" if is_in else "nobody is signed in")
    yield Button("Clear cookies", write_moves([ClearCookies()]))


def _offers(played: Played) -> Iterator[Button]:
    offers = played.offers()
    if not offers:
        yield Button(_OFFER, "", "the page gives no offer that can be taken here")
    for place, (name, move) in enumerate(offers):
        yield Button(f"{_OFFER} {name}" if place else _OFFER, write_moves([move]))
    cannot = "" if played.can_cancel() else "nothing runs on that could be cancelled"
    yield Button("Cancel", write_moves([Cancel()]), cannot)


def _prompt(played: Played) -> Iterator[Button]:
    """Yield what can be done with a prompt, where the policy says how often some are shown."""
    frequencies = played.policy.rulebook.frequencies
    if not frequencies.prompts:
        return
    step = played.on_screen
    shown = None if step is None else step.decision.prompt
    if shown is None or shown not in frequencies.places:
        yield Button(_CLOSE, "", "the page shows no prompt that a reader can close")
    else:
        yield Button(f"{_CLOSE} {shown}", write_moves([DismissPrompt(prompt=shown)]))
