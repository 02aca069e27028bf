"""The clients that the how-to prints, run by PHP and by Node against a real server."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.docs.test_examples import FENCE
from tests.web.giving import POLICY as GIVING
from tests.web.giving import SECRET
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


GIVE = {
    "php": """<?php
require 'meter.php';
$meter = new Meter(getenv('METER_URL'), getenv('METER_KEY'));
$giver = ['id' => 'ana', 'registered' => true, 'entitlements' => [['kind' => 'subscription']]];
$link = $meter->give($giver, 'a1', 'https://my.example/a1');
$view = ['reader' => ['id' => 'ben'], 'article' => ['id' => 'a1', 'access' => 'premium']];
echo $meter->render($view + ['gift' => $link['token']])['access'], $meter->render($view)['access'];
echo $meter->give(['id' => 'ben'], 'a1', 'https://my.example/a1') === null ? 'null' : 'given';
""",
    "node": """import { Meter } from "./meter.mjs";
const meter = new Meter(process.env.METER_URL, process.env.METER_KEY);
const giver = { id: "ana", registered: true, entitlements: [{ kind: "subscription" }] };
const link = await meter.give(giver, "a1", "https://my.example/a1");
const view = { reader: { id: "cia" }, article: { id: "a1", access: "premium" } };
const shown = [await meter.render({ ...view, gift: link.token }), await meter.render(view)];
const refused = await meter.give({ id: "cia" }, "a1", "https://my.example/a1");
console.log(shown.map((one) => one.access).join("") + (refused === null ? "null" : "given"));
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_client_gives_an_article_away(name, tmp_path):
    """The link opens it for a friend who brings the token, and whoever may not give gets none."""
    program, script, _ = PROGRAMS[name]
    if shutil.which(program) is None:
        pytest.skip(f"`{program}` is not installed")
    for title, body in {**BLOCKS, script: GIVE[name]}.items():
        (tmp_path / title).write_text(body, encoding="utf-8")
    (tmp_path / "secret.txt").write_text(f"{SECRET}\n")
    policy = GIVING.format(per_month=3, readers=2)
    served = Server(tmp_path, "--secret-file", str(tmp_path / "secret.txt"), policy=policy)
    done = subprocess.run(
        [program, script],
        cwd=tmp_path,
        env=os.environ | {"METER_URL": served.url, "METER_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert served.stop() == 0
    assert (done.stdout.strip(), done.stderr) == ("fullpreviewnull", "")


@pytest.mark.parametrize("client", [client for _, _, client in PROGRAMS.values()])
def test_a_client_is_at_most_forty_lines(client):
    """What an engineer has to read."""
    assert len(BLOCKS[client].splitlines()) <= 40
