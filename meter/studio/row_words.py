"""The rows of two policies compared, with what is shown in words instead of the file's keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from meter.explanation.shown import SHOW_WORDS
from meter.vocabulary import Show

if TYPE_CHECKING:
    from meter.verify.rows import Row

__all__ = ["change_in_words", "shown_in_words"]

_SHOWN = re.compile("^`({})`".format("|".join(SHOW_WORDS)))


def shown_in_words(text: str) -> str:
    """Return what a row says before or after, where it begins with what is shown.

    >>> shown_in_words("`subscription-wall` with offer `summer`")
    'a subscription wall with offer `summer`'
    """
    return _SHOWN.sub(lambda found: SHOW_WORDS[Show(found[1])], text)


def change_in_words(row: Row) -> str:
    """Return a row in one line.

    >>> from meter.verify.rows import Row
    >>> change_in_words(Row(about="rules", who="members", before="`gate`", after="`article`"))
    'the whole article instead of a gate, for members'
    """
    return f"{shown_in_words(row.after)} instead of {shown_in_words(row.before)}, for {row.who}"
