"""What differs of the offers and prompts that two policies both show: terms, words, how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from meter.policy import Prompt
from meter.policy.faults.frequency import may_show
from meter.verify.rows import Row, prompt_words, terms
from meter.verify.together.frequency import Showing, frequency_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from meter.policy import Policy
    from meter.rulebook import Verdict
    from meter.verify.rows import Seen

__all__ = ["Occurs", "offer_rows", "prompt_rows"]

Occurs = Callable[[int, Callable[["Verdict | Seen"], bool]], bool]
"""Whether the first or the second policy says something of a kind to anybody."""


def offer_rows(old: Policy, new: Policy, occurs: Occurs) -> Iterator[Row]:
    """Yield the offers that are shown under both policies and are not the same offer."""
    after = {offer.name: offer for offer in new.offers}
    for name, offer in sorted((offer.name, offer) for offer in old.offers):
        if name not in after or terms(offer) == terms(after[name]):
            continue

        def has(seen: Verdict | Seen, name: str = name) -> bool:
            return name in seen.offers

        if occurs(0, has) and occurs(1, has):
            who = f"whoever sees offer `{name}`"
            yield Row(about="offer", who=who, before=terms(offer), after=terms(after[name]))


def prompt_rows(old: Policy, new: Policy, occurs: Occurs) -> Iterator[Row]:
    """Yield the declared prompts that are said in other words, or are shown more or less often.

    Of those that either policy may show, by a rule or in the place of another prompt.
    """
    sides = [_Side(policy, number, occurs) for number, policy in enumerate((old, new))]
    for name in sorted({prompt.name for policy in (old, new) for prompt in policy.prompts}):
        if _differs(old, new, name) and all(side.shows(name) for side in sides):
            yield from _words(old, new, name)
            yield from frequency_rows(*(side.showing(name, sides) for side in sides))


def _differs(old: Policy, new: Policy, name: str) -> bool:
    """Say whether two policies say anything else of a prompt; of its group, of any in it."""
    was, now = ([each for each in policy.prompts if each.name == name] for policy in (old, new))
    grouped = any(each.group is not None for each in (*was, *now))
    if was != now or old.zone != new.zone or (grouped and old.prompts != new.prompts):
        return True
    return prompt_words(old, name) != prompt_words(new, name)


def _words(old: Policy, new: Policy, name: str) -> Iterator[Row]:
    was, now = (prompt_words(policy, name) for policy in (old, new))
    for locale in sorted({*was, *now}):
        before = was.get(locale, "no words of its own")
        after = now.get(locale, "no words of its own")
        if before != after:
            who = f"whoever sees prompt `{name}` in `{locale}`"
            yield Row(about="prompt", who=who, before=before, after=after)


class _Side:
    """What a policy says of its prompts, and which of them it may show to anybody."""

    def __init__(self, policy: Policy, number: int, occurs: Occurs) -> None:
        self._policy = policy
        self._number = number
        self._occurs = occurs
        self._declared = {prompt.name: prompt for prompt in policy.prompts}
        self._known: dict[str, bool] = {}

    def shows(self, name: str) -> bool:
        """Say whether somebody may be shown a prompt, by a rule or in the place of another."""
        if name not in self._known:
            self._known[name] = self._occurs(self._number, lambda seen: self._may(seen, name))
        return self._known[name]

    def _may(self, seen: Verdict | Seen, name: str) -> bool:
        chain = may_show(self._declared, seen.prompt)
        return seen.prompt == name or any(prompt.name == name for prompt in chain)

    def showing(self, name: str, sides: Iterable[_Side]) -> Showing:
        """Return how often a prompt is shown; one that is not declared is shown every time."""
        prompt = self._declared.get(name) or Prompt(name=name, heading="?")
        group = self._policy.prompts if prompt.group is not None else ()
        others = frozenset(
            other.name
            for other in group
            if other.group == prompt.group and other is not prompt and self.shows(other.name)
        )
        near = frozenset(other for other in others if all(side.shows(other) for side in sides))
        asked = name in self._policy.rulebook.vocabulary.seen
        return Showing(prompt, self._policy.zone, others, near, asked)
