"""What a policy promises by itself: what is shown to whom, what excludes what, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from meter.errors.kinds import TEXT, as_tuple, choice, each, either, instance, maybe
from meter.errors.values import check_fields
from meter.policy.conditions import EVERYONE, When
from meter.policy.promised import Promised, promised
from meter.policy.prompts import CAPS, Cap, as_caps
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Guarantee"]

_SHOWS = each(either(instance(Show), (Show,), choice(Promised)), '["wall"]', frozenset)


def _excluding(value: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(value)


@frozen(kw_only=True)
class Guarantee:
    """What whom `when` describes is promised: `always` one of these `show`s, or `never` one.

    `wall` stands for every wall (a gate is none), `open` for all that gives the whole article. Or
    it names offers, or rules, of which no two are for the same reader and page view: `disjoint`. Or
    it says how often a `prompt` is shown `at_most`, at the page views that `when` describes.
    """

    name: str
    when: When = EVERYONE
    never: frozenset[Show] = field(default=frozenset(), converter=promised)
    always: frozenset[Show] = field(default=frozenset(), converter=promised)
    disjoint: tuple[str, ...] = field(default=(), converter=_excluding)
    prompt: str | None = None
    at_most: tuple[Cap, ...] = field(default=(), converter=as_caps)

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_GUARANTEE)


_OF_A_GUARANTEE = {
    "name": TEXT,
    "when": instance(When),
    "never": _SHOWS,
    "always": _SHOWS,
    "disjoint": each(TEXT, '["summer", "students"]'),
    "prompt": maybe(TEXT),
    "at_most": CAPS,
}
