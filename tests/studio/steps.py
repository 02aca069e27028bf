"""How long a step in Reader takes: from pressing a button to the page and the frame, over a socket.

    python -m tests.studio.steps [POLICY] [--steps 200]

Nothing is asserted: the times are those of this machine, beside those of a page without a story,
and beside the processor's own time, which a busy machine does not lengthen so much.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
from html import unescape
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import httpx2 as httpx

from tests.studio.browsing import running

BUTTONS = ("read", "read", "read", "+1h", "+1d", "next-month", "sign-in", "sign-out")
LONGEST = 40
"""A story begins anew after so many steps."""
FRAME = re.compile(r'<iframe[^>]* src="([^"]+)"')
START = "/reader?start=2026-09-12T09:00"


def timed(client, address, headers=None):
    """Return an answer, and how long it took to come, in milliseconds."""
    begin = perf_counter()
    answer = client.get(address, headers=headers)
    answer.raise_for_status()
    return answer, (perf_counter() - begin) * 1000


def pressed(client, count):
    """Press buttons at random, and yield how long each took: the page, and its frame with it."""
    draw = random.Random(14)
    address = START
    for number in range(count):
        if number % LONGEST == 0:
            address = START
        given = httpx.URL(address).params.set("do", draw.choice(BUTTONS))
        page, took = timed(client, httpx.URL("/reader", params=given), {"HX-Request": "true"})
        address = page.headers["HX-Push-Url"]
        framed = FRAME.search(page.text)
        shown = 0.0
        if framed:
            _, shown = timed(client, unescape(framed[1]))
        yield took, took + shown


def line(name, times):
    """Say the middle and the 95th percentile of some times."""
    return f"{name:<28} {median(times):>8.1f} {quantiles(times, n=20)[-1]:>8.1f}"


def main():
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("policy", nargs="?", type=Path)
    parser.add_argument("--steps", type=int, default=200)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        if asked.policy is not None:
            shutil.copy(asked.policy, Path(folder) / "policy.toml")
        with running(Path(folder), may_write=False) as site:
            cookies = {site.key.cookie: site.key.token}
            with httpx.Client(base_url=site.url, cookies=cookies, follow_redirects=True) as client:
                empty = [timed(client, START)[1] for _ in range(asked.steps)]
                begin = process_time()
                times = list(pressed(client, asked.steps))
                busy = (process_time() - begin) * 1000 / asked.steps
    lines = [
        f"{'milliseconds':<28} {'middle':>8} {'p95':>8}",
        line("page without a step", empty),
        line("a button, to the page", [page for page, _ in times]),
        line("a button, to page and frame", [both for _, both in times]),
        f"processor's time of a button, browser's side included: {busy:.1f}",
    ]
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
