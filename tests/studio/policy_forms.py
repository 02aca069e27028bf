"""What a browser sends of the form of the place Policy, and the words of what comes back."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from meter.studio.desk import Desk

THREE = "limit = { anonymous = 3, registered = 5 }"
FIVE = "limit = { anonymous = 5, registered = 5 }"
ANONYMOUS = "meters/monthly/limit/anonymous"


def sent(desk: Desk, **typed: str) -> dict[str, str]:
    """Return what a browser sends of the form on the file: its text, with its own line ends."""
    file = desk.file()
    form = {"v": file.key, "expected": file.digest, "text": file.text.replace("\n", "\r\n")}
    return form | typed


def draft_of(client: TestClient, desk: Desk, **typed: str) -> str:
    """Send the form with *Check*, and return the address that answers."""
    answer = client.post("/policy/check", data=sent(desk, **typed))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def words(answer: Response) -> str:
    """Return the words of a page, in one line."""
    text = re.sub(r"<(script|style|textarea|noscript)\b.*?</\1>", "", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
