"""The words of a guarantee: those of `show`, and one for all walls and one for whole articles."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from meter.errors.kinds import as_set
from meter.vocabulary import Access, Show, Word, word_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OPEN", "WALLS", "Promised", "promised", "promised_words"]

OPEN = frozenset(show for show in Show if show.access is Access.FULL)
"""What gives the whole article."""
WALLS = frozenset(Show) - OPEN - {Show.GATE}
"""What asks for money or a registration. A gate asks for something else, and is no wall."""


class Promised(Word):
    """A word that `always` and `never` may hold."""

    OPEN = "open"
    ARTICLE = "article"
    COUNTDOWN = "countdown"
    LAST_FREE_ARTICLE = "last-free-article"
    WALL = "wall"
    REGISTRATION_WALL = "registration-wall"
    GATE = "gate"
    TRIAL_OFFER = "trial-offer"
    SUBSCRIPTION_WALL = "subscription-wall"
    TRIAL_EXPIRED = "trial-expired"
    SUBSCRIPTION_EXPIRED = "subscription-expired"


_GROUPS = {Promised.OPEN: OPEN, Promised.WALL: WALLS}


def promised(value: Iterable[str]) -> frozenset[Show]:
    """Return what the words of a guarantee stand for; what is no word stays, to be refused."""
    given = as_set(value)
    if type(given) is not frozenset:
        return cast("frozenset[Show]", given)
    shows: set[Show] = set()
    for word in given:
        shows |= _GROUPS.get(cast("Promised", word)) or {word_of(Show, word)}
    return frozenset(shows)


def promised_words(shows: Iterable[Show]) -> list[str]:
    """Return the fewest words that stand for some shows, in the order of `show`.

    >>> promised_words([*WALLS, Show.GATE]), promised_words([Show.COUNTDOWN])
    (['wall', 'gate'], ['countdown'])
    """
    left = set(shows)
    words = []
    for word in Promised:
        stands_for = _GROUPS.get(word) or {Show(word)}
        if stands_for <= left:
            left -= stands_for
            words.append(str(word))
    return words
