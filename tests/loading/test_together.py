"""Policies in several files, and rules in groups."""

import os
from datetime import UTC, datetime
from itertools import product

import pytest
from attrs import evolve
from hypothesis import given

from meter import (
    Article,
    Meter,
    PageView,
    Policy,
    PolicyError,
    Reader,
    Rule,
    Usage,
    Window,
    decide,
    load_policy,
    loads_policy,
)
from meter.loading import check_text, dumps_policy
from meter.loading.policies import read_placed
from meter.loading.together import files_of, read_files
from meter.loading.together.edits import edited_parts
from meter.loading.together.files import MOST_FILES
from meter.policy import Publication, When
from meter.policy.faults.conditions import nested
from meter.policy.groups import joined, place_in_join
from meter.testing import strategies
from meter.testing.strategies.conditions import SWITCHES
from meter.verify import changes

METERS = """\
[meters.monthly]
window = { calendar = "month" }
limit = 3

[[rules]]
name = "what a right covers"
when = { covered = true }
show = "article"
"""
MARKETS = """\
[[groups]]
name = "markets"
when = { section = ["markets"], access = ["metered"] }

[[groups.rules]]
name = "markets for accounts"
when = { account = true }
spend = "monthly"
show = "countdown"

[[groups.rules]]
name = "markets for everyone else"
when = { access = ["metered"] }
show = "wall"
"""
OWN = """\
include = ["meters.toml", "sections/markets.toml"]

[publication]
name = "The Harbour Review"

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"
"""
HEAD = OWN.partition("[[rules]]")[0]
WHOLE = """\
[publication]
name = "The Harbour Review"

[meters.monthly]
window = { calendar = "month" }
limit = 3

[[rules]]
name = "what a right covers"
when = { covered = true }
show = "article"

[[rules]]
name = "markets for accounts"
when = { section = ["markets"], access = ["metered"], account = true }
spend = "monthly"
show = "countdown"

[[rules]]
name = "markets for everyone else"
when = { section = ["markets"], access = ["metered"] }
show = "wall"

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"
"""
LAST = '\n[[rules]]\nname = "everyone else"\nshow = "wall"\n'
PUBLICATION = '\n[publication]\nname = "The Harbour Review"\n'


@pytest.fixture
def folder(tmp_path):
    """A policy in three files."""
    return written(tmp_path / "policies")


def written(folder, **texts):
    """Write the three files, or others instead: a name has `_` for `.` and `__` for `/`."""
    texts = {"policy_toml": OWN, "meters_toml": METERS, "sections__markets_toml": MARKETS, **texts}
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def told(folder):
    """Return the problems of a policy that cannot be used: file, line, code."""
    with pytest.raises(PolicyError) as caught:
        load_policy(folder / "policy.toml")
    return [
        (os.path.relpath(one.name, folder), one.line, one.code) for one in caught.value.problems
    ]


def test_rules_come_in_the_order_of_the_files_and_of_each_file(folder):
    """Included files as they are listed, groups before rules, the policy's own file last."""
    policy = load_policy(folder / "policy.toml")
    assert [rule.name for rule in policy.rules] == [rule.name for rule in loads_policy(WHOLE).rules]
    groups = [rule.group and rule.group.name for rule in policy.rules]
    assert groups == [None, "markets", "markets", None, None]


def test_all_rules_may_stand_in_files_that_are_included(folder):
    """The policy's own file has none then."""
    written(folder, policy_toml=HEAD, sections__markets_toml=MARKETS + LAST)
    names = [rule.name for rule in load_policy(folder / "policy.toml").rules]
    assert ["what a right covers", "everyone else"] == [names[0], names[-1]]


def test_all_rules_may_stand_in_groups():
    """The last group is for whoever is left: it has no `when`."""
    text = PUBLICATION + LAST.replace("[[rules]]", '[[groups]]\nname = "rest"\n[[groups.rules]]')
    (rule,) = loads_policy(text).rules
    assert ("everyone else", "rest") == (rule.name, rule.group.name)


def test_a_policy_without_any_rule_is_told_so(folder):
    """Once, and in its own file."""
    written(folder, policy_toml=HEAD, meters_toml="", sections__markets_toml="")
    assert [("policy.toml", 1, "no-rules")] == told(folder)


def test_it_is_the_policy_that_one_file_would_be(folder):
    """Nothing differs for any reader; written as one file it is equal, with the same digest."""
    policy = load_policy(folder / "policy.toml")
    assert changes(policy, loads_policy(WHOLE)).rows == ()
    again = loads_policy(dumps_policy(policy))
    assert (again, again.digest) == (policy, policy.digest)
    without_groups = Policy(
        publication=Publication(name="The Harbour Review"),
        meters=policy.meters,
        rules=[evolve(rule, group=None) for rule in policy.rules],
    )
    assert without_groups == policy


