"""`headers.txt`: the headers of every page, for the configuration of a server or a cache."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from meter.web.gate.terms import CONTENT_USAGE
from meter.web.publish.places import differs
from meter.web.publish.statements import MADE, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.web.publish.places import SitePlace

__all__ = ["read_headers", "write_headers"]

_HEAD = f"# {MADE} from the policy of the paywall: change that one, and publish again.\n"
_PART = re.compile(r"# pages under (\S+):")
_HEADER = re.compile(r"([A-Za-z-]+):\s*(.*?)\s*")


def write_headers(among: Sequence[SitePlace]) -> str:
    """Return the text of the file: what differs in a part of the site stands under its own line."""
    lines = []
    for place in among:
        if differs(place, among, lambda one: one.usage):
            lines += [f"# pages under {place.path}:", f"Link: {place.usage.link}"]
            if place.usage.header:
                lines.append(f"{CONTENT_USAGE}: {place.usage.header}")
    return _HEAD + "".join(f"{line}\n" for line in lines)


def read_headers(text: str) -> Iterator[Statement]:
    """Yield what a file says; other headers than its two are the publisher's."""
    path = ""
    for number, line in enumerate(text.splitlines(), 1):
        part = _PART.fullmatch(line.strip())
        header = _HEADER.fullmatch(line.strip())
        if part:
            path = part[1]
        elif header and _is_ours(header[1].lower(), header[2]):
            about = header[1].lower()
            mark = ";" if about == "link" else ","
            words = f"{mark} ".join(sorted(part.strip() for part in header[2].split(mark)))
            yield Statement(path=path, about=about, words=words, source=line.strip(), line=number)


def _is_ours(name: str, value: str) -> bool:
    """Say whether a header says what may be done with a page; other links are the publisher's."""
    if name == "x-robots-tag":
        return any(word in value.lower() for word in ("noindex", "none"))
    return name == "content-usage" or (name == "link" and "license" in value)
