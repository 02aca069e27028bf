"""One page is one article, however its address is written; and an id is no address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meter.loading.article_ids import FORMS, ArticleIds, PageAddresses, article_ids, article_path

SAME = {
    "story": [
        "story",
        "/story",
        "story/",
        "//example.com/story",
        "/story//",
        "/story?utm_source=mail&utm_medium=x",
        "/story?page=2",
        "/story#comments",
        "/story/#!/share",
        "/amp/story",
        "/story/amp",
        "/story/amp/",
        "/story/AMP/?amp=1",
        "/story.amp",
        "/story/page/2",
        "/story/page-3/",
        "/story/page2/amp",
        "/story/amp/page/2",
        "https://example.com/story",
        "HTTPS://WWW.Example.COM:443/story/",
        "http:/example.com/story",
        "https:\\\\example.com\\story",
        "https://user:secret@example.com/story",
        "https://amp.example.com/story",
        " \t/story\n",
        "/st\nory",
        "/./story",
        "/other/../story",
        "/%73tory",
        "/%2e/story",
    ],
    "markets/asia/tea": [
        "markets/asia/tea",
        "/markets//asia/tea/",
        "/amp/markets/asia/tea",
        "/markets/asia/tea/page/12",
        "https://example.com/markets/asia/tea?a=/b/c",
    ],
    "café": ["café", "cafe\u0301", "/caf%C3%A9/", "/caf%c3%a9", "/cafe%CC%81?x"],
    "story.html": ["/story.html", "/story.amp.html", "/story.amp.html?x=1", "story.html#top"],
    "/?p=12": ["/?p=12", "https://example.com/?p=12", "https://example.com?p=12#x", "?p=12"],
    "/#!/story": ["/#!/story", "https://example.com/#!/story"],
}
OTHER = [
    "story",
    "Story",
    "story-2",
    "story/2",
    "story.html",
    "2026/06/story",
    "2026/06",
    "2026/07",
    "page/2",
    "amp",
    "amplifier",
    "stamp",
    "story/amplitude",
    "page",
    "pages/2/story",
    "/?p=1",
    "/?p=2",
    "100%",
    "100",
    "a1",
    "A1",
    "#12",
    "#13",
    "urn:isbn:0451450523",
    "doi:10.1000/182",
    "story:12?x",
    "story:12",
    "7",
    "x/y",
    "x%2Fy",
    "x%252Fy",
]


@pytest.mark.parametrize("path", SAME)
def test_addresses_of_one_page_are_one_article(path):
    """Each is cut to the same id."""
    assert {path} == {article_path(address) for address in SAME[path]}


def test_what_may_be_another_page_stays_another():
    """No two of these are taken for one."""
    cut = [article_path(name) for name in OTHER]
    assert len(set(cut)) == len(OTHER), sorted(cut)


@pytest.mark.parametrize(
    "name", ["a1", "#12", "urn:isbn:0451450523", "story:12?x", "2026-06", "日本", " "]
)
def test_an_id_that_is_no_address_stays_what_it_is(name):
    """Ids of a content system pass unchanged."""
    assert name == article_path(name)


ADDRESSES = st.lists(
    st.sampled_from(
        [
            "/",
            "//",
            "story",
            "amp",
            "page",
            "page-2",
            "2",
            ".amp",
            ".html",
            "?",
            "#",
            "%2F",
            "%25",
            "%3f",
            "%",
            "..",
            ".",
            ":",
            "http:",
            "https://",
            "urn:",
            "example.com",
            "[",
            "]",
            "@",
            "\\",
            " ",
            "\n",
            "é",
            "e\u0301",
            "%C3%A9",
            "%FF",
            "a=b",
            "%00",
            "\x00",
            "\ud800",
            ";x",
        ]
    ),
    max_size=9,
).map("".join)


@settings(max_examples=1500, deadline=None)
@given(st.one_of(ADDRESSES, st.text(max_size=30), st.text(st.characters(), max_size=6)))
@example("?\x00#")
@example("/http:/x/y")
@example("/%FF/../é")
@example("/amp/amp/story.amp.amp")
@example("%252e%252e/story")
@example("/page/2")
@example("https://[x/story")
def test_cutting_twice_is_cutting_once(name):
    """Law, for any text; and something always remains."""
    once = article_path(name)
    assert article_path(once) == once
    assert bool(once) == bool(name)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.from_regex(r"[a-z]{3}[a-z0-9-]{0,6}", fullmatch=True), min_size=1, max_size=4
    ).filter(
        lambda names: (
            not {"amp", "page"} & set(names) and not any(name.startswith("page") for name in names)
        )
    ),
    st.sampled_from(
        ["", "/", "https://example.com/", "//example.com/", "http:\\\\example.com/", "/amp/"]
    ),
    st.sampled_from(["", "/", "/amp", "/page/3", "/page-3/", "/amp/"]),
    st.sampled_from(["", "?utm=1", "#c", "?a=/b#/c"]),
)
def test_what_is_added_to_a_path_is_cut(names, before, after, more):
    """Law: a path comes out of every dress it is put in."""
    path = "/".join(names)
    assert article_path(f"{before}{path}{after}{more}") == path


def test_the_table_in_the_reference_is_true():
    """Each row shows what goes, and is cut so."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "events.md").read_text("utf-8")
    table = page.partition("<!-- article ids -->")[2].partition("<!-- end -->")[0]
    rows = re.findall(r"^\| .* \| `(.*)` \| `(.*)` \|$", table, re.MULTILINE)
    assert len(rows) == table.count("\n|") - 2
    for before, after in rows:
        assert article_path(before) == after


def test_the_words_are_two():
    """Any other is told both."""
    assert FORMS[article_ids("exact")]("/a/") == "/a/"
    assert article_ids("path") is ArticleIds.PATH
    with pytest.raises(ValueError, match="`paths` is not a word for `article_ids`; it is `exact`"):
        article_ids("paths")


def test_ids_that_are_one_page_are_noticed():
    """How many ids of how many pages, with an example; plain ids are never suspected."""
    pages = PageAddresses()
    pages.add(["a1", "a2", "/story", "/tea", "a1", "/story"])
    assert (pages.pages, pages.ids, pages.example) == (0, 0, None)
    pages.add(["/story/", "/story?x=1", "/tea#c"])
    assert (pages.pages, pages.ids, pages.example) == (2, 5, ("/story", "/story/"))


def test_only_so_many_ids_are_looked_at():
    """A log may have millions."""
    pages = PageAddresses()
    pages.add(f"/story/{number}" for number in range(30_000))
    assert pages.is_full
    pages.add(["/story/1/", "/story/1#c"])
    assert pages.pages == 0
