"""Gift links of `meter serve`: made, opened, listed, ended and refused over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from tests.web.giving import POLICY, SECRET
from tests.web.serving import AT, CLOCK_KEY, KEY, Server

ANNA = {"id": "anna", "registered": True, "entitlements": [{"kind": "subscription"}]}
PREMIUM = {"id": "a1", "access": "premium"}
OFTEN = POLICY.format(per_month=1000, readers=2)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose readers may give, and one worker."""
    folder = tmp_path_factory.mktemp("gifts")
    (folder / "secret.txt").write_text(f"# newest first\n{SECRET}\nan older key of all\n")
    server = Server(folder, "--secret-file", str(folder / "secret.txt"), policy=OFTEN)
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log
    assert SECRET not in server.log.split()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A server without a secret, whose policy has few gifts."""
    server = Server(tmp_path_factory.mktemp("plain"), policy=OFTEN)
    yield server
    assert server.stop() == 0


def make(server, giver=None, article="a1", key=KEY, **more):
    """Ask for a link."""
    body = {"giver": giver or ANNA, "article": article, **more}
    return server.ask("POST", "/v1/gifts", body, key=key)


def read(server, reader, token, route="decide", *, article=None, **more):
    """Ask for a decision on a view that brings a token; return who says what."""
    told = server.decide(reader, article or PREMIUM, route, gift=token, **more)
    assert told.status == 200, told.raw
    return told.json["access"], told.json["rule"]


BY_LINK = ("full", "by right, or given")
WALL = ("preview", "else")


def test_a_link_is_made_opened_listed_and_ended(server):
    """And then opens nothing; what nobody may know is in no log."""
    link = make(server, address="https://my.example/a1?x=1").json
    assert link["address"] == f"https://my.example/a1?x=1&gift={link['token']}"
    made, ends = (datetime.fromisoformat(link[name]) for name in ("made", "ends"))
    assert ends - made == timedelta(days=14)
    answers = [read(server, name, link["token"]) for name in ("b", "c", "d", "b")]
    assert answers == [BY_LINK, BY_LINK, WALL, BY_LINK]
    (record,) = server.ask("GET", "/v1/gifts?giver=anna").json["gifts"]
    assert {name: record[name] for name in ("id", "opened", "readers", "ended", "article")} == {
        "id": link["id"], "opened": 2, "readers": 2, "ended": False, "article": "a1",
    }  # fmt: skip
    assert record["address"] == "https://my.example/a1?x=1"
    for _ in range(2):
        ended = server.ask("DELETE", f"/v1/gifts/{link['id']}")
        assert (ended.status, ended.json) == (200, {"gift": link["id"]})
    assert read(server, "b", link["token"]) == WALL
    assert server.ask("GET", "/v1/gifts?giver=anna").json["gifts"][0]["ended"]
    assert link["token"] not in server.log


FLAGS = "/ofrep/v1/evaluate/flags"


@pytest.mark.parametrize("flag", ["/a1", ""])
def test_an_evaluation_says_what_a_link_would_open(server, flag):
    """OFREP takes the token as `/v1/peek` does, for its own article alone, and counts nobody."""
    token = make(server).json["token"]

    def rule(token, article="a1"):
        listed = {"articles": [{**PREMIUM, "id": article}]}
        context = {"targetingKey": "x", "gift": token}
        context |= {"article": {"access": "premium"}} if flag else listed
        path = flag and f"/{article}"
        told = server.ask("POST", f"{FLAGS}{path}", {"context": context})
        assert told.status == 200, told.raw
        return told.headers["etag"], (told.json["flags"][0] if not flag else told.json)["metadata"]

    for _ in range(3):
        tag, said = rule(token)
        assert (said["access"], said["rule"]) == BY_LINK
    for refused in (rule(token + "x"), rule(token, "a2"), rule("")):
        assert (refused[1]["access"], refused[1]["rule"]) == WALL
        assert refused[0] != tag
    assert [read(server, name, token) for name in "yz"] == [BY_LINK] * 2
    late, said = rule(token)
    assert (said["access"], said["rule"]) == WALL
    assert late != tag


def test_looking_counts_nobody(server):
    """`peek` says what would be; what is fetched ahead is asked for again until it was read."""
    token = make(server).json["token"]
    assert read(server, "bot", token, crawler=True) == WALL
    assert [read(server, name, token, "peek") for name in "efg"] == [BY_LINK] * 3
    ahead = server.decide("e", PREMIUM, gift=token, prefetch=True).json
    assert (ahead["access"], ahead["speculative"], ahead["prompt"]) == ("preview", True, None)
    assert read(server, "e", token, "render") == BY_LINK
    ahead = server.decide("e", PREMIUM, gift=token, prefetch=True).json
    assert (ahead["access"], ahead["speculative"]) == ("full", False)
    assert read(server, "f", token) == BY_LINK
    assert read(server, "g", token, "peek") == WALL


def test_who_may_read_anyway_uses_nothing_up(server):
    """Nor is the meter of who reads by the link spent."""
    token = make(server, article="m1").json["token"]
    metered = {"id": "m1", "access": "metered"}
    for reader in (ANNA, {"id": "h"}, {"id": "i"}):
        body = {"reader": reader, "article": metered, "gift": token}
        assert server.ask("POST", "/v1/decide", body).json["access"] == "full"
    assert server.ledger("h").json["meters"]["monthly"]["articles"] == []
    assert read(server, "j", token, article=metered) == ("full", "on the meter")


def test_what_one_has_given_another_does_not_end(server):
    """Where the query names who asks, a gift of somebody else is as good as none."""
    link = make(server).json
    for gift in (link["id"], link["token"]):
        told = server.ask("DELETE", f"/v1/gifts/{gift}?giver=bo")
        assert (told.status, told.codes) == (404, ["unknown-gift"])
        assert "`GET /v1/gifts?giver=ID` lists" in told.json["problems"][0]["help"]
    assert read(server, "l", link["token"]) == BY_LINK
    assert server.ask("DELETE", f"/v1/gifts/{link['id']}?giver=anna").status == 200
    assert read(server, "l", link["token"]) == WALL


def test_a_list_without_a_giver_is_told_what_to_add(server):
    """The next step is the very parameter."""
    (problem,) = server.ask("GET", "/v1/gifts").json["problems"]
    assert problem["help"].startswith("add `?giver=ID`")


@pytest.mark.parametrize("token", ["", "x", "a" * 3000, "日本", "..", "true"])
def test_a_token_that_is_none_costs_nobody_the_page(server, token):
    """The ordinary wall, and no error."""
    assert read(server, "k", token) == WALL


def test_true_and_false_are_what_they_were(server):
    """The site's own word for it."""
    told = [server.decide("k", PREMIUM, gift=word).json["access"] for word in (True, False)]
    assert told == ["full", "preview"]
    assert server.decide("k", PREMIUM, gift=3).status == 400


