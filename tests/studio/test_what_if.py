"""What if: the numbers of the command line, computed apart, one at a time, ended at will."""

from __future__ import annotations

import json
import re
import shlex
from datetime import date
from multiprocessing import active_children
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from click.testing import CliRunner

from meter.cli import main
from meter.simulate.report.html import in_quotes
from meter.studio.what_if.answer import Task
from meter.studio.what_if.work import compute

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from meter.studio.desk import Desk

TINY = {"readers": "200", "months": "2", "draws": "2"}
HUGE = {"readers": "1000000", "months": "60", "draws": "500"}


def pressed(client: TestClient, button: str, address: str = "/what-if", **typed: str) -> str:
    """Press a button of the page at an address, and return the address that it leads to."""
    query = [pair for pair in parse_qsl(urlsplit(address).query) if pair[0] not in typed]
    data: dict[str, str | list[str]] = {}
    for name, value in [*query, *typed.items(), ("do", button)]:
        data[name] = [*data.get(name, []), value]
    answer = client.post("/what-if", data=data)
    assert answer.status_code == 303
    return answer.headers["location"].partition("#")[0]


def run_of(client: TestClient, address: str) -> str:
    """Return the key of the run that a page shows."""
    return re.search(r"run=([0-9a-f]{16})|data-run=\"([0-9a-f]{16})", client.get(address).text)[0][
        -16:
    ]


def finished(client: TestClient, address: str) -> str:
    """Wait for the run of a page, and return its key."""
    key = run_of(client, address)
    told = client.get(f"/what-if/progress?run={key}").text
    assert told.endswith("event: end\ndata: {}\n\n")
    assert "Download the report" in client.get(address).text
    return key


def text_of(page: str) -> str:
    """Return what a page says, without its elements."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def test_the_numbers_are_those_of_the_command_line(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command on the page, with the files of the page, prints the page's JSON again."""
    address = pressed(
        client, "card:limit", **{"limit.whose": "monthly.limit.anonymous", "limit.to": "5"}
    )
    address = pressed(
        client,
        "start",
        address,
        **{**TINY, "draws": "20"},
        uniques="500,000",
        starts="210",
        subscribers="9000",
        start="2028-03-15",
    )
    key = finished(client, address)
    page = client.get(address).text
    command = shlex.split(
        re.search(r"<code>(meter compare [^<]*)</code>", page)[1].replace("&#39;", "'")
    )
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in re.findall(rf'/what-if/files/([^"?]+)\?run={key}', page):
        (folder / name).write_bytes(client.get(f"/what-if/files/{name}?run={key}").content)
    names = {path.name for path in folder.iterdir()}
    assert {"policy.toml", "limit-5-anonymous.toml", "your-numbers.toml"} < names
    printed = CliRunner().invoke(main, command[1:], catch_exceptions=False)
    assert printed.exit_code == 0, printed.output
    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    assert json.loads(printed.stdout) == answer
    assert answer["my_readers"] == 500_000
    branch = answer["policies"][1]
    net = branch["total_difference"]["net"]["value"]
    assert net == pytest.approx(branch["difference"]["net"]["value"] * 500_000 / 200)
    earns = f"with your 500,000 readers a month, limit-5-anonymous earns {abs(net):,.0f} USD"
    assert earns in text_of(page)
    assert f"{net:+,.0f}".replace("-", "−") in text_of(page)
    assert answer["headline"].replace("`", "") in text_of(page).replace("&#39;", "'")
    assert page.index('id="answer"') < page.index('id="cards"')
    assert not re.search(r"\bW[0-9]{2}\b", text_of(page))
    assert answer["verdict"].replace("`", "") in text_of(page)
    shares = answer["shares"].values()
    assert ("is best" in text_of(page)) == (answer["best"] is not None) == (max(shares) >= 0.9)
    assert "range" not in text_of(page).partition("The answer")[2].partition("Before you")[0]
    report = client.get(f"/what-if/report?run={key}")
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts; default-")
    assert "<h1>Which policy for The Harbour Review" in report.text


