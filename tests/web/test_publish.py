"""Published files say what the wall does, and are found out where they do not any more."""

from __future__ import annotations

import json
import os
import resource
import xml.etree.ElementTree as ET
from collections import Counter
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import PolicyError, loads_policy
from meter.errors import MeterError
from meter.vocabulary import CrawlerClass
from meter.web.publish import FILES, places, publish, published_files, untrue_lines
from tests.web.machines_agree import AGENTS, contradictions, main
from tests.web.published import EDITS, POLICY, edited, said

PLAIN = loads_policy(POLICY)
MISSING = ("is missing: it is true now", "there is no such line now")
UNTRUE_LICENCE = "rsl.xml:7: published-untrue"
UNSEEN = ("the terms are moved", "the licence is moved")
"""Edits after which old files agree with one another and with every answer: only `prove` knows."""


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the files of the policy."""
    publish(PLAIN, tmp_path)
    return tmp_path


def told(policy, folder):
    """Return what is not true, as `file:line: code`."""
    return [
        f"{each.name.removeprefix(f'{folder}/')}:{each.line}: {each.code}"
        for each in untrue_lines(policy, folder)
    ]


def add(folder, name, text):
    """Put text at the end of a file."""
    path = folder / name
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_an_edit_changes_the_lines_it_is_about(edit):
    """And no other line of any file."""
    before, after = said(POLICY), said(edited(edit))
    assert (before - after, after - before) == (Counter(edit.gone), Counter(edit.come))


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_a_stale_file_is_found_out(edit, folder):
    """Each line that is named is gone now, or stands where one is missing; then all is true."""
    policy = loads_policy(edited(edit))
    lines = {name: (folder / name).read_text().splitlines() for name in FILES}
    found = untrue_lines(policy, folder)
    assert found
    for each in found:
        name = each.name.rpartition("/")[2]
        line = f"{name} {lines[name][each.line - 1].strip().rstrip(',')}"
        is_missing = any(words in each.message for words in MISSING)
        assert is_missing or line in (*edit.gone, *edit.moved)
    publish(policy, folder)
    assert untrue_lines(policy, folder) == ()
    assert told(PLAIN, folder) != []


def test_a_line_that_became_untrue_is_named_with_what_is_true(folder):
    """The file, the line, what it says, what is true now, and the next step."""
    policy = loads_policy(POLICY.replace("train_ai = false", "train_ai = true"))
    (first, *_) = untrue_lines(policy, folder)
    assert str(first) == (
        f"{folder}/robots.txt:6: error[published-untrue]: `Content-Usage: train-ai=n, search=y` is"
        " not true: now it is `Content-Usage: train-ai=y, search=y`\n"
        "  help: publish again with `meter publish`, or take back the change of the policy"
    )


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_files_of_another_policy_contradict_the_wall(edit):
    """Where one could notice: nobody but the policy knows where a licence is."""
    try:
        found = contradictions(POLICY, ["GPTBot"], published_files(loads_policy(edited(edit))))
    except ValueError as error:  # a file that says nothing of a place at all
        found = error
    assert bool(getattr(found, "faults", found)) == (edit.name not in UNSEEN)


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("robots.txt", "Allow: /", "Disallow: /", "keeps it out"),
        ("robots.txt", "train-ai=n, search=y", "train-ai=n, search=n", "/: search=n"),
        ("robots.txt", "train-ai=n, search=y", "train-ai=y, search=y", "/: train-ai=y"),
        ("robots.txt", "www.example.com", "other.example", "names another licence"),
        ("headers.txt", "search=n", "search=y", "says otherwise than robots.txt"),
        ("rsl.xml", "0.01", "0.02", "the wall asks {'USD 0.01'}"),
        ("rsl.xml", 'usage">ai-train<', 'usage">ai-index<', "ai-train is for set()"),
        ("rsl.xml", "search ai-input<", "ai-input<", "search is not permitted"),
        ("rsl.xml", "search ai-train", "ai-train", "search is permitted by silence"),
        ("article.jsonld", 'Free": true', 'Free": false', "article.jsonld says False"),
        ("article.jsonld", '"hasPart"', '"isPart"', "names a wrong part"),
    ],
)
def test_a_planted_contradiction_is_found(name, old, new, fault):
    """In each file, and of each kind."""
    texts = published_files(PLAIN)
    texts[name] = texts[name].replace(old, new, 1)
    found = contradictions(POLICY, ["GPTBot"], texts).faults
    assert any(fault in one for one in found)


def test_a_gate_that_believes_names_is_found_out():
    """A wall that lets in who only says to be a search engine gives more than the files say."""

    def believing(request):
        return CrawlerClass.SEARCH if "bot" in request.header("user-agent").lower() else False

    found = contradictions(POLICY, ["Applebot"], crawler=believing).faults
    assert "Applebot as nobody, metered at /: the whole text for a name" in found


def test_files_headers_and_decisions_agree(capsys):
    """A tenth of the known agents, every kind of article and identity, the policy and its edits."""
    assert main([]) == 0
    assert "contradictions: 0\n" in capsys.readouterr().out
    assert len(AGENTS) == 166


def test_the_same_policy_gives_the_same_bytes(folder):
    """Written again, no file changes; it is not even replaced."""
    before = {name: (folder / name).stat().st_ino for name in FILES}
    assert not any(one.is_new for one in publish(PLAIN, folder))
    assert {name: (folder / name).stat().st_ino for name in FILES} == before


def test_a_policy_without_the_table_says_what_to_add():
    """Nothing is guessed about a site."""
    text = POLICY.replace("[machines]", "[paths_of_old]").replace("[paths_of_old]\n", "", 1)
    text = text.replace('site = "https://www.example.com"\nsearch = true\ntrain_ai = false\n', "")
    text = text.replace('paths = { club = "/members/club/" }\n', "")
    with pytest.raises(PolicyError, match="there is nothing to publish") as raised:
        published_files(loads_policy(text))
    assert "`[machines]` with `site = " in str(raised.value)


def test_what_something_else_made_is_not_replaced(tmp_path):
    """Unless it is asked for; nothing at all is written then, and an empty file is nobody's."""
    (tmp_path / "rsl.xml").write_text("<rsl/>\n")
    with pytest.raises(MeterError, match="was made by something else and is not replaced"):
        publish(PLAIN, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["rsl.xml"]
    publish(PLAIN, tmp_path, force=True)
    assert untrue_lines(PLAIN, tmp_path) == ()
    (tmp_path / "rsl.xml").write_text("")
    publish(PLAIN, tmp_path)


TWO = """\
User-agent: a
User-agent: b
Content-Usage: train-ai=y, search=y
Disallow: /members/
"""
OWN = "Sitemap: https://www.example.com/sitemap.xml\n# ours\nUser-agent: *\nDisallow: /admin/\n"


def test_lines_of_the_publisher_are_kept(folder):
    """Below the line for them all are, above it sitemaps and comments; none of these is untrue."""
    add(folder, "robots.txt", OWN)
    path = folder / "robots.txt"
    path.write_text("# first\r\n" + path.read_text().replace("\n", "\r\n"), newline="")
    assert told(PLAIN, folder) == []
    publish(loads_policy(POLICY.replace("USD 0.01", "USD 3")), folder)
    assert path.read_text().endswith("keeps them.\n# first\n" + OWN)
    path.write_text(path.read_text().replace("Allow: /\n", "Allow: /\nDisallow: /admin/\n"))
    with pytest.raises(MeterError, match="a line of your own that would be lost, `Disallow:"):
        publish(PLAIN, folder)
    publish(PLAIN, folder, force=True)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("Disallow: /admin/\n", []),
        ("Disallow: /members/\n", []),
        ("Disallow: /\n", ["9: shuts out what"]),
        ("Disallow: /*\n", ["9: shuts out what"]),
        ("Disallow: /*$\n", ["9: shuts out what"]),
        ("Disallow: /$\n", []),
        (f"Disallow: /{'*' * 60}Q\n", []),
        (f"Disallow: /{'*a' * 60}Q\n", []),
        ("User-agent: *\nDisallow: /weekend$\nDisallow:\n", []),
        ("Content-Usage: /weekend/ search=y, train-ai=n\n", []),
        ("Content-Usage: /weekend/ train-ai=y\n", ["9: is not true"]),
        ("License: https://other.example/\n", ["9: is not true"]),
        ("User-agent: GPTBot\nDisallow: /\n", []),
        ("User-agent: a\nAllow: /\n", ["9: does not say", "9: does not say"]),
        (TWO, ["11: does not say"]),
    ],
)
def test_rules_of_the_publisher_that_contradict_are_named(folder, lines, found):
    """By their own line, and by the line of a group that leaves something out."""
    add(folder, "robots.txt", lines)
    every = untrue_lines(PLAIN, folder)
    assert [each.line for each in every] == [int(one.partition(":")[0]) for one in found]
    for each, one in zip(every, found, strict=True):
        assert one.partition(": ")[2] in each.message


