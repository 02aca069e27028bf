"""Is what was decided once still decided, and alike?

`python -m tests.verify.decided` asks `prove` of every tenth of 690 random policies, with three
guarantees of their own each, and compares the answers with those in `decided.txt`, which were given
before a search had to leave open what windows that end apart, or another hour, might break.
`--whole` asks of all, numbers of policies ask of those, and `--write` writes the answers of today
into the file.

It ends with 1 where an answer was decided and is not any more, or is decided otherwise. Where *the
last free article is announced* was proved, two excuses are taken, and told: `STORIES` has a reader
who breaks it, and `decide` says so; or the policy mixes windows, and it is not decided now.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from meter import Article, Entitlement, PageView, Reader, Usage, decide
from meter.policy import Guarantee
from meter.policy.promised import WALLS
from meter.verify import guarantees
from meter.vocabulary import Show
from tests.verify.random_policies import random_policy, random_when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from meter.policy import Policy

STORED = Path(__file__).with_name("decided.txt")
POLICIES = 690
_TENTH = 10
_OWN = 3
_MARKS = {"proved": "p", "fails": "f", "not decided": "?"}
_WORDS = {mark: word for word, mark in _MARKS.items()}
_LAST_FREE = "last-free-is-announced"
_TOKYO = ZoneInfo("Asia/Tokyo")


@frozen
class Story:
    """A reader who is told how many are left, and meets a wall at one more like it."""

    reader: Reader
    article: Article
    first: datetime
    later: datetime
    language: str | None = None
    country: str | None = None

    def broken(self, policy: Policy) -> str:
        """Say how a policy misleads this reader; nothing if it does not."""
        told, usage = decide(policy, self.reader, self._view("one"), Usage(), self.first)
        met, _ = decide(policy, self.reader, self._view("two"), usage, self.later)
        if told.show is not Show.COUNTDOWN or not told.counted or not told.meter.left:
            return ""
        if told.meter.resets_at is not None and told.meter.resets_at <= self.later:
            return ""
        if met.show not in WALLS:
            return ""
        return (
            f"it was wrong: told of {told.meter.left} left by `{told.rule}`"
            f" on {self.first:%a %H:%M}, `{met.show}` by `{met.rule}` on {self.later:%a %H:%M}"
        )

    def _view(self, name: str) -> PageView:
        article = evolve(self.article, id=name)
        return PageView(id=name, article=article, language=self.language, country=self.country)


def _at(day: int, hour: int) -> datetime:
    return datetime(2026, 6, day, hour, 30, tzinfo=_TOKYO)


_ANONYMOUS = Reader(id="r")
_SUBSCRIBER = Reader(id="r", registered=True, entitlements=[Entitlement(kind="subscription")])
_LAPSED = Reader(
    id="r",
    registered=True,
    entitlements=[Entitlement(kind="trial", ends=datetime(2026, 5, 1, tzinfo=UTC))],
)
_METERED = Article(id="a", access="metered")
_PREMIUM = Article(id="a", access="premium")
STORIES = {
    13: Story(
        Reader(id="r", segments=["students"]),
        evolve(_METERED, tags=["live", "election"]),
        _at(4, 0),
        _at(6, 0),
    ),
    219: Story(Reader(id="r", registered=True), _METERED, _at(1, 0), _at(1, 12)),
    288: Story(_LAPSED, _PREMIUM, _at(1, 0), _at(2, 0)),
    291: Story(_ANONYMOUS, _PREMIUM, _at(1, 0), _at(2, 0)),
    494: Story(_SUBSCRIBER, _METERED, _at(1, 6), _at(1, 12)),
    618: Story(_ANONYMOUS, _METERED, _at(7, 12), _at(8, 12), language="ja"),
    677: Story(_ANONYMOUS, _PREMIUM, _at(1, 0), _at(2, 0), country="SE"),
}
"""By policy, who breaks that the last free article is announced, where it was called proved."""


@frozen
class Change:
    """An answer that is another one now. `excuse` says why it may be, if it may."""

    seed: int
    promise: str
    before: str
    now: str
    excuse: str

    @property
    def is_wrong(self) -> bool:
        """Say whether something decided is not any more, or otherwise, without an excuse."""
        return self.before != "?" and not self.excuse

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


def excuse(seed: int, promise: str, before: str, now: str, policy: Policy) -> str:
    """Say why a promise need not be decided any more, or nothing."""
    if (promise, before) != (_LAST_FREE, "p"):
        return ""
    story = STORIES[seed].broken(policy) if seed in STORIES else ""
    if story or now != "?" or not is_mixed(policy):
        return story
    return "its windows end at different times"


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
    """Yield what is answered otherwise than it was; what is not answered is not decided."""
    before = stored()
    for seed in seeds:
        policy, drawn = asked(seed)
        was_drawn, was = before[seed]
        if drawn != was_drawn:
            msg = f"policy {seed} is another one than {STORED.name} is about: write that anew"
            raise AssertionError(msg)
        now = answers(policy)
        for promise, mark in was.items():
            given = now.get(promise, "?")
            if given != mark:
                why = excuse(seed, promise, mark, given, policy)
                yield Change(seed, promise, mark, given, why)


def main(arguments: Sequence[str]) -> int:
    """Compare, tell what is another answer now, and return the exit code."""
    if "--write" in arguments:
        write()
        return 0
    seeds: Sequence[int] = [int(text) for text in arguments if text.isdecimal()]
    if not seeds:
        seeds = range(0, POLICIES, 1 if "--whole" in arguments else _TENTH)
    before = stored()
    found = list(changes(seeds))
    wrong = sum(change.is_wrong for change in found)
    marks = Counter(mark for seed in seeds for mark in before[seed][1].values())
    sys.stdout.writelines(f"{change}\n" for change in found)
    sys.stdout.write(
        f"{len(seeds)} policies, {marks.total():,} answers: before {marks['p']:,} proved,"
        f" {marks['f']:,} fail, {marks['?']:,} not decided; {len(found)} are others now,"
        f" {wrong} of them decided before and without an excuse\n"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
