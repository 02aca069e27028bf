"""`meter` decides, proves and compares as an evaluator written from the documentation says.

`python -m tests.verify.oracle` asks more; here is a small part, and bugs that it has to notice.
"""

from __future__ import annotations

import os
import subprocess
import sys
from random import Random

import pytest
from attrs import evolve

from meter.loading import dumps_policy
from meter.verify import Changes, ProofOutcome, guarantees
from tests.laws.test_planted_bugs import Bug, copy_with
from tests.verify.decided import asked
from tests.verify.oracle.__main__ import all_compared, all_decided, all_held
from tests.verify.oracle.comparing import compare, pairs
from tests.verify.oracle.deciding import compare_lives
from tests.verify.oracle.proofs import hold, is_a_breach, replayed
from tests.verify.random_policies import random_policy

ONE_TOO_MANY = Bug(
    "one more than the limit",
    "engine/counting.py",
    "used >= limit and not seen",
    "used > limit and not seen",
)
ENDS_LATE = Bug("a rolling window ends late", "windows.py", "RIGHT", "WRONG")
ASKED = """
from random import Random
from meter.loading import dumps_policy
from tests.verify.oracle.deciding import compare_lives
from tests.verify.random_policies import random_policy

wrong = 0
for seed in range({seeds}):
    text = dumps_policy(random_policy(Random(seed)))
    wrong += len(compare_lives(Random(seed), text, 2, 25).wrong)
print(wrong)
"""


def test_decides_as_the_documentation_says() -> None:
    """Random policies, page views and lives; some of what is read counts."""
    drawn = [(str(seed), random_policy(Random(seed))) for seed in range(5_000, 5_008)]
    found = all_decided(drawn, views=30, lives=1)
    assert [] == found.wrong
    assert found.counted > 10


def test_proves_what_nobody_breaks_and_tells_stories_that_break() -> None:
    """Of random policies with guarantees of their own."""
    found = all_held([(str(seed), asked(seed)[0]) for seed in (500, 501, 502)], encounters=100)
    assert [] == found.wrong
    assert found.proved > 5
    assert found.failed > 5


def test_nobody_tells_apart_what_does_not_differ() -> None:
    """Of random policies and mutants of them; most of the others are told apart."""
    drawn = [(str(seed), random_policy(Random(seed), rules=2)) for seed in range(5_000, 5_004)]
    found = all_compared(drawn, each=3, encounters=60)
    assert [] == found.wrong
    assert found.alike > 0
    assert found.told_apart > 0
