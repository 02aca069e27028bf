"""What a type checker finds for whoever uses `meter`, before anything is run."""

from __future__ import annotations

from tests.typing.mistakes import found

MISSED = {
    "a URL for a store",
    "a store to be awaited in a paywall that blocks",
    "a word for outages that is none",
    "a misspelt keyword",
    "a text for seconds",
    "a word for access that is none",
    "a word for a right that is none",
    "one tag where tags are listed",
    "a comparison with a word that `show` never is",
    "a comparison with a word that `access` never is",
    "a format that is none",
}


def test_mypy_finds_a_users_mistakes():
    """`mypy --strict` reports every line with a mistake but those that are named here."""
    assert MISSED == {name for name, is_found in found().items() if not is_found}
