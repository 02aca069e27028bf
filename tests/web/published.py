"""A policy whose rules tell machines apart, and edits with the lines that each one changes."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from meter import loads_policy
from meter.web.publish import published_files

__all__ = ["EDITS", "POLICY", "PublishedEdit", "edited", "said"]

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[machines]
site = "https://www.example.com"
search = true
train_ai = false
paths = { club = "/members/club/" }

[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 3, registered = 5 }

[[rules]]
name = "subscribers"
when = { covered = true }
show = "article"

[[rules]]
name = "the weekend is open"
when = { section = ["weekend"] }
show = "article"

[[rules]]
name = "the club is closed"
when = { section = ["club"] }
show = "wall"

[[rules]]
name = "free articles are open"
when = { access = ["free"] }
show = "article"

[[rules]]
name = "search engines read what is counted"
when = { crawler = ["search"], access = ["metered"] }
show = "article"

[[rules]]
name = "agents are refused"
when = { crawler = ["agent"] }
show = "wall"
machines = { status = 403 }

[[rules]]
name = "training pays"
when = { crawler = ["training"] }
show = "wall"
machines = { price = "USD 0.01", licence = "https://www.example.com/terms" }

[[rules]]
name = "the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"
"""


class PublishedEdit(NamedTuple):
    """One edit of the policy: what is put for what, and the lines that go, come and move.

    A line is the name of its file, a blank, and what stands there without its indent.
    """

    name: str
    old: str
    new: str
    gone: tuple[str, ...] = ()
    come: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


_CLUB = '[[rules]]\nname = "the club is closed"\nwhen = { section = ["club"] }\nshow = "wall"\n'
_WEEKEND = '[[rules]]\nname = "the weekend is open"\n'
_RULE = '[[rules]]\nname = "{0}"\nwhen = {{ {1} }}\nshow = "{2}"\n{3}\n'

_LINK = (
    'headers.txt Link: <https://www.example.com/rsl.xml>; rel="license"; type="application/rsl+xml"'
)
_MOVED = _LINK.replace("www.example.com/rsl.xml", "licences.example/review.xml")

