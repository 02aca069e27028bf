"""A preview link for the reader and the time where a story stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.clock import system_clock
from meter.errors import MeterError, listed
from meter.errors.lines import printable_lines
from meter.studio.reader.telling import when_text
from meter.web.previews import PreviewLink
from meter.web.previews.link import USUAL_LIFE

if TYPE_CHECKING:
    from datetime import datetime

    from meter.studio.reader.playing import Played
    from meter.studio.site import SitePreviews

__all__ = ["OK", "MadeLink", "link_of", "make_link"]

OK = 200
_BAD_REQUEST = 400


@frozen(kw_only=True)
class MadeLink:
    """A link that was made: its address, until when it holds, and what it says in rows.

    `refused` says why there is none.
    """

    address: str = ""
    until: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    refused: str = ""

    @property
    def status(self) -> int:
        """The status of the page that shows it."""
        return _BAD_REQUEST if self.refused else OK


def make_link(site: SitePreviews, wanted: str, played: Played) -> MadeLink:
    """Return a link to a page of a site for the reader and the time where a story stands."""
    now = system_clock()
    try:
        link = link_of(played, now)
        address = site.address(wanted, link, played.policy, now)
    except MeterError as error:
        return MadeLink(refused=printable_lines(str(error)))
    counts = [f"{count} on {name}" for name, count in link.used.items()]
    return MadeLink(
        address=address,
        until=when_text(link.ends.astimezone(played.policy.zone), year=True),
        rows=(
            ("Reader", str(link.status)),
            ("Read so far", listed(counts)),
            ("Country", link.country or "not known"),
            ("Date", when_text(played.now, year=True)),
        ),
    )


def link_of(played: Played, now: datetime) -> PreviewLink:
    """Return a link for the reader and the time where a story stands, made at `now`.

    It says the status, what every meter has counted, the country and the time; of the reader's
    device, segments, score and products it says nothing.
    """
    step = played.current
    reader = played.journey.begin(played.policy).as_reader() if step is None else step.reader
    used = {} if step is None else {name: one.used for name, one in step.after.items()}
    return PreviewLink.asked(
        now + USUAL_LIFE,
        status=reader.status(played.now),
        used={name: count for name, count in used.items() if count},
        country=reader.country,
        at=played.now,
    )