@given(
    strategies.whens(("monthly",), depth=1, least=1),
    strategies.whens(("monthly",), depth=1),
    strategies.readers(),
    strategies.page_views(),
    strategies.edge_times(),
)
def test_a_joined_condition_holds_where_both_do(shared, own, reader, view, at):
    """It asks for what both ask, whatever keys they share and whatever is not known."""
    asked = [policy_of(when) for when in (shared, own, joined(shared, own))]
    first, second, both = (
        decide(policy, reader, view, Usage(), at)[0].rule == "asked" for policy in asked
    )
    assert both is (first and second)


MOBILE_OR_JP = [When(device=["mobile"]), When(country=["JP"])]
APP_OR_US = [When(channel=["app"]), When(country=["US"])]


@pytest.mark.parametrize(
    ("shared", "own"),
    [
        (When(any=MOBILE_OR_JP), When(kind=["podcast"])),
        (When(any=MOBILE_OR_JP), When(any=APP_OR_US)),
        (When(any=MOBILE_OR_JP, not_=When(kind=["video"])), When(any=APP_OR_US)),
        (When(kind=["podcast", "video"], any=MOBILE_OR_JP), When(kind=["podcast"])),
        (When(kind=["podcast"]), When(kind=["podcast", "video"], any=APP_OR_US)),
        (When(not_=When(kind=["video"])), When(not_=When(country=["US"]))),
    ],
)
def test_each_way_to_join_asks_for_both(shared, own):
    """Side by side, one in the `any` of the other, or by "not" twice: on every page view."""
    asked = [policy_of(when) for when in (shared, own, joined(shared, own))]
    at = datetime(2026, 6, 1, tzinfo=UTC)
    answers = set()
    for device, country, channel, kind in product(
        (None, "mobile", "desktop"), (None, "JP", "US"), (None, "app"), (None, "podcast", "video")
    ):
        article = Article(id="a", access="metered", kind=kind)
        view = PageView(article=article, device=device, country=country, channel=channel)
        first, second, both = (
            decide(policy, Reader(id="r"), view, Usage(), at)[0].rule == "asked" for policy in asked
        )
        assert both is (first and second)
        answers.add((first, second))
    assert {(True, False), (False, True), (True, True)} <= answers


def policy_of(when):
    """Return a policy that opens where a condition holds."""
    window = Window(calendar="month")
    return Policy(
        publication=Publication(name="The Harbour Review"),
        meters=[Meter(name="monthly", window=window, limit=3)],
        switches=dict.fromkeys(SWITCHES, True),
        rules=[
            Rule(name="asked", when=when, show="article"),
            Rule(name="everyone else", show="wall"),
        ],
    )


@given(strategies.whens(depth=2, least=1), strategies.whens(depth=2))
def test_each_part_of_a_joined_condition_is_found_where_it_was_written(shared, own):
    """What stands at a place of the joined one stands at the place that is told."""
    for path, part in nested((), joined(shared, own)):
        is_shared, inner = place_in_join(shared, own, path)
        written_there = dict(nested((), shared if is_shared else own)).get(inner)
        is_made = path == () or part.not_ in (shared, own) or part.any is not None
        assert is_made or written_there == part


def test_a_problem_is_told_in_its_own_file(folder):
    """Of form and of meaning, in a rule, a group's condition and a table; each one time."""
    markets = MARKETS.replace('"markets"]', '"markts"]').replace('"countdown"', '"countdwn"')
    written(
        folder,
        policy_toml=OWN.replace('"monthly"', '"montly"') + '[words]\nsection = ["markets"]\n',
        meters_toml=METERS.replace("limit = 3", "limt = 3"),
        sections__markets_toml=markets,
    )
    assert told(folder) == [
        ("meters.toml", 3, "unknown-key"),
        ("sections/markets.toml", 3, "undeclared-word"),
        ("sections/markets.toml", 9, "unknown-word"),
        ("policy.toml", 8, "unknown-meter"),
    ]


