"""What a draft is called beside the file: the lines that it changes, and times as a person says."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from meter.journeys.telling import format_time
from meter.studio.policy.draft import changed_lines

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["draft_words", "with_plain_times"]

_LONGEST = 60
_VALUE = re.compile(r"""[\w.-]+ = (?:"[^"]*"|[^\s,{}\[\]]+)""")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")


def draft_words(old: str, new: str) -> str:
    """Say what a draft has that the file has not, such as `the draft with anonymous = 5`."""
    lines = [(line.sort, line.text[1:].strip()) for line in changed_lines(old, new)]
    come = [text for sort, text in lines if sort == "in" and text]
    gone = [text for sort, text in lines if sort == "out" and text]
    before = {value for text in gone for value in _VALUE.findall(text)}
    values = [value.strip() for text in come for value in _VALUE.findall(text)]
    said = ", ".join(value for value in values if value not in before)
    if said and len(said) <= _LONGEST:
        return f"the draft with {said}"
    changed = max(len(come), len(gone))
    return f"the draft with {changed} changed {'line' if changed == 1 else 'lines'}"


def with_plain_times(text: str, zone: ZoneInfo, now: datetime) -> str:
    """Return a text with each instant as the publication's clock shows it, `1 July 00:00`."""
    return _INSTANT.sub(
        lambda found: format_time(datetime.fromisoformat(found[0]).astimezone(zone), now), text
    )
