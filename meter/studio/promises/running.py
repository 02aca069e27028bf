"""The run of the journey tests beside a policy: every place that asks shares it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.studio.promises.tests import digest_of_tests, look_at_tests
from meter.studio.runs import RunKey

if TYPE_CHECKING:
    from pathlib import Path

    from meter.policy import Policy
    from meter.studio.runs import Run, Runs

__all__ = ["TESTS", "run_tests"]

TESTS = "tests"


def run_tests(runs: Runs, policy: Policy, path: Path, *, files: str | None = None) -> Run[object]:
    """Return the run of the tests beside a policy's file; it begins where nobody asked before.

    `files` is the digest of the tests, where it is known already. The answer is `PolicyTests`.
    """
    of = digest_of_tests(path.parent) if files is None else files
    key = RunKey(TESTS, (policy.digest, of))
    return runs.start(key, lambda _: look_at_tests(policy, path), alone=False)
