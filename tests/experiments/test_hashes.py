"""The hashes take any id, and are what others compute."""

from __future__ import annotations

from random import Random
from typing import get_args

import mmh3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meter.experiments import Hash, HashWord
from meter.experiments.hashes import fnv1a, murmur3

TEXTS = st.text(st.characters(), max_size=30)
UTF_8 = tuple(set(Hash) - {Hash.GROWTHBOOK_1, Hash.GROWTHBOOK_2})


def test_murmur3_is_the_librarys():
    """A hundred thousand strings of bytes, from any start, against a wrapper of the reference."""
    drawn = Random(5)
    cases = [(drawn.randbytes(drawn.randrange(36)), drawn.getrandbits(32)) for _ in range(100_000)]
    differing = [case for case in cases if murmur3(*case) != mmh3.hash(*case, signed=False)]
    assert differing == []


def test_fnv_of_ascii_is_the_standards():
    """Three of the values in draft-eastlake-fnv, 32 bits, FNV-1a."""
    found = [fnv1a(text) for text in ("", "a", "foobar")]
    assert [0x811C9DC5, 0xE40C292C, 0xBF9CF968] == found


def test_every_word_is_a_hash():
    """The words for type checkers are the words there are."""
    assert list(get_args(HashWord)) == [str(word) for word in Hash]


@given(seed=TEXTS, unit=TEXTS)
@example(seed="\ud800", unit="\udfff")
@pytest.mark.parametrize("hash_", Hash)
def test_every_id_has_a_number(hash_, seed, unit):
    """Nothing that a text can be makes a hash raise, and every number is one of its parts."""
    assert 0 <= hash_.number(seed, unit) < hash_.parts


@pytest.mark.parametrize("hash_", Hash)
def test_a_pair_of_surrogates_is_its_character(hash_):
    """However an id came to be two halves, it is the id a browser has."""
    assert hash_.number("s", "😀") == hash_.number("s", "\ud83d\ude00")


@pytest.mark.parametrize("hash_", sorted(UTF_8))
def test_half_a_pair_is_what_a_browser_makes_of_it(hash_):
    """U+FFFD, the replacement character, where a hash is over UTF-8 (WHATWG's Encoding)."""
    assert hash_.number("s", "a\ufffdb") == hash_.number("s", "a\ud800b")


@pytest.mark.parametrize("hash_", Hash)
def test_an_id_is_hashed_as_it_is(hash_):
    """Capitals, blanks and the forms of Unicode make another id."""
    forms = ["é", "e\u0301", "É", " é"]
    assert len({hash_.number("seed of some length", unit * 9) for unit in forms}) == len(forms)
