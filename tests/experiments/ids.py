"""Ids as sites have them and as nobody expects them, the same ones every time."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ALPHABETS = (
    "0123456789",
    "0123456789abcdef-",
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:|@+/ ",
    "äöüßéèñçåøłŠžİıſ",
    "αβγΩджяѣאבגابجहिन्दी",
    "読者한국어ｱｶﾞ㍿",
    "e\u0301a\u0308o\u0302\u0323n\u0303\u200d\u200b\u202e\ufeff",
    "😀👩🏽🚀🇯🇵𝔘𠮷𐍈🏳️‍🌈",
)
"""Digits, hexadecimal, ASCII, accents, other scripts, East Asia, combining marks, astral signs."""
_LONGEST = 40


def ids(count: int, seed: int = 1) -> Iterator[str]:
    """Yield ids, half of them in ASCII; each ends with its own number, so that none comes twice."""
    drawn = Random(seed)
    for number in range(count):
        alphabet = ALPHABETS[drawn.randrange(3) if drawn.random() < 0.5 else drawn.randrange(8)]
        yield "".join(drawn.choices(alphabet, k=drawn.randrange(_LONGEST))) + f"{number:x}"
