"""The suite catches the bugs that metering code is known for, each planted in a copy.

A copy of `meter` is changed in one place and a part of the suite is run against it in its own
process. Where the text to change is not there any more, the test says so: a planted bug that cannot
be planted proves nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import meter
from tests.planted import some

if TYPE_CHECKING:
    from collections.abc import Iterable

PACKAGE = Path(meter.__file__).parent
TESTS = Path(__file__).parents[1]
SUITE = (
    "corpus/test_corpus.py",
    "core/test_engine.py",
    "core/test_facts.py",
    "core/test_view.py",
    "core/test_usage.py",
)


class Bug(NamedTuple):
    """A mistake somebody makes: the text it replaces, in which module, and what it becomes."""

    name: str
    module: str
    right: str
    wrong: str


BUGS = (
    Bug(
        "a list spends only one",
        "decision/__init__.py",
        "    spent = rulebook.places_of(verdict.spend)\n",
        "    spent = rulebook.places_of(verdict.spend)[:1]\n",
    ),
    Bug(
        "a list asks only one meter",
        "rulebook/effects.py",
        "joined([values[slots.open] for slots in self.slots])",
        "joined([values[slots.open] for slots in self.slots[:1]])",
    ),
    Bug(
        "only the first of a list is at its last",
        "rulebook/effects.py",
        "zip(self.slots, self.nothing_left, strict=True)",
        "[*zip(self.slots, self.nothing_left, strict=True)][:1]",
    ),
    Bug(
        "the meter with the most left is told",
        "decision/__init__.py",
        "least = min(standing.left",
        "least = max(standing.left",
    ),
    Bug(
        "a wall tells the refusal that ends last",
        "decision/__init__.py",
        "_is_later(told[1], last[1])",
        "_is_later(last[1], told[1])",
    ),
    Bug(
        "a refusal ends with the first of its meters",
        "decision/__init__.py",
        "            if _is_later(at, last[1]):",
        "            if _is_later(last[1], at):",
    ),
    Bug(
        "a wall forgets expiry",
        "rulebook/effects.py",
        "if status in _LAPSED:",
        "if False:",
    ),
    Bug(
        "a wall is no trial offer",
        "rulebook/effects.py",
        "if offered is OfferKind.TRIAL",
        "if False",
    ),
    Bug(
        "what a history counts opens",
        "rulebook/book.py",
        "if meter.name in spent or meter.count is Count.VIEWS else 0",
        "if True else 0",
    ),
    Bug(
        "a history counts only what is spent",
        "decision/__init__.py",
        "if rulebook.histories and verdict.show.access is Access.FULL:",
        "if False:",
    ),
    Bug(
        "a history counts beyond its limit",
        "decision/__init__.py",
        "if limit is None or used < limit:",
        "if True:",
    ),
    Bug(
        "a history that is fetched ahead is given",
        "decision/__init__.py",
        "        if limited:",
        "        if False:",
    ),
    Bug(
        "what is left is always after the view",
        "formulas/translation.py",
        'kind == "left" and name not in self.spent',
        "False",
    ),
    Bug(
        "what is counted is what is used of the limit",
        "engine/counting.py",
        "slots[slots.used].code(used)",
        "slots[slots.used].code(min(used or 0, limit or 0))",
    ),
    Bug(
        "no limit is a limit of none",
        "rulebook/book.py",
        'None if limit.limit == "none" else limit.limit',
        '0 if limit.limit == "none" else limit.limit',
    ),
    Bug(
        "a gate gives the whole article",
        "vocabulary/__init__.py",
        "_FULL = frozenset({",
        "_FULL = frozenset({Show.GATE, ",
    ),
    Bug(
        "a countdown needs no meter",
        "policy/faults/prompts.py",
        "rule.prompt in _COUNTDOWNS and not",
        "rule.prompt in _COUNTDOWNS and False and not",
    ),
    Bug(
        "one article too many",
        "engine/counting.py",
        "used >= limit and not seen",
        "used > limit and not seen",
    ),
    Bug(
        "a limit of 0 walls what is counted",
        "engine/counting.py",
        "    if limit == 0:\n        return Opening.GIVEN, 0\n",
        "    if limit == 0:\n        return Opening.CLOSED, 0\n",
    ),
    Bug(
        "a limit of 0 tells of free articles",
        "rulebook/effects.py",
        " and opening is Opening.OPEN",
        "",
    ),
    Bug(
        "a re-read is charged by another meter",
        "engine/counting.py",
        "if rulebook.sharing and len(rulebook.meters) > 1 and",
        "if False and",
    ),
    Bug(
        "a meter of views opens what articles have counted",
        "engine/counting.py",
        "if not meter.by_view:",
        "if True:",
    ),
    Bug(
        "a meter of articles opens what views have counted",
        "rulebook/book.py",
        "if meter.name in spent and not meter.by_view",
        "if meter.name in spent",
    ),
    Bug(
        "a rolling window holds its end",
        "windows.py",
        "bisect_right(reads, at - self._length)",
        "bisect_left(reads, at - self._length)",
    ),
    Bug(
        "a fixed window holds its end",
        "windows.py",
        "reads[first] + self._length <= at",
        "reads[first] + self._length < at",
    ),
    Bug(
        "a calendar window holds its end",
        "windows.py",
        "if not bounds[0] <= at < bounds[1]",
        "if not bounds[0] <= at <= bounds[1]",
    ),
    Bug(
        "the zone is ignored",
        "windows.py",
        "day = moment(at, self.zone).date()",
        "day = moment(at, UTC).date()",
    ),
    Bug(
        "the second of two midnights counts",
        "windows.py",
        "wall.replace(tzinfo=zone, fold=0)",
        "wall.replace(tzinfo=zone, fold=1)",
    ),
    Bug(
        "reading again counts",
        "decision/__init__.py",
        "if not counts[FIRST_METER + 1 + 2 * place] & ALREADY]",
        "]",
    ),
    Bug(
        "a tier borrows",
        "policy/meters.py",
        "(Status.TRIAL_EXPIRED, Status.SUBSCRIPTION_EXPIRED)",
        "(Status.TRIAL_EXPIRED, Status.TRIAL)",
    ),
    Bug(
        "a clock behind opens a new window",
        "usage/tally.py",
        "when = max(when, last)",
        "when = max(when, at)",
    ),
    Bug(
        "a clock that was wrong by years moves the window",
        "usage/tally.py",
        "if last > at + DAY:",
        "if False:",
    ),
    Bug(
        "a read that lies ahead is lost",
        "engine/__init__.py",
        "tally.with_later(before, when) if ahead else tally",
        "tally",
    ),
    Bug(
        "a read that lies ahead is always inside",
        "engine/counting.py",
        "tally = tally.until(timeline.outside(tally.ats, first, when))",
        "pass",
    ),
    Bug(
        "premium is read on an allowance",
        "rulebook/effects.py",
        "(Fit.MISSING, False): Effect.PASS",
        "(Fit.MISSING, False): Effect.MATCH",
    ),
    Bug(
        "a free article spends",
        "rulebook/effects.py",
        "bool(self.spend) and access is not None and self.fit(access) is Fit.COUNTED",
        "bool(self.spend) and access is not None",
    ),
    Bug(
        "a prefetch counts",
        "decision/__init__.py",
        "    if counts[0] and counted:",
        "    if False:",
    ),
    Bug(
        "a prefetch opens what would count",
        "decision/__init__.py",
        "access=Access.PREVIEW, prompt=None, speculative=True",
        "prompt=None, speculative=True",
    ),
    Bug(
        "one view id opens every article",
        "view/__init__.py",
        'return f"{before}{article}~{bounded(self.id)}"',
        "return bounded(self.id)",
    ),
    Bug(
        "a reader without an id has an allowance",
        "engine/counting.py",
        "if reader.id is None:",
        "if False:",
    ),
    Bug(
        "an embargoed article is fresh",
        "view/__init__.py",
        "if self._published is None or at < self._published:",
        "if self._published is None:",
    ),
    Bug(
        "hours end at midnight",
        "policy/times.py",
        "return (hour - first) % _DAY < (end - first) % _DAY",
        "return first <= hour < end",
    ),
    Bug(
        "a country alone is none of its regions",
        "formulas/translation.py",
        "known.difference(codes, unsure)",
        "known.difference(codes)",
    ),
    Bug(
        "an offer ends as its last day begins",
        "policy/times.py",
        "local_instant(ends, zone, end=True)",
        "local_instant(ends, zone)",
    ),
    Bug(
        "a right holds at its end",
        "view/__init__.py",
        "<= at < right.until_instant and not right.is_named:",
        "<= at <= right.until_instant and not right.is_named:",
    ),
    Bug(
        "what is missing matches under not",
        "formulas/translation.py",
        ".codes() if code is not None)",
        ".codes())",
    ),
    Bug("a union refunds", "usage/tally.py", "(at <= believed, at)", "(at <= believed, -at)"),
    Bug(
        "the last free article is not announced",
        "rulebook/effects.py",
        "return Show.LAST_FREE_ARTICLE",
        "return Show.COUNTDOWN",
    ),
)


def copy_with(folder: Path, bug: Bug | None) -> Path:
    """Return a folder that holds a copy of the package, with a bug planted in it."""
    shutil.copytree(
        PACKAGE, folder / "meter", ignore=shutil.ignore_patterns("__pycache__", "templates")
    )
    templates = next(
        place for place in (PACKAGE / "templates", PACKAGE.parent / "templates") if place.is_dir()
    )
    (folder / "templates").symlink_to(templates)
    (folder / "tests").symlink_to(TESTS)
    if bug is not None:
        path = folder / "meter" / bug.module
        text = path.read_text()
        assert bug.right in text, (
            f"`{bug.right}` is no longer in meter/{bug.module}: plant `{bug.name}` anew"
        )
        path.write_text(text.replace(bug.right, bug.wrong))
    return folder


def said_in(folder: Path, module: str) -> list[str]:
    """Return the lines that a module of the tests prints of the package in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONHASHSEED": "0"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()


