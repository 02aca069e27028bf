"""Real readers move to this paywall in the middle of their log, and nobody can tell.

Run it: `python -m tests.replay.imported FOLDER`.

The folder holds `ebnerd_sample_events.csv` (8,303 clicks of 44 readers of a newspaper, 14 % of
them read again) or `requests_2015-05.csv.gz` (a web log, see `tests.web.weblog`) or both. Each log
is cut in the middle. What was opened before that is imported into one store, and was read through a
paywall over the other; from then on both decide the same views. Printed is how many decisions there
were and how many differ, for each window and limit; exit code 1 if one does.
"""

from __future__ import annotations

import csv
import gzip
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from meter import Article, PageView, Paywall, Reader, Window, open_store
from meter.replay.counts.bringing import import_counts
from meter.replay.counts.rows import CountsFile
from meter.windows import instant
from tests.replay.test_counts import policy_of
from tests.web.weblog import asked

__all__ = ["moved"]

NEWS, WEB = "ebnerd_sample_events.csv", "requests_2015-05.csv.gz"
COPENHAGEN = "Europe/Copenhagen"
WINDOWS = [
    Window(calendar="day"),
    Window(calendar="week"),
    Window(calendar="month"),
    Window(rolling="24 hours"),
    Window(rolling="7 days"),
    Window(fixed="3 days"),
    Window(lifetime=True),
]
LIMITS = (1, 3, 5, 10)


def logs(folder):
    """Yield the logs of a folder: a name, the zone, and views as reader, article and time."""
    if (folder / NEWS).exists():
        with (folder / NEWS).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        zone = ZoneInfo(COPENHAGEN)
        times = [datetime.fromisoformat(row["timestamp"]).replace(tzinfo=zone) for row in rows]
        names = [(row["reader_id"], row["article_id"]) for row in rows]
        yield NEWS, COPENHAGEN, [(*name, at) for name, at in zip(names, times, strict=True)]
    if (folder / WEB).exists():
        with gzip.open(folder / WEB, "rt", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        counted = [(row, request) for row in rows if (request := asked(row)) and request.counts]
        yield (
            WEB,
            "UTC",
            [
                (request.address, request.path, datetime.fromisoformat(row["time"]))
                for row, request in counted
            ],
        )


def moved(views, policy, folder):
    """Import half a log, and return how many were decided from then on, and how many otherwise."""
    views = sorted(views, key=lambda view: view[2])
    before, after = views[: len(views) // 2], views[len(views) // 2 :]
    lived = Paywall(policy, open_store("memory://?capacity=1000000"))
    path = Path(folder) / "counts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("reader", "article", "time"))
        for reader, article, at in before:
            seen = PageView(article=Article(id=article))
            if lived.check(Reader(id=reader), seen, now=at).access == "full":
                lines.writerow((reader, article, at.isoformat()))
    now = after[0][2] - timedelta(microseconds=1)
    imported = Paywall(policy, open_store("memory://?capacity=1000000"), clock=lambda: now)
    import_counts(CountsFile(path, policy, policy.meters[0], instant(now)), imported)
    differ = 0
    for reader, article, at in after:
        seen = PageView(article=Article(id=article))
        both = [paywall.check(Reader(id=reader), seen, now=at) for paywall in (lived, imported)]
        differ += both[0] != both[1]
    return len(after), differ


def main(folder):
    """Print each figure, and return how the command ends."""
    wrong = 0
    found = list(logs(folder))
    with tempfile.TemporaryDirectory() as beside:
        for name, zone, views in found:
            for window in WINDOWS:
                for limit in LIMITS:
                    policy = policy_of(window, limit=limit, zone=zone)
                    decided, differ = moved(views, policy, beside)
                    wrong += differ
                    sys.stdout.write(
                        f"{name}, {window}, limit {limit}: {differ} of {decided:,} decisions"
                        " differ\n"
                    )
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
