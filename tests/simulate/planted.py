"""Bugs in the lives of readers, planted in a copy by their text: each is noticed by a test.

`python -m tests.simulate.planted` plants all of them and ends with 1 where one goes unnoticed. A
copy compiles the loop anew, which takes a minute each, so the suite does not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.laws.test_planted_bugs import Bug, copy_with, run_suite

SUITES = (
    "simulate/test_asked.py",
    "simulate/test_every_assumption.py",
    "simulate/test_lifetime.py",
)
BEYOND_ONE_MACHINE = ("simulate/test_distributed.py",)
COMPILING = 1800
"""Seconds that a suite may take: to compile anew takes five minutes on a busy machine."""
BUGS = (
    Bug(
        "a cookie is never lost",
        "simulate/kernel/months.py",
        "* (month.closes - month.opens)",
        "* (month.closes + month.opens)",
    ),
    Bug(
        "whoever gets round a wall is as ready to pay as others",
        "simulate/kernel/walls.py",
        "frailty *= behaviour.bypass_willing",
        "frailty *= 1.0",
    ),
    Bug(
        "a lifetime grows with the months simulated",
        "simulate/kernel/money.py",
        "        row.cash += paid\n        months[number].cash += paid\n",
        "        row.cash += paid\n        row.lifetime += paid\n"
        "        months[number].cash += paid\n",
    ),
    Bug(
        "the length of a trial does not matter",
        "simulate/kernel/money.py",
        "min(stays * policy_tables.offer_stays[offer], 1.0)",
        "min(stays, 1.0)",
    ),
    Bug(
        "what is read again fills a meter again",
        "simulate/kernel/runs.py",
        "setting.asked.visits or month.views > month.wanted",
        "setting.asked.visits",
    ),
    Bug(
        "whoever knows a way round walls is refused at once",
        "simulate/kernel/runs.py",
        "wall < 0 or (life.bypasses and life.standing == ANONYMOUS)",
        "wall < 0",
    ),
    Bug(
        "who is refused at once never buys",
        "simulate/kernel/runs.py",
        "if happens(month.key, draws.BUY, 0, chance):",
        "if happens(month.key, draws.BUY, 0, 0.0 * chance):",
    ),
    Bug(
        "no session begins after a wall that is met at once",
        "simulate/kernel/runs.py",
        "if view > first and state.opens_session[view]:",
        "if view < first and state.opens_session[view]:",
    ),
    Bug(
        "who is refused at once never registers",
        "simulate/kernel/runs.py",
        "if asks == GATE or registers(setting, life, month, asks):",
        "if asks == GATE:",
    ),
    Bug(
        "a month is never dated though cookies are lost in it",
        "simulate/kernel/sessions.py",
        "return life.standing == ANONYMOUS and state.reset_at[0] < month.closes",
        "return life.due < month.closes",
    ),
    Bug(
        "a part's seed depends on the part",
        "simulate/distributed/__init__.py",
        "self.months, self.seed, views=0)",
        "self.months, self.seed + len(table), views=0)",
    ),
)


def is_noticed(bug: Bug, folder: Path) -> bool:
    """Say whether the suites fail with a bug planted."""
    suites = BEYOND_ONE_MACHINE if bug.module.startswith("simulate/distributed/") else SUITES
    done = run_suite(copy_with(folder, bug), suites, seconds=COMPILING)
    return done.returncode == 1 and "1 failed" in done.stdout


def main() -> int:
    """Plant each bug, print whether it was noticed, and return the exit code."""
    unnoticed = 0
    for bug in BUGS:
        with TemporaryDirectory() as folder:
            noticed = is_noticed(bug, Path(folder))
        unnoticed += not noticed
        sys.stdout.write(f"{'noticed' if noticed else 'NOT NOTICED'}: {bug.name}\n")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    raise SystemExit(main())
