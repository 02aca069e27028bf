"""Prompts that a policy declares, how often they are shown, and the nouns that meters count."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import field, frozen
from attrs.converters import optional

from meter.errors.kinds import FLAG, TEXT, as_tuple, each, instance, maybe, whole_number
from meter.errors.values import check_fields
from meter.forms import SPAN, as_length
from meter.policy.placeholders import PLURALS, Needs, needs
from meter.vocabulary import Show
from meter.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# fmt: off
__all__ = [
    "CAPS", "MOST_TIMES", "MOST_VIEWS", "NOUNS", "SHIPPED", "Cap", "Every", "Noun", "Prompt",
    "PromptWords", "Quiet", "as_caps",
]
# fmt: on

NOUNS = ("article", "story", "video", "podcast", "episode", "recipe", "puzzle", "report")
"""The catalog: what a meter may count without a word of the publisher's own."""

SHIPPED = frozenset({*map(str, Show), "sponsored", "prompt"})
"""The names of prompts that no policy declares: those that ship, and what they are made from."""

_WORDS = ("heading", "text", "action")


@frozen(kw_only=True)
class PromptWords:
    """What a declared prompt says in one language; `link` is where its `action` leads."""

    heading: str
    text: str | None = None
    action: str | None = None
    link: str | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_WORDS)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield each text that there is, with its key."""
        for key in _WORDS:
            text = getattr(self, key)
            if text is not None:
                yield key, text

    def needs(self) -> frozenset[Needs]:
        """Return what there has to be for every text to be filled in.

        Raises `BadPlaceholder` where one holds what is no placeholder.
        """
        return frozenset[Needs]().union(*(needs(text) for _, text in self.texts()))


MOST_TIMES = 1000
"""A cap allows no more showings: what is remembered of a reader stays small."""
MOST_VIEWS = 10_000
"""A prompt that comes every so many views comes at least so often."""


@frozen(kw_only=True)
class Cap:
    """At most so many showings in a window, of the same kinds as a meter's."""

    times: int
    window: Window

    def __attrs_post_init__(self) -> None:
        window = instance(Window, form='a `Window` such as `Window(calendar="day")`')
        check_fields(self, {"times": whole_number("2", 1, MOST_TIMES), "window": window})


CAPS = each(instance(Cap), '[Cap(times=1, window=Window(calendar="day"))]')
"""The kind of several caps."""


@frozen(kw_only=True)
class Every:
    """Only where this view brings the count of a meter to a multiple of `views`."""

    meter: str
    views: int

    def __attrs_post_init__(self) -> None:
        check_fields(self, {"meter": TEXT, "views": whole_number("5", 1, MOST_VIEWS)})


@frozen(kw_only=True)
class Quiet:
    """How long a prompt keeps silent: after it was closed, after a purchase, after it was shown.

    Lengths are absolute time: a day is 24 hours. A purchase is the start of the running right that
    began last; one for some articles only is none.
    """

    closed: timedelta | None = field(default=None, converter=optional(as_length))
    purchase: timedelta | None = field(default=None, converter=optional(as_length))
    shown: timedelta | None = field(default=None, converter=optional(as_length))

    def __attrs_post_init__(self) -> None:
        check_fields(self, dict.fromkeys(("closed", "purchase", "shown"), maybe(SPAN)))

    @property
    def is_empty(self) -> bool:
        """Whether it names no length at all."""
        return self.closed is None and self.purchase is None and self.shown is None


def as_caps(value: Cap | Iterable[Cap]) -> tuple[Cap, ...]:
    """Return several caps, or the one that is given; what is none stays, to be refused."""
    return (value,) if isinstance(value, Cap) else as_tuple(value)


@frozen(kw_only=True)
class Prompt(PromptWords):
    """A prompt that a rule may name, in the publication's own language.

    Without any of the keys below it is shown at every view of its rule. `at_most` are caps, each of
    which must leave room; `every` shows it at each so many views that a meter counts; `quiet_after`
    keeps it silent for a while; `once` shows it one time only. Where it is kept back, `instead` is
    shown, or nothing. The prompts of one `group` count the showings and closings of all of them,
    each by its own numbers.
    """

    name: str
    at_most: tuple[Cap, ...] = field(default=(), converter=as_caps)
    every: Every | None = None
    quiet_after: Quiet | None = None
    once: bool = False
    instead: str | None = None
    group: str | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_PROMPT)

    @property
    def is_capped(self) -> bool:
        """Whether there may be views of its rule at which it is not shown."""
        return bool(self.at_most or self.every or self.quiet_after or self.once)

    @property
    def longest_cap(self) -> Cap | None:
        """The cap with the longest window, which is as far back as `seen` looks.

        Of two that are as long it is the one that allows more.
        """
        return max(self.at_most, key=lambda cap: (_length(cap.window), cap.times), default=None)


def _length(window: Window) -> timedelta:
    return window.length or timedelta.max


_OF_WORDS = {"heading": TEXT, **dict.fromkeys(("text", "action", "link"), maybe(TEXT))}

_OF_A_PROMPT = {
    "name": TEXT,
    **_OF_WORDS,
    "at_most": CAPS,
    "every": maybe(instance(Every, form='an `Every` such as `Every(meter="heard", views=5)`')),
    "quiet_after": maybe(instance(Quiet, form='a `Quiet` such as `Quiet(closed="7 days")`')),
    "once": FLAG,
    **dict.fromkeys(("instead", "group"), maybe(TEXT)),
}


@frozen(kw_only=True)
class Noun:
    """What a meter counts, in one language: a form for each plural category, always `other`."""

    zero: str | None = None
    one: str | None = None
    two: str | None = None
    few: str | None = None
    many: str | None = None
    other: str

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_NOUN)

    def form(self, category: str) -> str:
        """Return the form of a plural category, or `other` where it has none."""
        found: str | None = getattr(self, category)
        return self.other if found is None else found


_OF_A_NOUN = {**dict.fromkeys(PLURALS, maybe(TEXT)), "other": TEXT}
