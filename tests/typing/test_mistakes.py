"""What a type checker finds for whoever uses `meter`, before anything is run."""

from __future__ import annotations

import sys

from tests.typing.mistakes import found

# An enumeration whose values are texts may be compared with any text; mypy has no objection.
MISSED = {
    "a comparison with a word that `show` never is",
    "a comparison with a word that `access` never is",
}


def test_mypy_finds_a_users_mistakes(capsys):
    """`mypy --strict` reports every line with a mistake but those that are named here."""
    results = found()
    with capsys.disabled():
        sys.stdout.write(f"\nmypy finds {sum(results.values())} of {len(results)} mistakes\n")
    assert MISSED == {name for name, is_found in results.items() if not is_found}
