"""How long the studio's first page takes: `python -m tests.studio.first_page`.

Cold: from typing `meter studio` to the first paint in a browser that runs already. Warm: each place
again, from asking to the first paint. Milliseconds; nothing is asserted.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import click

from meter.studio.pages import PLACES
from tests.studio.browsing import launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS = 7
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def cold(browser: Browser) -> tuple[float, list[tuple[str, float]]]:
    """Start a studio on the sample; return its first paint, and those of each place afterwards."""
    began = perf_counter()
    command = [str(Path(sys.executable).parent / "meter"), "studio", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
        assert studio.stdout is not None
        address = studio.stdout.readline().strip()
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("h1")
        first = (perf_counter() - began) * 1000
        warm = [(name, painted(page, address, path)) for path, name in PLACES.items()]
        context.close()
        studio.terminate()
    return first, warm


def painted(page: Page, address: str, path: str) -> float:
    """Return the first paint of a place that was looked at before."""
    at = f"{address.partition('/?')[0]}/{path}"
    page.goto(at)
    page.goto(at)
    page.wait_for_selector("h1")
    return float(page.evaluate(_PAINT) or 0)


def main() -> None:
    """Print the table."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no `chromium` here; on Debian: apt-get install chromium")
    with launched(chromium) as browser:
        rounds = [cold(browser) for _ in range(ROUNDS)]
    click.echo(f"{'milliseconds to the first paint':<34}{'middle':>8}{'worst':>8}")
    rows = {"cold, from the command to Gallery": [first for first, _ in rounds]}
    for number, (name, _) in enumerate(rounds[0][1]):
        rows[f"warm, {name}"] = [warm[number][1] for _, warm in rounds]
    for name, times in rows.items():
        click.echo(f"{name:<34}{median(times):>8.0f}{max(times):>8.0f}")


if __name__ == "__main__":
    main()
