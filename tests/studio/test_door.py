"""Who is let into the studio: the key, this machine's name, and pages of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from meter.studio.app import application

if TYPE_CHECKING:
    from meter.studio.desk import Desk
    from meter.studio.door import StudioKey

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
