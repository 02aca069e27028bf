"""`check --templates`, `migrate` and `render` say the same of a template."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from meter.cli import main

POLICY = """
[publication]
name = "The Harbour Review"
[meters.monthly]
window = { calendar = "month" }
limit = 3
[[rules]]
name = "three a month"
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
EVENT = '{"at": "2026-06-10T09:00:00Z", "reader": {"id": "r"}, "article": {"id": "a"}}\n'
WRONG = {
    "<a title={{ headline }}>x</a>": "html-placeholder",
    '<a href="{{ headline }}">x</a>': "html-link",
    "<script>if (a<<numberArticlesLeft>>1) steal()</script>": "html-element",
    "<p onclick='f()'>x</p>": "html-attribute",
    "{% if left %}<p {% endif %}>": "html-branch",
    "<p title=='x'>": "html-broken",
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in a folder with a policy, a page view and a folder of prompts."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "events.jsonl").write_text(EVENT)
    (tmp_path / "prompts").mkdir()
    return lambda *arguments: CliRunner().invoke(main, [*arguments])


@pytest.mark.parametrize(("template", "code"), WRONG.items(), ids=WRONG.values())
def test_three_commands_tell_the_same_code_and_place(run, template, code, tmp_path):
    """`migrate` as a warning, since it only rewrites placeholders; the others as an error."""
    (tmp_path / "prompts" / "countdown.html.j2").write_text(template)
    place = "prompts/countdown.html.j2:1:"
    rendered = run(
        "render", "policy.toml", "events.jsonl", "--format", "html", "--templates", "prompts"
    )
    assert 2 == rendered.exit_code
    migrated = run("migrate", "prompts/countdown.html.j2")
    assert 0 == migrated.exit_code
    assert "0 of 1 to rewrite" in migrated.stderr
    checked = run("check", "policy.toml", "--templates", "prompts")
    assert 1 == checked.exit_code
    column = rendered.stderr.partition(place)[2].partition(":")[0]
    assert f"{place}{column}: error[{code}]" in rendered.stderr
    assert f"{place}{column}: warning[{code}]" in migrated.stderr
    assert f"{place}{column}: error[{code}]" in checked.stdout


def test_check_looks_at_every_file_of_the_folder(run, tmp_path):
    """Templates of both kinds, files of texts, and those that nobody includes."""
    (tmp_path / "prompts" / "texts").mkdir()
    files = {
        "a.html.j2": "{{ wrong }}",
        "b.txt.j2": "<a title={{ headline }}",
        "c.html.j2": "{% include 'a.html.j2' %}",
        "texts/de.toml": "[left\n",
    }
    for name, text in files.items():
        (tmp_path / "prompts" / name).write_text(text)
    checked = run("check", "policy.toml", "--templates", "prompts", "--format", "json")
    (_, folder) = json.loads(checked.stdout)["policies"]
    assert 1 == checked.exit_code
    assert ["unknown-variable", "bad-texts"] == [item["code"] for item in folder["problems"]]


def test_check_looks_into_the_folder_that_the_policy_names(run, tmp_path):
    """Once, also for several policies beside it, and without being told of it."""
    named = POLICY.replace("[meters", 'templates = "prompts"\n[meters', 1)
    (tmp_path / "named.toml").write_text(named)
    (tmp_path / "again.toml").write_text(named)
    (tmp_path / "prompts" / "countdown.html.j2").write_text("{{ wrong }}")
    checked = run("check", "named.toml", "again.toml", "policy.toml", "--format", "json")
    found = json.loads(checked.stdout)["policies"]
    assert 1 == checked.exit_code
    assert ["named.toml", "again.toml", "policy.toml", "prompts"] == [
        one["policy"] for one in found
    ]
    assert ["unknown-variable"] == [item["code"] for item in found[3]["problems"]]


def test_check_finds_nothing_wrong_with_what_may_be_used(run, tmp_path):
    """And says so of the folder."""
    (tmp_path / "prompts" / "countdown.html.j2").write_text("<p>{{ heading }}</p>")
    checked = run("check", "policy.toml", "--templates", "prompts")
    assert 0 == checked.exit_code
    assert "prompts: nothing wrong" in checked.stdout


def test_a_text_is_migrated_without_a_word_about_html(run, tmp_path):
    """What ends in `.txt` or `.txt.j2` is none."""
    (tmp_path / "old.txt").write_text("<a title=<<numberArticlesLeft>>")
    migrated = run("migrate", "old.txt")
    assert "warning" not in migrated.stderr
    assert "+<a title={{ left }}" in migrated.stdout