def test_what_is_refused_is_told(server):
    """With a status and a code, and the words of the library."""
    for told, status, code in (
        (make(server, {"id": "carl"}), 409, "giver-refused"),
        (make(server, address="javascript:alert(1)"), 400, "bad-value"),
        (make(server, address="https://x y"), 400, "bad-value"),
        (make(server, {**ANNA, "id": None}), 409, "giver-refused"),
        (make(server, at=AT), 400, "clock-refused"),
        (make(server, address="//["), 400, "bad-value"),
        (make(server, address="//evil.com/x"), 400, "bad-value"),
        (make(server, address="/\\evil.com"), 400, "bad-value"),
        (make(server, address="https://[v1.x]/"), 400, "bad-value"),
        (make(server, address="https://[::::]/"), 400, "bad-address"),
        (make(server, address="https://h.example:99999/"), 400, "bad-address"),
        (make(server, article=""), 400, "empty-text"),
        (make(server, article="\ud800"), 400, "control-character"),
        (server.ask("DELETE", "/v1/gifts/nothing"), 404, "unknown-gift"),
        (server.ask("DELETE", f"/v1/gifts/{'0' * 20}"), 404, "unknown-gift"),
        (server.ask("GET", "/v1/gifts"), 400, "missing-key"),
        (server.ask("GET", "/v1/gifts?giver="), 400, "empty-text"),
        (server.ask("DELETE", f"/v1/gifts/{'0' * 20}?giver="), 400, "empty-text"),
        (server.ask("GET", "/v1/gifts?giver=%ff"), 400, "bad-encoding"),
        (server.ask("GET", "/v1/gifts?giver=anna&at=%ff", key=CLOCK_KEY), 400, "bad-encoding"),
        (server.ask("GET", "/v1/readers/anna/ledger?%ff", key=CLOCK_KEY), 400, "bad-encoding"),
        (server.ask("POST", "/v1/gifts", {"giver": ANNA}), 400, "missing-key"),
        (server.ask("GET", "/v1/gifts?giver=anna", key=None), 401, "key-needed"),
    ):
        assert (told.status, told.codes) == (status, [code]), told.raw


def test_the_months_allowance_is_told_with_its_end(tmp_path):
    """409, and when the next gift can be made; the key of a clock may say when that is."""
    (tmp_path / "secret.txt").write_text(SECRET)
    few = POLICY.format(per_month=1, readers=2)
    server = Server(tmp_path, "--secret-file", str(tmp_path / "secret.txt"), policy=few)
    try:
        assert make(server, at=AT, key=CLOCK_KEY).status == 200
        told = make(server, at=AT, key=CLOCK_KEY)
        assert (told.status, told.codes) == (409, ["gifts-used-up"])
        assert "2026-07-01T00:00:00+09:00" in told.json["problems"][0]["help"]
        listed = server.ask("GET", f"/v1/gifts?giver=anna&at={quote(AT)}", key=CLOCK_KEY)
        assert len(listed.json["gifts"]) == 1
        assert server.ask("DELETE", "/v1/readers/anna").status == 200
        assert make(server, at=AT, key=CLOCK_KEY).status == 200
    finally:
        server.stop()


def test_without_a_secret_nothing_is_given_and_nothing_opens(plain, server):
    """The three operations say which option is missing; a page view is decided as ever."""
    for told in (
        make(plain),
        plain.ask("GET", "/v1/gifts?giver=anna"),
        plain.ask("DELETE", "/v1/gifts/x"),
    ):
        assert (told.status, told.codes) == (409, ["no-secret"])
        assert "--secret-file" in told.json["problems"][0]["help"]
    assert read(plain, "b", make(server).json["token"]) == WALL
