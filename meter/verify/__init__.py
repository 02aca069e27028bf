"""What holds for everyone: exact lints, proofs, and the complete difference of two policies.

Rules are closed tables, so a policy is a finite object: everything here is decided for every
possible reader, page view and count, on diagrams that tests compare with the engine. What is too
large for that is `not decided`, never assumed.
"""

from __future__ import annotations

from meter.verify.answers import ProofAnswer, ProofOutcome
from meter.verify.diagram import UndecidedError
from meter.verify.diff import Changes, changes
from meter.verify.lints import CODES, lints
from meter.verify.properties import BUILT_IN
from meter.verify.prove import guarantees
from meter.verify.rows import Row

__all__ = [
    "BUILT_IN",
    "CODES",
    "Changes",
    "ProofAnswer",
    "ProofOutcome",
    "Row",
    "UndecidedError",
    "changes",
    "guarantees",
    "lints",
]