@pytest.mark.parametrize(
    ("name", "old", "new", "found"),
    [
        ("rsl.xml", "</rsl>", "", "rsl.xml:30: published-unreadable"),
        ("article.jsonld", "{", "", "article.jsonld:2: published-unreadable"),
        ("article.jsonld", "@graph", "graph", "article.jsonld:1: published-unreadable"),
        ("rsl.xml", 'currency="USD"', 'currency="EUR"', "rsl.xml:13: published-untrue"),
        ("rsl.xml", "search ai-input", "all", "rsl.xml:6: published-untrue"),
        ("rsl.xml", "www.example.com/weekend", "x.example/weekend", "rsl.xml:22: published-untrue"),
        ("headers.txt", "Content-Usage", "Content-Use", "headers.txt:3: published-untrue"),
        ("headers.txt", "www", "w3", "headers.txt:3: published-untrue"),
        ("rsl.xml", "https://rslstandard.org/rsl", "https://x/rsl", "rsl.xml:3: published-untrue"),
        (
            "rsl.xml",
            "<content url",
            '<content server="https://x" url',
            "rsl.xml:4: published-untrue",
        ),
        ("rsl.xml", "<payment", '<permits type="geo">JP</permits><payment', UNTRUE_LICENCE),
        ("rsl.xml", 'encoding="UTF-8"', 'encoding="foo"', "rsl.xml:1: published-unreadable"),
        ("rsl.xml", 'encoding="UTF-8"', 'encoding="shift_jis"', "rsl.xml:1: published-unreadable"),
        ("headers.txt", "Link", "X-Robots-Tag: noindex\nLink", "headers.txt:3: published-untrue"),
        ("robots.txt", "User-agent: *\n", "", "robots.txt:4: published-untrue"),
        ("article.jsonld", 'Free": true', 'Free": false', "article.jsonld:8: published-untrue"),
        ("article.jsonld", "www.example", "x.example", "article.jsonld:10: published-untrue"),
        ("article.jsonld", "cssSelector", "cssPath", "article.jsonld:21: published-untrue"),
    ],
)
def test_a_file_that_was_changed_by_hand_is_found_out(folder, name, old, new, found):
    """What is no XML or no JSON is told as well, with its line."""
    path = folder / name
    path.write_text(path.read_text().replace(old, new, 1))
    assert found in told(PLAIN, folder)


