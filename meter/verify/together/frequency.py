"""How often two policies show a prompt, key by key, where that differs for anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import frozen

from meter.errors import listed
from meter.explanation.frequency import cap_words
from meter.forms import length_text
from meter.policy import Cap, Prompt
from meter.verify.frequency.idle import binding_caps, is_no_looser
from meter.verify.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Showing", "frequency_rows"]

_CAPPED = ("at_most", "once", "quiet_after.shown")
"""The keys that say how often something is shown in a stretch of time: one may stand for others."""


@frozen
class Showing:
    """How often a policy shows a prompt, in its zone.

    `others` are those that are shown too and counted with it, `near` those of them that the other
    policy shows as well. `asked` says that some condition asks how often it was shown.
    """

    prompt: Prompt
    zone: ZoneInfo
    others: frozenset[str]
    near: frozenset[str]
    asked: bool

    @property
    def _looked_at(self) -> str | None:
        """How far back a condition looks, and how far it counts."""
        cap = self.prompt.longest_cap
        return None if cap is None or not self.asked else _cap(cap, self.zone)

    def is_capped_like(self, other: Showing) -> bool:
        """Say whether caps keep both back at the same views."""
        if self._looked_at != other._looked_at:
            return False
        if self.zone != other.zone and (self._hangs_on_a_zone or other._hangs_on_a_zone):
            return False
        one, two, zone = self.prompt, other.prompt, self.zone
        alone = not (self.others or other.others)
        return is_no_looser(one, two, zone, alone=alone) and is_no_looser(
            two, one, zone, alone=alone
        )

    @property
    def _hangs_on_a_zone(self) -> bool:
        """Whether a cap that can keep it back has the days of a calendar."""
        caps = binding_caps(self.prompt, self.zone, alone=not self.others)
        return any(cap.window.calendar is not None for cap in caps)

    def words(self) -> dict[str, str]:
        """Return what each key comes to, in words."""
        prompt = self.prompt
        quiet = prompt.quiet_after
        found = {
            "at_most": "any number of times",
            "every": "whatever meters count",
            "once": "one time only" if prompt.once else "again and again",
            "instead": "nothing where it is kept back",
            "group": "its own showings and closings count",
        }
        if prompt.at_most:
            caps = listed([_cap(cap, self.zone) for cap in prompt.at_most], "and")
            found["at_most"] = f"at most {caps}"
        if prompt.every is not None:
            views = prompt.every.views
            found["every"] = f"where `{prompt.every.meter}` comes to a multiple of {views}"
        if prompt.instead is not None:
            found["instead"] = f"`{prompt.instead}` where it is kept back"
        if self.near:
            names = listed([f"`{name}`" for name in sorted(self.near)], "and")
            found["group"] = f"the showings and closings of {names} count too"
        for key, after in _AFTER.items():
            length = None if quiet is None else getattr(quiet, key)
            kept = "not kept back" if length is None else f"kept back for {length_text(length)}"
            found[f"quiet_after.{key}"] = f"{kept} {after}"
        return found


_AFTER = {
    "closed": "after it was closed",
    "purchase": "after a purchase",
    "shown": "after it was shown",
}


def frequency_rows(old: Showing, new: Showing) -> Iterator[Row]:
    """Yield what of how often a prompt is shown differs, one row a key.

    Nothing where it is shown every time under both, and nothing of caps that can never keep it
    back.
    """
    if not (old.prompt.is_capped or new.prompt.is_capped):
        return
    was, now = old.words(), new.words()
    is_capped_alike = old.is_capped_like(new)
    for key in was:
        if was[key] != now[key] and not (is_capped_alike and key in _CAPPED):
            who = f"how often prompt `{old.prompt.name}` is shown: `{key}`"
            yield Row(about="prompt", who=who, before=was[key], after=now[key])


def _cap(cap: Cap, zone: ZoneInfo) -> str:
    """Say a cap: `twice each calendar day in Asia/Tokyo`."""
    where = f" in {zone.key}" if cap.window.calendar is not None else ""
    return f"{cap_words(cap.times, cap.window)}{where}"
