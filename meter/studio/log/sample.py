"""A log to try things with: invented readers in one month, drawn by chance."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO

__all__ = ["SAMPLE_NAME", "WHAT_SAMPLE_IS", "sample_log"]

SAMPLE_NAME = "sample.csv"
WHAT_SAMPLE_IS = (
    "A sample: 900 invented readers in June 2026. Most read once, a few very often, and nobody was"
    " stopped. It shows how this works, and says nothing of your readers."
)
_READERS = 900
_MOST_VIEWS = 60
_ARTICLES = 300
_MINUTES = 30 * 24 * 60
_FIRST = datetime.fromisoformat("2026-06-01T00:00")  # in the publication's zone
_TAIL = 1.1
_ONE_IN = 6
_HEAD = ("visitor", "seen_at", "page", "access", "registered")


def sample_log() -> IO[bytes]:
    """Return the sample as a CSV file; it is always the same."""
    draw = Random(1)  # noqa: S311 - nothing here is a secret
    rows = []
    for reader in range(_READERS):
        registered = "yes" if draw.randrange(_ONE_IN) == 0 else "no"
        for _ in range(min(int(draw.paretovariate(_TAIL)), _MOST_VIEWS)):
            at = _FIRST + timedelta(minutes=draw.randrange(_MINUTES))
            article = draw.randrange(_ARTICLES)
            access = "free" if article % _ONE_IN == 0 else "metered"
            rows.append((f"reader-{reader}", at.isoformat(), f"/{article}", access, registered))
    rows.sort(key=lambda row: row[1])
    text = io.StringIO(newline="")
    log = csv.writer(text, lineterminator="\n")
    log.writerow(_HEAD)
    log.writerows(rows)
    return io.BytesIO(text.getvalue().encode())
