"""A file of crawlers: what is read from it, and what is told of it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from meter.cli import main
from meter.vocabulary import CrawlerClass
from meter.web import WebRequest
from meter.web.machines import CrawlersError, KnownCrawler, Machines, load_crawlers
from meter.web.machines.declared import check_crawlers
from meter.web.machines.ranges import published_ranges

KNOWN_AGENTS = Path(__file__).parents[2] / "corpus" / "vectors" / "ai-crawlers.toml"
RANGES = {"prefixes": [{"ipv4Prefix": "192.0.2.0/25"}]}
FILE = """
[[crawlers]]
name = "Googlebot"
class = "search"
ranges = "googlebot.json"
addresses = ["192.0.2.200 - 192.0.2.210"]
domains = ["googlebot.com", "google.com"]

[[crawlers]]
name = "ChatGPT agent"
class = "agent"
agent = "ChatGPT-User"
key_directory = "https://chatgpt.com"
"""
POLICY = """
[publication]
name = "The Harbour Review"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with the file of crawlers, and what it names."""
    (tmp_path / "googlebot.json").write_text(json.dumps(RANGES), "utf-8")
    (tmp_path / "crawlers.toml").write_text(FILE, "utf-8")
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    return tmp_path


def test_crawlers_are_read_with_the_files_they_name(folder):
    """Ranges of the file and of the list; the rest as it is in Python."""
    google, agent = load_crawlers(folder / "crawlers.toml")
    assert (google.name, google.kind, google.agent) == (
        "Googlebot",
        CrawlerClass.SEARCH,
        "Googlebot",
    )
    assert agent == KnownCrawler(
        name="ChatGPT agent", kind="agent", agent="ChatGPT-User", keys="https://chatgpt.com"
    )
    known = Machines([google, agent], hosts=["harbour.example"])
    for address, expected in (("192.0.2.127", "search"), ("192.0.2.205", "search")):
        request = WebRequest(method="GET", headers={"user-agent": "Googlebot/2.1"}, client=address)
        assert known.without_asking(request) == expected


def one(keys):
    return f'[[crawlers]]\nname = "Bot"\n{keys}\n'


WRONG = {
    "nothing to prove it by": (one(""), "unprovable-crawler", 2, "add its published ranges"),
    "a class there is not": (one('class = "serach"'), "unknown-word", 3, "did you mean `search`?"),
    "an unknown key": (one('domain = ["a.example"]'), "unknown-key", 3, "did you mean `domains`?"),
    "a wildcard": (one('domains = ["*.google.com"]'), "bad-domain", 3, "leave out what stands"),
    "a whole zone": (one('domains = ["com"]'), "bad-domain", 3, "write two parts at least"),
    "capitals": (one('domains = ["Google.com"]'), "bad-domain", 3, "`google.com`"),
    "an address for a domain": (one('domains = ["192.0.2.1"]'), "bad-domain", 3, "write a domain"),
    "a bad network": (one('addresses = ["192.0.2.1/24"]'), "bad-address", 3, "did you mean the"),
    "no https": (one('key_directory = "http://a.example"'), "bad-link", 3, "over `https`"),
    "no ranges": (one('ranges = "gone.json"'), "no-such-file", 3, None),
    "a folder": (one('ranges = "."'), "no-such-file", 3, None),
    "no list of ranges": (one('ranges = "crawlers.toml"'), "bad-ranges", 3, "fetch it anew"),
    "an address of ranges": (
        one('ranges = "https://www.gstatic.com/ipranges/goog.json?x=1"'),
        "bad-ranges",
        3,
        'download it beside this file, and write `ranges = "goog.json"`',
    ),
    "a site of ranges": (one('ranges = "https://a.example"'), "bad-ranges", 3, '"ranges.json"`'),
    "a short word": (one('agent = "ab"\ndomains = ["a.example"]'), "bad-value", 3, "three letters"),
    "every browser's word": (
        one('agent = "Mozilla"\ndomains = ["a.example"]'),
        "bad-value",
        3,
        "browsers of people say that",
    ),
    "two of a name": (
        one('domains = ["a.example"]') * 2,
        "duplicate-name",
        5,
        "give each its own name",
    ),
    "two with the same keys": (
        one('key_directory = "https://a.example"')
        + '[[crawlers]]\nname = "B"\nkey_directory = "https://a.example/"\n',
        "duplicate-keys",
        6,
        "keep one of them",
    ),
    "a policy": (POLICY, "not-crawlers", 5, "beside it"),
    "no brackets": ('[crawlers]\nname = "Bot"\n', "wrong-type", 1, "with two brackets"),
    "no TOML": ("[[crawlers", "toml-syntax", 1, None),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_with_its_place(folder, wrong):
    """One problem each, with a next step."""
    text, code, line, step = WRONG[wrong]
    crawlers, problems = check_crawlers(text, folder)
    assert crawlers is None
    assert [(problem.code, problem.line) for problem in problems] == [(code, line)]
    assert step is None or step in problems[0].help


def test_a_file_that_cannot_be_used_raises_all_of_it(folder):
    """Also where it is not there."""
    (folder / "crawlers.toml").write_text(one("agent = 5") + one('domains = "a.example"'), "utf-8")
    with pytest.raises(CrawlersError) as caught:
        load_crawlers(folder / "crawlers.toml")
    codes = [problem.code for problem in caught.value.problems]
    assert codes == ["wrong-type", "duplicate-name", "wrong-type"]
    with pytest.raises(CrawlersError, match="there is no file"):
        load_crawlers(folder / "gone.toml")


def test_the_file_is_checked_with_the_policy_beside_it(folder):
    """Once, with its errors, as `meter check` finds them."""
    runner = CliRunner()
    assert runner.invoke(main, ["check", str(folder / "policy.toml")]).exit_code == 0
    (folder / "crawlers.toml").write_text(one('domains = ["com"]'), "utf-8")
    found = runner.invoke(main, ["check", str(folder / "policy.toml")])
    assert found.exit_code == 1
    assert "crawlers.toml:3:12: error[bad-domain]" in found.stderr + found.stdout


def test_an_editor_knows_its_keys():
    """The schema is made from the same table."""
    schema = json.loads(CliRunner().invoke(main, ["schema", "crawlers"]).stdout)
    keys = schema["properties"]["crawlers"]["items"]["properties"]
    assert keys.keys() >= {"name", "class", "agent", "ranges", "domains", "key_directory"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "serach"}, "did you mean `search`"),
        ({"ranges": "192.0.2.0/24"}, "are a list such as"),
        ({"domains": ["com"]}, "write two parts at least"),
        ({"keys": "ftp://a.example"}, "write where its keys are"),
        ({"name": ""}, "is empty"),
        ({"domains": ()}, "nothing could prove"),
    ],
)
def test_a_crawler_in_python_is_checked_too(given, said):
    """In the words of the file."""
    with pytest.raises((ValueError, TypeError), match=said):
        KnownCrawler(**({"name": "Bot", "domains": ["a.example"]} | given))


@given(st.text(max_size=200))
def test_any_text_is_a_file_or_has_problems(text):
    """Nothing else is raised."""
    crawlers, problems = check_crawlers(text, Path("nowhere"))
    assert (crawlers is None) == bool(problems)


BROWSERS = """
Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 \
Safari/537.36 OPR/125.0.0.0
Mozilla/5.0 (iPhone; CPU iPhone OS 17_7_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
CriOS/141.0.7390.26 Mobile/15E148 Safari/604.1
Mozilla/5.0 (iPad; CPU OS 16_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
Version/16.3 Mobile/20D47 Safari/604.1
Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 \
Chrome/136.0.0.0 Mobile Safari/537.36
Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0
Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0
Mozilla/5.0 (X11; CrOS x86_64 16002.1.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 \
Safari/537.36 Edg/139.0.3405.125
Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko
Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
Mobile/15E148 [FBAN/FBIOS;FBAV/531.0]
Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
GSA/388.0 Mobile/22G86 Safari/604.1
Opera/9.80 (Android; Opera Mini/36.2/191.273; U; en) Presto/2.12 Version/12.16
""".strip().splitlines()
WORDS = re.compile(r"[^ ();,\[\]]+")


@pytest.mark.parametrize("browser", BROWSERS)
def test_no_crawler_is_known_by_what_a_browser_says(browser):
    """Not a word of it, with its version or without: readers would be taken for crawlers."""
    words = set(WORDS.findall(browser))
    for word in words | {word.partition("/")[0] for word in words}:
        with pytest.raises(ValueError, match="`agent` is a word of its own `User-Agent`"):
            KnownCrawler(name="Bot", agent=word, domains=["bot.example"])


def test_crawlers_are_known_by_their_names():
    """Those that are known, and the search engines."""
    known = tomllib.loads(KNOWN_AGENTS.read_text("utf-8"))
    names = [name for kind in ("search", "training", "agent") for name in known[kind]]
    for name in (*names, "Googlebot", "bingbot", "YandexBot", "Baiduspider", "DuckDuckBot"):
        assert KnownCrawler(name=name, domains=["bot.example"]).agent == name


DOUBTFUL = {
    "everybody": ('addresses = ["0.0.0.0/0"]', "wide-range", "addresses"),
    "everybody, by the file": ('ranges = "wide.json"', "wide-range", "ranges"),
    "an address of another class": ('addresses = ["192.0.2.9"]', "repeated-range", "addresses"),
    "the file of another class": ('ranges = "googlebot.json"', "repeated-range", "ranges"),
    "a domain of another class": ('domains = ["google.com"]', "repeated-range", "domains"),
    "one below it": ('domains = ["a.b.google.com"]', "repeated-range", "domains"),
}


@pytest.mark.parametrize("doubtful", DOUBTFUL)
def test_what_is_probably_a_mistake_is_told_and_used(folder, doubtful):
    """A warning with its line; of the same class, crawlers may share what they have."""
    keys, code, key = DOUBTFUL[doubtful]
    wide = {"prefixes": [{"ipv6Prefix": "::/0"}]}
    (folder / "wide.json").write_text(json.dumps(wide), "utf-8")
    text = f'{FILE}\n[[crawlers]]\nname = "Bot"\nclass = "training"\n{keys}\n'
    crawlers, problems = check_crawlers(text, folder)
    assert len(crawlers) == 3
    told = [each for each in problems if each.code == code]
    assert told
    assert {each.severity for each in problems} == {"warning"}
    lines = text.split("\n")
    assert any(key in lines[each.line - 1] for each in told)
    same, problems = check_crawlers(text.replace('"training"', '"search"'), folder)
    assert same is not None
    assert [each.code for each in problems if each.code != "wide-range"] == []


def test_ranges_are_a_file_of_some_size(folder):
    """No pipe or device is waited for, and no words are Python's."""
    os.mkfifo(folder / "pipe.json")
    (folder / "utf-16.json").write_text("{}", "utf-16")
    (folder / "text.json").write_text(json.dumps(RANGES), "utf-8-sig")
    for name, code, words in (
        ("pipe.json", "no-such-file", "is not a file"),
        ("/dev/zero", "no-such-file", "is not a file"),
        ("utf-16.json", "bad-ranges", "is not UTF-8"),
        ("text.json", None, None),
    ):
        crawlers, problems = check_crawlers(one(f'ranges = "{name}"'), folder)
        assert (crawlers is None) is (code is not None)
        assert [problem.code for problem in problems] == ([] if code is None else [code])
        assert words is None or words in problems[0].message
    for name in ("pipe.json", "/dev/zero", "utf-16.json"):
        with pytest.raises(ValueError, match=r"not a file|not UTF-8"):
            published_ranges(folder / name)