def test_a_price_of_everybody_sells_no_training_that_is_refused():
    """Only a rule that names the class sells what `[machines]` says no to."""
    walled = POLICY.replace('when = { crawler = ["training"] }', "when = { account = true }")
    assert "ai-train" not in permits(published_files(loads_policy(walled))["rsl.xml"])
    assert "ai-train" in permits(published_files(PLAIN)["rsl.xml"])


def permits(text):
    """Return every use that some licence permits."""
    root = ET.fromstring(text)
    found = root.iter("{https://rslstandard.org/rsl}permits")
    return {use for one in found for use in (one.text or "").split()}


@pytest.mark.parametrize(
    "line", ["Allow: /public\n", "User-agent: GPTBot\n", "Disallow: /secret\n"]
)
def test_no_line_of_the_publisher_is_lost_unsaid(folder, line):
    """Above the line for them one is refused; with force it goes, and no other does."""
    path = folder / "robots.txt"
    add(folder, "robots.txt", OWN)
    path.write_text(path.read_text().replace("Allow: /\n", f"Allow: /\n{line}"))
    with pytest.raises(MeterError, match="a line of your own that would be lost"):
        publish(PLAIN, folder)
    publish(PLAIN, folder, force=True)
    assert line not in path.read_text()
    assert path.read_text().endswith(OWN)


