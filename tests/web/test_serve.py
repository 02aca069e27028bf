"""`meter serve` over HTTP: every address, every error, against a real server."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from http.client import HTTPConnection

import pytest

from meter.errors import printable
from tests.servers import Valkey
from tests.web.serving import AT, CLOCK_KEY, KEY, KEYS, POLICY, Server

VIEW = {"reader": {"id": "r"}, "article": "a"}
LIBRARY = """
[[institutions]]
name = "Harbour Library"
addresses = ["192.0.2.0/24", "2001:db8::/48"]
"""
LARGE = b'{"reader": {"id": "' + b"r" * 70_000 + b'"}, "article": "a"}'
DEEP = b"[" * 30_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server with keys, for every test that changes nothing but readers of its own."""
    folder = tmp_path_factory.mktemp("serve")
    (folder / "institutions.toml").write_text(LIBRARY)
    server = Server(folder)
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log


def test_decide_counts_and_peek_does_not(server):
    """In the JSON of `meter decide`."""
    shown = [server.decide("peeking", article, "peek").json for article in "ab"]
    assert [(one["counted"], one["meter"]["left"]) for one in shown] == [(False, 2), (False, 2)]
    told = [server.decide("peeking", article).json for article in "abacd"]
    assert [one["counted"] for one in told] == [True, True, False, True, False]
    assert [one["show"] for one in told[-2:]] == ["last-free-article", "trial-offer"]
    assert list(told[0]) == [
        *("at", "show", "access", "rule", "offer", "offers", "prompt", "meter", "counted"),
        *("speculative", "degraded", "policy"),
    ]


def test_the_clock_is_the_servers_unless_the_key_may_set_it(server):
    """Then `at` decides, in a page view, in a join and for a ledger."""
    assert server.decide("dated", "a", at=AT).json["at"] == AT
    assert server.decide("undated", "b").json["at"] > AT
    assert [read["id"] for read in articles(server.ledger("dated", AT))] == ["a"]
    body = {"source": "dated", "target": "dated-account", "at": AT}
    assert server.ask("POST", "/v1/join", body).codes == ["clock-refused"]
    assert server.ask("POST", "/v1/join", body, key=CLOCK_KEY).status == 200
    assert articles(server.ledger("dated-account", AT)) == [{"id": "a", "at": AT}]
    assert server.ask("GET", f"/v1/readers/dated/ledger?at={AT}").codes == ["clock-refused"]


def articles(reply):
    """Return what the one meter of a ledger lists."""
    return reply.json["meters"]["monthly"]["articles"]


@pytest.mark.parametrize(
    ("more", "holds"),
    [
        ({}, "<"),
        ({"format": "text"}, "2 free articles left"),
        ({"format": "text", "locale": "de-CH, en;q=0.5"}, "2"),
        ({"format": "text", "locale": ["ja"], "layout": "narrow"}, "2"),
        ({"format": "json"}, '"layout": "wide"'),
        ({"format": None, "locale": None, "layout": None}, "<"),
    ],
)
def test_render_decides_counts_and_adds_the_words(server, more, holds):
    """As `rendered`, in the format, the languages and the layout that are asked for."""
    reader = f"rendered {json.dumps(more)}"
    told = server.decide(reader, "a", "render", **more).json
    assert (told["counted"], told["meter"]["left"]) == (True, 2)
    assert holds in told["rendered"]
    assert [read["id"] for read in articles(server.ledger(reader))] == ["a"]


def test_a_prefetch_counts_nothing_and_opens_nothing(server):
    """It says so."""
    told = server.decide("prefetching", "a", prefetch=True).json
    assert (told["speculative"], told["access"], told["counted"]) == (True, "preview", False)
    assert articles(server.ledger("prefetching")) == []


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"])
@pytest.mark.parametrize("route", ["decide", "peek", "render"])
def test_who_comes_from_an_institution_reads_and_is_not_counted(server, route, address):
    """By the file beside the policy, and by the address that the client says."""
    told = server.decide("in the library", "a", route, address=address).json
    assert (told["show"], told["rule"]) == ("article", "subscribers read everything")
    assert articles(server.ledger("in the library")) == []
    for elsewhere in (None, "192.0.3.7", "2001:db9::7"):
        told = server.decide("elsewhere", "a", "peek", address=elsewhere).json
        assert told["rule"] == "within the allowance"


