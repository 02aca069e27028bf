"""Published files, response headers and decisions about machines never contradict each other.

Run it: `python -m tests.web.machines_agree [--whole]`.

Every agent that a public list knows by name opens every kind of article (free, metered, premium; in
a section that is open to all, in one that is closed, elsewhere) with each of four identities: not
verified, and verified as a crawler for search, for training, as a person's agent. The files are
read by parsers that others have written. These are contradictions:

1. `robots.txt` keeps an agent from an address. (The wall answers each; it refuses by itself.)
2. A use is `y` where no verified crawler of its class gets the whole text of an article of that
   place, or where `[machines]` says no; or it is `n` though one does and `[machines]` says yes.
3. `rsl.xml` permits a use without payment where no crawler of its class gets a whole text or one is
   asked for a price; or a price is asked by the wall and not in the licence of the place, or the
   other way round; or a use is permitted and prohibited, or is not permitted though it is `y`. (A
   licence that permits some uses permits no other; one that only prohibits permits the rest.)
4. `robots.txt` and `headers.txt` name another licence, or say otherwise of an address; or the
   header of an answer allows what they forbid there. (It may forbid more: it is about one article.)
5. `article.jsonld` says otherwise of an article than the answer, or names a part behind the wall of
   what is free, or none of what is not.
6. An agent that is not verified gets more than the teaser of what is not open to everyone.

Without `--whole` a tenth of the agents is tried, drawn with a seed. Exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import extruct
import http_sf
from attrs import define, field
from protego import Protego

from meter import Article, loads_policy
from meter.vocabulary import ArticleAccess, CrawlerClass
from meter.web.publish import published_files
from meter.web.structured import json_ld
from tests.web.published import EDITS, POLICY, edited
from tests.web.site import Site

TABLE = Path(__file__).parents[1] / "corpus" / "vectors" / "ai-crawlers.toml"
AGENTS = {
    name: CrawlerClass(word)
    for word, names in tomllib.loads(TABLE.read_text(encoding="utf-8")).items()
    for name in names
}
"""Every agent's name, with its class."""
SECTIONS = (None, "weekend", "club", "sport")
"""Where the articles are: elsewhere, in a section that is open, in one that is closed, in one
of which the policy says nothing."""
IDENTITIES = (None, *CrawlerClass)
USES = {CrawlerClass.SEARCH: "search", CrawlerClass.TRAINING: "train-ai"}
RSL_USES = {
    CrawlerClass.SEARCH: "search",
    CrawlerClass.TRAINING: "ai-train",
    CrawlerClass.AGENT: "ai-input",
}
_RSL = "{https://rslstandard.org/rsl}"
_SITE = "https://www.example.com"
_SEED = 15
_USAGE_LINE = re.compile(r"^Content-Usage: (?:(/\S*) )?(.*)$", re.MULTILINE)


class Kind(NamedTuple):
    """A kind of article, and where one of it is."""

    access: ArticleAccess
    section: str | None
    path: str

    @property
    def article(self):
        return Article(id=f"{self.path}a-{self.access}", access=self.access, section=self.section)


def kinds(machines):
    """Return every kind of article, each where the policy says that its section is."""
    paths = {section: machines.path_of(section) if section else "/" for section in SECTIONS}
    return [
        Kind(access, section, path) for section, path in paths.items() for access in ArticleAccess
    ]


