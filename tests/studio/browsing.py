"""A studio that runs, and real browsers that open it as a person would.

A browser module of the studio has two fixtures of its own, and then opens windows:

    @pytest.fixture(scope="module")
    def site(tmp_path_factory):
        with running(tmp_path_factory.mktemp("studio")) as site:
            yield site

    @pytest.fixture(scope="module")
    def browser(chromium):
        with launched(chromium) as browser:
            yield browser

    def test_it(browser, site):
        with window(browser, site, width=390, scheme="dark") as page:
            page.goto("/policy")
            assert page.get_by_role("heading", name="Policy").is_visible()
            assert [] == axe(page)

Leaving a window fails where its pages asked another host for anything, or wrote an error to the
console. A server that answers 409 on purpose writes one: `expects=(409,)` lets it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from threading import Thread
from typing import TYPE_CHECKING, Literal

import uvicorn
from attrs import frozen
from playwright.sync_api import Error, sync_playwright

from meter.commands.init import sample_files
from meter.resources import MODEL_POLICY
from meter.studio.app import application
from meter.studio.desk import Desk
from meter.studio.door import StudioKey
from meter.web.serve.server import listen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

__all__ = ["Site", "axe", "is_wider_than_the_window", "launched", "running", "window"]

WAIT = 10_000
"""Milliseconds for anything to appear, on a machine that is busy."""

_ABORTED = ("htmx:sendAbort", "htmx:afterRequest")
"""What htmx writes of a request that the next one, or a closed tab, has made needless."""

_TRIES = 10

_AXE = """async () => {
  // what is folded up cannot be seen; axe takes it for something that covers what is below
  const folded = [...document.querySelectorAll("details:not([open]) > :not(summary)")];
  folded.forEach((place) => { place.style.display = "none"; });
  const look = () => axe.run(document, {
    resultTypes: ["violations", "incomplete"],
    iframes: false,
    rules: { "frame-tested": { enabled: false } },  // each is looked at by itself
  });
  // a part that is replaced while axe looks at it is nothing it can tell: it looks again
  let changed = false;
  const changes = new MutationObserver(() => { changed = true; });
  changes.observe(document, { childList: true, subtree: true });
  let found = await look();
  for (let again = 0; again < 5 && changed; again++) {
    changed = false;
    found = await look();
  }
  changes.disconnect();
  folded.forEach((place) => { place.style.display = ""; });
  const said = (kind) => found[kind].flatMap((rule) => rule.nodes
    .map((node) => `${kind} ${rule.id} at ${node.target.join(" ")}: `
      + [...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ")));
  return [...said("violations"), ...said("incomplete")];
}"""


@frozen(kw_only=True)
class Site:
    """A studio that is served on this machine."""

    url: str
    """Its address, without a path."""
    desk: Desk
    key: StudioKey

    @property
    def folder(self) -> Path:
        """The folder of the policy."""
        return self.desk.folder


@contextmanager
def running(folder: Path, *, may_write: bool = True, policy: str = MODEL_POLICY) -> Iterator[Site]:
    """Serve a studio from a thread, over a real socket; an empty folder gets the sample first."""
    if not (folder / policy).exists():
        for file in sample_files():
            (folder / file.name).write_text(file.text, encoding="utf-8")
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    desk = Desk(folder / policy, may_write=may_write)
    key = StudioKey.new(port)
    config = uvicorn.Config(
        application(desk, key), http="h11", ws="none", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield Site(url=f"http://127.0.0.1:{port}", desk=desk, key=key)
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@contextmanager
def launched(chromium: str, *, without: Sequence[str] = ()) -> Iterator[Browser]:
    """Start a browser, `without` some of the switches that Playwright gives it."""
    options = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=options, ignore_default_args=list(without)
        )
        yield browser
        browser.close()


@contextmanager
def window(
    browser: Browser,
    site: Site,
    *,
    width: int = 1280,
    height: int = 844,
    scheme: Literal["light", "dark"] = "light",
    has_script: bool = True,
    has_forced_colours: bool = False,
    expects: Collection[int] = (),
) -> Iterator[Page]:
    """Open a window of somebody new who holds the key; more tabs: `page.context.new_page()`.

    On leaving, nothing may have gone wrong in any tab of it. `expects` are the statuses of answers
    that are meant to be refusals.
    """
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        forced_colors="active" if has_forced_colours else "none",
        java_script_enabled=has_script,
        accept_downloads=True,
    )
    context.set_default_timeout(WAIT)
    complaints: list[str] = []
    _watch(context, site, complaints, expects)
    context.request.get(site.key.address, max_redirects=0)
    page = context.new_page()
    try:
        yield page
        assert not complaints, "\n".join(complaints)
    finally:
        context.close()


def _watch(
    context: BrowserContext, site: Site, complaints: list[str], expects: Collection[int]
) -> None:
    """Note every request to another host and every error of a page."""
    excused = (
        *_ABORTED,
        *(f"the server responded with a status of {status}" for status in expects),
        *(f"Response Status Error Code {status}" for status in expects),
    )

    def request(url: str) -> None:
        if not url.startswith((site.url + "/", "data:", "blob:", "about:")):
            complaints.append(f"asked {url}")

    def said(kind: str, text: str) -> None:
        if kind in ("error", "assert") and not any(excuse in text for excuse in excused):
            complaints.append(f"console: {text}")

    def answered(status: int, url: str) -> None:
        if status >= HTTPStatus.BAD_REQUEST and status not in expects:
            complaints.append(f"{status} for {url}")

    context.on("request", lambda asked: request(asked.url))
    context.on("response", lambda answer: answered(answer.status, answer.url))
    context.on("console", lambda message: said(message.type, message.text))
    context.on("weberror", lambda error: complaints.append(f"error: {error.error}"))


def axe(page: Page) -> list[str]:
    """Return what axe finds on a page and in its frames: violations, and what it cannot tell.

    The frames of readers' pages run no script: each is looked at as a page of its own, with the
    same bytes. The window must have scripts: axe waits for ever without.
    """
    found = [*_axe_of(page)]
    framed = _frames_of(page)
    if not framed:
        return found
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(
        viewport=page.viewport_size, color_scheme="dark" if _is_dark(page) else "light"
    )
    try:
        alone = context.new_page()
        for url, content in framed:
            alone.set_content(content)
            found += [f"in {url}: {words}" for words in _axe_of(alone)]
    finally:
        context.close()
    return found


def _frames_of(page: Page) -> list[tuple[str, str]]:
    """Return the address and the content of each frame, once none of them is being replaced."""
    for _ in range(_TRIES):
        try:
            framed = [frame for frame in page.frames if frame.parent_frame is page.main_frame]
            return [(frame.url, frame.content()) for frame in framed]
        except Error:  # a frame that went while it was read: the page has a new one by now
            page.wait_for_load_state()
    raise AssertionError("the frames of the page never come to rest")


@cache
def _axe_source() -> str:
    return (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")


def is_wider_than_the_window(page: Page) -> bool:
    """Say whether one has to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def _axe_of(page: Page) -> list[str]:
    page.evaluate(_axe_source())
    found: list[str] = page.evaluate(_AXE)
    return found


def _is_dark(page: Page) -> bool:
    return bool(page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))