@pytest.mark.parametrize("flag", ["/a", ""])
def test_an_evaluation_knows_institutions_too(server, flag):
    """OFREP takes the address as `/v1/peek` does, and tells where it is none."""

    def told(address):
        context = {"targetingKey": "in the library", "articles": ["a"], "address": address}
        return server.ask("POST", f"/ofrep/v1/evaluate/flags{flag}", {"context": context})

    shown = {}
    for address in ("192.0.2.7", "203.0.113.9"):
        said = told(address).json
        shown[address] = (said if flag else said["flags"][0])["value"]
    assert shown == {"192.0.2.7": "article", "203.0.113.9": "countdown"}
    refused = told("192.0.2.0/24")
    assert (refused.status, refused.json["errorCode"]) == (400, "INVALID_CONTEXT")
    assert "context.address: error[bad-address]" in refused.json["errorDetails"]


@pytest.mark.parametrize(
    ("address", "step"),
    [
        ("192.0.2.7:443", "write the address alone: `192.0.2.7`"),
        ("192.0.2.0/24", "send the address that the reader's browser came from"),
        ("192.0.2.007", "without a zero in front"),
        ("library.example", "names are not looked up"),
        ("192.0.2.7, 203.0.113.9", "send the address that the reader's browser came from"),
        ("", "send the address that the reader's browser came from"),
    ],
)
def test_what_is_no_address_is_told_with_its_place(server, address, step):
    """It is a mistake of the client's, not of a reader: nothing is decided."""
    for route in ("decide", "peek", "render"):
        reply = server.decide("r", "a", route, address=address)
        (problem,) = reply.json["problems"]
        assert (reply.status, problem["code"], problem["path"]) == (400, "bad-address", ["address"])
        assert step in problem["help"]


def test_a_started_offer_is_not_for_the_account_any_more(server):
    """And its reader is known, though nothing is counted."""
    for article in "abc":
        server.decide("starting", article)
    assert server.decide("starting", "d").json["offer"] == "summer"
    body = {"reader": "starting", "offer": "summer"}
    assert server.ask("POST", "/v1/started", body).status == 200
    assert server.decide("starting", "d").json["show"] == "subscription-wall"
    server.ask("POST", "/v1/started", body | {"reader": "only-started"})
    assert server.ledger("only-started").json["known"] is True


ASKING = (
    POLICY.replace('show = "countdown"', 'show = "countdown"\nprompt = "give"')
    + """
[prompts.give]
heading = "Give what you can"
quiet_after = { closed = "7 days" }
"""
)


def test_a_closed_prompt_is_not_shown_to_its_reader_any_more(tmp_path):
    """And its reader is known; what is no prompt of the policy is told."""
    server = Server(tmp_path, policy=ASKING)
    try:
        assert server.decide("closing", "a").json["prompt"] == "give"
        body = {"reader": "closing", "prompt": "give"}
        reply = server.ask("POST", "/v1/dismissed", body)
        assert (reply.status, reply.json) == (200, body)
        assert server.decide("closing", "b").json["prompt"] is None
        assert server.decide("another", "b").json["prompt"] == "give"
        server.ask("POST", "/v1/dismissed", body | {"reader": "only-closed"})
        assert server.ledger("only-closed").json["known"] is True
        (problem,) = server.ask("POST", "/v1/dismissed", body | {"prompt": "giev"}).json["problems"]
        assert (problem["path"], problem["help"]) == (["prompt"], "did you mean `give`?")
    finally:
        assert server.stop() == 0
    assert "Traceback" not in server.log


