"""What is looked at and kept of prompts: bugs planted in the fast ways are caught.

Of what is written out for a policy by the agreement with the engine, of what the engine keeps by
the laws that read records in the plainest way.
"""

import pytest

from tests.laws.test_planted_bugs import COMPILED, Bug, copy_with, run_suite
from tests.planted import some

WRITTEN_BUGS = (
    Bug(
        "a prompt that is asked of has the name of what a meter has seen",
        "memo/showings.py",
        "asked_name_{place}",
        "seen_{place}",
    ),
    Bug(
        "a showing that lies ahead is like any other",
        "memo/showings.py",
        "if tally.ats[-1] >= at:",
        "if False:",
    ),
    Bug(
        "one prompt of a group is looked at",
        "memo/showings.py",
        "of_{place}.union(tally) if of_{place}.ids else tally",
        "tally",
    ),
    Bug(
        "a prompt is asked about one showing late",
        "memo/showings.py",
        ">= {prompt.fewest}:",
        "> {prompt.fewest}:",
    ),
    Bug(
        "a closing silences nothing",
        "memo/showings.py",
        'is_asked = "closed"',
        'is_asked = "False"',
    ),
    Bug(
        "a purchase silences nothing",
        "memo/showings.py",
        '" or reader.entitlements"',
        '""',
    ),
    Bug(
        "a condition asks for what was shown, and gets none",
        "memo/showings.py",
        "        if window is not None:",
        "        if False:",
    ),
    Bug(
        "a view that counts keeps what no window looks at",
        "memo/showings.py",
        "and not (len(kept) == 1 and ({whole})):",
        "and False:",
    ),
    Bug(
        "all prompts are kept for one that is looked at",
        "memo/showings.py",
        "(len(kept) == 1 and ({whole}))",
        "({whole})",
    ),
    Bug(
        "a policy without prompts keeps what was shown",
        "memo/showings.py",
        "if place is not None and not usage.shown:",
        "if place is not None:",
    ),
    Bug(
        "a closing is kept for good",
        "memo/showings.py",
        " and not closed and not usage.offered:",
        " and not usage.offered:",
    ),
)
KEPT = ("laws/test_prompts.py", "laws/test_prompts_kept.py")
KEPT_BUGS = (
    Bug(
        "a view that shows keeps what no window looks at",
        "engine/keeping.py",
        "== 0:  # nearly always",
        ">= 0:",
    ),
    Bug(
        "a view that is sent again is shown twice",
        "engine/keeping.py",
        "group.widest and key not in own.ids:",
        "group.widest:",
    ),
)


@pytest.mark.parametrize("bug", some(WRITTEN_BUGS), ids=lambda bug: bug.name)
def test_the_agreement_with_the_engine_catches_a_planted_bug(bug, tmp_path):
    """Some test fails, as a test and not by accident."""
    done = run_suite(copy_with(tmp_path, bug), COMPILED, "long_way or keeps or same_place")
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]


@pytest.mark.parametrize("bug", some(KEPT_BUGS), ids=lambda bug: bug.name)
def test_the_laws_of_prompts_catch_a_planted_bug(bug, tmp_path):
    """Some test fails, as a test and not by accident."""
    done = run_suite(copy_with(tmp_path, bug), KEPT)
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]
