"""What makes a guarantee unusable: that names exclude each other, or how often a prompt comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from meter.errors import meant
from meter.policy.faults.frequency import known_prompts
from meter.validation import PolicyParts, fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.errors import Problem
    from meter.vocabulary import Show

__all__ = ["CODES", "promise_faults"]

_SAID = {
    "bad-at-most/also": (
        "guarantee `{name}` says both how often a prompt is shown and what else holds",
        "make two guarantees of it",
    ),
    "bad-at-most/of-what": (
        "guarantee `{name}` has `at_most`, and says of no prompt that it is shown no more often",
        'name it: `prompt = "give"`',
    ),
    "bad-at-most/unsaid": (
        "guarantee `{name}` names the prompt `{other}`, and not how often it is shown at most",
        'add `at_most`, such as `{{ times = 2, window = {{ calendar = "day" }} }}`',
    ),
    "bad-disjoint/few": (
        "guarantee `{name}` names one only, so there is nothing that it excludes",
        "name at least two offers, or two rules",
    ),
    "bad-disjoint/twice": (
        "guarantee `{name}` names `{other}` twice, and nothing excludes itself",
        "leave one out",
    ),
    "bad-disjoint/mixed": (
        "guarantee `{name}` names offers and rules: `{other}` is {kind}, the first is not",
        "name offers only, or rules only",
    ),
    "bad-disjoint/shown": (
        "guarantee `{name}` says both what excludes each other and what is shown",
        "make two guarantees of it",
    ),
    "unknown-disjoint": (
        "guarantee `{name}` names `{other}`, which is neither an offer nor a rule",
        "{meant}",
    ),
    "unknown-prompt/guarantee": (
        "guarantee `{name}` is about the prompt `{other}`, which there is not",
        "{meant}",
    ),
}
CODES = sorted({key.partition("/")[0] for key in _SAID})


class _Guarantee(Protocol):
    """A guarantee."""

    @property
    def name(self) -> str: ...
    @property
    def never(self) -> frozenset[Show]: ...
    @property
    def always(self) -> frozenset[Show]: ...
    @property
    def disjoint(self) -> tuple[str, ...]: ...
    @property
    def prompt(self) -> str | None: ...
    @property
    def at_most(self) -> tuple[object, ...]: ...


def promise_faults(policy: PolicyParts) -> Iterator[Problem]:
    """Yield what is wrong in guarantees: names that exclude each other, and how often prompts come.

    What is shown is looked at where every list of words is.
    """
    kinds = {rule.name: "a rule" for rule in policy.rules}
    kinds |= {offer.name: "an offer" for offer in policy.offers}
    prompts = sorted(known_prompts(policy))
    for index, guarantee in enumerate(policy.guarantees):
        if guarantee.disjoint:
            yield from _faults(guarantee, kinds, index)
        if guarantee.prompt is not None or guarantee.at_most:
            yield from _prompt_faults(guarantee, prompts, index)


def _prompt_faults(guarantee: _Guarantee, prompts: Sequence[str], index: int) -> Iterator[Problem]:
    name, prompt = guarantee.name, guarantee.prompt
    path = ("guarantees", index, "at_most" if prompt is None else "prompt")
    if guarantee.never or guarantee.always or guarantee.disjoint:
        yield fault_of(_SAID, "bad-at-most/also", path, name=name)
    if prompt is None:
        yield fault_of(_SAID, "bad-at-most/of-what", path, name=name)
        return
    if not guarantee.at_most:
        yield fault_of(_SAID, "bad-at-most/unsaid", path, name=name, other=prompt)
    if prompt not in prompts:
        step = meant(prompt, prompts)
        yield fault_of(_SAID, "unknown-prompt/guarantee", path, name=name, other=prompt, meant=step)


def _faults(guarantee: _Guarantee, kinds: dict[str, str], index: int) -> Iterator[Problem]:
    name = guarantee.name
    path = ("guarantees", index, "disjoint")
    names = guarantee.disjoint
    if guarantee.never or guarantee.always:
        yield fault_of(_SAID, "bad-disjoint/shown", path, name=name)
    if len(names) == 1:
        yield fault_of(_SAID, "bad-disjoint/few", path, name=name)
    for place, other in enumerate(names):
        where = (*path, place)
        if other not in kinds:
            step = meant(other, kinds)
            yield fault_of(_SAID, "unknown-disjoint", where, name=name, other=other, meant=step)
        elif other in names[:place]:
            yield fault_of(_SAID, "bad-disjoint/twice", where, name=name, other=other)
        elif kinds[other] != kinds.get(names[0], kinds[other]):
            kind = kinds[other]
            yield fault_of(_SAID, "bad-disjoint/mixed", where, name=name, other=other, kind=kind)