@pytest.mark.parametrize("name", ["a/b", "%2F", "å ?#&+;", "x/ledger", "..", "a\\b", "日本"])
def test_every_id_has_its_ledger_and_is_forgotten(server, name):
    """Percent-encoded in the address, slashes too; the ledger has its exact shape."""
    assert server.ledger(name).json["known"] is False
    read = server.decide(name, "a").json
    told = server.ledger(name).json
    assert told == {
        "known": True,
        "meters": {
            "monthly": {
                "articles": [{"id": "a", "at": read["at"]}],
                "resets_at": read["meter"]["resets_at"],
            }
        },
    }
    path = server_path(name)
    assert server.ask("DELETE", path).status == 200
    assert server.ledger(name).json == {
        "known": False,
        "meters": {"monthly": {"articles": [], "resets_at": None}},
    }


def server_path(name):
    """Return the address of a reader."""
    return "/v1/readers/" + "".join(f"%{byte:02X}" for byte in name.encode())


REFUSED = [
    ("POST", "/v1/decide", b"{", 400, "json-syntax"),
    ("POST", "/v1/decide", b"", 400, "json-syntax"),
    ("POST", "/v1/decide", b"\xff\xfe", 400, "bad-encoding"),
    ("POST", "/v1/decide", b'{"a": NaN}', 400, "json-syntax"),
    ("POST", "/v1/decide", b'{"a": 1, "a": 2}', 400, "json-syntax"),
    ("POST", "/v1/decide", b"9" * 5000, 400, "bad-number"),
    ("POST", "/v1/decide", DEEP, 400, "too-deep"),
    ("POST", "/v1/decide", LARGE, 413, "too-large"),
    ("POST", "/v1/decide", [], 400, "wrong-type"),
    ("POST", "/v1/decide", {}, 400, "missing-key"),
    ("POST", "/v1/decide", VIEW | {"at": AT}, 400, "clock-refused"),
    ("POST", "/v1/decide", VIEW | {"at": None}, 400, "clock-refused"),
    ("POST", "/v1/decide", VIEW | {"address": 5}, 400, "wrong-type"),
    ("POST", "/v1/join", {"source": "a", "target": "b", "address": "::1"}, 400, "unknown-key"),
    ("POST", "/v1/decide", VIEW | {"refferer": "x"}, 400, "unknown-key"),
    ("POST", "/v1/decide", VIEW | {"format": "html"}, 400, "unknown-key"),
    ("POST", "/v1/decide", VIEW | {"article": {"id": "a\u0000"}}, 400, "control-character"),
    ("POST", "/v1/decide", {"reader": {"id": "r"}, "started": "summer"}, 400, "unknown-key"),
    ("POST", "/v1/peek", VIEW | {"reader": {"id": " "}}, 400, "empty-text"),
    ("POST", "/v1/render", VIEW | {"format": "pdf"}, 400, "unknown-word"),
    ("POST", "/v1/render", VIEW | {"layout": 3}, 400, "wrong-type"),
    ("POST", "/v1/started", {"reader": "r", "offer": "sumer"}, 400, "unknown-offer"),
    ("POST", "/v1/started", {"reader": "r"}, 400, "missing-key"),
    ("POST", "/v1/dismissed", {"reader": "r", "prompt": "giev"}, 400, "unknown-prompt"),
    ("POST", "/v1/dismissed", {"reader": "r"}, 400, "missing-key"),
    ("POST", "/v1/dismissed", {"reader": " ", "prompt": "countdown"}, 400, "empty-text"),
    ("POST", "/v1/join", {"source": "r"}, 400, "missing-key"),
    ("POST", "/v1/join", {"source": "", "target": "t"}, 400, "empty-text"),
    ("GET", "/v1/readers/%00/ledger", None, 400, "control-character"),
    ("GET", "/v1/readers/%FF/ledger", None, 400, "bad-encoding"),
    ("GET", f"/v1/readers/{'r' * 2001}/ledger", None, 400, "text-too-long"),
    ("GET", "/v1/readers/a/b/ledger", None, 404, "unknown-address"),
    ("GET", "/v1/readers//ledger", None, 404, "unknown-address"),
    ("DELETE", "/v1/readers/a/ledger", None, 405, "wrong-method"),
    ("GET", "/v1/decide", None, 405, "wrong-method"),
    ("PUT", "/v1/join", VIEW, 405, "wrong-method"),
    ("GET", "/v1/decide/", None, 404, "unknown-address"),
    ("GET", "/", None, 404, "unknown-address"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), REFUSED)