def test_what_two_files_say_is_told_with_both_places(folder):
    """A name, a rule, a table without names, a word of the copy."""
    more = '\n[links]\nsubscribe = "/a"\n\n[copy]\nheadline = "a"\n'
    own = OWN.replace("[[rules]]", f"{more}\n{METERS}\n[[rules]]", 1)
    written(folder, meters_toml=METERS + more, policy_toml=own)
    with pytest.raises(PolicyError) as caught:
        load_policy(folder / "policy.toml")
    steps = [(one.line, one.message, one.help) for one in caught.value.problems]
    here = folder / "meters.toml"
    assert steps == [
        (7, "`links` is said in two files", f"keep one of the two; the other is at `{here}:10:2`"),
        (
            11,
            "`headline` is said in two files",
            f"keep one of the two; the other is at `{here}:14:1`",
        ),
        (
            13,
            "there are two meters called `monthly`",
            f"keep one of the two; the other is at `{here}:1:2`",
        ),
        (
            18,
            "there are two rules called `what a right covers`",
            f"give each its own name; the other is at `{here}:6:1`",
        ),
    ]


@pytest.mark.parametrize(
    ("include", "code"),
    [
        ('"walls.toml"', "wrong-type"),
        ("[3]", "wrong-type"),
        ('["walls.toml"]', "no-such-file"),
        ('["sections"]', "bad-include"),
        ('["sections.toml"]', "no-such-file"),
        ('["../outside.toml"]', "bad-include"),
        ('["sections/../../outside.toml"]', "bad-include"),
        ('["/etc/passwd.toml"]', "bad-include"),
        ('["/etc/passwd"]', "bad-include"),
        ('["out.toml"]', "bad-include"),
        ('["far/outside.toml"]', "bad-include"),
        ('["policy.toml"]', "bad-include"),
        ('["round.toml"]', "bad-include"),
        ('["meters.toml", "./meters.toml"]', "bad-include"),
        ('["again.toml"]', "bad-include"),
        ('["\\u0000.toml"]', "control-character"),
        ('["meters\\n.toml"]', "no-such-file"),
        ('["\\u202emeters.toml"]', "no-such-file"),
        ('[""]', "empty-text"),
        (str(["meters.toml"] * (MOST_FILES + 1)), "too-many"),
    ],
)
def test_a_file_that_cannot_be_a_part_is_not_opened(folder, include, code):
    """Outside the folder, through a link, twice, the policy itself, one that includes others."""
    (folder.parent / "outside.toml").write_text("[[rules]]\nsecret", encoding="utf-8")
    (folder / "out.toml").symlink_to(folder.parent / "outside.toml")
    (folder / "far").symlink_to(folder.parent)
    (folder / "round.toml").symlink_to(folder / "policy.toml")
    (folder / "again.toml").write_text('include = ["meters.toml"]', encoding="utf-8")
    written(folder, policy_toml=f"include = {include}\n{PUBLICATION}{LAST}")
    with pytest.raises(PolicyError) as caught:
        load_policy(folder / "policy.toml")
    assert {one.code for one in caught.value.problems} == {code}
    assert "secret" not in str(caught.value)


def test_links_within_the_folder_are_read(folder):
    """As Kubernetes lays out what it hands to a site: every file is a link into a folder."""
    mounted = folder.parent / "mounted"
    (mounted / "..2026").mkdir(parents=True)
    (mounted / "..data").symlink_to("..2026")
    for name in ("policy.toml", "meters.toml"):
        text = OWN.replace(', "sections/markets.toml"', "") if name == "policy.toml" else METERS
        (mounted / "..2026" / name).write_text(text, encoding="utf-8")
        (mounted / name).symlink_to(f"..data/{name}")
    assert len(load_policy(mounted / "policy.toml").rules) == 3


def test_a_text_from_elsewhere_opens_no_file(folder, monkeypatch):
    """Without the folder a text that includes files is an error, also where they are beside it."""
    monkeypatch.chdir(folder)
    with pytest.raises(PolicyError, match="include-needs-folder"):
        loads_policy(OWN)
    policy, problems = check_text(OWN)
    assert (policy, [one.code for one in problems]) == (None, ["include-needs-folder"])
    assert loads_policy(OWN, folder=folder) == load_policy("policy.toml")
    assert loads_policy(f"include = []\n{WHOLE}") == loads_policy(WHOLE)


def test_a_file_reads_in_the_order_it_is_tried(folder):
    """A group below a rule is an error; in another file it is none."""
    written(folder, policy_toml=OWN + MARKETS.replace("markets", "money"))
    assert told(folder) == [("policy.toml", 14, "groups-after-rules")]


def test_a_warning_about_what_a_group_shares_is_told_once(folder):
    """In the line of the group's condition, by the path of the first of its rules."""
    markets = MARKETS.replace('access = ["metered"] }\n\n', "dates = { until = 2020-01-01 } }\n\n")
    files = files_of(
        OWN, str(folder / "policy.toml"), written(folder, sections__markets_toml=markets)
    )
    _, places = read_placed(files)
    found = [places.located(("rules", number, "when", "section")) for number in (1, 2)]
    assert [(one.line, one.column) for one in found] == [(3, 10), (3, 10)]


