"""A file that cannot be read is told the same way by every command, whatever it was for."""

from __future__ import annotations

import click
import pytest

from meter.cli import COMMANDS, main
from meter.commands.options import FilePath, FolderPath

LINES = {
    "check": ["check {}"],
    "explain": ["explain {} events.jsonl", "explain policy.toml {}"],
    "journey": [
        "journey {}",
        "journey months.journey.toml --policy {}",
        "journey months.journey.toml --against {}",
    ],
    "decide": ["decide {} events.jsonl", "decide policy.toml {}"],
    "render": ["render {} events.jsonl", "render policy.toml {}"],
    "gallery": ["gallery {} --out page.html"],
    "migrate": ["migrate {}"],
    "prove": ["prove {}", "prove policy.toml --never-stricter-than {}"],
    "publish": ["publish {} --out public"],
    "mutate": ["mutate {}"],
    "diff": ["diff {} policy.toml", "diff policy.toml {}", "diff policy.toml policy.toml --log {}"],
    "replay": [
        "replay {} log.csv",
        "replay policy.toml {}",
        "replay policy.toml log.csv --recorded-under {}",
    ],
    "preview": [
        "preview {} --address https://harbour.example/a --as staff --secret-file events.jsonl",
        "preview policy.toml --address https://harbour.example/a --as staff --secret-file {}",
    ],
    "serve": [
        "serve {} --store memory:// --no-key",
        "serve policy.toml --store memory:// --key-file {}",
        "serve policy.toml --store memory:// --no-key --secret-file {}",
    ],
    "gift": [
        "gift make {} a1 --giver anna --store memory:// --secret-file policy.toml",
        "gift make policy.toml a1 --giver anna --store memory:// --secret-file {}",
        "gift list {} --giver anna --store memory:// --secret-file policy.toml",
        "gift list policy.toml --giver anna --store memory:// --secret-file {}",
        "gift end {} x --store memory:// --secret-file policy.toml",
        "gift end policy.toml x --store memory:// --secret-file {}",
    ],
    "studio": [
        "studio {}",
        "studio {} --write",
        "studio policy.toml --no-open --site https://harbour.example --secret-file {}",
    ],
    "import": [
        "import counts {} --policy policy.toml --store sqlite:///usage.db",
        "import counts log.csv --policy {} --store sqlite:///usage.db",
        "import counts log.csv --policy policy.toml --store sqlite:///usage.db --secret-file {}",
        "import newspack {} --out made",
    ],
    "simulate": ["simulate {}", "simulate policy.toml --assumptions {}"],
    "compare": [
        "compare {} policy.toml",
        "compare policy.toml {}",
        "compare policy.toml policy.toml --assumptions {}",
    ],
}
"""Every place of every command where a file to read is named."""

WITHOUT_FILES = {"demo", "init", "schema"}
EVERYWHERE = [line for lines in LINES.values() for line in lines]


@pytest.fixture
def told(meter, folder):
    """Run a line with a name in it, and return what is printed where, and the exit code."""
    (folder / "log.csv").write_text("reader,at,article\nr,2026-06-01T00:00:00Z,a\n")

    def run(line, name):
        answer = meter(*(name if word == "{}" else word for word in line.split()))
        return answer.code, answer.out, answer.err

    return run


def test_every_command_that_reads_files_is_tried():
    """And every argument and option of theirs that names one."""
    assert set(LINES) | WITHOUT_FILES == set(COMMANDS)
    for name, lines in LINES.items():
        read = [one for one in every_param(name) if isinstance(one.type, FilePath)]
        assert len(lines) >= len(read)


def every_param(name):
    """Return the arguments and options of a command, and of those in it."""
    command = main.get_command(click.Context(main), name)
    parts = command.commands.values() if isinstance(command, click.Group) else ()
    return [param for one in (command, *parts) for param in one.params]


@pytest.mark.parametrize("line", EVERYWHERE)
def test_a_file_that_is_not_there(told, line):
    """The name, the code, the words and the next step; exit code 2, and nothing on stdout."""
    words = (
        "polcy.toml: error[no-such-file]: there is no file `polcy.toml`\n"
        "  help: did you mean `policy.toml`?\n"
    )
    assert told(line, "polcy.toml") == (2, "", words)


@pytest.mark.parametrize("line", EVERYWHERE)
def test_a_folder_that_is_not_there(told, line):
    """It is the folder that is named, not the file in it."""
    words = (
        "none/x.toml: error[no-such-file]: there is no file `none/x.toml`\n"
        "  help: there is no folder `none`\n"
    )
    assert told(line, "none/x.toml") == (2, "", words)


@pytest.mark.parametrize("line", EVERYWHERE)
def test_a_folder_where_a_file_is_needed(told, folder, line):
    """The files in it are offered."""
    (folder / "rules").mkdir()
    (folder / "rules" / "spring.toml").touch()
    words = (
        "rules: error[no-such-file]: `rules` is a folder, not a file\n"
        "  help: did you mean `rules/spring.toml`?\n"
    )
    assert told(line, "rules") == (2, "", words)


@pytest.mark.parametrize("line", EVERYWHERE)
def test_a_file_that_the_system_does_not_read(told, folder, line):
    """A link that leads to itself, which nobody may read, not even the administrator."""
    (folder / "loop.toml").symlink_to("loop.toml")
    words = (
        "loop.toml: error[unreadable-file]: `loop.toml` cannot be read:"
        " too many levels of symbolic links\n"
        "  help: check the name and who may read it\n"
    )
    assert told(line, "loop.toml") == (2, "", words)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("wals", "wals: error[no-such-file]: there is no folder `wals`\n  help: check the name\n"),
        (
            "none/wall",
            (
                "none/wall: error[no-such-file]: there is no folder `none/wall`\n"
                "  help: there is no folder `none`\n"
            ),
        ),
        (
            "policy.toml",
            (
                "policy.toml: error[no-such-file]: `policy.toml` is a file, not a folder\n"
                "  help: name a folder, such as `.`\n"
            ),
        ),
    ],
)
def test_a_folder_to_read_that_is_none(told, name, says):
    """Told as a file is."""
    for line in (
        "render policy.toml events.jsonl --templates {}",
        "gallery policy.toml --out page.html --templates {}",
        "check policy.toml --templates {}",
        "prove policy.toml --published {}",
        "preview policy.toml --drafts {} --address https://h.example/a --as staff",
    ):
        assert told(line, name) == (2, "", says)


def test_every_option_that_names_a_folder_is_tried():
    """Another option of this kind needs its own line above."""
    read = {
        (name, param.name)
        for name in COMMANDS
        for param in every_param(name)
        if isinstance(param.type, FolderPath)
    }
    templates = {(name, "templates") for name in ("render", "gallery", "check")}
    assert read == {*templates, ("preview", "drafts"), ("prove", "published")}


def test_a_pipe_is_read_once(shell):
    """Looking whether it can be read takes nothing out of it."""
    line = "mkfifo pipe && (cat events.jsonl > pipe & meter decide policy.toml pipe)"
    assert shell(line).out == shell("meter decide policy.toml events.jsonl").out


@pytest.mark.parametrize("name", ["polcy.toml", "loop.toml"])
def test_check_tells_it_in_json_too(meter, folder, name):
    """As one of the problems of a policy."""
    (folder / "loop.toml").symlink_to("loop.toml")
    document = meter("check", name, "--format", "json").json
    (problem,) = document["policies"][0]["problems"]
    assert document["ok"] is False
    assert problem["code"] in {"no-such-file", "unreadable-file"}
