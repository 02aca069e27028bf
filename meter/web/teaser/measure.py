"""Counts the paragraphs and words of a text that comes in pieces, and says where to cut.

A paragraph is a run of text between two boundaries: the edges of blocks, or an empty line. A
heading or a caption is part of the paragraph that follows, unless too many come in a row. A word is
what stands between blanks. Japanese, Chinese, Thai, Lao, Khmer, Burmese and Tibetan put none
between words: there every character counts as one word, marks that stand on it included.
"""

from __future__ import annotations

import re

__all__ = ["LengthCount"]

LONGEST_PARAGRAPH = 400
"""In words; a longer run counts as several paragraphs: a text without any mark-up has an end."""

LONGEST_WORD = 60
"""In characters; a longer one counts as several words: scripts not named above, encoded data."""

MOST_HEADINGS = 3
"""In a row; each after them counts as a paragraph of its own."""

_MARKS = (
    "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f71-\u0f84"
    "\u102b-\u103e\u1056-\u1059\u17b6-\u17d3\u3099\u309a\ufe00-\ufe0f\uff9e\uff9f"
)
_WITHOUT_BLANKS = (
    "\u0e01-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17b3\u3001-\u303f\u3041-\u30fa\u30fc-\u312f"
    "\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff9d\U00020000-\U0003ffff"
)
_TOKEN = re.compile(
    rf"(?P<character>[{_WITHOUT_BLANKS}])[{_MARKS}]*|(?P<blank>\s+)"
    rf"|[^\s{_WITHOUT_BLANKS}]{{1,{LONGEST_WORD}}}"
)


class LengthCount:
    """How much of a text has gone by, and how much of it may.

    `paragraphs` and `words` are the most there may be; where both are given, what comes first cuts.
    """

    def __init__(self, paragraphs: int | None, words: int | None) -> None:
        self._paragraphs_left = paragraphs
        self._words_left = words
        self._in_run = 0
        self._headings = 0
        self._word = 0  # the length of the word that the next piece may go on with

    def text(self, text: str) -> int | None:
        """Count a piece of text. Return the place in it to cut at, or `None`."""
        for token in _TOKEN.finditer(text):
            if token["blank"]:
                self._word = 0
                continue
            length = len(token[0])
            if token["character"]:
                self._word = 0
            elif 0 < self._word <= LONGEST_WORD - length:
                self._word += length
                continue
            else:
                self._word = length
            if not self._takes_word():
                return token.start()
        return None

    def _takes_word(self) -> bool:
        """Count a word that begins; say whether it may."""
        if self._words_left is not None:
            if self._words_left == 0:
                return False
            self._words_left -= 1
        if self._in_run == LONGEST_PARAGRAPH:
            self._in_run = 0
            if self._ends_all():
                return False
        self._in_run += 1
        return True

    def boundary(self, *, heading: bool = False) -> bool:
        """End the run of text, which was a heading or not. Return whether to cut here."""
        self._word = 0
        if self._in_run == 0:
            return False
        self._in_run = 0
        if heading and self._headings < MOST_HEADINGS:
            self._headings += 1
            return False
        return self._ends_all()

    def _ends_all(self) -> bool:
        """Count a paragraph; say whether it was the last."""
        self._headings = 0
        if self._paragraphs_left is None:
            return False
        self._paragraphs_left -= 1
        return self._paragraphs_left == 0