def test_what_is_refused_says_why(server, method, path, body, status, code):
    """As `{"problems": […]}`, each with a code, words and a next step."""
    reply = server.ask(method, path, body)
    assert (reply.status, reply.codes[0]) == (status, code)
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    for problem in reply.json["problems"]:
        assert set(problem) == {"code", "message", "path", "line", "column", "help"}
        assert problem["message"] == printable(problem["message"])
        assert problem["help"]


@pytest.mark.parametrize(
    "path",
    ["/v1/decide", "/v1/peek", "/v1/render", "/v1/started", "/v1/dismissed", "/v1/join"],
)
@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {KEY}",
        f"Bearer {KEY}x",
        f"Bearer {KEY[:-1]}",
        "Bearer #",
        KEY,
    ],
)
def test_without_a_key_nothing_is_answered(server, path, given):
    """Whatever the body is: it is not read."""
    reply = server.ask("POST", path, b"{", key=None, headers={"Authorization": given})
    assert (reply.status, reply.codes) == (401, ["key-needed"])
    assert reply.headers["www-authenticate"] == "Bearer"


def test_a_reader_is_neither_told_nor_forgotten_without_a_key(server):
    """Health, counts and the document are open."""
    assert server.ask("GET", "/v1/readers/r/ledger", key=None).status == 401
    assert server.ask("DELETE", "/v1/readers/r", key=None).status == 401
    for path in ("/health", "/metrics", "/openapi.json"):
        assert server.ask("GET", path, key=None).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://site.example", "Host": "site.example"}, 200),
        ({"Origin": "http://site.example", "Host": "site.example:80"}, 200),
        ({"Origin": "http://site.example.evil", "Host": "site.example"}, 403),
    ],
)
def test_a_page_of_another_site_changes_nothing(server, headers, status):
    """A request that no browser's page has made passes."""
    reply = server.ask("POST", "/v1/decide", VIEW, headers=headers)
    assert reply.status == status


