"""How often the prompts of a policy are shown, ready to be judged by."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from attrs import field, frozen

from meter.windows import Timeline, Window, microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from meter.policy import Policy, Prompt

__all__ = ["MAY", "NOT_NOW", "SHOWN", "AskedWindow", "Frequencies", "JudgedPrompt", "PromptGroup"]

_FOR_LIFE = Window(lifetime=True)
_A_DAY = Window(rolling=timedelta(days=1))
"""How long a prompt that comes every so many views is shown again to a view that is retried."""
_NO_METERS: Mapping[int, int] = MappingProxyType({})

NOT_NOW, MAY, SHOWN = range(3)
"""What a record says of a prompt: it is kept back, it may be shown, this very view has shown it."""


class AskedWindow(NamedTuple):
    """A window, and how many showings in it are looked at."""

    times: int
    timeline: Timeline


@frozen
class JudgedPrompt:
    """A prompt whose showings or closings mean something.

    Each of `caps` has to leave room. `closed` and `purchase` are microseconds of silence, 0 for
    none. `every` is the place of a meter and a number of its views, `retried` the window in which a
    view that showed it then shows it again. `seen` is what a condition on it looks at.
    """

    name: str
    group: int
    caps: tuple[AskedWindow, ...]
    closed: int
    purchase: int
    every: tuple[int, int] | None
    retried: Timeline | None
    instead: str | None
    seen: AskedWindow | None
    checked: tuple[tuple[int, Timeline], ...] = field(init=False)
    """The caps once more, to be taken apart every view: bare tuples are, in a third of the time."""
    fewest: int = field(init=False)
    """With fewer showings of its group than these it may be shown, whenever they were."""

    @checked.default
    def _checked(self) -> tuple[tuple[int, Timeline], ...]:
        return tuple((cap.times, cap.timeline) for cap in self.caps)

    @fewest.default
    def _fewest(self) -> int:
        """Say from how many showings on a window matters: one may be that of a retried view."""
        return 1 if self.retried else min((cap.times for cap in self.caps), default=1)

    @property
    def is_capped(self) -> bool:
        """Whether there may be views of its rule at which it is not shown."""
        return bool(self.caps or self.closed or self.purchase or self.every)

    def is_due(self, reached: Mapping[int, int]) -> bool:
        """Say whether a view is one of every so many, given to what it brings each meter."""
        if self.every is None:
            return True
        place, views = self.every
        return place in reached and reached[place] % views == 0


@frozen
class PromptGroup:
    """Prompts that count the showings and closings of all of them.

    `windows` are all that one of them looks at, that of the most showings first; `closed` is the
    longest silence after a closing. Where there is none of these, nothing is remembered. `capped`
    are those that are not shown every time, with their places.
    """

    names: tuple[str, ...]
    windows: tuple[AskedWindow, ...]
    closed: int
    capped: tuple[tuple[int, JudgedPrompt], ...]
    widest: tuple[int, Timeline] | None = field(init=False)
    """The first of the windows, as a bare tuple (see `JudgedPrompt.checked`)."""

    @widest.default
    def _widest(self) -> tuple[int, Timeline] | None:
        return (self.windows[0].times, self.windows[0].timeline) if self.windows else None


class Frequencies:
    """The tracked prompts of a policy, in its order: those with a frequency, and their groups."""

    def __init__(self, policy: Policy, places: Mapping[str, int]) -> None:
        groups: dict[str, list[Prompt]] = {}
        for prompt in policy.prompts:
            # No name of a group has the mark that a prompt alone gets.
            alone = f"\0{prompt.name}"
            groups.setdefault(alone if prompt.group is None else prompt.group, []).append(prompt)
        tracked = [group for group in groups.values() if any(each.is_capped for each in group)]
        judged = {
            prompt.name: _judged(prompt, number, places, policy.zone)
            for number, group in enumerate(tracked)
            for prompt in group
        }
        self.prompts = tuple(
            judged[prompt.name] for prompt in policy.prompts if prompt.name in judged
        )
        self.places = {prompt.name: place for place, prompt in enumerate(self.prompts)}
        self.groups = tuple(
            _grouped([judged[each.name] for each in group], self.places) for group in tracked
        )
        groups_by_name = {name: group for group in self.groups for name in group.names}
        self.group_of: Callable[[str], PromptGroup | None] = groups_by_name.get
        """Takes a prompt's name; returns the group of a tracked one, `None` for any other."""
        self.may = (MAY,) * len(self.prompts)
        """What an empty record says of each."""
        self.after_purchase = any(prompt.purchase for prompt in self.prompts)
        """Whether some prompt is silent after a purchase."""

    def asked_window(self, prompt: str) -> AskedWindow | None:
        """Return what a condition on a prompt looks at; `None` where it is another policy's."""
        place = self.places.get(prompt)
        return None if place is None else self.prompts[place].seen

    def shown(
        self, name: str | None, codes: Sequence[int] = (), reached: Mapping[int, int] = _NO_METERS
    ) -> str | None:
        """Return the prompt of a view whose rule names one: itself, what stands in for it, or none.

        `codes` are what the record says of each tracked prompt, and none where nothing can be
        remembered: what must be is not given then. `reached` are the numbers to which this view
        brings meters, by their places.
        """
        while name in self.places:
            place = self.places[name]
            prompt = self.prompts[place]
            if not prompt.is_capped:
                break
            code = codes[place] if codes else NOT_NOW
            if code == SHOWN or (code == MAY and prompt.is_due(reached)):
                break
            name = prompt.instead
        return name

    @property
    def timelines(self) -> Iterator[Timeline]:
        """Every window that some prompt looks at."""
        return (window.timeline for group in self.groups for window in group.windows)


def _judged(prompt: Prompt, group: int, places: Mapping[str, int], zone: ZoneInfo) -> JudgedPrompt:
    caps = [AskedWindow(cap.times, Timeline(cap.window, zone)) for cap in prompt.at_most]
    longest = prompt.longest_cap
    seen = None if longest is None else caps[prompt.at_most.index(longest)]
    quiet = prompt.quiet_after
    if prompt.once:
        caps.append(AskedWindow(1, Timeline(_FOR_LIFE, zone)))
    if quiet is not None and quiet.shown is not None:
        caps.append(AskedWindow(1, Timeline(Window(rolling=quiet.shown), zone)))
    every = prompt.every
    return JudgedPrompt(
        name=prompt.name,
        group=group,
        caps=tuple(caps),
        closed=_length(None if quiet is None else quiet.closed),
        purchase=_length(None if quiet is None else quiet.purchase),
        every=None if every is None else (places[every.meter], every.views),
        retried=None if every is None else Timeline(_A_DAY, zone),
        instead=prompt.instead,
        seen=seen,
    )


def _length(length: timedelta | None) -> int:
    return 0 if length is None else microseconds(length)


def _grouped(prompts: list[JudgedPrompt], places: Mapping[str, int]) -> PromptGroup:
    windows = [window for prompt in prompts for window in prompt.caps]
    windows += [AskedWindow(1, prompt.retried) for prompt in prompts if prompt.retried]
    return PromptGroup(
        names=tuple(prompt.name for prompt in prompts),
        windows=tuple(sorted(windows, key=lambda window: -window.times)),
        closed=max(prompt.closed for prompt in prompts),
        capped=tuple((places[prompt.name], prompt) for prompt in prompts if prompt.is_capped),
    )
