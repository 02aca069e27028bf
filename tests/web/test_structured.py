"""Search engines are told what is true of the article, and find the class where the teaser ends."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.web.structured import json_ld, mark, structured_data
from meter.web.teaser import find_cut, teaser
from meter.web.teaser.markup import PieceKind, read_html
from tests.web.test_teaser import HTML, LENGTHS

HOSTILE = (
    "</script>",
    "<!--",
    "<script>",
    "-->",
    "]]>",
    "\u2028",
    "&lt;",
    '"',
    "\\",
    "海",
    "\ud800",
)


def test_an_article_for_everyone_has_no_part_behind_the_wall():
    """And says so."""
    data = structured_data(for_everyone=True)
    assert data["isAccessibleForFree"] is True
    assert "hasPart" not in data


def test_any_other_article_names_the_class():
    """One part stands alone, several are a list, none twice."""
    part = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".a"}
    assert structured_data(for_everyone=False, selectors=[".a"])["hasPart"] == part
    data = structured_data(for_everyone=False, selectors=[".a", ".b", ".a"])
    assert data["hasPart"] == [part, {**part, "cssSelector": ".b"}]
    assert data["isAccessibleForFree"] is False


def test_what_else_is_known_is_told():
    """In schema.org's words; what is not known is left out."""
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    data = structured_data(
        for_everyone=False, headline="Tides", url="https://x/1", published=at, authors=["Ana"]
    )
    assert data["headline"] == "Tides"
    assert data["datePublished"] == "2026-06-01T12:00:00+00:00"
    assert data["author"] == [{"@type": "Person", "name": "Ana"}]
    assert "image" not in data


@pytest.mark.parametrize(
    "selector", ["paywall", "#a", ".a .b", ".a.b", "div.a", ".a > .b", ".", ".1", "", ".a\n", "[a]"]
)
def test_only_one_class_is_a_selector(selector):
    """Google reads no other."""
    with pytest.raises(ValueError, match="one class"):
        structured_data(for_everyone=True, selectors=[selector])
    with pytest.raises(ValueError, match="one class"):
        mark("<p>a", selector, words=1)


def test_slips_are_told():
    """An access is no truth about the article; a time has a zone; a wall has a class."""
    with pytest.raises(TypeError, match="for_everyone"):
        structured_data(for_everyone="full")
    with pytest.raises(ValueError, match="time zone"):
        structured_data(for_everyone=True, published=datetime(2026, 6, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="class"):
        structured_data(for_everyone=False, selectors=[])


@settings(max_examples=40)
@given(st.lists(st.sampled_from(HOSTILE)).map("".join))
def test_no_headline_ends_the_script(headline):
    """A browser finds one script, and in it the headline."""
    data = structured_data(for_everyone=False, headline=headline)
    written = json_ld(data)
    page = html5lib.parse(
        f'<script type="application/ld+json">{written}</script>', namespaceHTMLElements=False
    )
    (script,) = page.iter("script")
    assert json.loads(script.text) == data
    assert page.find("body").text is None


def parts_of(html, name):
    """The text outside and inside of elements with a class, and the depth they are nested to."""
    inside = deepest = 0
    texts = ["", ""]
    for kind, element, text in read_html(html).pieces:
        if kind is PieceKind.TEXT:
            texts[inside > 0] += text
        elif name in element.get("class", "").split():
            inside += 1 if kind is PieceKind.START else -1
            deepest = max(deepest, inside)
    return [re.sub(r"\s+", "", text) for text in texts], deepest


@settings(max_examples=60, deadline=None)
@given(HTML, LENGTHS)
def test_what_is_marked_is_what_the_teaser_leaves_out(html, length):
    """One place, found by one function; nothing is lost, and no mark stands inside another."""
    pieces = read_html(html).pieces
    cut = find_cut(pieces, length.get("paragraphs"), length.get("words"))
    texts = [piece.text for piece in pieces]
    before = texts
    if cut is not None:
        before = [*texts[: cut.piece], texts[cut.piece][: cut.characters]]
    marked = mark(html, **length)
    (outside, inside), deepest = parts_of(marked, "paywall")
    assert outside == re.sub(r"\s+", "", "".join(before))
    assert outside + inside == re.sub(r"\s+", "", "".join(texts))
    assert deepest <= 1


@pytest.mark.parametrize(
    ("html", "length", "expected"),
    [
        ("<p>a</p>", {"paragraphs": 2}, "<p>a</p>"),
        (
            "<ul><li>a<li>b</ul><p>c",
            {"paragraphs": 1},
            '<ul><li>a</li><li class="paywall">b</li></ul><div class="paywall"><p>c</p></div>',
        ),
        (
            "<p>a <b>b c</b> d</p><p>e",
            {"words": 2},
            (
                '<p>a <b>b <span class="paywall">c</span></b><span class="paywall"> d</span></p>'
                '<div class="paywall"><p>e</p></div>'
            ),
        ),
        (
            "<p>a</p><!-- b --><script>1 < 2</script>",
            {"paragraphs": 1},
            '<p>a</p><div class="paywall"><!-- b --><script>1 < 2</script></div>',
        ),
        (
            "<p>a</p><svg><use xlink:href='#b'></use></svg>",
            {"paragraphs": 9},
            '<p>a</p><svg><use xlink:href="#b"></use></svg>',
        ),
    ],
)
def test_where_the_class_stands(html, length, expected):
    """The whole page, with what it had."""
    assert mark(html, **length) == expected


def test_the_visible_part_is_the_teaser():
    """Of an ordinary article they are the same to the letter."""
    html = "<h1>Tides</h1><p>One.</p><p>Two.</p><p>Three.</p>"
    shown, _, _ = mark(html, paragraphs=2).partition('<div class="paywall">')
    assert shown == teaser(html, paragraphs=2)