def test_lines_of_the_publisher_keep_their_bytes(folder):
    """Also where they are not UTF-8."""
    path = folder / "robots.txt"
    own = b"Disallow: /caf\xe9\n"
    path.write_bytes(path.read_bytes() + own)
    publish(PLAIN, folder)
    assert path.read_bytes().endswith(own)


def test_a_link_is_not_followed(tmp_path):
    """What it leads to is not the folder's; with force the link itself is replaced."""
    other = tmp_path / "other.txt"
    there = tmp_path / "out"
    there.mkdir()
    (there / "robots.txt").symlink_to(other)
    with pytest.raises(MeterError, match="is a link and is not followed"):
        publish(PLAIN, there)
    assert not other.exists()
    other.write_text("mine")
    publish(PLAIN, there, force=True)
    assert other.read_text() == "mine"
    assert not (there / "robots.txt").is_symlink()


@contextmanager
def full_disk():
    """Let no file grow beyond a few bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    """No file where there was none, a link where there was one, and nothing beside it."""
    path = tmp_path / "robots.txt"
    for link in (None, tmp_path / "other.txt"):
        if link is not None:
            path.symlink_to(link)
        before = {each: each.is_symlink() for each in tmp_path.iterdir()}
        with full_disk(), pytest.raises(OSError, match="too large"):
            publish(PLAIN, tmp_path, force=True)
        assert {each: each.is_symlink() for each in tmp_path.iterdir()} == before


def test_files_are_as_readable_as_any_others(tmp_path):
    """A server that is another user reads what is published; a mode that was set stays."""
    (tmp_path / "any").touch()
    (tmp_path / "headers.txt").symlink_to(tmp_path / "any")
    (tmp_path / "rsl.xml").touch(mode=0o640)
    publish(PLAIN, tmp_path, force=True)
    usual = (tmp_path / "any").stat().st_mode
    modes = {each.name: each.lstat().st_mode for each in tmp_path.iterdir()}
    assert modes.pop("rsl.xml") & 0o777 == 0o640
    assert set(modes.values()) == {usual}


def test_what_is_no_ordinary_file_is_not_opened(tmp_path):
    """A pipe would be waited for."""
    os.mkfifo(tmp_path / "headers.txt")
    for force in (False, True):
        with pytest.raises(MeterError, match="no ordinary file"):
            publish(PLAIN, tmp_path, force=force)


def test_a_file_that_is_not_there_is_told(folder):
    """By its name."""
    (folder / "headers.txt").unlink()
    assert told(PLAIN, folder) == ["headers.txt:None: published-missing"]


@settings(deadline=None, max_examples=25)
@given(
    name=st.sampled_from(sorted(FILES)),
    place=st.integers(0, 2000),
    cut=st.integers(0, 200),
    junk=st.binary(max_size=20),
)
def test_no_bytes_break_the_judge(tmp_path_factory, name, place, cut, junk):
    """A file that is cut and filled with anything is judged, and never an error."""
    folder = tmp_path_factory.mktemp("published")
    raw = published_files(PLAIN)[name].encode()
    (folder / name).write_bytes(raw[:place] + junk + raw[place + cut :])
    untrue_lines(PLAIN, folder)


@pytest.mark.parametrize(
    ("machines", "paths"),
    [
        ('paths = { club = "/news/", weekend = "/news/" }', {"/": "n y", "/news/": "n n"}),
        ('paths = { club = "/" }', {"/": "n n", "/weekend/": "n y"}),
        ("", {"/": "n y", "/club/": "n n", "/weekend/": "n y"}),
        (
            'paths = { "club/wine" = "/wine/", sport = "/sport/" }',
            {"/": "n y", "/club/": "n n", "/sport/": "n y", "/weekend/": "n y", "/wine/": "n n"},
        ),
    ],
)
def test_what_is_true_at_a_path_is_true_of_every_section_there(machines, paths):
    """A section that no rule mentions is as its own section, or as the site."""
    policy = loads_policy(POLICY.replace('paths = { club = "/members/club/" }', machines))
    words = {True: "y", False: "n"}
    found = {
        one.path: f"{words[one.usage.train_ai]} {words[one.usage.search]}" for one in places(policy)
    }
    assert found == paths


def test_a_preference_that_is_not_stated_is_not_published():
    """Nor is it permitted or prohibited in the licence, where crawlers are let in."""
    text = POLICY.replace("search = true\n", "").replace("train_ai = false\n", "")
    files = published_files(loads_policy(text))
    assert "Content-Usage" not in files["robots.txt"] + files["headers.txt"]
    assert '<permits type="usage">ai-input</permits>' in files["rsl.xml"]


def test_names_of_sections_are_written_as_addresses():
    """And no name breaks a line, a tag or a pattern."""
    text = POLICY.replace('section = ["weekend"]', 'section = ["été/a*b$<c>\\"d"]')
    files = published_files(loads_policy(text))
    assert "https://www.example.com/%C3%A9t%C3%A9/a%2Ab%24%3Cc%3E%22d/*" in files["rsl.xml"]


NESTED = POLICY.replace(
    '[[rules]]\nname = "the weekend is open"\n',
    '[[rules]]\nname = "by the glass"\nwhen = { section = ["club/wine/glass"] }\nshow = "wall"\n'
    '[[rules]]\nname = "wine"\nwhen = { section = ["club/wine"] }\nshow = "article"\n'
    '[[rules]]\nname = "the weekend is open"\n',
)


def test_a_place_is_compared_with_the_nearest_one_around_it():
    """A section is open inside one that is closed, and closed again inside that."""
    policy = loads_policy(NESTED.replace("{ club", '{ "club/wine/red" = "/red/", club'))
    files = published_files(policy)
    lines = [line for line in files["robots.txt"].splitlines() if "Content-Usage" in line]
    assert lines == [
        "Content-Usage: train-ai=n, search=y",
        "Content-Usage: /members/club/ train-ai=n, search=n",
        "Content-Usage: /members/club/wine/ train-ai=n, search=y",
        "Content-Usage: /members/club/wine/glass/ train-ai=n, search=n",
    ]
    assert "/red/" not in files["robots.txt"]
    assert '"@id": "#red/premium"' in files["article.jsonld"]


def is_free(policy, name):
    """Return whether an entry of the structured data says that everybody reads such an article."""
    entries = json.loads(published_files(loads_policy(policy))["article.jsonld"])["@graph"]
    return {entry["@id"]: entry["isAccessibleForFree"] for entry in entries}[f"#{name}"]


@pytest.mark.parametrize(
    "condition",
    [
        "not = { section = ['club'] }",
        "dates = { from = 2026-06-01, until = 2026-06-30 }",
        "hour = { at_least = 18 }",
        "age = { below = '7 days' }",
        "country = ['JP']",
    ],
)
def test_an_article_is_free_only_if_it_is_so_whenever_and_for_everyone(condition):
    """Nor if it is so only in some section, or closed to some for some time."""
    assert is_free(POLICY, "free")
    opening = f'access = ["free"], {condition} }}\nshow'
    assert not is_free(POLICY.replace('access = ["free"] }\nshow', opening), "free")
    wall = f'[[rules]]\nname = "x"\nwhen = {{ {condition} }}\nshow = "wall"\n'
    closing = '[[rules]]\nname = "free articles are open"\n'
    assert not is_free(POLICY.replace(closing, wall + closing), "free")
