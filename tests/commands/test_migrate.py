"""`meter migrate` shows what would change, rewrites on demand, and refuses unknown names."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from meter.cli import main

OLD = (
    "<p>\r\nYou have <<numberArticlesLeft>> free article&lt;&lt;numberArticlesLeft-plural&gt;&gt;"
    " {{ a - b }}\r\n</p>"
)
NEW = "<p>\r\nYou have {{ left }} free article{{ left_plural }} {{ a - b }}\r\n</p>"


@pytest.fixture
def run(tmp_path):
    """Runs `meter migrate` on files of a fresh folder."""
    (tmp_path / "old.html").write_bytes(OLD.encode())
    (tmp_path / "new.html").write_bytes(NEW.encode())
    (tmp_path / "bad.html").write_text("x\n <<numberArticlesRead>>")

    def migrate(*arguments):
        names = [
            str(tmp_path / argument) if argument.endswith(".html") else argument
            for argument in arguments
        ]
        return CliRunner().invoke(main, ["migrate", *names])

    return migrate


def test_changes_are_shown_and_not_made(run, tmp_path):
    """A diff on stdout, what it means on stderr."""
    result = run("old.html", "new.html")
    assert 0 == result.exit_code
    assert "-You have <<numberArticlesLeft>>" in result.stdout
    assert "+You have {{ left }} free article{{ left_plural }} {{ a - b }}" in result.stdout
    assert "1 of 2 to rewrite; add `--write` to do it" in result.stderr
    assert OLD.encode() == (tmp_path / "old.html").read_bytes()


def test_write_rewrites_in_place_and_once(run, tmp_path):
    """Line ends and everything else stay; a second run finds nothing to do."""
    (tmp_path / "old.html").chmod(0o640)
    assert 0 == run("--write", "old.html", "new.html").exit_code
    assert [NEW.encode()] * 2 == [
        (tmp_path / name).read_bytes() for name in ("old.html", "new.html")
    ]
    assert 0o640 == (tmp_path / "old.html").stat().st_mode & 0o777
    again = run("--write", "old.html")
    assert "nothing to do" in again.stderr
    assert ["bad.html", "new.html", "old.html"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_link_is_followed_and_kept(run, tmp_path):
    """The file it leads to is the one that changes."""
    (tmp_path / "link.html").symlink_to(tmp_path / "old.html")
    assert 0 == run("--write", "link.html").exit_code
    assert (tmp_path / "link.html").is_symlink()
    assert NEW.encode() == (tmp_path / "old.html").read_bytes()


def test_one_unknown_placeholder_stops_everything(run, tmp_path):
    """Nothing is written, and the place is told."""
    result = run("--write", "old.html", "bad.html")
    assert 2 == result.exit_code
    assert "bad.html:2:2: error[unknown-placeholder]" in result.stderr
    assert "did you mean `<<numberArticlesLeft>>`?" in result.stderr
    assert OLD.encode() == (tmp_path / "old.html").read_bytes()


def test_json_lists_the_files(run):
    """One document, whether written or not."""
    told = json.loads(run("old.html", "new.html", "--format", "json").stdout)
    assert [(True, False), (False, False)] == [(file["changed"], file["written"]) for file in told]
    assert [(True, True)] == [
        (file["changed"], file["written"])
        for file in json.loads(run("--write", "old.html", "--format", "json").stdout)
    ]


def test_a_missing_file_is_told(run):
    """As bad usage."""
    assert 2 == run("gone.html").exit_code
