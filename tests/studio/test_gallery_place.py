"""The place Gallery: what it shows is what the gallery and `render` give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import html5lib
import pytest

from meter import Article, PageView, Reader, Usage, decide
from meter.clock import system_clock
from meter.prompts import render
from meter.studio.gallery import situations

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from meter.studio.desk import Desk

NAMES = "{http://www.w3.org/1999/xhtml}"


def figures(client: TestClient, address: str) -> list[dict[str, str]]:
    """Return the attributes of the figures that a page has, with the address of each frame."""
    page = html5lib.parse(client.get(address).text)
    return [
        {**figure.attrib, "src": figure.find(f".//{NAMES}iframe").attrib["src"]}
        for figure in page.iter(f"{NAMES}figure")
    ]


def test_every_prompt_of_the_policy_has_a_frame(client: TestClient, desk: Desk) -> None:
    """One for each situation, in the layout and the language that are asked for."""
    policy = desk.file().policy
    assert policy is not None
    there = situations(policy)
    asked = "/gallery?layout=wide&locale=ja&scheme=all"
    shown = [*figures(client, asked), *figures(client, f"{asked}&from=61")]
    assert len(shown) == 2 * len(there)
    assert {one["data-scheme"] for one in shown} == {"light", "dark"}
    assert [one["data-show"] for one in shown[::2]] == [str(one.show) for one in there]


def test_a_frame_holds_what_render_gives(client: TestClient, desk: Desk) -> None:
    """Byte for byte, in every layout; and no script runs in it."""
    policy = desk.file().policy
    assert policy is not None
    for layout in ("wide", "narrow", "bar"):
        shown = figures(client, f"/gallery?layout={layout}&locale=en")
        for figure, situation in zip(shown, situations(policy), strict=True):
            answer = client.get(figure["src"])
            wanted = render(situation.decision, locale="en", layout=layout)
            assert wanted in answer.text
            assert answer.headers["content-security-policy"].startswith("sandbox;")


def test_the_gallery_follows_the_draft(client: TestClient, desk: Desk) -> None:
    """A draft's own limits are seen; a broken one shows the last good policy and says so."""
    text = desk.file().text
    draft = desk.keep(text.replace("anonymous = 3", "anonymous = 25"))
    counts = {one["data-count"] for one in figures(client, f"/gallery?v={draft.key}")}
    assert "21" in counts
    broken = desk.keep(text.replace('spend = "monthly"', 'spend = "montly"'))
    page = client.get(f"/gallery?v={broken.key}")
    assert "last good policy" in page.text
    assert figures(client, f"/gallery?v={broken.key}")


def test_a_policy_that_was_never_good_is_told(client: TestClient, desk: Desk) -> None:
    """The page says what is wrong and where to mend it."""
    desk.path.write_text("nonsense", encoding="utf-8")
    page = client.get("/gallery")
    assert page.status_code == 200
    assert "Line 1" in page.text
    assert client.get("/gallery/frame?p=1").status_code == 404


def test_odd_addresses_show_something_or_404(client: TestClient) -> None:
    """Nothing that is typed into an address is a crash."""
    assert client.get("/gallery?locale=xx&layout=tall&scheme=red&show=nothing").status_code == 200
    for number in ("", "0", "-1", "999", "x", "²"):
        assert client.get("/gallery/frame", params={"p": number}).status_code == 404
    assert client.get("/gallery?v=0123456789abcdef").status_code == 404


def test_the_page_to_download_is_the_command_s(client: TestClient) -> None:
    """It is the one self-contained file."""
    answer = client.get("/gallery/file")
    assert 'filename="gallery.html"' in answer.headers["content-disposition"]
    assert answer.text.count("<figure ") > 50


@pytest.mark.parametrize("named", ["meter:source", "prompts"])
def test_every_place_shows_the_prompts_of_the_policy(
    client: TestClient, desk: Desk, named: str
) -> None:
    """The folder that the policy names, or a set that ships, as `render` takes it."""
    text = desk.file().text.replace("[publication]", f'[publication]\ntemplates = "{named}"', 1)
    (desk.folder / "prompts").mkdir()
    (desk.folder / "prompts" / "countdown.html.j2").write_text("<p>Ours</p>", encoding="utf-8")
    desk.path.write_text(text, encoding="utf-8")
    policy = desk.file().policy
    assert policy is not None
    folder = desk.folder / named if named == "prompts" else named
    reader, view = Reader(id="reader"), PageView(article=Article(id="a1"))
    decision, _ = decide(policy, reader, view, Usage(), system_clock())
    assert render(decision, folder=folder) in client.get("/policy/first").text
    decision, _ = decide(policy, reader, view, Usage(), datetime(2026, 9, 12, 9, tzinfo=UTC))
    page = client.get("/reader/frame?start=2026-09-12T09:00&steps=read").text
    assert render(decision, layout="narrow", folder=folder) in page


def test_many_frames_come_some_at_a_time(client: TestClient) -> None:
    """Every one of them is on some page, and none on two."""
    address = "/gallery?layout=all&scheme=all"
    seen = []
    while address:
        shown = figures(client, address)
        seen += [one["src"] for one in shown]
        more = [
            link.attrib["href"]
            for link in html5lib.parse(client.get(address).text).iter(f"{NAMES}a")
            if link.text == "More frames"
        ]
        address = more[0] if more else ""
        assert len(shown) <= 60
    assert len(seen) == len(set(seen)) > 120
    assert figures(client, "/gallery?from=999999999999999999999")


def test_a_gallery_that_nobody_could_open_is_not_begun(client: TestClient, desk: Desk) -> None:
    """It is told how many figures that would be, and where to look instead."""
    languages = ("fr", "de", "es", "it", "pt", "nl", "sv", "nb", "pl", "ru", "ar", "zh-Hant")
    regions = tuple(f"en-{region}" for region in ("GB", "AU", "NZ", "IE", "CA", "IN", "ZA", "SG"))
    more = tuple(f"fr-{region}" for region in ("BE", "CA", "CH", "LU", "SN", "CI", "MA", "DZ"))
    copies = "".join(
        f'[copy.{tag}]\nheadline = "{tag}"\n\n' for tag in (*languages, *regions, *more, "es-MX")
    )
    extra = "".join(
        f'[copy.es-{tag}]\nheadline = "x"\n\n' for tag in ("AR", "CL", "CO", "PE", "VE")
    )
    draft = desk.keep(desk.file().text + "\n" + copies + extra)
    assert draft.policy is not None
    answer = client.get(f"/gallery/file?v={draft.key}")
    assert answer.status_code == 400
    assert "some at a time" in answer.text
