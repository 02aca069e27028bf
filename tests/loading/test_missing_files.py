"""Files that are not there, or cannot be read as text, are told with what to do next."""

import os

import pytest

from meter import PolicyError, load_policy


@pytest.fixture
def path(tmp_path):
    """A file that is there, whatever it holds."""
    path = tmp_path / "policy.toml"
    path.write_text("", encoding="utf-8")
    return path


def _problem(path):
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    (problem,) = caught.value.problems
    return problem


def test_a_missing_file_suggests_the_one_that_was_meant(path):
    """A name with a slip is told the name that is there."""
    problem = _problem(path.with_name("polcy.toml"))
    assert (problem.code, problem.help) == ("no-such-file", f"did you mean `{path}`?")


def test_a_missing_file_lists_what_is_there(path):
    """A name like no other is told which policies there are, or how to get one."""
    assert _problem(path.with_name("zzz")).help == "there are: `policy.toml`"
    path.unlink()
    assert _problem(path.with_name("zzz")).help == "`meter init` writes a sample policy"


def test_a_missing_folder_is_told(path):
    """It is the folder that is not there."""
    assert "there is no folder" in _problem(path.parent / "none" / "policy.toml").help


def test_a_folder_is_no_policy(path):
    """A folder is told which policy in it was meant."""
    problem = _problem(path.parent)
    assert problem.code == "no-such-file"
    assert problem.help.startswith("did you mean")
    path.unlink()
    assert _problem(path.parent).help == "name the file itself"


def test_a_pipe_is_not_waited_for(tmp_path):
    """Something that is no file is refused instead of read for ever."""
    os.mkfifo(tmp_path / "policy.toml")
    assert _problem(tmp_path / "policy.toml").code == "no-such-file"


def test_a_name_that_cannot_be_one_is_told():
    """A name with a null character is no name."""
    assert _problem("a\0b").code in {"unreadable-file", "no-such-file"}
    assert _problem("a" * 5000).code == "unreadable-file"


def test_bytes_that_are_not_utf_8_are_located(path):
    """The place of the first wrong byte is told."""
    path.write_bytes("# é\nname = '".encode() + b"\xe9'\n")
    problem = _problem(path)
    assert (problem.code, problem.line, problem.column) == ("bad-encoding", 2, 9)