def run_suite(
    folder: Path,
    suite: Iterable[str] = SUITE,
    only: str = "not remembers_no_more",
    seconds: int = 300,
) -> subprocess.CompletedProcess[str]:
    """Run a suite, or those of its tests that `only` names, against the package in a folder."""
    # In the copy's folder: `python -m` looks there first, and would find the checkout's package in
    # the checkout. Assertions are plain: to explain them, pytest would compile the package anew.
    options = [
        "--assert=plain",
        "-n0",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        str(TESTS.parent / "pyproject.toml"),
        "-k",
        only,
    ]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *options, *(str(TESTS / name) for name in suite)]
    return subprocess.run(
        command,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def test_the_suite_passes_on_an_unchanged_copy(tmp_path):
    """So that a failure below is the bug's, and is found in the copy and nowhere else."""
    folder = copy_with(tmp_path, None)
    code = "import meter; print(meter.__file__)"
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(folder / "meter" / "__init__.py") == found.stdout.strip()
    done = run_suite(folder)
    assert done.returncode == 0, done.stdout[-2000:]


RIGHTS = ("core/test_rights.py",)
RIGHTS_BUGS = (
    Bug(
        "a purchase covers a section too many",
        "view/rights.py",
        'below = covers(self.section, section_path(section), "/")',
        "below = section_path(section).startswith(self.section)",
    ),
    Bug(
        "a purchase of a sub-section covers the section",
        "view/rights.py",
        'covers(self.section, section_path(section), "/")',
        'covers(section_path(section), self.section, "/")',
    ),
    Bug(
        "a bought article makes a subscriber",
        "view/__init__.py",
        "< right.until_instant and not right.is_named:",
        "< right.until_instant:",
    ),
    Bug(
        "a joined reader forgets what was started",
        "engine/records.py",
        "target.started | source.started",
        "target.started",
    ),
    Bug(
        "a view that counts forgets what was started",
        "usage/__init__.py",
        "_set_started(usage, self.started)",
        "_set_started(usage, frozenset())",
    ),
    Bug(
        "what is started once ends with the meters",
        "engine/records.py",
        "if usage.started:\n        return None",
        "if False:\n        return None",
    ),
    Bug(
        "whoever has no id is offered what is started once",
        "engine/counting.py",
        "or (True,) * len(once)",
        "or (False,) * len(once)",
    ),
    Bug(
        "a product that is not declared opens all",
        "formulas/translation.py",
        "if self.policy.products:",
        "if not self.policy:",
    ),
    Bug(
        "what is not known is neither covered nor not",
        "formulas/translation.py",
        "self._complement(covered)",
        "self.opposite()._covered()",
    ),
    Bug(
        "a list shows every offer",
        "rulebook/effects.py",
        "given if self.side_by_side else given[:1]",
        "given",
    ),
)


@pytest.mark.parametrize("bug", some(RIGHTS_BUGS), ids=lambda bug: bug.name)
def test_the_laws_of_rights_catch_a_planted_bug(bug, tmp_path):
    """Some test fails, as a test and not by accident."""
    done = run_suite(copy_with(tmp_path, bug), RIGHTS, "not never_ends and not what_they_were")
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]


