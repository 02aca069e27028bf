"""`meter publish` writes what machines read, and `meter prove` says what became untrue of it."""

from __future__ import annotations

import pytest

from tests.web.published import POLICY

NAMES = ["robots.txt", "rsl.xml", "headers.txt", "article.jsonld"]


@pytest.fixture
def machines(folder):
    """Put a policy with `[machines]` into the folder, and one with another price."""
    policy = POLICY.replace('section = ["weekend"]', 'section = ["weekend"], access = ["metered"]')
    (folder / "machines.toml").write_text(policy, encoding="utf-8")
    (folder / "dearer.toml").write_text(policy.replace("USD 0.01", "USD 0.05"), encoding="utf-8")


@pytest.mark.usefixtures("machines")
def test_files_are_written_and_named(meter):
    """One line a file; the second time nothing changes."""
    first = meter("publish", "machines.toml", "--out", "public/files")
    assert first.code == 0
    assert [line.partition(": ")[0] for line in first.out.splitlines()] == [
        f"public/files/{name}" for name in NAMES
    ]
    again = meter("publish", "machines.toml", "--out", "public/files", "--format", "json").json
    assert [one["name"] for one in again["files"]] == NAMES
    assert not any(one["changed"] for one in again["files"])


@pytest.mark.usefixtures("machines")
def test_prove_names_the_line_that_became_untrue(meter):
    """With exit code 1, as text and as JSON; of the policy it was made of, every line is true."""
    meter("publish", "machines.toml", "--out", "public")
    true = meter("prove", "machines.toml", "--published", "public")
    assert true.out.splitlines()[-1] == "every line of the files in `public` is true"
    stale = meter("prove", "dearer.toml", "--published", "public")
    assert (stale.code, true.code) == (1, 0)
    assert "public/rsl.xml:13: error[published-untrue]: `<amount" in stale.out
    document = meter("prove", "dearer.toml", "--published", "public", "--format", "json").json
    assert document["ok"] is False
    (line,) = document["published"]
    assert (line["name"], line["line"], line["code"]) == (
        "public/rsl.xml",
        13,
        "published-untrue",
    )


def test_without_the_table_the_lines_to_add_are_told(meter):
    """The sample says nothing to machines."""
    answer = meter("publish", "policy.toml", "--out", "public")
    assert answer.code == 2
    assert "error[no-machines-table]" in answer.err
    assert 'add `[machines]` with `site = "https://www.example.com"`' in answer.err


@pytest.mark.usefixtures("machines")
def test_a_file_in_the_way_is_kept(meter, folder):
    """Exit code 2, and `--force` replaces it."""
    (folder / "robots.txt").write_text("User-agent: *\n", encoding="utf-8")
    answer = meter("publish", "machines.toml", "--out", ".")
    assert answer.code == 2
    assert "`robots.txt` was made by something else and is not replaced" in answer.err
    assert meter("publish", "machines.toml", "--out", ".", "--force").code == 0
