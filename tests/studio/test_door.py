"""Who is let into the studio: the key, this machine's name, and pages of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from meter.studio.app import application
from meter.studio.door import StudioKey

if TYPE_CHECKING:
    from meter.studio.desk import Desk


OWN = "http://127.0.0.1:8765"


@pytest.fixture
def stranger(desk: Desk, key: StudioKey) -> TestClient:
    """Return a client without the key."""
    return TestClient(application(desk, key), base_url=OWN, follow_redirects=False)


def test_the_printed_address_opens_the_studio(stranger: TestClient, key: StudioKey) -> None:
    """The token becomes a cookie that no script reads, and leaves the address."""
    answer = stranger.get(key.address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert stranger.get("/").headers["location"] == "/gallery"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/gallery", "/policy", "/static/studio.css", "/nothing"])
def test_nobody_without_the_key_gets_an_answer(
    stranger: TestClient, method: str, path: str
) -> None:
    """Not even to what does not exist, and not with a token that is wrong."""
    assert stranger.request(method, path).status_code == 403
    assert stranger.request(method, f"{path}?token=x").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example:8765"},
        {"host": "127.0.0.1:80"},
        {"host": "127.0.0.1.evil.example:8765"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_foreign_page_changes_nothing(client: TestClient, headers: dict[str, str]) -> None:
    """Even with the key, a request from elsewhere is refused."""
    assert client.post("/", headers=headers).status_code == 403


def test_pages_run_no_foreign_script(client: TestClient) -> None:
    """The policy of every page names this machine only, and no inline script."""
    policy = client.get("/nothing").headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_file_outside_is_not_served(client: TestClient) -> None:
    """Only the studio's own files have an address."""
    assert client.get("/static/studio.css").status_code == 200
    for path in ("/static/../policy.toml", "/static/%2e%2e/report/report.css", "/static/x"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example", "/\\evil.example/x"])
def test_the_token_leads_nowhere_else(client: TestClient, key: StudioKey, path: str) -> None:
    """A path that a browser would take for another host is one of this studio."""
    answer = client.get(f"{OWN}{path}?token={key.token}")
    assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http"))


def test_a_cookie_of_another_server_locks_nobody_out(desk: Desk, key: StudioKey) -> None:
    """Cookies are shared by all ports: one of the same name may come beside ours."""
    client = TestClient(application(desk, key), base_url=OWN, follow_redirects=False)
    cookie = f"{key.cookie}={key.token}; {key.cookie}=theirs"
    assert client.get("/", headers={"cookie": cookie}).status_code == 303
    assert client.get("/", headers={"cookie": f"{key.cookie}=theirs"}).status_code == 403


def test_the_port_of_the_scheme_is_left_out_by_browsers(desk: Desk) -> None:
    """A studio on port 80 is asked for without a port."""
    key = StudioKey.new(80)
    client = TestClient(application(desk, key), base_url="http://127.0.0.1", follow_redirects=False)
    assert client.get(f"/?token={key.token}").status_code == 303


def test_what_cannot_be_read_is_not_called_missing(client: TestClient) -> None:
    """A form with far too many fields is told as what it is."""
    answer = client.post("/policy/check", data={f"f{number}": "" for number in range(2000)})
    assert answer.status_code == 400
    assert "no such page" not in answer.text