COMPILED = ("core/test_compiled.py",)
COMPILED_BUGS = (
    Bug(
        "a reading of a window that is over is told again",
        "memo/compiled.py",
        "if outcome is None or not outcome.since <= at < outcome.until:",
        "if outcome is None or outcome.told is None:",
    ),
    Bug(
        "what is written out knows no edge of the calendar",
        "memo/compiled.py",
        "if not first_whole <= at < last_whole:",
        "if False:",
    ),
    Bug(
        "a read that lies ahead is like any other",
        "memo/compiled.py",
        "if tally.ats[-1] >= at:",
        "if False:",
    ),
    Bug(
        "what is written out shares nothing between meters",
        "memo/compiled.py",
        '|= ALREADY"',
        '|= 0"',
    ),
    Bug(
        "what is written out looks at no right",
        "memo/compiled.py",
        "if reader.entitlements else none_",
        "if False else none_",
    ),
    Bug(
        "on a constant is above it",
        "memo/compiled.py",
        'for side in ("left", "right"))',
        'for side in ("right", "right"))',
    ),
    Bug(
        "a view that is counted loses the prompts that were closed",
        "usage/__init__.py",
        "if self.closed or self.offered:\n            return None",
        "if self.offered:\n            return None",
    ),
    Bug(
        "a view that is counted loses what other meters have counted",
        "usage/__init__.py",
        "if len(self.tallies) > (meter in self.tallies):",
        "if False:",
    ),
    Bug(
        "a reading in a rolling window is told to the next reader",
        "memo/memory.py",
        "_NEVER if timeline.window.calendar is None else",
        "_ALWAYS if timeline.window.calendar is None else",
    ),
)


