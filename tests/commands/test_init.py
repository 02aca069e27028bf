"""`meter init` writes a folder that works, and overwrites nothing."""

from __future__ import annotations


def test_init_writes_a_folder_that_works(meter, folder):
    """Everything it says to try next does what it should."""
    assert meter("init", "paywall").code == 0
    written = sorted(path.name for path in (folder / "paywall").iterdir())
    assert written == sorted(path.name for path in folder.iterdir() if path.is_file())
    assert (
        meter("check", "paywall/policy.toml", "--today", "2026-06-01").out
        == "paywall/policy.toml: nothing wrong (7 rules, 1 meter, 1 offer)\n"
    )
    assert meter("journey", *(folder / "paywall").glob("*.journey.toml")).code == 0
    assert len(meter("decide", "paywall/policy.toml", "paywall/events.jsonl").lines) == 12
    told = (folder / "paywall" / "README.md").read_text()
    assert [name for name in written if name != "README.md" and name not in told] == []


def test_init_overwrites_nothing(meter, folder):
    """Not even when only one of the files is there."""
    (folder / "paywall").mkdir()
    (folder / "paywall" / "events.jsonl").write_text("mine")
    answer = meter("init", "paywall")
    assert (answer.code, answer.out) == (2, "")
    assert "`paywall/events.jsonl` is there already and is not overwritten" in answer.err
    assert [path.name for path in (folder / "paywall").iterdir()] == ["events.jsonl"]
