"""The open file: drafts by their digest, saving only onto what was read, and undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meter.errors import MeterError, PolicyError
from meter.studio.desk import FILE, ConflictError, Desk, UnknownVersionError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_draft_is_found_by_its_key(desk: Desk) -> None:
    """A draft keeps its text; the file's own text is no draft."""
    file = desk.file()
    draft = desk.keep(file.text.replace("anonymous = 3", "anonymous = 5"))
    assert desk.version(draft.key).text == draft.text
    assert desk.keep(file.text).key == FILE
    with pytest.raises(UnknownVersionError, match="keeps no draft"):
        desk.version("0123456789abcdef")


def test_saving_and_undoing_keep_every_byte(desk: Desk) -> None:
    """Line ends of the file stay as they are, though browsers send their own; undo gives all."""
    before = desk.path.read_bytes().replace(b"\n", b"\r\n")
    desk.path.write_bytes(b"\xef\xbb\xbf" + before)
    file = desk.file()
    typed = file.text.removeprefix("\ufeff").replace("anonymous = 3", "anonymous = 5")
    saved = desk.save(desk.keep(typed.replace("\r\n", "\n")), expected=file.digest)
    wanted = b"\xef\xbb\xbf" + before.replace(b"anonymous = 3", b"anonymous = 5")
    assert desk.path.read_bytes() == wanted
    desk.undo(expected=saved.digest)
    assert desk.path.read_bytes() == b"\xef\xbb\xbf" + before


def test_a_file_that_was_changed_outside_is_left_as_it_is(desk: Desk) -> None:
    """Neither a save nor an undo writes over what somebody else wrote."""
    file = desk.file()
    draft = desk.keep(file.text.replace("anonymous = 3", "anonymous = 5"))
    saved = desk.save(draft, expected=file.digest)
    desk.path.write_text(file.text + "# theirs\n", encoding="utf-8")
    for attempt in (desk.undo, lambda expected: desk.save(draft, expected=expected)):
        with pytest.raises(ConflictError, match="changed outside"):
            attempt(expected=saved.digest)
    assert desk.path.read_text(encoding="utf-8") == file.text + "# theirs\n"


def test_a_broken_draft_is_kept_and_never_saved(desk: Desk) -> None:
    """The last good policy stays in force beside it."""
    file = desk.file()
    broken = desk.keep(file.text.replace('spend = "monthly"', 'spend = "montly"'))
    assert broken.policy is None
    assert desk.in_force(broken) == file.policy
    with pytest.raises(PolicyError):
        desk.save(broken, expected=file.digest)


def test_nothing_is_written_unless_asked_for(folder: Path) -> None:
    """Without `--write` there is no save, no undo and no new file."""
    desk = Desk(folder / "policy.toml")
    file = desk.file()
    with pytest.raises(MeterError, match="--write"):
        desk.save(file, expected=file.digest)
    with pytest.raises(MeterError, match="--write"):
        desk.add_file("new.journey.toml", "")


@pytest.mark.parametrize("name", ["../x.toml", "a/b.toml", "", ".hidden", "/etc/x", "..", "a\nb"])
def test_only_files_beside_the_policy_are_added(desk: Desk, name: str) -> None:
    """A name that leads elsewhere is refused, and so is one that is taken."""
    with pytest.raises(MeterError):
        desk.add_file(name, "x")
    with pytest.raises(MeterError, match="already"):
        desk.add_file("months.journey.toml", "x")
