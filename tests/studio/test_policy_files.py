"""The place Policy on a policy of several files: what is shown, what is written, what is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from meter import load_policy
from meter.errors import PolicyError
from tests.studio.policy_forms import ANONYMOUS, draft_of, sent, words

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from meter.studio.desk import Desk

METER = '[meters.markets]\nwindow = { calendar = "week" }\nlimit = 2\n'
MARKETS = f"""\
{METER}
[copy]
pitch = "Every market, every day"

[copy.ja]
pitch = "毎日の市況"

[[groups]]
name = "markets"
when = {{ section = ["markets"], covered = false }}

[[groups.rules]]
name = "markets: two a week"
when = {{ access = ["metered"] }}
spend = "markets"
show = "countdown"
"""


@pytest.fixture
def folder(folder: Path) -> Path:
    """The sample, with a section's rules in a file of their own."""
    path = folder / "policy.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("pitch = ", "# pitch = ")
    path.write_text(f'include = ["sections/markets.toml"]\n{text}', encoding="utf-8")
    (folder / "sections").mkdir()
    (folder / "sections" / "markets.toml").write_text(MARKETS, encoding="utf-8")
    return folder


def names(page: str) -> set[str]:
    """Return the names of the fields of a form."""
    return set(re.findall(r'data-field="([^"]+)"', page))


def test_the_form_has_what_stands_in_the_file_itself(client: TestClient, desk: Desk) -> None:
    """The rules are those of all files; a meter of another file is changed there."""
    page = client.get("/policy")
    assert page.status_code == 200
    found = names(page.text)
    assert ANONYMOUS in found
    assert "copy/headline" in found
    assert not {
        name for name in found if name.startswith("meters/markets") or name.endswith("pitch")
    }
    said = words(page)
    assert "This policy includes other files." in said
    assert "markets: two a week" in said
    assert "Nothing wrong" in said


def test_saving_writes_the_file_itself_and_no_other(
    client: TestClient, desk: Desk, folder: Path
) -> None:
    """The policy on disk is then the one of both files."""
    key = draft_of(client, desk, **{ANONYMOUS: "5"}).partition("=")[2]
    form = sent(desk, v=key, text=desk.version(key).text)
    assert client.post("/policy/save", data=form).headers["location"] == "/policy?told=saved"
    assert (folder / "sections" / "markets.toml").read_text(encoding="utf-8") == MARKETS
    policy = load_policy(folder / "policy.toml")
    assert policy.meter("monthly").limit["anonymous"] == 5
    assert policy.rule("markets: two a week").group.name == "markets"


def test_a_mistake_in_another_file_is_told_with_that_file(
    client: TestClient, desk: Desk, folder: Path
) -> None:
    """By its path from the folder, and nothing is saved meanwhile: also not a draft from before."""
    file = desk.file()
    draft = desk.keep(file.text.replace("anonymous = 3", "anonymous = 5"))
    assert draft.policy is not None
    path = folder / "sections" / "markets.toml"
    path.write_text(MARKETS.replace('spend = "markets"', 'spend = "market"'), encoding="utf-8")
    for address in ("/policy", f"/policy?v={draft.key}"):
        said = words(client.get(address))
        assert "1 error. The last good policy stays in force." in said
        assert "sections/markets.toml, line 18" in said, said
    with pytest.raises(PolicyError, match=r"sections/markets\.toml:18:9"):
        desk.save(desk.version(draft.key), expected=file.digest)
    path.write_text(MARKETS, encoding="utf-8")
    assert desk.version(draft.key).policy == draft.policy


def test_what_both_files_say_is_told(client: TestClient, desk: Desk) -> None:
    """A draft that says once more what another file says is no policy, and the place is named."""
    draft = desk.keep(f"{desk.file().text}\n{METER}")
    assert draft.policy is None
    (problem,) = draft.problems
    assert "there are two meters called `markets`" in problem.message
    assert "markets.toml:1:2" in (problem.help or "")
