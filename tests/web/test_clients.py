"""The clients that the how-to prints, run by PHP and by Node against a real server."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.docs.test_examples import FENCE
from tests.web.serving import KEY, ROOT, Server

PAGE = ROOT / "docs" / "how-to" / "not-python.md"
BLOCKS = {
    block["title"]: block["body"]
    for block in FENCE.finditer(PAGE.read_text(encoding="utf-8"))
    if block["title"]
}
PROGRAMS = {"php": ("php", "page.php", "meter.php"), "node": ("node", "page.mjs", "meter.mjs")}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for all clients."""
    server = Server(tmp_path_factory.mktemp("clients"))
    server.decide("the first", "a", "render")  # what is read once is read now
    yield server
    assert server.stop() == 0


@pytest.fixture(params=PROGRAMS)
def page(request, tmp_path, server):
    """Ask for a page as the example's site does."""
    program, script, _ = PROGRAMS[request.param]
    if shutil.which(program) is None:
        pytest.skip(f"`{program}` is not installed")
    for name, body in BLOCKS.items():
        (tmp_path / name).write_text(body, encoding="utf-8")

    def ask(article, url=server.url, key=KEY):
        done = subprocess.run(
            [program, script, f"reader of {program}", article],
            cwd=tmp_path,
            env=os.environ | {"METER_URL": url, "METER_KEY": key},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return ask


def test_a_site_in_another_language_has_a_paywall(page):
    """Three articles, then the wall; the preview where the server does not answer."""
    pages = [page(article) for article in ("a/1", "b", "c", "d")]
    assert ["THE WHOLE STORY" in text for text in pages] == [True, True, True, False]
    assert "2 free articles" in pages[0]
    assert "9" in pages[3]
    for unsure in (page("a/1", key="another"), page("a/1", url="http://127.0.0.1:9")):
        assert unsure.strip() == "The first paragraph."


@pytest.mark.parametrize("client", [client for _, _, client in PROGRAMS.values()])
def test_a_client_is_at_most_forty_lines(client):
    """What an engineer has to read."""
    assert len(BLOCKS[client].splitlines()) <= 40
