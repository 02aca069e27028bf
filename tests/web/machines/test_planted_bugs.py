"""The tests of machines catch what is easily got wrong, each planted in a copy."""

from __future__ import annotations

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with, run_suite
from tests.planted import some

REFUSED, NAMES, SIGNATURES, TERMS, LOOKUPS = (
    f"web/machines/test_{name}.py"
    for name in ("refused", "names", "signatures", "terms", "lookups")
)
PLANTED = [
    (Bug(name, f"web/{module}", right, wrong), tests)
    for name, module, right, wrong, tests in (
        (
            "the name is believed",
            "machines/names.py",
            "if any(address_of(address) == wanted for address in found):",
            "if found:",
            NAMES,
        ),
        (
            "a domain is the end of a word",
            "machines/names.py",
            'name.endswith(f".{domain}")',
            "name.endswith(domain)",
            NAMES,
        ),
        (
            "a signature may cover nothing of the host",
            "machines/signatures.py",
            "if not any(target in plain for target in _TARGETS):",
            "if False:",
            REFUSED,
        ),
        (
            "whose it is need not be signed",
            "machines/signatures.py",
            "if len(covered) != 1 or",
            "if covered and",
            REFUSED,
        ),
        (
            "a signature for any site is good",
            "machines/verifying.py",
            "if host not in self._hosts:",
            "if not host:",
            REFUSED,
        ),
        (
            "a key is what it is called",
            "machines/keys.py",
            "name = thumbprint(jwk)",
            'name = jwk.get("kid") or thumbprint(jwk)',
            f"{SIGNATURES}::test_reads_published_signatures",
        ),
        (
            "any directory is asked",
            "machines/verifying.py",
            "if claim.keys in (None, address):",
            "if True:",
            SIGNATURES,
        ),
        (
            "a nonce may come again",
            "machines/replays.py",
            "return not once and before.target == use.target",
            "return before.target == use.target",
            SIGNATURES,
        ),
        (
            "what is asked anew is in force before its answer",
            "machines/lookups.py",
            "asked = asked.before",
            "asked = None",
            LOOKUPS,
        ),
        (
            "a failure takes the place of keys",
            "machines/lookups.py",
            "if found is None and before is not None and before.ends > now:",
            "if False:",
            SIGNATURES,
        ),
        (
            "an agent that only claims is a reader",
            "gate/kinds.py",
            "return SIGNATURE_AGENT in request.headers or",
            "return False and",
            TERMS,
        ),
        (
            "a person meets the price",
            "gate/answer.py",
            "if self.kind in MACHINES else None",
            "if True else None",
            TERMS,
        ),
        (
            "each article asks anew who sends it",
            "gate/identity.py",
            "if self._crawler is None:",
            "if True:",
            TERMS,
        ),
        (
            "a refused use is allowed",
            "gate/terms.py",
            "may and gets(crawler)",
            "may",
            TERMS,
        ),
    )
]


@pytest.mark.parametrize("planted", some(PLANTED), ids=lambda planted: planted[0].name)
def test_a_planted_bug_is_caught(planted, tmp_path):
    """Some test fails, as a test and not by accident."""
    bug, tests = planted
    done = run_suite(copy_with(tmp_path, bug), [tests], only="test")
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]