def test_headers_are_bounded(server):
    """Before any key is looked at: whoever sends more than 64 KiB of them is sent away."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Large: " + b"x" * 70_000)
        assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_the_log_holds_no_line_of_a_clients(server):
    """Neither an id nor a control character; the route stands for the address."""
    before = len(server.log.splitlines())
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(b"GET /forged%0A2026\x1b[31m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while raw.recv(4096):
            pass
    server.ask("GET", "/v1/readers/secret-id/ledger?at=secret-time")
    server.ask("GET", "/nowhere%0d%0aINFO%20forged")
    last = '"GET /nowhere%0d%0aINFO%20forged" 404'
    until = time.monotonic() + 30
    while last not in server.log and time.monotonic() < until:  # it is written after the answer
        time.sleep(0.02)
    lines = server.log.splitlines()[before:]
    assert "secret" not in "".join(lines)
    assert all(printable(line) == line for line in lines)
    assert last in lines[-1]


def test_metrics_count_requests_and_decisions(server):
    """In the text format of Prometheus, without anything that a client sent."""
    name = 'meter_requests_total{route="/v1/peek",outcome="2xx"}'
    before = metrics(server).get(name, 0)
    server.decide("measured", "a", "peek")
    after = metrics(server)
    assert after[name] == before + 1
    assert any(key.startswith('meter_decisions_total{route="/v1/peek"') for key in after)
    assert (
        after['meter_request_duration_seconds_bucket{le="+Inf"}']
        == (after["meter_request_duration_seconds_count"])
    )


def metrics(server):
    """Return every number of `/metrics` by its name and labels."""
    reply = server.ask("GET", "/metrics", key=None)
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in reply.raw.decode().splitlines() if not line.startswith("#")]
    return {name: float(number) for name, number in (line.rsplit(" ", 1) for line in lines)}


def test_keys_come_and_go_with_the_file(server):
    """Several are valid at once; a file that cannot be used leaves the last good ones."""
    try:
        server.keys.write_text(f"{KEYS}a-new-key\n")
        assert server.ask("GET", "/v1/readers/r/ledger", key="a-new-key").status == 200
        server.keys.write_text("bad key line\n")
        assert server.ask("GET", "/v1/readers/r/ledger", key="a-new-key").status == 200
        assert "the last good keys stay in force" in server.log
        assert "a-new-key" not in server.log
        server.keys.write_text(KEYS)
        assert server.ask("GET", "/v1/readers/r/ledger", key="a-new-key").status == 401
        assert server.ask("GET", "/v1/readers/r/ledger").status == 200
    finally:
        server.keys.write_text(KEYS)


def test_workers_share_a_store_a_policy_and_a_stop(tmp_path):
    """Counts are exact over both, a changed policy comes into force, running requests finish."""
    server = Server(tmp_path, "--workers", "2", store=f"sqlite:///{tmp_path}/usage.db", keys=None)
    told = [server.decide("shared", f"a{number % 5}").json for number in range(20)]
    assert sum(one["counted"] for one in told) == 3
    assert server.decide("shared", "a0", at=AT).codes == ["clock-refused"]
    asked = metrics(server)['meter_requests_total{route="/v1/decide",outcome="2xx"}']
    assert asked == 20
    foreign = server.ask("GET", "/health", headers={"Host": "rebound.example"})
    assert foreign.codes == ["foreign-host"]

    server.policy.write_text(POLICY.replace("limit = 3", "limit = 4"))
    wait_for(lambda: server.decide("shared", "a4").json["access"] == "full")

    waiting = HTTPConnection("127.0.0.1", server.port, timeout=30)
    body = json.dumps(VIEW).encode()
    waiting.putrequest("POST", "/v1/decide")
    waiting.putheader("Content-Length", str(len(body)))
    waiting.putheader("Expect", "100-continue")
    waiting.endheaders()
    said = b""
    while not said.endswith(b"\r\n\r\n"):  # it says so when it reads the body
        said += waiting.sock.recv(1)
    assert said.startswith(b"HTTP/1.1 100")
    server.process.terminate()
    wait_for(lambda: refuses(server.port))
    waiting.send(body)
    assert waiting.getresponse().status == 200
    waiting.close()
    assert server.stop() == 0
    assert "Traceback" not in server.log


def refuses(port):
    """Say whether nobody listens."""
    with suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
        return False
    return True


def wait_for(holds):
    """Ask again until something holds."""
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never held")


def test_with_the_store_out_decisions_are_degraded_and_the_rest_is_503(tmp_path):
    """It starts all the same, counts on by itself, and is well when the store is back."""
    valkey = Valkey()
    server = Server(tmp_path, store=valkey.url)
    try:
        wait_for(lambda: server.decide("out", "a").json["degraded"] is False)
        assert server.ask("GET", "/health").json["status"] == "ok"
        valkey.stop()
        assert server.ask("GET", "/health").codes == ["store-unavailable"]
        told = [server.decide("out", article).json for article in "abcd"]
        assert all(one["degraded"] for one in told)
        assert [one["access"] for one in told] == ["full", "full", "full", "preview"]
        body = {"context": {"targetingKey": "out"}}
        flag = server.ask("POST", "/ofrep/v1/evaluate/flags/a", body).json
        assert (flag["value"], flag["metadata"]["degraded"]) == ("last-free-article", True)
        for method, path, body in (
            ("GET", "/v1/readers/out/ledger", None),
            ("DELETE", "/v1/readers/out", None),
            ("POST", "/v1/join", {"source": "out", "target": "account"}),
            ("POST", "/v1/started", {"reader": "out", "offer": "summer"}),
        ):
            reply = server.ask(method, path, body)
            assert (reply.status, reply.codes) == (503, ["store-unavailable"])
            assert str(valkey.socket) not in reply.raw.decode()
        valkey.start()
        wait_for(lambda: server.ask("GET", "/health").status == 200)
    finally:
        valkey.stop()
        assert server.stop() == 0
    assert "Traceback" not in server.log