def test_an_edit_is_told_with_its_file_and_line(folder):
    """A meter, a rule that is new, one that moved, and a group's condition one time for all."""
    old = read_placed(read_files(folder / "policy.toml"))
    markets = MARKETS.replace('["markets"]', '["markets", "money"]')
    new = 'name = "new"\nwhen = { account = true }\nshow = "article"\n\n[[rules]]\nname = "within'
    written(
        folder,
        meters_toml=METERS.replace("limit = 3", "limit = 4"),
        policy_toml=OWN.replace('name = "within', new),
        sections__markets_toml=markets,
    )
    edits = edited_parts(old, read_placed(read_files(folder / "policy.toml")))
    assert [(one.what, one.change, one.new.removeprefix(f"{folder}/")) for one in edits] == [
        ("group `markets`", "changed", "sections/markets.toml:1"),
        ("rule `new`", "added", "policy.toml:6"),
        ("meter `monthly`", "changed", "meters.toml:1"),
    ]


def test_a_rule_between_others_has_moved(folder):
    """Only the one that moved is told."""
    old = read_placed(read_files(folder / "policy.toml"))
    first, second = MARKETS.split("[[groups.rules]]\n")[1:]
    head = MARKETS.partition("[[groups.rules]]")[0]
    turned = f"{head}[[groups.rules]]\n{second}\n[[groups.rules]]\n{first}"
    edits = edited_parts(
        old,
        read_placed(read_files(written(folder, sections__markets_toml=turned) / "policy.toml")),
    )
    assert [one.change for one in edits] == ["moved"]


WORDS = """\
[copy]
headline = "Stay"

[copy.texts.bar]
open = "More"
"""
DANISH = """\
[copy.da]
headline = "Bliv"

[words]
kind = ["podcast"]

[switches]
storm = false
"""


def test_words_of_a_language_are_found_in_the_file_that_has_them(folder):
    """`[copy]` is the publication's own language, and no other; what is missing is told below."""
    own = OWN.replace('["meters.toml"', '["words.toml", "meters.toml"')
    files = files_of(own + WORDS, str(folder / "policy.toml"), written(folder, words_toml=DANISH))
    _, places = read_placed(files)
    paths = [("copy", "da", "headline"), ("copy", "da", "texts", "bar"), ("copy", "en", "texts")]
    found = [places.located(path) for path in paths]
    assert [(os.path.relpath(one.name, folder), one.line) for one in found] == [
        ("words.toml", 2),
        ("words.toml", 1),
        ("policy.toml", 17),
    ]


def test_an_edit_of_a_table_in_several_files_is_told_part_by_part(folder):
    """A word of the copy, a switch, a list of words: added, changed and removed."""
    own = OWN.replace('["meters.toml"', '["words.toml", "meters.toml"')
    path = written(folder, policy_toml=own + WORDS, words_toml=DANISH) / "policy.toml"
    old = read_placed(read_files(path))
    danish = DANISH.replace("Bliv", "Bliv her").replace("storm = false", "storm = true")
    written(
        folder,
        policy_toml=own + WORDS.replace("headline", "pitch"),
        words_toml=danish.replace('kind = ["podcast"]', 'kind = ["podcast", "video"]'),
    )
    edits = edited_parts(old, read_placed(read_files(path)))
    told = [
        (one.what, one.change, *(place and place.removeprefix(f"{folder}/") for place in places))
        for one in edits
        for places in [(one.old, one.new)]
    ]
    assert told == [
        ("`headline` of `[copy.da]`", "changed", "words.toml:2", "words.toml:2"),
        ("`pitch` of `[copy]`", "added", None, "policy.toml:15"),
        ("`headline` of `[copy]`", "removed", "policy.toml:15", None),
        ("`kind` of `[words]`", "changed", "words.toml:5", "words.toml:5"),
        ("`storm` of `[switches]`", "changed", "words.toml:8", "words.toml:8"),
    ]


def test_there_are_at_most_five_hundred_rules_over_all_files(folder):
    """The files' rules count together."""
    rules = "".join(
        f'[[rules]]\nname = "rule {number}"\nwhen = {{ account = true }}\nshow = "article"\n'
        for number in range(498)
    )
    written(folder, sections__markets_toml=rules)
    assert ("policy.toml", 6, "too-many") in told(folder)
