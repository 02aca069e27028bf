"""Pictures of every place of the studio, for the documentation and for looking at.

`python -m tests.browser.screenshots` writes those of the tutorial to `docs/screenshots/`;
`python -m tests.browser.screenshots FOLDER` writes every place there at 390 and 1280 px, light and
dark. The studio is opened on the sample, by the hands of somebody who makes their first change.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from tests.studio.browsing import launched, running, window

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

    from tests.studio.browsing import Site

SHOWN = Path(__file__).parents[2] / "docs" / "screenshots"
PHONE, DESK = 390, 1280
LONG = 300_000
SchemeWord = Literal["light", "dark"]
FOUR = "steps=read,read,read,read"


def changed(page: Page) -> str:
    """Give strangers five articles in the form, and return the draft's key."""
    page.goto("/policy")
    page.get_by_label("Anonymous readers", exact=True).fill("5")
    page.keyboard.press("Tab")
    page.get_by_role("region", name="Who changes").get_by_role("listitem").first.wait_for()
    many = page.get_by_role("region", name="How many that is")
    many.get_by_text("Invented people").wait_for(timeout=LONG)
    return page.url.partition("v=")[2].partition("&")[0]


def gallery(page: Page) -> None:
    """Show the last free article and the wall on phones."""
    page.goto("/gallery?show=registration-wall&scheme=all")


def policy(page: Page) -> None:
    """Change the limit, and see whom it changes."""
    changed(page)


def reader(page: Page) -> None:
    """Open the fourth article under the draft."""
    key = changed(page)
    page.goto(f"/reader?v={key}&{FOUR}")


def two(page: Page) -> None:
    """Put the draft and the file side by side."""
    key = changed(page)
    page.goto(f"/reader?v={key}&w=file&{FOUR}")


def promises(page: Page) -> None:
    """Show the lamps."""
    page.goto("/promises")
    page.get_by_role("heading", name="What every paywall promises").wait_for()


def what_if(page: Page) -> None:
    """Compare the draft with the file."""
    key = changed(page)
    page.goto(f"/what-if?v={key}")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("link", name="Download the report").wait_for(timeout=LONG)
    page.get_by_role("heading", name="The answer").scroll_into_view_if_needed()


def log(page: Page) -> None:
    """Ask the sample log."""
    page.goto("/log")
    page.get_by_role("button", name="Try with a sample log").click()
    page.get_by_role("button", name="Replay this log").click()
    page.get_by_role("heading", name="What this policy would have done").wait_for(timeout=LONG)


PLACES: dict[str, Callable[[Page], None]] = {
    "gallery": gallery,
    "policy": policy,
    "reader": reader,
    "side-by-side": two,
    "promises": promises,
    "what-if": what_if,
    "log": log,
}
TUTORIAL = {"gallery": DESK, "policy": DESK, "reader": DESK, "side-by-side": DESK, "what-if": DESK}


def take(
    browser: Browser, site: Site, name: str, width: int, scheme: SchemeWord, file: Path
) -> None:
    """Write one picture: what the window shows, not the whole page."""
    with window(browser, site, width=width, height=1200, scheme=scheme) as page:
        PLACES[name](page)
        page.wait_for_timeout(1_500)  # what a frame paints is told by nothing
        page.screenshot(path=file)


def main() -> None:
    """Write the pictures that are asked for."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no `chromium` here; on Debian: apt-get install chromium")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    (folder or SHOWN).mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        running(Path(place)) as site,
        launched(chromium) as browser,
    ):
        if folder is None:
            for name, width in TUTORIAL.items():
                take(browser, site, name, width, "light", SHOWN / f"{name}.png")
                click.echo(SHOWN / f"{name}.png")
            return
        for name in PLACES:
            for width in (PHONE, DESK):
                for scheme in ("light", "dark"):
                    file = folder / f"{name}-{width}-{scheme}.png"
                    take(browser, site, name, width, scheme, file)
                    click.echo(file)


if __name__ == "__main__":
    main()