def test_cancelling_ends_the_work_and_leaves_the_page(client: TestClient, desk: Desk) -> None:
    """Then another one can be computed: of one that says the same, nothing is called better."""
    same = desk.keep(f"{desk.file().text}# a word\n")
    address = pressed(client, "start", w=f"same~{same.key}", **HUGE)
    key = run_of(client, address)
    assert '<noscript><meta http-equiv="refresh"' in client.get(address).text
    other = pressed(client, "start", address, seed="2")
    assert "Another comparison is being computed" in client.get(other).text
    assert pressed(client, "cancel", address, run=key) == address
    assert active_children() == []
    assert "Cancelled: nothing is computed any more" in client.get(address).text
    # no offer of the sample runs in 2031
    address = pressed(client, "start", address, **TINY, start="2031-01-01")
    finished(client, address)
    said = text_of(client.get(address).text)
    assert (
        "policy and same gave every simulated reader the same: there is nothing to choose" in said
    )
    assert "Nothing differs: every reader sees the same as today." in said
    before = said.partition("What no simulation knows")[0]
    assert "policy and same: the offer summer was on no page: it ended on" in before


def test_another_one_is_computed_instead(client: TestClient, desk: Desk) -> None:
    """What cannot be simulated is said where the answer would be."""
    text = desk.file().text.replace(
        'when = { tags = ["sponsored"] }', "when = { value = { at_least = 0.5 } }", 1
    )
    draft = desk.keep(text)
    assert draft.policy is not None
    first = pressed(client, "start", w=f"new~{draft.key}", **HUGE)
    second = pressed(client, "instead", first, **TINY)
    (key,) = re.findall(r'data-run="([0-9a-f]+)"', client.get(second).text)
    assert (
        '"words": "Getting the simulator ready' in client.get(f"/what-if/progress?run={key}").text
    )
    assert "not simulated yet" in client.get(second).text
    assert active_children() == []


def test_the_first_answer_is_told_while_other_assumptions_are_tried(desk: Desk) -> None:
    """In the sentences of the last one, which is not there yet."""
    text = desk.file().text
    told: list[str] = []
    answer = compute(
        Task(
            names=("today", "lower"),
            texts=(text, text.replace("anonymous = 3", "anonymous = 1")),
            readers=200,
            months=2,
            seed=1,
            draws=2,
            sweep=False,
            by="net",
            today=date(2026, 6, 1),
        ),
        lambda _done, _total, words: told.append(words),
    )
    early = [words for words in told if "First answer" in words]
    assert 1 == len(set(early))
    assert all(in_quotes(sentence) in early[0] for sentence in answer.more)
    assert told.index(early[0]) > 0
    assert "Writing the report" == told[-1]


def test_what_is_wrong_is_said_at_its_field(client: TestClient) -> None:
    """And everything that was typed is still there; nothing is started."""
    typed = {"uniques": "500.000", "churn": "0.04", "premium": "300", "months": "99", "start": "x"}
    address = pressed(client, "start", **typed, **{"limit.to": "many", "limit.whose": "no"})
    page = client.get(address).text
    for name, value in typed.items():
        assert f'id="{name}" name="{name}" value="{value}"' in page
        assert f'id="{name}-fault"' in page
    assert "write it without the point: <code>500000</code>" in page
    assert active_children() == []
    address = pressed(
        client, "card:limit", **{"limit.to": "many", "limit.whose": "monthly.limit.anonymous"}
    )
    page = client.get(address).text
    assert 'value="many"' in page
    assert (
        '"limit.to-fault"><code>many</code> cannot be used; write a whole number from 0 on' in page
    )


def test_another_currency_asks_for_prices(client: TestClient, desk: Desk) -> None:
    """Each of the three amounts, in the currency of the offers."""
    desk.path.write_text(desk.file().text.replace('"USD"', '"JPY"'), encoding="utf-8")
    address = pressed(client, "card:price", **{"price.to": "900", "price.which": "summer.price"})
    page = client.get(address).text
    for name in ("price_month", "price_year", "ads"):
        assert f'id="{name}-fault">say what this is in JPY' in page
    prices = {"price_month": "1,200", "price_year": "12000", "ads": "800"}
    page = client.get(pressed(client, "numbers", address, **prices)).text
    assert "-fault" not in page
    assert 'value="start">Compare' in page