@define
class Files:
    """The published files of a policy, as other people's parsers read them."""

    texts: dict
    robots: object = field(init=False)
    contents: dict = field(init=False)
    entries: dict = field(init=False)
    blocks: dict = field(init=False)

    def __attrs_post_init__(self):
        self.robots = Protego.parse(self.texts["robots.txt"])
        root = ET.fromstring(self.texts["rsl.xml"])
        self.contents = {each.get("url"): each for each in root.iter(f"{_RSL}content")}
        graph = _from_a_page(self.texts["article.jsonld"])
        self.entries = {each["@id"]: each for each in graph}
        parts = re.split(r"^# pages under (\S+):$", self.texts["headers.txt"], flags=re.MULTILINE)
        self.blocks = dict(zip(parts[1::2], parts[2::2], strict=True))

    def usage(self, path):
        """Return what `robots.txt` says of a path: which line wins, the parser of rules decides."""
        said = {}
        lines = _USAGE_LINE.findall(self.texts["robots.txt"])
        parsed = [(rule or "/", _members(value)) for rule, value in lines]
        for use in {use for _, members in parsed for use in members}:
            words = {"y": "Allow", "n": "Disallow"}
            rules = [f"{words[members[use]]}: {rule}" for rule, members in parsed if use in members]
            robots = Protego.parse("\n".join(["User-agent: *", *rules]))
            said[use] = "y" if robots.can_fetch(_SITE + path, "any") else "n"
        return said

    def headers(self, path):
        """Return the headers that pages at a path carry."""
        block = self.blocks[_longest(path, self.blocks)]
        return dict(line.split(": ", 1) for line in block.strip().splitlines())

    def licence(self):
        return re.search(r"^License: (.*)$", self.texts["robots.txt"], re.MULTILINE)[1]

    def licences(self, path):
        """Return the uses that licences for a path permit, with prices, and prohibit."""
        url = _longest(_SITE + path, {url.removesuffix("*") for url in self.contents})
        permits, prohibits = Counter(), set()
        for licence in self.contents[f"{url}*"].iter(f"{_RSL}license"):
            amount = licence.find(f"{_RSL}payment/{_RSL}amount")
            price = None if amount is None else f"{amount.get('currency')} {amount.text}"
            for each in licence.iter(f"{_RSL}permits"):
                permits.update((use, price) for use in each.text.split())
            for each in licence.iter(f"{_RSL}prohibits"):
                prohibits.update(each.text.split())
        return set(permits), prohibits

    def entry(self, kind):
        """Return the structured data for a kind of article: of the nearest place that has one."""
        names = {
            each["url"].removeprefix(_SITE).removesuffix("ARTICLE")
            for name, each in self.entries.items()
            if name.endswith(kind.access)
        }
        place = _longest(kind.path, names)
        return self.entries["#" + f"{place.strip('/')}/{kind.access}".strip("/")]


def _from_a_page(text):
    """Return the entries of structured data as a search engine finds them in pages."""
    found = []
    for entry in json.loads(text)["@graph"]:
        data = {"@context": "https://schema.org", **entry}
        page = f'<!doctype html><script type="application/ld+json">{json_ld(data)}</script><p>Text'
        found += extruct.extract(page, syntaxes=["json-ld"])["json-ld"]
    return found


def _longest(path, among):
    return max((each for each in among if path.startswith(each)), key=len)


def _members(value):
    """Return a dictionary of preferences; only `y` and `n` as tokens count."""
    parsed = http_sf.parse(value.encode(), tltype="dictionary")
    return {use: str(word) for use, (word, _) in parsed.items()}


class Found(NamedTuple):
    """How many answers were looked at, and every contradiction."""

    answers: int
    faults: list[str]


def proved(request):
    """Return the class that a request proves, as the header of a test says it."""
    word = request.header("x-proved")
    return CrawlerClass(word) if word else False


def contradictions(text, names, texts=None, crawler=proved):
    """Return the contradictions of a policy's text; `texts` are its files, if not made anew."""
    policy = loads_policy(text)
    files = Files(texts or published_files(policy))
    site = Site(policy=policy, settings={"secret": "new", "crawler": crawler})
    every = [
        (name, kind, identity, _asked(site, name, kind, identity))
        for name in names
        for kind in kinds(policy.machines)
        for identity in IDENTITIES
    ]
    faults = [
        f"{name} as {identity or 'nobody'}, {kind.access} at {kind.path}: {fault}"
        for name, kind, identity, answer in every
        for fault in _of_one(files, name, kind, identity, answer)
    ]
    for path in dict.fromkeys(kind.path for kind in kinds(policy.machines)):
        here = [(identity, answer) for _, kind, identity, (answer, _) in every if kind.path == path]
        faults += [f"{path}: {fault}" for fault in _of_a_place(files, policy.machines, path, here)]
    return Found(len(every), faults)


