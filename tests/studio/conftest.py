"""A studio that is open on a copy of the sample, and a client that holds its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from meter.commands.init import sample_files
from meter.studio.app import application
from meter.studio.desk import Desk
from meter.studio.door import StudioKey

if TYPE_CHECKING:
    from pathlib import Path

PORT = 8765


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the sample publication."""
    for file in sample_files():
        (tmp_path / file.name).write_text(file.text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def desk(folder: Path) -> Desk:
    """Return a studio's desk that may write."""
    return Desk(folder / "policy.toml", may_write=True)


@pytest.fixture
def key() -> StudioKey:
    """Return the key of the studio."""
    return StudioKey.new(PORT)


@pytest.fixture
def client(desk: Desk, key: StudioKey) -> TestClient:
    """Return a client that holds the key; it follows no redirect by itself."""
    client = TestClient(
        application(desk, key), base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False
    )
    client.cookies.set(key.cookie, key.token)
    return client
