"""A prompt but for what is counted: laid out once for all its readers, then filled in.

Of a prompt, a few words (`CountedWords`), three numbers and the id hang on a reader's own count.
All the rest is alike for whoever is asked the same in the same language on the same day. A draft is
what the template makes of that rest, with marks where those variables stand. Our templates print
them as they are, or ask whether there is a text (a test reads each template for that), so filling
in the marks gives what the template would have given, byte for byte. A prompt of a publisher's own
template, and one that a policy declares, has no draft.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from zlib import crc32

from markupsafe import escape

from meter.prompts.parts import PLANS
from meter.prompts.parts.look import SUFFIX, TemplateWord
from meter.prompts.parts.telling import counted_words
from meter.prompts.templates import found
from meter.prompts.texts import without_controls
from meter.prompts.variables import (
    COUNTED,
    as_bytes,
    checksum_of,
    id_of,
    numbers_of,
    settled_values,
)

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import date

    from meter.decision import Decision, MeterReading
    from meter.policy import Policy
    from meter.prompts.parts import Parts
    from meter.prompts.parts.look import PromptLook
    from meter.prompts.texts import Texts

__all__ = ["PromptDraft", "can_be_drafted"]

_MARK = "\ue000"
"""Around the name of what is filled in: a character of nobody's, which no template escapes."""
_MARKED = re.compile(f"{_MARK}([a-z_]+){_MARK}")
_NUMBERS = ("left", "left_plural", "used", "limit")
_MOST_WORDS = 4096
_LONGEST_WORDS = 1024
"""How many bytes the words of a count may have, so that no draft outgrows a prompt."""
_MOST_CHARACTERS = 64 * 1024


def can_be_drafted(decision: Decision, policy: Policy, look: PromptLook) -> bool:
    """Say whether a prompt ships, counts something, and is laid out by one of our templates."""
    if look.form == "json" or decision.meter is None or decision.prompt not in PLANS:
        return False
    return all(prompt.name != decision.prompt for prompt in policy.prompts)


class _Words(NamedTuple):
    """The words of a count as they are printed, and which of them there are."""

    printed: dict[str, str]
    shape: tuple[bool, ...]
    raw: bytes
    """The texts as the checksum in an id has them."""


class PromptDraft:
    """A prompt that is laid out but for its counts.

    `returns` is as for `counted_words`. `room` is where the words of counts are remembered: that of
    one day may be that of another, in the same language and format.
    """

    def __init__(
        self,
        policy: Policy,
        texts: Texts,
        parts: Parts,
        look: PromptLook,
        room: dict[Hashable, Any],
        *,
        returns: bool,
    ) -> None:
        self._policy = policy
        self._texts = texts
        self._name = parts.name
        self._publication = parts.publication
        self._look = look
        self._ending = look.ending
        self._returns = returns
        self._settled = settled_values(parts, look.layout)
        self._checksum = checksum_of(self._settled)
        reading = cast("MeterReading", parts.reading)
        self._window = policy.meter(reading.name).window
        self._room = room
        self._outlines: dict[tuple[bool, ...], str] = {}
        printed = "".join(map(str, self._settled.values()))
        self._can_be_filled = _MARK not in printed and len(printed) <= _MOST_CHARACTERS

    def filled(self, decision: Decision, today: date) -> str | None:
        """Return the prompt with the counts of a decision.

        `None` where its texts are too long for that, or one holds a mark.
        """
        if not self._can_be_filled:
            return None
        reading = cast("MeterReading", decision.meter)
        key = self._key(reading, today)
        words = None if key is None else self._room.get(key)
        if words is None:
            words = self._words(decision)
            if len(words.raw) > _LONGEST_WORDS:
                return None
            if key is not None:
                if len(self._room) >= _MOST_WORDS:
                    self._room.clear()
                self._room[key] = words
        outline = self._outlines.get(words.shape)
        if outline is None:
            outline = self._outlines[words.shape] = self._outline(words.shape)
        ident = id_of(self._name, reading, crc32(words.raw, self._checksum), self._ending)
        return outline % {**words.printed, **numbers_of(reading), "id": ident}

    def _key(self, reading: MeterReading, today: date) -> Hashable:
        """Return what the words of a count hang on; `None` for a moment that no other reader has.

        While something is left, that is what is left, and in a window that rolls the limit; else
        all of it, and the day.
        """
        if reading.left and self._window.fixed is None:
            return reading.left, None if self._window.rolling is None else reading.limit
        if reading.resets_at is not None and self._window.calendar is None:
            return None
        return reading.left, reading.limit, reading.used, reading.resets_at, today

    def _words(self, decision: Decision) -> _Words:
        words = counted_words(
            decision,
            self._policy,
            self._texts,
            self._name,
            self._publication,
            returns=self._returns,
        )
        texts = tuple(getattr(words, name) for name in COUNTED)
        clean = [without_controls(text) for text in texts]
        if self._look.form == "html":
            clean = [str(escape(text)) for text in clean]
        shape = tuple(map(bool, texts))
        return _Words(dict(zip(COUNTED, clean, strict=True)), shape, as_bytes(texts))

    def _outline(self, shape: tuple[bool, ...]) -> str:
        """Return what the template makes of all that is settled, to be filled in by `%`."""
        form = cast("TemplateWord", self._look.form)
        marks = {name: f"{_MARK}{name}{_MARK}" for name in (*COUNTED, *_NUMBERS, "id")}
        missing = [name for name, there in zip(COUNTED, shape, strict=True) if not there]
        values = {**self._settled, **marks, **dict.fromkeys(missing, "")}
        made = found(self._name + SUFFIX[form], form, None).render(values)
        return _MARKED.sub(r"%(\1)s", made.replace("%", "%%"))
