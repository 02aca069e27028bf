"""What a prompt says of what lies ahead: what an account gives, and when one reads again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.prompts.deadlines import from_text, today_text
from meter.prompts.locales import number, plural
from meter.prompts.parts.counted import length_of, noun_of
from meter.windows import instant

if TYPE_CHECKING:
    from datetime import date

    from meter.decision import MeterReading
    from meter.policy import Noun, Policy
    from meter.prompts.parts.ahead import Gain
    from meter.prompts.texts import Texts

__all__ = ["GainWords", "gain_words", "return_line"]

_NOTHING = ""


@frozen
class GainWords:
    """What an account gives: as a benefit of a list, and as a line of its own."""

    benefit: str = _NOTHING
    hint: str = _NOTHING


def gain_words(gain: Gain | None, policy: Policy, texts: Texts) -> GainWords:
    """Return what is said of what an account gives; nothing where the language has no words."""
    if gain is None:
        return GainWords()
    noun = noun_of(gain.meter, policy, texts)
    if gain.limit is None:
        return _without_a_limit(noun, texts)
    table = "account-more" if gain.was else "account-first"
    every = _every(gain.meter, noun, policy, texts)
    if every is None or not texts.has(table, noun):
        return GainWords()
    was = number(gain.was, texts.locale)
    benefit = texts.count_of(noun, table, gain.limit, every=every, was=was)
    hint = texts.say("account", "hint", benefit=benefit) if benefit else _NOTHING
    return GainWords(benefit, hint)


def _without_a_limit(noun: Noun | None, texts: Texts) -> GainWords:
    if noun is None:
        return GainWords(texts.say("account", "unlimited"), texts.say("account", "hint-unlimited"))
    words = {
        "noun": noun.form(plural(1, texts.locale)),
        "nouns": noun.form(texts.say("noun", "plural") or "other"),
    }
    return GainWords(
        texts.say("noun", "account-unlimited", **words),
        texts.say("noun", "account-hint-unlimited", **words),
    )


def _every(meter: str, noun: Noun | None, policy: Policy, texts: Texts) -> str | None:
    """Return how often a meter gives what it gives; `None` where the language has no words.

    Nothing is said of windows that begin with a read, and of lifetimes.
    """
    window = policy.meter(meter).window
    if window.calendar is not None:
        return texts.say("every", str(window.calendar)) or None
    if window.rolling is None:
        return _NOTHING
    unit, length = length_of(window.rolling)
    table = f"every-{unit}"
    return texts.count_of(noun, table, length) if texts.has(table) else None


def return_line(reading: MeterReading, policy: Policy, texts: Texts, today: date) -> str:
    """Return when the reader of a wall reads again; nothing where the count says so already.

    A window that begins with a read is told with its end (see `MeterWords`).
    """
    if reading.resets_at is None or policy.meter(reading.name).window.fixed is not None:
        return _NOTHING
    start = instant(reading.resets_at)
    time = today_text(start, today, policy.zone, texts.locale)
    if time:
        return texts.say("return", "time", time=time)
    day = from_text(start, today, policy.zone, texts.locale)
    return texts.say("return", "day", day=day)