def _asked(site, name, kind, identity):
    agent = f"Mozilla/5.0 (compatible; {name}/1.0; +https://example.com/bot)"
    visit = site.visit(url=f"{kind.path}a", user_agent=agent, x_proved=identity or "")
    answer = visit.open(kind.article)
    return answer, visit.finish(answer.status, ()).headers


def _of_one(files, name, kind, identity, asked):
    """Yield the contradictions of one answer."""
    answer, headers = asked
    if not files.robots.can_fetch(f"{_SITE}{kind.path}a", name):
        yield "robots.txt keeps it out"
    sent = {key.lower(): value for key, value in headers}
    usage = files.usage(kind.path)
    if _members(files.headers(kind.path).get("Content-Usage", "")) != usage:
        yield "headers.txt says otherwise than robots.txt"
    own = _members(sent.get("content-usage", ""))
    if any(may == "y" and usage.get(use) != "y" for use, may in own.items()):
        yield "the answer's Content-Usage allows more than robots.txt"
    terms = answer.decision.machines
    if "crawler-price" in sent and sent["crawler-price"] != terms.price:
        yield "the answer names another price than the decision"
    link = files.headers(kind.path)["Link"]
    if link != f'<{files.licence()}>; rel="license"; type="application/rsl+xml"':
        yield "headers.txt names another licence than robots.txt"
    entry = files.entry(kind)
    if entry["isAccessibleForFree"] != answer.for_everyone:
        yield f"article.jsonld says {entry['isAccessibleForFree']}"
    if ("hasPart" in entry) == entry["isAccessibleForFree"]:
        yield "article.jsonld names a wrong part"
    if identity is None and answer.whole and not answer.for_everyone:
        yield "the whole text for a name"


def _of_a_place(files, machines, path, answers):
    """Yield the contradictions of all that crawlers get at one place."""
    says = {CrawlerClass.SEARCH: machines.search, CrawlerClass.TRAINING: machines.train_ai}
    usage = files.usage(path)
    permits, prohibits = files.licences(path)
    for crawler in CrawlerClass:
        mine = [answer for identity, answer in answers if identity is crawler]
        whole = any(answer.whole for answer in mine)
        prices = {
            answer.decision.machines.price
            for answer in mine
            if not answer.whole and answer.decision.machines and answer.decision.machines.price
        }
        use = RSL_USES[crawler]
        named = {price for permitted, price in permits if permitted == use}
        if crawler in USES and (usage[USES[crawler]] == "y") != (whole and says[crawler]):
            yield f"{USES[crawler]}={usage[USES[crawler]]}"
        if named - {None} != prices or (None in named and (prices or not whole)):
            yield f"{use} is for {named}, the wall asks {prices}, whole: {whole}"
        if named and use in prohibits:
            yield f"{use} is permitted and prohibited"
        if not named and whole and says.get(crawler, True):
            yield f"{use} is not permitted"
        if not permits and not whole and use not in prohibits:
            yield f"{use} is permitted by silence"


def main(words=None):
    """Look for contradictions under the policy and every edit of it, and print them."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.machines_agree")
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args(words)
    names = list(AGENTS) if given.whole else sample()
    total, faults = 0, []
    for name, text in {"as it is": POLICY, **{one.name: edited(one) for one in EDITS}}.items():
        found = contradictions(text, names)
        total += found.answers
        faults += [f"{name}: {fault}" for fault in found.faults]
    told = [
        f"{len(names)} agents, {len(EDITS) + 1} policies: {total:,} answers",
        f"contradictions: {len(faults)}",
        *(f"  {fault}" for fault in faults[:20]),
    ]
    sys.stdout.write("\n".join(told) + "\n")
    return 1 if faults else 0


def sample():
    """Return a tenth of the agents, drawn with a seed."""
    return random.Random(_SEED).sample(sorted(AGENTS), len(AGENTS) // 10)


if __name__ == "__main__":
    raise SystemExit(main())
