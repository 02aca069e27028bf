"""Do diagrams and z3 say of lists, histories and walls what the engine says?

`python -m tests.verify.words_of_meters` prints which of the two does not, for a few policies that
say the most of meters. The planted bugs of `test_planted` are found by it.
"""

from __future__ import annotations

import sys
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from meter.engine import decide
from meter.facts import Vocabulary
from meter.facts.meters import Opening
from meter.rulebook import Rulebook, Verdict
from meter.verify.smt.solver import Solver
from meter.verify.space import Space
from tests.verify.agreement import Agreement, compare_one, words_of
from tests.verify.random_policies import random_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Policy
    from meter.verify.situations import Situation

_WANTED = ({"list", "wall"}, {"counts", "exhausted"}, {"list", "exhausted"})
_FEW_RULES = 3
_MOST_LEAVES = 12


def telling_policies(many: int) -> Iterator[tuple[int, Policy]]:
    """Yield random policies, of two meters at least, that say some of the words together."""
    found = 0
    for seed in count():
        if found == many:
            return
        policy = random_policy(Random(f"meters {seed}"), rules=_FEW_RULES)
        words = words_of(policy)
        if len(policy.meters) > 1 and any(wanted <= words for wanted in _WANTED):
            found += 1
            yield seed, policy


def diagram_agrees(policies: list[tuple[int, Policy]]) -> bool:
    """Say whether diagrams say what the engine says, in some situations of each policy."""
    found = Agreement()
    for seed, policy in policies:
        compare_one(policy, seed, found, each=100)
    return not found.disagreements


def z3_agrees(policies: list[tuple[int, Policy]]) -> bool:
    """Say whether the engine reproduces an example that z3 finds for each verdict of a policy."""
    return all(_reproduced(policy) for _, policy in policies)


def _reproduced(policy: Policy) -> bool:
    solver = Solver(Space([Rulebook(policy, Vocabulary([policy]))]))
    verdict = solver.verdict()
    leaves = [leaf for leaf in solver.leaves if isinstance(leaf, Verdict)]
    for leaf in leaves[:_MOST_LEAVES]:
        here = solver.among(verdict, leaf.__eq__)
        for state in _states(solver, leaf):
            situation = solver.find(here, state)
            if situation is not None and not _is_reproduced(policy, solver.space, situation, leaf):
                return False
    return True


def _states(solver: Solver, leaf: Verdict) -> Iterator[object]:
    """Yield states of the meters of a verdict: any, each closed, and each at its last."""
    yield solver.conjoin()
    space = solver.space
    for meter in leaf.meters:
        nothing = space.vocabulary.slots[space.vocabulary.place("left", meter)].code(0)
        yield solver.meter_state(meter, 0, "open", [Opening.CLOSED])
        yield solver.conjoin(
            solver.meter_state(meter, 0, "open", [Opening.OPEN]),
            solver.meter_state(meter, 0, "left", [nothing]),
        )


def _is_reproduced(policy: Policy, space: Space, situation: Situation, leaf: Verdict) -> bool:
    met = space.concretize(situation)
    decision, _ = decide(policy, met.reader, met.view, met.usage, met.now)
    told = (decision.rule, decision.show, decision.offers, decision.prompt)
    is_same = told == (leaf.rule, leaf.show, leaf.offers, leaf.prompt)
    return is_same and space.observe(met) == space.facts(situation)


if __name__ == "__main__":
    chosen = list(telling_policies(14))
    agrees = {"diagrams": diagram_agrees(chosen), "z3": z3_agrees(chosen)}
    sys.stdout.write(
        "".join(f"{name} disagree with the engine\n" for name, is_so in agrees.items() if not is_so)
    )
    sys.exit(not all(agrees.values()))
