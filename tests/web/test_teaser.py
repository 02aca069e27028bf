"""A teaser is the beginning of an article and nothing of the rest, whatever its HTML is."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.web.structured import mark
from meter.web.teaser import teaser, teaser_text
from meter.web.teaser.markup import PieceKind, read_html

LEAD = "<h1>Tides</h1><p>At dawn the water rose.</p>"
SECRET = "the whole story beyond the cut"
REST = f"<p>{SECRET}, told at length.</p>"

# fmt: off
TAGS = (
    "p", "div", "section", "ul", "li", "ol", "blockquote", "h2", "figure", "figcaption", "table",
    "tr", "td", "b", "i", "a", "em", "span", "pre", "br", "img", "hr", "math", "mi", "svg", "form",
    "x-part", "nobr", "button", "ruby", "rt", "details", "summary", "dl", "dt", "dd",
)
# fmt: on
WORDS = st.sampled_from(
    ("tide", "sea ", " two words ", "&amp;", "&lt;p&gt;", "海の話", "น้ำ", "\n\n")
)


def _element(inner):
    return st.builds(
        lambda tag, children, end: f"<{tag}>{''.join(children)}{f'</{tag}>' if end else ''}",
        st.sampled_from(TAGS),
        st.lists(inner, max_size=4),
        st.sampled_from((True, True, False)),
    )


HTML = st.lists(st.recursive(WORDS, _element, max_leaves=12), max_size=6).map("".join)
LENGTHS = st.one_of(
    st.integers(1, 6).map(lambda number: {"paragraphs": number}),
    st.integers(1, 12).map(lambda number: {"words": number}),
)
HIDDEN = ("svg", "select", "script", "style", "textarea")


def text_of(html):
    """The text of HTML without blanks, and without what a teaser leaves out."""
    hidden = 0
    found = []
    for kind, element, text in read_html(html).pieces:
        if kind is PieceKind.TEXT and not hidden:
            found.append(text)
        elif str(element.tag).rpartition("}")[2] in HIDDEN and kind is not PieceKind.TEXT:
            hidden += 1 if kind is PieceKind.START else -1
    return re.sub(r"\s+", "", "".join(found))


@settings(max_examples=60, deadline=None)
@given(HTML, LENGTHS)
def test_a_teaser_is_a_prefix_and_its_own_teaser(html, length):
    """Up to blanks; cut again, it stays as it is."""
    cut = teaser(html, **length)
    assert text_of(html).startswith(text_of(cut))
    assert teaser(cut, **length) == cut


@settings(max_examples=30, deadline=None)
@given(HTML, st.integers(1, 5))
def test_a_longer_teaser_begins_with_a_shorter_one(html, number):
    """One paragraph more takes nothing away."""
    shorter = text_of(teaser(html, paragraphs=number))
    assert text_of(teaser(html, paragraphs=number + 1)).startswith(shorter)


LEAKS = [
    '<p data-rest="{}">a b</p>',
    '<p title="{}">a b</p>',
    '<p aria-label="{}">a b</p>',
    "<p style=\"--rest: '{}'\">a b</p>",
    '<p class="{}">a b</p>',
    '<p><img src="a.png" alt="{}">a b</p>',
    '<p><img src="data:text/plain,{}">a b</p>',
    '<p><img srcset="a.png 1x, data:text/plain,{} 2x">a b</p>',
    '<p><a href="/all?{}, told at length">a b</a></p>',
    "<p><!-- {} -->a b</p>",
    "<p><script>let s = '{}'</script>a b</p>",
    '<script type="application/ld+json">{{"articleBody": "{}"}}</script><p>a b</p>',
    "<style>.a::after {{ content: '{}' }}</style><p>a b</p>",
    "<template><p>{}</p></template><p>a b</p>",
    "<noscript><p>{}</p></noscript><p>a b</p>",
    '<iframe srcdoc="{}"></iframe><p>a b</p>',
    "<iframe>{}</iframe><p>a b</p>",
    '<input type="hidden" value="{}"><p>a b</p>',
    "<textarea>{}</textarea><p>a b</p>",
    "<div hidden><p>{}</p></div><p>a b</p>",
    '<div style="display : none"><p>{}</p></div><p>a b</p>',
    "<svg><desc>{}</desc></svg><p>a b</p>",
    '<meta content="{}"><p>a b</p>',
    "<object><p>{}</p></object><p>a b</p>",
]


@pytest.mark.parametrize("place", LEAKS)
def test_the_rest_is_nowhere_else(place):
    """A story that the page carries a second time, before the cut, is not sent either."""
    cut = teaser(place.format(SECRET) + REST, paragraphs=1)
    assert "a b" in cut
    assert "whole story" not in cut


def test_the_planted_leaks_are_leaks():
    """Each of them is in the article itself, so the test above looks for something."""
    assert all("whole story" in place.format(SECRET) for place in LEAKS)


@pytest.mark.parametrize(
    ("html", "length", "expected"),
    [
        ("", {"words": 3}, ""),
        (" \n ", {"paragraphs": 3}, ""),
        (LEAD + REST, {"paragraphs": 0}, ""),
        (LEAD + REST, {"paragraphs": 1}, LEAD),
        ("<p>a</p><h2>b</h2><p>c</p>", {"paragraphs": 1}, "<p>a</p>"),
        (
            "<h2>a</h2><h2>b</h2><h2>c</h2><h2>d</h2><p>e</p>",
            {"paragraphs": 1},
            "<h2>a</h2><h2>b</h2><h2>c</h2><h2>d</h2>",
        ),
        (
            "<figure><img src=a><figcaption>b</figcaption></figure><p>c</p><p>d",
            {"paragraphs": 1},
            '<figure><img src="a"><figcaption>b</figcaption></figure><p>c</p>',
        ),
        (
            "<div><ul><li>a<li>b<li>c</ul></div>",
            {"paragraphs": 2},
            "<div><ul><li>a</li><li>b</li></ul></div>",
        ),
        (
            "<blockquote><p>a</p><p>b</p></blockquote>",
            {"paragraphs": 1},
            "<blockquote><p>a</p></blockquote>",
        ),
        ("a<br>b<br><br>c", {"paragraphs": 1}, "a<br>b<br>"),
        ("<x-part>a</x-part><x-part>b</x-part>", {"paragraphs": 1}, "<x-part>a</x-part>"),
        (
            "<p>Salt &amp; <b>&lt;tide&gt; and</b> more",
            {"words": 3},
            "<p>Salt &amp; <b>&lt;tide&gt;</b></p>",
        ),
        ("<p>a w<b>or</b>d c</p>", {"words": 2}, "<p>a w<b>or</b>d</p>"),
        ("<p>日本語のテキスト</p>", {"words": 3}, "<p>日本語</p>"),
        ("<p>น้ำขึ้น</p>", {"words": 2}, "<p>น้ำ</p>"),
        ("<p>한국어 기사 전문</p>", {"words": 2}, "<p>한국어 기사</p>"),
        ("<p>a b</p><p>c</p>", {"words": 9, "paragraphs": 1}, "<p>a b</p>"),
        ("<pre>\n\na</pre>", {"words": 9}, "<pre>\n\na</pre>"),
        ("<xmp><b></xmp>", {"words": 9}, "<pre>&lt;b&gt;</pre>"),
    ],
)
def test_where_it_is_cut(html, length, expected):
    """What a browser would show, and closed again."""
    assert teaser(html, **length) == expected


def test_a_text_without_blocks_or_blanks_has_an_end():
    """Neither one endless paragraph nor one endless word is the whole article."""
    assert len(teaser("word " * 9000, paragraphs=1).split()) == 400
    assert len(teaser("x" * 9000, words=1)) == 60


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 10_000 + "x",
        "<span>" * 10_000 + "x" + "</span>" * 10_000,
        "<b>" * 10_000 + "x",
        "<p>" + "".join(f"<b id={number}>" for number in range(30)) + "<p>x" * 3_000,
        "<table><b>" * 5_000,
        "<div " + " ".join(f"a{number}=1" for number in range(5_000)) + ">x",
        "<template>" * 10_000 + SECRET,
        "<svg><p>" * 500,
        "<" * 20_000,
        "&" * 50_000,
        "\x00\ud800<p>\udfff",
        "<!--" + "-" * 50_000,
    ],
)
def test_hostile_markup_costs_little(html):
    """No crash, and processor time that does not grow with the square of its size."""
    begun = time.process_time()
    cut = teaser(html, words=50)
    marked = mark(html, words=50)
    assert time.process_time() - begun < 8
    assert SECRET not in cut
    assert isinstance(marked, str)


@pytest.mark.parametrize(
    ("text", "length", "error"),
    [
        (b"<p>a", {"words": 1}, TypeError),
        (None, {"words": 1}, TypeError),
        ("a", {}, TypeError),
        ("a", {"words": True}, TypeError),
        ("a", {"words": 1.5}, TypeError),
        ("a", {"paragraphs": -1}, ValueError),
    ],
)
def test_slips_of_the_caller_are_told(text, length, error):
    """All three say the same."""
    for cutting in (teaser, teaser_text, mark):
        with pytest.raises(error):
            cutting(text, **length)


@given(st.text(st.sampled_from("ab \n海น้."), max_size=40), LENGTHS)
def test_a_text_is_cut_alike(text, length):
    """A prefix, and its own teaser."""
    cut = teaser_text(text, **length)
    assert text.strip().startswith(cut)
    assert teaser_text(cut, **length) == cut