EDITS = (
    PublishedEdit(
        "premium in the club is opened to search",
        _CLUB,
        _RULE.format(
            "search reads the club", 'section = ["club"], crawler = ["search"]', "article", ""
        )
        + _CLUB,
        gone=(
            "robots.txt Content-Usage: /members/club/ train-ai=n, search=n",
            'rsl.xml <prohibits type="usage">search ai-train ai-input</prohibits>',
            _LINK,
            "headers.txt # pages under /members/club/:",
            "headers.txt Content-Usage: train-ai=n, search=n",
        ),
        come=(
            'rsl.xml <payment type="free" />',
            'rsl.xml <permits type="usage">search</permits>',
            'rsl.xml <prohibits type="usage">ai-train ai-input</prohibits>',
        ),
    ),
    PublishedEdit(
        "training is refused",
        'machines = { price = "USD 0.01", licence = "https://www.example.com/terms" }',
        "machines = { status = 403 }",
        gone=(
            'rsl.xml <permits type="usage">search ai-input</permits>',
            'rsl.xml <payment type="free" />',
            'rsl.xml <permits type="usage">ai-train</permits>',
            'rsl.xml <payment type="crawl">',
            "rsl.xml <standard>https://www.example.com/terms</standard>",
            'rsl.xml <amount currency="USD">0.01</amount>',
            'rsl.xml <content url="https://www.example.com/weekend/*">',
        ),
        come=(),
    ),
    PublishedEdit(
        "training is allowed",
        "train_ai = false",
        "train_ai = true",
        gone=(
            "robots.txt Content-Usage: train-ai=n, search=y",
            'rsl.xml <permits type="usage">search ai-input</permits>',
            'rsl.xml <prohibits type="usage">ai-train</prohibits>',
            "headers.txt Content-Usage: train-ai=n, search=y",
        ),
        come=(
            "robots.txt Content-Usage: train-ai=y, search=y",
            'rsl.xml <permits type="usage">search ai-train ai-input</permits>',
            "headers.txt Content-Usage: train-ai=y, search=y",
        ),
    ),
    PublishedEdit(
        "a section is closed",
        _WEEKEND,
        _RULE.format("sport is closed", 'section = ["sport"]', "wall", "") + _WEEKEND,
        gone=(),
        come=(
            "robots.txt Content-Usage: /sport/ train-ai=n, search=n",
            'rsl.xml <prohibits type="usage">search ai-train ai-input</prohibits>',
            'rsl.xml <content url="https://www.example.com/sport/*">',
            _LINK,
            "headers.txt Content-Usage: train-ai=n, search=n",
            "headers.txt # pages under /sport/:",
            'article.jsonld "isAccessibleForFree": false',
            'article.jsonld "isAccessibleForFree": false',
            'article.jsonld "@id": "#sport/free"',
            'article.jsonld "url": "https://www.example.com/sport/ARTICLE"',
        ),
    ),
    PublishedEdit(
        "a section is opened",
        _CLUB,
        "",
        gone=(
            "robots.txt Content-Usage: /members/club/ train-ai=n, search=n",
            'rsl.xml <content url="https://www.example.com/members/club/*">',
            'rsl.xml <prohibits type="usage">search ai-train ai-input</prohibits>',
            _LINK,
            "headers.txt # pages under /members/club/:",
            "headers.txt Content-Usage: train-ai=n, search=n",
            'article.jsonld "isAccessibleForFree": false',
            'article.jsonld "isAccessibleForFree": false',
            'article.jsonld "@id": "#members/club/free"',
            'article.jsonld "url": "https://www.example.com/members/club/ARTICLE"',
        ),
        come=(),
    ),
    PublishedEdit(
        "a price is set",
        "machines = { status = 403 }",
        'machines = { price = "EUR 0.05" }',
        gone=('rsl.xml <permits type="usage">search ai-input</permits>',),
        come=(
            'rsl.xml <permits type="usage">search</permits>',
            'rsl.xml <permits type="usage">ai-input</permits>',
            'rsl.xml <payment type="crawl">',
            'rsl.xml <amount currency="EUR">0.05</amount>',
        ),
    ),
    PublishedEdit(
        "a price is changed",
        "USD 0.01",
        "USD 0.02",
        gone=('rsl.xml <amount currency="USD">0.01</amount>',),
        come=('rsl.xml <amount currency="USD">0.02</amount>',),
    ),
    PublishedEdit(
        "the terms are moved",
        "https://www.example.com/terms",
        "https://terms.example/ai",
        gone=("rsl.xml <standard>https://www.example.com/terms</standard>",),
        come=("rsl.xml <standard>https://terms.example/ai</standard>",),
    ),
    PublishedEdit(
        "the licence is moved",
        "search = true\n",
        'search = true\nlicence = "https://licences.example/review.xml"\n',
        gone=(
            "robots.txt License: https://www.example.com/rsl.xml",
            _LINK,
            _LINK,
        ),
        come=(
            "robots.txt License: https://licences.example/review.xml",
            _MOVED,
            _MOVED,
        ),
    ),
    PublishedEdit(
        "search is forbidden",
        "search = true",
        "search = false",
        gone=(
            "robots.txt Content-Usage: train-ai=n, search=y",
            "robots.txt Content-Usage: /members/club/ train-ai=n, search=n",
            'rsl.xml <permits type="usage">search ai-input</permits>',
            'rsl.xml <permits type="usage">search ai-input</permits>',
            'rsl.xml <prohibits type="usage">ai-train</prohibits>',
            _LINK,
            "headers.txt Content-Usage: train-ai=n, search=y",
            "headers.txt # pages under /members/club/:",
        ),
        come=(
            "robots.txt Content-Usage: train-ai=n, search=n",
            'rsl.xml <permits type="usage">ai-input</permits>',
            'rsl.xml <permits type="usage">ai-input</permits>',
            'rsl.xml <prohibits type="usage">search</prohibits>',
            'rsl.xml <prohibits type="usage">search</prohibits>',
            'rsl.xml <prohibits type="usage">search ai-train</prohibits>',
        ),
    ),
    PublishedEdit(
        "the club moves",
        "/members/club/",
        "/club/",
        gone=(
            "robots.txt Content-Usage: /members/club/ train-ai=n, search=n",
            'rsl.xml <content url="https://www.example.com/members/club/*">',
            "headers.txt # pages under /members/club/:",
            'article.jsonld "@id": "#members/club/free"',
            'article.jsonld "url": "https://www.example.com/members/club/ARTICLE"',
        ),
        come=(
            "robots.txt Content-Usage: /club/ train-ai=n, search=n",
            'rsl.xml <content url="https://www.example.com/club/*">',
            "headers.txt # pages under /club/:",
            'article.jsonld "@id": "#club/free"',
            'article.jsonld "url": "https://www.example.com/club/ARTICLE"',
        ),
        moved=(
            "headers.txt Content-Usage: train-ai=n, search=n",
            'rsl.xml <prohibits type="usage">search ai-train ai-input</prohibits>',
            'article.jsonld "isAccessibleForFree": false',
        ),
    ),
    PublishedEdit(
        "machines at large are refused",
        _WEEKEND,
        _RULE.format("no machines", "crawler = true", "wall", "machines = { status = 403 }")
        + _WEEKEND,
        gone=(
            "robots.txt Content-Usage: train-ai=n, search=y",
            "robots.txt Content-Usage: /members/club/ train-ai=n, search=n",
            'rsl.xml <permits type="usage">search ai-input</permits>',
            'rsl.xml <permits type="usage">search ai-input</permits>',
            'rsl.xml <payment type="free" />',
            'rsl.xml <payment type="free" />',
            'rsl.xml <permits type="usage">ai-train</permits>',
            'rsl.xml <payment type="crawl">',
            "rsl.xml <standard>https://www.example.com/terms</standard>",
            'rsl.xml <amount currency="USD">0.01</amount>',
            'rsl.xml <content url="https://www.example.com/members/club/*">',
            'rsl.xml <content url="https://www.example.com/weekend/*">',
            'rsl.xml <prohibits type="usage">ai-train</prohibits>',
            _LINK,
            "headers.txt Content-Usage: train-ai=n, search=y",
            "headers.txt # pages under /members/club/:",
            'article.jsonld "isAccessibleForFree": true',
            'article.jsonld "isAccessibleForFree": true',
            'article.jsonld "isAccessibleForFree": true',
            'article.jsonld "@id": "#members/club/free"',
            'article.jsonld "url": "https://www.example.com/members/club/ARTICLE"',
            'article.jsonld "@id": "#weekend/metered"',
            'article.jsonld "url": "https://www.example.com/weekend/ARTICLE"',
            'article.jsonld "url": "https://www.example.com/weekend/ARTICLE"',
            'article.jsonld "@id": "#weekend/premium"',
        ),
        come=("robots.txt Content-Usage: train-ai=n, search=n",),
    ),
)


_STRUCTURE = re.compile(
    r"</?license>|</?rsl.*|</content>|</payment>|[{}\]],?"
    r'|"(@type|hasPart|cssSelector|headline|@graph)".*'
)
"""Lines that say nothing by themselves."""


def said(text: str) -> Counter[str]:
    """Return every line that the files of a policy's text say something with, and how often."""
    files = published_files(loads_policy(text))
    return Counter(
        f"{name} {line.strip().rstrip(',')}"
        for name, text in files.items()
        for line in text.splitlines()
        if not _STRUCTURE.fullmatch(line.strip())
    )


def edited(edit: PublishedEdit) -> str:
    """Return the text of the policy with an edit in it."""
    assert POLICY.count(edit.old) == 1, edit.name
    return POLICY.replace(edit.old, edit.new)