@pytest.mark.parametrize("bug", some(COMPILED_BUGS), ids=lambda bug: bug.name)
def test_the_agreement_with_the_engine_catches_a_planted_bug(bug, tmp_path):
    """Some test fails, as a test and not by accident."""
    done = run_suite(copy_with(tmp_path, bug), COMPILED)
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]


HELD = ("laws/test_values.py", "laws/test_decisions_hold.py")
HELD_BUGS = (
    Bug(
        "the words of the policy that is given",
        "prompts/rendering.py",
        '    policy = cast("Rulebook", decision.rulebook).policy',
        '    policy = policy or cast("Rulebook", decision.rulebook).policy',
    ),
    Bug(
        "a pickled decision takes any policy",
        "decision/decided.py",
        "policy is not None and policy.digest == self.policy",
        "policy is not None",
    ),
    Bug(
        "a pickled decision carries its policy",
        "decision/decided.py",
        '{**self.__dict__, "rulebook": None}',
        "dict(self.__dict__)",
    ),
    Bug(
        "a prompt that is nowhere fails the page",
        "prompts/laid/plain.py",
        "if not is_there:\n        if parts",
        "if False:\n        if parts",
    ),
    Bug(
        "a word is compared as it is written",
        "forms.py",
        "plain(section.strip(_SLASHES))",
        "section",
    ),
    Bug(
        "an id is compared byte by byte",
        "view/rights.py",
        'normalize("NFC", name)',
        "name",
    ),
    Bug(
        "a flag passes for a number",
        "errors/kinds.py",
        "and not isinstance(value, bool)\n",
        "\n",
    ),
    Bug(
        "an empty id is one",
        "view/__init__.py",
        "and self.id\n",
        "\n",
    ),
    Bug(
        "subscribers may bring an article for a view",
        "memo/__init__.py",
        "        or type(view) is not PageView\n",
        "",
    ),
)


@pytest.mark.parametrize("bug", some(HELD_BUGS), ids=lambda bug: bug.name)
def test_the_laws_of_values_and_decisions_catch_a_planted_bug(bug, tmp_path):
    """Some test fails, as a test and not by accident."""
    done = run_suite(copy_with(tmp_path, bug), HELD)
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]


@pytest.mark.parametrize("bug", some(BUGS), ids=lambda bug: bug.name)
def test_the_suite_catches_a_planted_bug(bug, tmp_path):
    """Some test fails, as a test and not by accident."""
    done = run_suite(copy_with(tmp_path, bug))
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]
