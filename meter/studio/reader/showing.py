"""Everything that a page of Reader shows of a screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from meter.journeys.telling import expectations_text
from meter.studio.reader.buttons import ArticleChoice, Button, button_groups, choices
from meter.studio.reader.files import NewAnswers, answers_of
from meter.studio.reader.playing import Played, play
from meter.studio.reader.screen import Screen
from meter.studio.reader.telling import Contrast, SideView, contrasts, side_view, when_text
from meter.studio.reader.variants import visitors

if TYPE_CHECKING:
    from pathlib import Path

    from meter.policy import Policy

__all__ = ["ShownScreen", "locale_of_screen", "play_sides", "show"]

_WORDS_OF_A_READER = ("country", "device", "channel", "language", "segments")


@frozen(kw_only=True)
class ShownScreen:
    """A screen with the stories run: what templates lay out."""

    screen: Screen
    begins: str
    sides: tuple[SideView, ...]
    contrasts: tuple[Contrast, ...]
    groups: tuple[tuple[str, tuple[Button, ...]], ...]
    choices: tuple[ArticleChoice, ...]
    words: Mapping[str, tuple[str, ...]]
    visitors: tuple[tuple[str, str], ...]
    answers: NewAnswers | None
    expected: str
    broken: int
    locales: tuple[str, ...]

    @property
    def active(self) -> SideView:
        """The story that buttons act on."""
        return next(side for side in self.sides if side.side == self.screen.side)


def play_sides(screen: Screen, policies: Mapping[str, Policy], locale: str) -> dict[str, Played]:
    """Run the stories of a screen; `policies` holds that of `a`, and that of `b`."""
    played = {"a": play(screen.story, policies["a"], screen.place("a"), locale)}
    if screen.is_double:
        played["b"] = play(screen.other, policies["b"], screen.place("b"), locale)
    return played


def show(
    screen: Screen, policies: Mapping[str, Policy], titles: Mapping[str, str], folder: Path
) -> ShownScreen:
    """Return what stands on a screen. `titles` say what each version of the policy is called.

    Raises `MeterError` where a story leads too far, or a journey is not there any more.
    """
    policy = policies["a"]
    locale = locale_of_screen(screen, policy)
    played = play_sides(screen, policies, locale)
    first = played["a"]
    second = played.get("b")
    views = [side_view(screen, "a", first, _title(screen, "a", titles), second)]
    if second is not None:
        views.append(side_view(screen, "b", second, _title(screen, "b", titles), first))
    return ShownScreen(
        screen=screen,
        begins=when_text(first.journey.starts_at(policy), year=True),
        sides=tuple(views),
        contrasts=() if second is None else contrasts(first, second),
        groups=button_groups(played[screen.side]),
        choices=choices(policies[screen.side], screen),
        words=_words(policy),
        visitors=visitors(policy),
        answers=_answers(screen, first, folder),
        expected=expectations_text(first.journey, first.steps),
        broken=sum(step.problem is not None for step in first.steps),
        locales=_locales(policy, locale),
    )


def locale_of_screen(screen: Screen, policy: Policy) -> str:
    """Return the locale of the prompts: the chosen one, else what the story says, else theirs."""
    past = screen.story.past
    own = screen.story.who.language if past is None else past.journey.locale
    return screen.look.locale or own or policy.publication.locale


def _title(screen: Screen, side: str, titles: Mapping[str, str]) -> str:
    """Say what one of two stories is: what it has that the other has not."""
    if not screen.is_double:
        return "The story"
    parts = []
    if screen.fork is not None:
        start = f"the branch after step {screen.fork}" if screen.fork else "another beginning"
        parts.append(start if side == "b" else "the story")
    if screen.w is not None:
        parts.append(f"under {titles[side]}")
    if screen.b_who is not None:
        who = screen.b_who if side == "b" else screen.story.who
        parts += filter(None, (who.id, who.status, who.visitor))
    return f"{side.upper()}: {', '.join(parts)}"


def _answers(screen: Screen, played: Played, folder: Path) -> NewAnswers | None:
    """Return the new answers of a journey test that is open as it is in its file."""
    past = screen.story.past
    if past is None or past.key != "journey" or screen.story.moves:
        return None
    if screen.story.upto != len(past.journey.steps):
        return None
    found = answers_of(folder, past.value, past.journey, played.steps, played.policy)
    return found if found.changes else None


def _locales(policy: Policy, chosen: str) -> tuple[str, ...]:
    """Return the languages that a policy has words in, and the one that is shown."""
    own = policy.publication.locale
    return (own, *sorted({*policy.copy, chosen} - {own}))


def _words(policy: Policy) -> dict[str, tuple[str, ...]]:
    """Return the words that a policy mentions of a reader, to choose from."""
    slots = {slot.name: slot for slot in policy.rulebook.vocabulary.slots}
    words = {
        name: tuple(map(str, slots[name].mentioned)) for name in _WORDS_OF_A_READER if name in slots
    }
    words["product"] = tuple(product.name for product in policy.products)
    return words
