"""A link from Reader to the publisher's site: for the reader and the time on the screen."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from meter import load_policy
from meter.clock import system_clock
from meter.errors import MeterError
from meter.journeys import Journey
from meter.studio.app import application
from meter.studio.desk import Desk, SitePreviews
from meter.view import Article, PageView
from meter.web.previews import Previews
from meter.web.signed import parameter
from tests.studio.conftest import PORT

if TYPE_CHECKING:
    from pathlib import Path

    from meter.studio.door import StudioKey

SECRET = "a-key-of-editors"
SITE = "https://harbour.example"
STORY = "start=2026-09-12T09:00&country=JP&status=registered&steps=read,read,%2B1d"


@pytest.fixture
def linking(folder: Path, key: StudioKey) -> TestClient:
    """Return a client of a studio that may make links to a site."""
    desk = Desk(folder / "policy.toml", site=SitePreviews.of(f"{SITE}/", [SECRET]))
    client = TestClient(application(desk, key), base_url=f"http://127.0.0.1:{PORT}")
    client.cookies.set(key.cookie, key.token)
    return client


def link_in(text: str) -> str:
    """Return the link that a page shows."""
    found = re.search(r'aria-label="The link">([^<]+)</pre>', text)
    assert found, text
    return unescape(found[1])


def test_the_link_is_for_the_reader_and_the_time_on_the_screen(
    linking: TestClient, folder: Path
) -> None:
    """What the site shows by it is what the story would show next."""
    text = linking.get(f"/reader/site-link?{STORY}&page=/articles/a1").text
    address = link_in(text)
    assert address.startswith(f"{SITE}/articles/a1?preview=")
    preview = Previews(SECRET).read(parameter(address, "preview") or "", system_clock())
    assert preview is not None
    link = preview.link
    assert ("registered", {"monthly": 2}, "JP") == (link.status, dict(link.used), link.country)
    policy = load_policy(folder / "policy.toml")
    journey = Journey.loads(
        'start = 2026-09-12T09:00:00\n[reader]\nid = "reader"\nregistered = true\ncountry = "JP"\n'
        '[[steps]]\nread = "a"\n[[steps]]\nread = "b"\n[[steps]]\nread = "c"\nafter = "1 day"\n'
    )
    last = journey.run(policy)[-1]
    assert last.at == link.at
    shown = preview.decide(policy, PageView(article=Article(id="c")), system_clock())
    assert (last.decision.show, last.decision.meter) == (shown.show, shown.meter)
    assert "It is a key to every page of the site" in text


def test_before_the_first_step_it_is_the_reader_at_the_start(linking: TestClient) -> None:
    """Nothing is read yet."""
    text = linking.get(f"/reader/site-link?{STORY}&at=0&page={SITE}/a1").text
    preview = Previews(SECRET).read(parameter(link_in(text), "preview") or "", system_clock())
    assert preview is not None
    assert ("registered", {}, "JP") == (
        preview.link.status,
        dict(preview.link.used),
        preview.link.country,
    )


@pytest.mark.parametrize(
    "page", ["https://other.example/a", "//other.example/a", "javascript:alert(1)", "http://[/"]
)
def test_a_page_of_another_site_is_refused(linking: TestClient, page: str) -> None:
    """No link leaves for a site that is not the publisher's."""
    answer = linking.get("/reader/site-link", params={"page": page})
    assert 400 == answer.status_code
    assert "is not a page of your site; write an address that begins with" in answer.text
    assert "preview=" not in answer.text
    assert f'value="{page}"' in answer.text
    assert "Make a link</button>" in answer.text


def test_without_a_site_it_says_how_to_start(client: TestClient) -> None:
    """One plain sentence; the button is there."""
    assert "Make a link for the site" in client.get("/reader").text
    text = client.get("/reader/site-link?page=/a").text
    assert "start the studio with your site and its secret" in text
    assert "preview=" not in text


def test_a_site_has_a_whole_address() -> None:
    """Told when the studio starts."""
    for site in ("harbour.example", "/", "ftp://harbour.example"):
        with pytest.raises(MeterError, match="is not the address of a site"):
            SitePreviews.of(site, [SECRET])
