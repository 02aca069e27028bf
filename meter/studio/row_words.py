"""The rows of two policies compared, with what is shown in words instead of the file's keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from meter.vocabulary import Show

if TYPE_CHECKING:
    from meter.verify.rows import Row

__all__ = ["change_in_words", "shown_in_words"]

_WORDS = {
    Show.ARTICLE: "the whole article",
    Show.COUNTDOWN: "the whole article and how many are left",
    Show.LAST_FREE_ARTICLE: "the whole article as the last free one",
    Show.REGISTRATION_WALL: "a registration wall",
    Show.GATE: "a gate",
    Show.TRIAL_OFFER: "a wall with a trial offer",
    Show.SUBSCRIPTION_WALL: "a subscription wall",
    Show.TRIAL_EXPIRED: "a wall that says the trial has ended",
    Show.SUBSCRIPTION_EXPIRED: "a wall that says the subscription has ended",
}
_SHOWN = re.compile("^`({})`".format("|".join(_WORDS)))


def shown_in_words(text: str) -> str:
    """Return what a row says before or after, where it begins with what is shown.

    >>> shown_in_words("`subscription-wall` with offer `summer`")
    'a subscription wall with offer `summer`'
    """
    return _SHOWN.sub(lambda found: _WORDS[Show(found[1])], text)


def change_in_words(row: Row) -> str:
    """Return a row in one line.

    >>> from meter.verify.rows import Row
    >>> change_in_words(Row(about="rules", who="members", before="`gate`", after="`article`"))
    'the whole article instead of a gate, for members'
    """
    return f"{shown_in_words(row.after)} instead of {shown_in_words(row.before)}, for {row.who}"
