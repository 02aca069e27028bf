"""A real browser: Debian's chromium, asked from its command line or by Playwright."""

from __future__ import annotations

import html
import json
import re
import subprocess

import pytest

from tests.studio.browsing import launched

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=8000",
)

# Chromium makes no window narrower than 500 pixels, so a phone is a frame of its width.
FRAMED = """<!doctype html><meta charset="utf-8"><title>frame</title>
<iframe id="page" src="{page}" style="border:0;width:{width}px;height:900px"></iframe>
<pre id="answer"></pre>
<script>
addEventListener("load", () => setTimeout(() => {{
  const page = document.getElementById("page").contentDocument, view = page.defaultView;
  document.getElementById("answer").textContent = JSON.stringify((() => {{ {script} }})());
}}, 1500));
</script>"""


@pytest.fixture(scope="module")
def browser(chromium):
    """One browser for all tests of a module."""
    with launched(chromium) as browser:
        yield browser


@pytest.fixture
def look(chromium, tmp_path):
    """Open a page in a frame of a width, and return what a script there says.

    In the script, `page` is the document and `view` its window.
    """

    def look(text, script, width=1280):
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        (tmp_path / "frame.html").write_text(
            FRAMED.format(page="page.html", width=width, script=script), encoding="utf-8"
        )
        options = [
            *OPTIONS,
            "--allow-file-access-from-files",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
        ]
        asked = subprocess.run(
            [chromium, *options, (tmp_path / "frame.html").as_uri()],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        answer = re.search(r'<pre id="answer">(.*?)</pre>', asked.stdout, re.DOTALL)
        assert answer, asked.stdout[-500:]
        return json.loads(html.unescape(answer[1]))

    return look
