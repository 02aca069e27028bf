"""The tests of journeys catch the mistakes that subscriptions and offers are known for."""

from __future__ import annotations

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with, run_suite
from tests.planted import some

SUITE = ("journeys/test_terms.py", "journeys/test_offers.py")
BUGS = (
    Bug(
        "a subscription forgets its day of the month",
        "journeys/rights.py",
        "return PaidTerms(anchor=self.anchor, paid=paid, term=term, renews=renews)",
        "return PaidTerms.begin(ends, term, renews=renews)",
    ),
    Bug(
        "renewing early loses the days that were paid for",
        "journeys/rights.py",
        "begins = running.right.ends",
        "begins = now",
    ),
    Bug(
        "a cancelled subscription is paid for again",
        "journeys/rights.py",
        "evolve(self.terms, renews=False)",
        "self.terms",
    ),
    Bug(
        "only one term is paid for however long nobody looks",
        "journeys/rights.py",
        "    while one.goes_on and",
        "    if one.goes_on and",
    ),
    Bug(
        "an offer is for everybody",
        "journeys/offers.py",
        "if not formula.holds(facts):",
        "if formula.holds(facts) is None:",
    ),
    Bug(
        "signing out makes a new customer",
        "journeys/person.py",
        "if self.account is None and is_known:",
        "if self.account is None and self.reader.registered and is_known:",
    ),
)


@pytest.mark.parametrize("bug", some(BUGS), ids=lambda bug: bug.name)
def test_the_tests_catch_a_planted_bug(bug, tmp_path):
    """Some test fails, as a test and not by accident."""
    done = run_suite(copy_with(tmp_path, bug), SUITE)
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]
