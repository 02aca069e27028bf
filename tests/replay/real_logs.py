"""Real logs give the counts that were worked out independently.

Run it: `python -m tests.replay.real_logs FOLDER`.

The folder holds `msnbc990928.zip` (the UCI repository's "MSNBC.com Anonymous Web Data"): the views
of 989,818 readers on one day, a line a reader. Exit code 1 if a figure differs.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from meter.replay.run import replay
from tests.replay.test_replay import policy_of

READERS, VIEWS = 989_818, 4_698_794
STOPPED_AND_BLOCKED = {
    3: (373_229, 2_613_824),
    5: (246_859, 1_937_456),
    10: (102_376, 1_057_229),
    20: (28_209, 464_218),
}
"""By the limit a day: readers stopped and views blocked, counted without this project."""


def msnbc(folder):
    """Return MSNBC's log: the categories of the pages that each reader viewed, in order."""
    with zipfile.ZipFile(folder / "msnbc990928.zip") as archive:
        text = archive.read("msnbc990928.seq")
    lines = []
    for line in text.split(b"\n"):
        pages = line.split()
        if pages and b"".join(pages).isdigit():
            lines.append(pages)
    readers = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    return pa.table({"reader": readers, "article": [int(page) for line in lines for page in line]})


def main(folder):
    """Print each figure beside the one expected."""
    log, wrong = msnbc(folder), 0
    for limit, expected in STOPPED_AND_BLOCKED.items():
        policy = policy_of(limit, 'calendar = "day"', "views")
        found = replay(policy, log, clock=False, recorded_under="none")
        figures = (found.readers, found.views, found.readers_stopped, found.views_blocked)
        same = figures == (READERS, VIEWS, *expected)
        wrong += not same
        sys.stdout.write(f"limit {limit}: {figures} {'as' if same else 'NOT as'} expected\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
