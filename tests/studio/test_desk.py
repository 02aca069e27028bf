"""The open file: drafts by their digest, saving only onto what was read, and undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meter.errors import MeterError, PolicyError
from meter.studio.desk import FILE, ConflictError, Desk, NotSavedError, UnknownVersionError

if TYPE_CHECKING:
    from pathlib import Path

    Factory = pytest.TempPathFactory


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


def test_a_broken_text_falls_back_to_what_it_was_made_from(desk: Desk) -> None:
    """Never to what another tab tried: the same address always shows the same policy."""
    file = desk.file()
    mine = desk.keep(file.text.replace("anonymous = 3", "anonymous = 5"))
    theirs = desk.keep(file.text.replace("anonymous = 3", "anonymous = 9"))
    slip = mine.text.replace('spend = "monthly"', 'spend = "montly"')
    broken = desk.keep(slip, after=mine)
    assert desk.in_force(theirs) == theirs.policy
    assert desk.in_force(desk.version(broken.key)) == mine.policy
    desk.path.write_text("nonsense", encoding="utf-8")
    assert desk.in_force(desk.file()) == file.policy
    assert desk.in_force(desk.version(broken.key)) == mine.policy
    assert desk.keep(slip, after=theirs).key != broken.key


def test_a_draft_remembers_the_file_it_was_made_from(desk: Desk) -> None:
    """Kept again after the file was changed, it is another draft, and may be saved."""
    file = desk.file()
    text = file.text.replace("anonymous = 3", "anonymous = 5")
    draft = desk.keep(text, base=file.digest)
    desk.path.write_text(file.text + "# theirs\n", encoding="utf-8")
    again = desk.keep(text)
    assert desk.version(draft.key).base == file.digest
    assert again.base == desk.file().digest
    with pytest.raises(ConflictError):
        desk.save(desk.version(draft.key), expected=draft.base)


def test_one_change_keeps_every_other_line_end(desk: Desk) -> None:
    """Also where a file mixes them: a browser sends all alike."""
    lines = desk.path.read_bytes().split(b"\n")
    ends = (b"\r\n" if number % 5 == 0 else b"\n" for number in range(len(lines)))
    mixed = b"".join(line + end for line, end in zip(lines[:-1], ends, strict=False))
    desk.path.write_bytes(mixed)
    file = desk.file()
    typed = file.text.replace("\r\n", "\n").replace("anonymous = 3", "anonymous = 5")
    desk.save(desk.keep(typed.replace("\n", "\r\n")), expected=file.digest)
    assert desk.path.read_bytes() == mixed.replace(b"anonymous = 3", b"anonymous = 5")


def test_a_file_that_is_gone_costs_nobody_their_text(desk: Desk) -> None:
    """It is told, with the key of the draft, and nothing is left beside it."""
    file = desk.file()
    draft = desk.keep(file.text.replace("anonymous = 3", "anonymous = 5"))
    before = sorted(path.name for path in desk.folder.iterdir())
    desk.path.unlink()
    desk.path.mkdir()
    for expected in (file.digest, desk.file().digest):
        with pytest.raises(NotSavedError, match="cannot be read") as told:
            desk.save(draft, expected=expected)
        assert told.value.draft == draft.key
    assert sorted(path.name for path in desk.folder.iterdir()) == before
    assert desk.version(draft.key).text == draft.text


def test_nothing_outside_the_folder_is_written(desk: Desk, tmp_path_factory: Factory) -> None:
    """Neither through a policy that is a link, nor through a name that somebody planted."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    victim = elsewhere / "victim.txt"
    victim.write_text("theirs", encoding="utf-8")
    (desk.folder / ".policy.toml.new").symlink_to(victim)
    file = desk.file()
    draft = desk.keep(file.text.replace("anonymous = 3", "anonymous = 5"))
    desk.save(draft, expected=file.digest)
    assert victim.read_text(encoding="utf-8") == "theirs"
    desk.path.rename(elsewhere / "policy.toml")
    desk.path.symlink_to(elsewhere / "policy.toml")
    other = desk.keep(desk.file().text.replace("anonymous = 5", "anonymous = 7"))
    with pytest.raises(NotSavedError, match="another folder"):
        desk.save(other, expected=desk.file().digest)
    assert "anonymous = 5" in (elsewhere / "policy.toml").read_text(encoding="utf-8")


def test_saving_keeps_the_mode_and_undoes_many_times(desk: Desk) -> None:
    """Each undo gives back one more text; the file stays as private as it was."""
    desk.path.chmod(0o640)
    texts = [desk.file().text]
    for limit in (4, 5, 6):
        file = desk.file()
        texts.append(texts[0].replace("anonymous = 3", f"anonymous = {limit}"))
        desk.save(desk.keep(texts[-1]), expected=file.digest)
    assert desk.path.stat().st_mode & 0o777 == 0o640
    for text in reversed(texts[:-1]):
        desk.undo(expected=desk.file().digest)
        assert desk.path.read_text(encoding="utf-8") == text
    with pytest.raises(MeterError, match="nothing to undo"):
        desk.undo(expected=desk.file().digest)
