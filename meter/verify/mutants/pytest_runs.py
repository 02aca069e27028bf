"""The pytest tests of a policy: run in a process of their own, with a mistake handed to them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from meter.errors import MeterError, MissingExtraError
from meter.loading.policies import dumps_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.policy import Policy

__all__ = ["PytestRuns"]

_PASSED = 0
_FAILED = (1, 2)
"""A test failed, or could not be collected."""
_NONE_COLLECTED = 5
_MOST_TOLD = 12


class PytestRuns:
    """Runs tests with the plugin's fixture `meter_policy` returning another policy.

    It is the policy file's own that is replaced: a test of some other policy keeps that.
    """

    def __init__(self, policy_path: Path, tests: Sequence[Path]) -> None:
        if find_spec("pytest") is None:
            raise MissingExtraError("pytest")
        self._policy = policy_path.resolve()
        self._tests = [str(path) for path in tests]
        self.collected = False
        self.handed_out = False

    def check(self, policy: Policy) -> None:
        """Run the tests on the policy as it is. Raises `MeterError` if they do not pass."""
        code, output, self.handed_out = self._run(policy)
        if code not in (_PASSED, _NONE_COLLECTED):
            last = "\n".join(f"  {line}" for line in output.splitlines()[-_MOST_TOLD:])
            raise MeterError(
                "the pytest tests do not pass with the policy as it is; mend them first:\n" + last
            )
        self.collected = code == _PASSED

    def notice(self, policy: Policy) -> bool:
        """Say whether a test fails when it gets this policy instead."""
        if not (self.collected and self.handed_out):
            return False
        code, output, _ = self._run(policy)
        if code in _FAILED:
            return True
        if code != _PASSED:
            raise MeterError(f"pytest ended with {code}: {output.strip()[-500:]}")
        return False

    def _run(self, policy: Policy) -> tuple[int, str, bool]:
        """Return the exit code, what was printed, and whether any test asked for the policy."""
        with TemporaryDirectory() as folder:
            given = Path(folder) / "policy.toml"
            given.write_text(dumps_policy(policy), encoding="utf-8")
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
            command += ["--meter-mutant", str(given), "-o", f"meter_policy={self._policy}"]
            command += ["-o", "meter_journeys=false"]
            if find_spec("xdist") is not None:
                command.append("-n0")
            # What is run are the tests that were named on our own command line.
            done = subprocess.run(  # noqa: S603
                [*command, *self._tests], capture_output=True, text=True, check=False
            )
            asked = given.with_suffix(".asked").exists()
        return done.returncode, done.stdout + done.stderr, asked
