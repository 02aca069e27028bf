"""How often a prompt was shown: the numbers that its caps allow, and a record that holds one."""

from __future__ import annotations

from itertools import combinations, count
from typing import TYPE_CHECKING

from meter.explanation.frequency import times_words
from meter.facts import seen_name
from meter.usage import Tally
from meter.verify.frequency.bounds import fullest, rooms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from meter.facts import Code, Slot, Vocabulary
    from meter.rulebook import AskedWindow, Rulebook
    from meter.usage import Usage

__all__ = [
    "is_beyond",
    "most_seen",
    "seen_codes",
    "seen_now",
    "seen_numbers",
    "shown_before",
    "shown_together",
    "shown_words",
]


def most_seen(rulebooks: Sequence[Rulebook], prompt: str) -> int:
    """Return how often a prompt can have been shown in the window that conditions look at.

    Of several policies it is what each of those allows that caps it.
    """
    found = [most for book in rulebooks if (most := _most_seen(book, prompt)) is not None]
    return min(found, default=0)


def _most_seen(rulebook: Rulebook, prompt: str) -> int | None:
    frequencies = rulebook.frequencies
    place = frequencies.places.get(prompt)
    judged = None if place is None else frequencies.prompts[place]
    if judged is None or judged.seen is None:
        return None
    times, timeline = judged.seen
    return fullest(rooms(judged.caps), timeline.window, times, timeline.zone).shown


def shown_together(
    rulebooks: Sequence[Rulebook], prompts: Sequence[str]
) -> Iterator[tuple[str, str, int]]:
    """Yield two prompts whose showings are counted together in the window that conditions look at.

    With them comes how often both can have been shown there in all: the last was, and left room.
    """
    for book in rulebooks:
        frequencies = book.frequencies
        found = [
            frequencies.prompts[place]
            for place in map(frequencies.places.get, prompts)
            if place is not None
        ]
        for one, other in combinations(found, 2):
            if one.group != other.group or one.seen is None or other.seen is None:
                continue
            if one.seen.timeline.window == other.seen.timeline.window:
                yield one.name, other.name, max(one.seen.times, other.seen.times)


def seen_numbers(slot: Slot, most: int) -> dict[Code, int]:
    """Return the codes of the numbers up to the most, each with the fewest showings that have it.

    Of a reader without an id nobody knows: that is no number, and not among them.
    """
    found: dict[Code, int] = {}
    for number in range(most + 1):
        found.setdefault(slot.code(number), number)
    return found


def seen_codes(rulebooks: Sequence[Rulebook], prompt: str, slot: Slot) -> tuple[Code, ...]:
    """Return the codes of how often a prompt was shown, the plainest first."""
    return (*seen_numbers(slot, most_seen(rulebooks, prompt)), None)


def is_beyond(slot: Slot, codes: frozenset[Code], most: int) -> bool:
    """Say whether codes of showings are of more than there can be."""
    return codes.isdisjoint(seen_numbers(slot, most))


def _asked_windows(rulebook: Rulebook, usage: Usage) -> Iterator[tuple[Tally, AskedWindow]]:
    """Yield the showings of each prompt that conditions ask for, and the window they look at."""
    frequencies = rulebook.frequencies
    for name in rulebook.vocabulary.seen:
        window = frequencies.prompts[frequencies.places[name]].seen
        if window is not None:
            yield usage.showings(name), window


def seen_now(rulebook: Rulebook, usage: Usage, at: int) -> tuple[int, ...]:
    """Return how often each prompt that conditions ask for is within its window at an instant."""
    return tuple(
        len(tally.ats) - window.timeline.inside(tally.ats, at)
        for tally, window in _asked_windows(rulebook, usage)
    )


def shown_words(vocabulary: Vocabulary, values: Mapping[str, Code]) -> list[str]:
    """Say how often prompts were shown to who has these codes, where they were."""
    said = []
    for prompt, tally in shown_before(vocabulary, values, 0):
        said.append(f"prompt `{prompt}` shown {times_words(len(tally.ids))}")
    return said


def shown_before(
    vocabulary: Vocabulary, values: Mapping[str, Code], at: int
) -> Iterator[tuple[str, Tally]]:
    """Yield the showings of who has these codes, all at one instant and so inside every window."""
    for prompt in vocabulary.seen:
        name = seen_name(prompt)
        code = values.get(name)
        if code is None:
            continue
        slot = vocabulary.slots[vocabulary.place(name)]
        number = next(number for number in count() if slot.code(number) == code)
        ids = sorted(f"{prompt}-shown-{each}" for each in range(1, number + 1))
        if ids:
            yield prompt, Tally(tuple(ids), (at,) * len(ids))
