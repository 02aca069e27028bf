"""Is what was decided once still decided, and alike?

`python -m tests.verify.decided` asks `prove` of every tenth of 690 random policies, with three
guarantees of their own each, and compares the answers with those in `decided.txt`, which were given
before a search had to leave open what windows that end apart might break. `--whole` asks of all,
`--write` writes the answers of today into the file. It ends with 1 where an answer was decided and
is not any more, or is the other way round now; what is known and right is named in `EXCUSED` and
`is_mixed`, and told.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.policy import Guarantee
from meter.verify import guarantees
from meter.vocabulary import Show
from tests.verify.random_policies import random_policy, random_when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from meter.policy import Policy

STORED = Path(__file__).with_name("decided.txt")
POLICIES = 690
_TENTH = 10
_OWN = 3
_MARKS = {"proved": "p", "fails": "f", "not decided": "?"}
_WORDS = {mark: word for word, mark in _MARKS.items()}
_MIXED_MATTERS = "last-free-is-announced"
EXCUSED: dict[tuple[int, str], str] = {}
"""What need not be decided any more, or alike: a policy, a promise, and why."""


@frozen
class Change:
    """An answer that is another one now. `excuse` says why it may be, if it may."""

    seed: int
    promise: str
    before: str
    now: str
    excuse: str

    @property
    def is_loss(self) -> bool:
        """Say whether something decided is undecided now, or decided the other way round."""
        return self.before != "?"

    def __str__(self) -> str:
        told = f"policy {self.seed}, {self.promise}: {_WORDS[self.before]} -> {_WORDS[self.now]}"
        return f"{told} ({self.excuse})" if self.excuse else told


def asked(seed: int) -> tuple[Policy, str]:
    """Return a random policy with guarantees of its own, and a sign of what was drawn for it."""
    random = Random(seed)
    policy = random_policy(random)
    names = [meter.name for meter in policy.meters]
    own = [_guarantee(random, number, names) for number in range(_OWN)]
    return evolve(policy, guarantees=own), f"{random.getrandbits(32):08x}"


def _guarantee(random: Random, number: int, meters: list[str]) -> Guarantee:
    """Return a guarantee that says little enough to hold now and then."""
    shows = random.sample(list(Show), random.randint(1, 5))
    rest = [show for show in Show if show not in shows]
    said = {"never": shows} if random.random() < 0.6 else {"always": rest}
    return Guarantee(name=f"own {number}", when=random_when(random, meters), **said)


def answers(policy: Policy) -> dict[str, str]:
    """Return a mark for each promise: by code, and by name for its own."""
    # Without a clock, so that a busy machine gives the same answers.
    given = guarantees(policy, seconds=None)
    return {
        answer.name if answer.code == "guarantee" else answer.code: _MARKS[str(answer.outcome)]
        for answer in given
    }


def is_mixed(policy: Policy) -> bool:
    """Say whether meters have windows that end at different times."""
    windows = {meter.window for meter in policy.meters if not meter.window.lifetime}
    return len(windows) > 1


def stored() -> dict[int, tuple[str, dict[str, str]]]:
    """Return what was drawn for each policy and what was answered, as it is in the file."""
    head, *lines = STORED.read_text(encoding="utf-8").splitlines()
    promises = head.split("\t")[2:]
    found = {}
    for line in lines:
        seed, drawn, marks = line.split("\t")
        found[int(seed)] = (drawn, dict(zip(promises, marks, strict=True)))
    return found


def write() -> None:
    """Write the answers of today into the file."""
    lines = []
    promises: list[str] = []
    for seed in range(POLICIES):
        policy, drawn = asked(seed)
        given = answers(policy)
        promises = list(given)
        lines.append(f"{seed}\t{drawn}\t{''.join(given.values())}")
    head = "\t".join(["policy", "drawn", *promises])
    STORED.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")


def changes(seeds: Iterable[int]) -> Iterator[Change]:
    """Yield what is answered otherwise than it was."""
    before = stored()
    for seed in seeds:
        policy, drawn = asked(seed)
        was_drawn, was = before[seed]
        if drawn != was_drawn:
            msg = f"policy {seed} is another one than the answers in {STORED.name} are about"
            raise AssertionError(msg)
        yield from compared(seed, policy, was, answers(policy))


def compared(
    seed: int, policy: Policy, was: dict[str, str], now: dict[str, str]
) -> Iterator[Change]:
    """Yield what is answered otherwise about one policy; a promise that is gone is not decided."""
    for promise, mark in was.items():
        given = now.get(promise, "?")
        if given == mark:
            continue
        excuse = EXCUSED.get((seed, promise), "")
        if given == "?" and promise == _MIXED_MATTERS and is_mixed(policy):
            excuse = "its windows end at different times"
        yield Change(seed, promise, mark, given, excuse)


def main(arguments: list[str]) -> int:
    """Compare, tell what is another answer now, and return the exit code."""
    if "--write" in arguments:
        write()
        return 0
    seeds = range(0, POLICIES, 1 if "--whole" in arguments else _TENTH)
    found = list(changes(seeds))
    wrong = [change for change in found if change.is_loss and not change.excuse]
    sys.stdout.writelines(f"{change}\n" for change in found)
    marks = Counter(mark for seed in seeds for mark in stored()[seed][1].values())
    sys.stdout.write(
        f"{len(seeds)} policies, {marks.total():,} answers"
        f" ({marks['p']:,} proved, {marks['f']:,} fail, {marks['?']:,} not decided before):"
        f" {len(found)} are others now, {len(wrong)} decided ones without an excuse\n"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
