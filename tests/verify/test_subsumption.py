"""Nobody is worse off than under another policy: proved, or told with a story."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from click.testing import CliRunner

from meter import (
    Access,
    Article,
    Entitlement,
    PageView,
    Policy,
    Reader,
    Usage,
    decide,
    loads_policy,
)
from meter.cli import main
from meter.verify.answers import ProofOutcome
from meter.verify.subsumption import never_stricter

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEAD = '[publication]\nname = "X"\ntimezone = "UTC"\n'
WINDOWS = ('{ calendar = "month" }', '{ calendar = "week" }', '{ rolling = "30 days" }')
READERS = (
    Reader(id="a"),
    Reader(id="b", registered=True),
    Reader(id="c", entitlements=[Entitlement(kind="subscription")]),
)
ARTICLES = [
    {"access": access, "section": section}
    for access in ("free", "metered", "premium")
    for section in ("news", "sport")
]
WHENS = (
    "",
    'when = { section = ["news"] }\n',
    'when = { reader = ["registered"] }\n',
    "when = { covered = true }\n",
    'when = { access = ["free"] }\n',
    "when = { left = { m = { at_least = 1 } } }\n",
    'when = { exhausted = ["m"] }\n',
)


def policy_text(draw: Random, windows: tuple[str, ...]) -> str:
    """Return a small policy with two meters and rules that are drawn."""
    counts = draw.choice(("", "", 'counts = { section = ["sport"] }\n'))
    meters = "".join(
        f"[meters.{name}]\nwindow = {windows[0 if name == 'm' else 1]}\n"
        f"limit = {draw.choice(('1', '2', '3', '{ anonymous = 1, registered = 3 }'))}\n"
        f"{counts if name == 'm' else ''}"
        for name in ("m", "n")
    )
    rules = []
    for number in range(draw.randint(1, 3)):
        shows = draw.choice(
            (
                'show = "article"\n',
                'spend = "m"\nshow = "countdown"\n',
                'spend = "n"\nshow = "article"\n',
                'spend = ["m", "n"]\nshow = "countdown"\n',
                'show = "subscription-wall"\n',
            )
        )
        rules.append(f'[[rules]]\nname = "r{number}"\n{draw.choice(WHENS)}{shows}')
    rules.append('[[rules]]\nname = "else"\nshow = "wall"\n')
    return HEAD + meters + "".join(rules)


def pair(seed: int) -> tuple[Policy, Policy]:
    """Return two policies that are alike in some parts."""
    draw = Random(seed)
    windows = (draw.choice(WINDOWS), draw.choice(WINDOWS))
    old = policy_text(draw, windows)
    new = policy_text(draw, windows)
    if draw.random() < 0.7:
        new = old.replace("limit = 2", f"limit = {draw.randint(1, 4)}")
        opened = '\nshow = "article"\n[[rules]]'
        if draw.random() < 0.5 and 'spend = "n"' not in new:
            new = new.replace(opened, '\nshow = "wall"\n[[rules]]', 1)
    if draw.random() < 0.1:
        new = new.replace(windows[0], draw.choice(WINDOWS))
    return loads_policy(new), loads_policy(old)


def worse_off(new: Policy, old: Policy, draw: Random, lives: int) -> bool:
    """Say whether somebody is found who is worse off with the record of the old policy."""
    for _ in range(lives):
        reader = draw.choice(READERS)
        usage = Usage()
        now = NOW
        for _ in range(12):
            article = Article(id=f"x{draw.randint(0, 9)}", **draw.choice(ARTICLES))
            view = PageView(article=article)
            now += draw.choice((timedelta(minutes=1), timedelta(days=9)))
            was, after = decide(old, reader, view, usage, now)
            same, _ = decide(new, reader, view, usage, now)
            usage = after
            if (was.access, same.access) == (Access.FULL, Access.PREVIEW):
                return True
    return False


def test_answers_agree_with_lives_that_are_lived() -> None:
    """`proved` meets nobody who is worse off; a story ends with somebody who is."""
    seen: Counter[str] = Counter()
    for seed in range(150):
        new, old = pair(seed)
        answer = never_stricter(new, old)
        seen[str(answer.outcome)] += 1
        if answer.outcome is ProofOutcome.PROVED:
            assert not worse_off(new, old, Random(seed), 40), seed
        elif answer.outcome is ProofOutcome.FAILS:
            last = answer.counterexample.steps[-1].asked
            usage = last.usage
            if answer.counterexample.before is None:
                usage = Usage()
                for step in answer.counterexample.steps[:-1]:
                    asked = step.asked
                    _, usage = decide(old, asked.reader, asked.view, usage, asked.now)
            was, _ = decide(old, last.reader, last.view, usage, last.now)
            now, _ = decide(new, last.reader, last.view, last.usage, last.now)
            assert (Access.FULL, Access.PREVIEW) == (was.access, now.access), seed
    assert min(seen["proved"], seen["fails"]) > 20, seen
    assert seen["not decided"] < 30, seen


def test_a_policy_is_never_stricter_than_itself() -> None:
    """Proved, whatever it says."""
    for seed in range(20):
        new, _ = pair(seed)
        assert never_stricter(new, new).outcome is ProofOutcome.PROVED


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (("limit = 3", "limit = 4"), "proved"),
        (("limit = 3", 'limit = "none"'), "proved"),
        (("limit = 3", "limit = 2"), "fails"),
        (('calendar = "month"', 'calendar = "day"'), "not decided"),
        (('show = "wall"', 'show = "article"'), "proved"),
        (("[meters.m]", "[meters.q]"), "not decided"),
        (('timezone = "UTC"', 'timezone = "Asia/Tokyo"'), "not decided"),
    ],
)
def test_one_change_at_a_time(tmp_path, change, outcome) -> None:
    """With the exit code and the words that go with it."""
    text = (
        HEAD + '[meters.m]\nwindow = { calendar = "month" }\nlimit = 3\n[[rules]]\nname = "a"\n'
        'spend = "m"\nshow = "countdown"\n[[rules]]\nname = "b"\nshow = "wall"\n'
    )
    new = text.replace(*change)
    if change[0] == "[meters.m]":
        new = new.replace('spend = "m"', 'spend = "q"')
    files = [tmp_path / "new.toml", tmp_path / "old.toml"]
    for file, said in zip(files, (new, text), strict=True):
        file.write_text(said, encoding="utf-8")
    command = ["prove", str(files[0]), "--never-stricter-than", str(files[1])]
    found = CliRunner().invoke(main, command)
    assert found.exit_code == (0 if outcome == "proved" else 1)
    assert outcome in found.stdout
    told = json.loads(CliRunner().invoke(main, [*command, "--format", "json"]).stdout)
    (answer,) = told["answers"]
    assert (outcome, "never-stricter") == (answer["outcome"], answer["code"])
    assert (answer["story"] is not None) == (outcome == "fails")
