"""`meter render` prints what the page says, in both formats and any language."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from meter import Article, PageView, Reader, Usage, decide, load_policy, render
from tests.commands.sample import EVENT


def test_render_prints_what_the_page_says(meter, folder):
    """In both formats, in both languages; a view that says nothing prints nothing."""
    policy = load_policy(folder / "policy.toml")
    decision, _ = decide(
        policy,
        Reader(id="r1"),
        PageView(article=Article(id="a1")),
        Usage(),
        datetime(2026, 6, 1, 9, tzinfo=UTC),
    )
    for form in ("text", "html"):
        for locale in (None, "ja"):
            options = (
                "--format",
                form,
                "--layout",
                "narrow",
                *(("--locale", locale) if locale else ()),
            )
            said = meter("render", "policy.toml", *options, given=EVENT).out
            assert (
                said
                == render(decision, policy, locale=locale, layout="narrow", format=form).strip("\n")
                + "\n\n"
            )
    paid = json.dumps(
        {**json.loads(EVENT), "reader": {"id": "s", "entitlements": [{"kind": "subscription"}]}}
    )
    assert meter("render", "policy.toml", given=paid).out == ""


def test_render_takes_a_publishers_own_templates(meter, folder):
    """From a folder."""
    (folder / "own").mkdir()
    (folder / "own" / "countdown.txt.j2").write_text("Ours: {{ left }}\n")
    assert meter("render", "policy.toml", "--templates", "own", given=EVENT).out == "Ours: 2\n\n"
