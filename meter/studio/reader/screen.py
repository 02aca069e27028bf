"""What stands on the screen of Reader: one story or two, where each stands, and how it is shown.

All of it is in the address, so that an address shows the same again.

- `v` is the version of the policy, `w` another one to compare it with.
- `at` is the step that is looked at, from 1; 0 is before the first, none the last.
- `fork` and `b` make a second story: the first `fork` steps of the first one, and the steps of `b`.
- `b-status`, `b-country` and so on make a second reader, who does the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from attrs import Factory, asdict, evolve, frozen

from meter.prompts.rendering import LayoutWord
from meter.studio.desk import FILE
from meter.studio.reader.links import address
from meter.studio.reader.moves import Move, parse_moves, write_moves
from meter.studio.reader.story import Story, whole
from meter.studio.reader.who import Who

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meter.journeys import Journey

__all__ = ["FRAMES", "LAYOUTS", "SCHEMES", "SIDES", "Look", "Screen"]

SIDES = ("a", "b")
SchemeWord = Literal["light", "dark"]
SCHEMES: tuple[SchemeWord, ...] = get_args(SchemeWord)
FRAMES = ("phone", "desktop")
LAYOUTS: tuple[LayoutWord, ...] = get_args(LayoutWord)
_Word = TypeVar("_Word", bound=str)
_FIT: dict[str, LayoutWord] = {"phone": "narrow", "desktop": "wide"}


@frozen(kw_only=True)
class Look:
    """How the page is shown: an empty locale is the publication's, an empty layout fits."""

    locale: str = ""
    scheme: SchemeWord = "light"
    layout: str = ""
    frame: str = "phone"

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Look:
        """Read the words of an address; a word that is none is as if it was not there."""
        return cls(
            locale=given.get("locale", "")[:35],
            scheme=_one_of(given.get("scheme"), SCHEMES, "light"),
            layout=_one_of(given.get("layout"), ("", *LAYOUTS), ""),
            frame=_one_of(given.get("frame"), FRAMES, "phone"),
        )

    def write(self) -> dict[str, str]:
        """Return the words of an address."""
        plain = asdict(Look())
        return {name: word for name, word in asdict(self).items() if word != plain[name]}

    @property
    def fitting(self) -> LayoutWord:
        """The layout: the one that was chosen, else the one that fits the frame."""
        return next((word for word in LAYOUTS if word == self.layout), _FIT[self.frame])


@frozen(kw_only=True)
class Screen:
    """One story or two. `side` is the one that buttons act on."""

    story: Story
    at: int
    v: str = FILE
    w: str | None = None
    fork: int | None = None
    branch: tuple[Move, ...] = ()
    b_at: int = 0
    b_who: Who | None = None
    side: str = "a"
    look: Look = Factory(Look)

    @classmethod
    def parse(cls, given: Mapping[str, str], load: Callable[[str], Journey]) -> Screen:
        """Read an address. Raises `MeterError` for what holds no story."""
        story = Story.parse(given, load)
        fork = given.get("fork", "")
        shared = min(whole(fork, 0), len(story)) if fork else None
        branch = () if shared is None else parse_moves(given.get("b", ""))
        b_who = Who.parse(given, "b-", like=story.who)
        is_second = story.past is None and b_who != story.who
        screen = cls(
            story=story,
            at=min(whole(given.get("at", ""), len(story)), len(story)),
            v=given.get("v") or FILE,
            w=given.get("w") or None,
            fork=shared,
            branch=branch,
            b_who=b_who if is_second else None,
            look=Look.parse(given),
        )
        if shared is None:
            return screen
        length = len(screen.other)
        b_at = min(whole(given.get("b-at", ""), length), length)
        return evolve(screen, b_at=b_at, side=_one_of(given.get("side"), SIDES, "a"))

    def write(self) -> dict[str, str]:
        """Return the words of the address, without `v`."""
        said = self.story.write()
        if self.at != len(self.story):
            said["at"] = str(self.at)
        if self.w is not None:
            said["w"] = self.w
        if self.b_who is not None:
            said |= self.b_who.write("b-", like=self.story.who)
        if self.fork is not None:
            said["fork"] = str(self.fork)
            said["b"] = write_moves(self.branch)
            if self.b_at != len(self.other):
                said["b-at"] = str(self.b_at)
            if self.side != "a":
                said["side"] = self.side
        return said | self.look.write()

    def address(self, path: str = "/reader", **more: str) -> str:
        """Return the address of this screen."""
        return address(path, {**self.write(), **more}, self.v)

    @property
    def is_double(self) -> bool:
        """Whether two stories stand side by side."""
        return self.fork is not None or self.w is not None or self.b_who is not None

    @property
    def other(self) -> Story:
        """The second story: a branch, or the same steps with another reader or policy."""
        story = self.story
        if self.fork is not None:
            story = story.first(self.fork).then(*self.branch)
        return story if self.b_who is None else evolve(story, who=self.b_who)

    @property
    def active(self) -> Story:
        """The story that buttons act on."""
        return self.other if self.side == "b" else self.story

    def place(self, side: str) -> int:
        """Return at which step a side stands."""
        is_apart = side == "b" and self.fork is not None
        return self.b_at if is_apart else min(self.at, len(self.story))

    def looking(self, side: str, at: int) -> Screen:
        """Return the screen with one side at another step; buttons act on that side then."""
        if side == "b" and self.fork is not None:
            return evolve(self, b_at=at, side="b")
        return evolve(self, at=at, side="a")

    def doing(self, *moves: Move) -> Screen:
        """Return the screen after the side at hand has done something where it stands.

        What came after that step gives way.
        """
        if self.side == "b" and self.fork is not None:
            return self._branch_doing(self.fork, moves)
        story = self.story.first(self.at).then(*moves)
        screen = evolve(self, story=story, at=len(story))
        if self.fork is None or self.fork <= self.at:
            return screen
        if self.at < self.story.upto:  # steps of a file are no words of an address
            return screen.alone("a")
        kept = self.story.moves[self.at - self.story.upto : self.fork - self.story.upto]
        return evolve(screen, fork=self.at, branch=(*kept, *self.branch))

    def _branch_doing(self, fork: int, moves: tuple[Move, ...]) -> Screen:
        shared = min(fork, self.b_at)
        branch = (*self.branch[: self.b_at - shared], *moves)
        screen = evolve(self, fork=shared, branch=branch)
        return evolve(screen, b_at=len(screen.other))

    def branching(self) -> Screen:
        """Return the screen with a branch from where the side at hand stands."""
        at = self.place(self.side)
        story = evolve(self.active, who=self.story.who)
        return evolve(self, story=story, at=at, fork=at, branch=(), b_at=at, side="b")

    def alone(self, side: str) -> Screen:
        """Return the screen with one of the two stories alone."""
        single = evolve(self, fork=None, branch=(), b_at=0, b_who=None, w=None, side="a")
        if side == "a":
            return single
        at = self.place("b")
        return evolve(single, story=self.other, at=at, v=self.w or self.v)


def _one_of(word: str | None, known: tuple[_Word, ...], otherwise: _Word) -> _Word:
    return next((one for one in known if one == word), otherwise)