def test_the_open_draft_is_compared_with_the_file(client: TestClient, desk: Desk) -> None:
    """A card then makes a branch of the draft."""
    draft = desk.keep(desk.file().text.replace("registered = 5", "registered = 9"))
    typed = {"trial.to": "7 days", "trial.which": "summer.term"}
    address = pressed(client, "card:trial", f"/what-if?v={draft.key}", **typed)
    said = text_of(client.get(address).text)
    assert "9 articles a month" in said
    (branch,) = parse_qs(urlsplit(address).query)["w"]
    text = desk.version(branch.partition("~")[2]).text
    assert text == draft.text.replace('"3 months"', '"7 days"')


def test_what_stands_in_a_draft_is_not_told_as_of_today(client: TestClient, desk: Desk) -> None:
    """Cards change the draft that is open, and the comparison is with the file."""
    draft = desk.keep(desk.file().text.replace("anonymous = 3", "anonymous = 6"))
    file = text_of(client.get("/what-if").text)
    said = text_of(client.get(f"/what-if?v={draft.key}").text)
    assert "anonymous readers: 3 today" in file
    assert "anonymous readers: 6 in the draft" in said
    assert "today 3 articles a month (monthly) then 6 articles a month (monthly)" in said
    page = client.get(f"/what-if?v={draft.key}").text
    assert not [label for label in re.findall("<option[^>]*>([^<]*)", page) if "today" in label]


def test_a_button_leads_to_what_it_made(client: TestClient) -> None:
    """To a heading or a field that takes the focus, so that the next key goes on from there."""
    limit = {"limit.whose": "monthly.limit.anonymous"}
    for button, typed, place in (
        ("card:limit", {**limit, "limit.to": "5"}, "compare-title"),
        ("card:limit", {**limit, "limit.to": "many"}, "limit.to"),
        ("numbers", {"uniques": "500,000"}, "numbers-title"),
        ("numbers", {"uniques": "500,000", "churn": "0.04"}, "churn"),
        ("start", {}, "compare-title"),
    ):
        answer = client.post("/what-if", data={**typed, "do": button})
        address, _, fragment = answer.headers["location"].partition("#")
        assert fragment == place
        (element,) = re.findall(rf'<(\w+ id="{re.escape(place)}"[^>]*)>', client.get(address).text)
        assert element.startswith("input ") or 'tabindex="-1"' in element


def test_registrations_that_are_lost_are_told_beside_the_verdict(
    client: TestClient, desk: Desk
) -> None:
    """A registration is worth nothing in these numbers, and that is not hidden in a fold."""
    address = pressed(client, "card:register")
    address = pressed(client, "start", address, **TINY)
    finished(client, address)
    said = text_of(client.get(address).text)
    verdict, _, after = said.partition("The answer")[2].partition("Before you believe it")
    assert "fewer registrations; being registered makes nobody subscribe more often" in verdict
    assert "registering changes nobody here" in after.partition("What no simulation knows")[0]
    assert "no-registration-wall is a draft: a subscription wall instead of a reg" in verdict


def test_switches_are_turned_in_every_policy(client: TestClient, desk: Desk) -> None:
    """The texts that are simulated have them as the boxes say."""
    text = desk.file().text.replace("[[rules]]", "[switches]\nstorm = false\n\n[[rules]]", 1)
    text = text.replace(
        'when = { access = ["free"] }',
        'when = { any = [{ switch = ["storm"] }, { access = ["free"] }] }',
    )
    desk.path.write_text(text, encoding="utf-8")
    address = pressed(
        client, "card:limit", **{"limit.to": "7", "limit.whose": "monthly.limit.registered"}
    )
    address = pressed(client, "start", address, turned="storm", **TINY)
    key = run_of(client, address)
    for name in ("policy", "limit-7-registered"):
        assert "storm = true" in client.get(f"/what-if/files/{name}.toml?run={key}").text
    assert "Turn <code>storm</code> on" in client.get(address).text
    pressed(client, "cancel", address, run=key)


@pytest.mark.parametrize(
    "path",
    [
        "/what-if/report?run=x",
        "/what-if/progress",
        "/what-if/files/x.toml",
        "/what-if?v=0123456789abcdef",
    ],
)
def test_what_is_not_kept_is_not_found(client: TestClient, path: str) -> None:
    """An address of an earlier start says so."""
    assert client.get(path).status_code == 404
