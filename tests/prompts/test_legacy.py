"""Old templates: three spellings of two placeholders work, and nothing else changes meaning."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jinja2 import Environment, TemplateSyntaxError

from meter import PromptError
from meter.prompts import render_template
from meter.prompts.errors import TemplateError
from meter.prompts.legacy import modernised, segments
from tests.prompts.staging import METERED, Stage, make_policy

STAGE = Stage(make_policy(limit=25))
SPELLINGS = {
    "braces": ("{{numberArticlesLeft}}", "{{numberArticlesLeft-plural}}"),
    "spaced braces": ("{{ numberArticlesLeft }}", "{{  numberArticlesLeft-plural\n}}"),
    "trimming braces": ("{{+ numberArticlesLeft }}", "{{+ numberArticlesLeft-plural }}"),
    "angles": ("<<numberArticlesLeft>>", "<<numberArticlesLeft-plural>>"),
    "spaced angles": ("<< numberArticlesLeft >>", "<<\tnumberArticlesLeft-plural >>"),
    "escaped angles": (
        "&lt;&lt;numberArticlesLeft&gt;&gt;",
        "&lt;&lt;numberArticlesLeft-plural&gt;&gt;",
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_counts_in_singular_and_plural(spelling):
    """`1 free article`, and an `s` for every other number."""
    number, plural = SPELLINGS[spelling]
    template = f"You have {number} free article{plural} left this month"
    for left in (24, 21, 11, 2, 1):
        expected = f"You have {left} free article{'' if left == 1 else 's'} left this month"
        assert expected == render_template(template, STAGE.read(25 - left), STAGE.policy)


def test_the_suffix_is_english_in_every_language():
    """`-plural` never was more than an `s`: Russian takes 21 for singular, the old page did not."""
    assert "21s" == render_template(
        "<<numberArticlesLeft>><<numberArticlesLeft-plural>>",
        STAGE.read(4),
        STAGE.policy,
        locale="ru",
    )


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ limit - used }}", "24"),
        ("{{limit-used}}", "24"),
        ("{{ limit-numberArticlesLeft }}", "1"),
        ("{{ numberArticlesLeft-used }}", "23"),
        ("{{numberArticlesLeft - used}}", "23"),
        (
            "{% if numberArticlesLeft == 1 %}one{% else %}{{ numberArticlesLeft + 1 }}{% endif %}",
            "25",
        ),
        ("{% if numberArticlesLeft-plural %}more{% endif %}", "more"),
        (
            "{{ 'numberArticlesLeft' }} {{ \"<<numberArticlesLeft-plural>>\" }}",
            "numberArticlesLeft &lt;&lt;numberArticlesLeft-plural&gt;&gt;",
        ),
        ("{{ numberArticlesLeft ~ numberArticlesLeft-plural }}", "24s"),
        ("{# <<numberArticlesRead>> {{foo-plural}} #}x", "x"),
        (
            "{%- raw -%} {{numberArticlesLeft-plural}} {%- endraw -%}",
            "{{numberArticlesLeft-plural}}",
        ),
        (
            "<<< >>> << >> <<-EOF &lt;&lt; &gt;&gt; <<1>> <<>>",
            "<<< >>> << >> <<-EOF &lt;&lt; &gt;&gt; <<1>> <<>>",
        ),
        ("numberArticlesLeft-plural", "numberArticlesLeft-plural"),
        ("{<<numberArticlesLeft>>}", "{24}"),
        ("a{ {{numberArticlesLeft}}}", "a{ 24}"),
        ("a \n{{-numberArticlesLeft-plural-}}\n b", "asb"),
        ("  <<numberArticlesLeft>>  {%- if left %}!{% endif %}", "  24!"),
        ("\ttabs and\r\nlines <<numberArticlesLeft>>\n", "\ttabs and\nlines 24\n"),
    ],
)
def test_nothing_else_changes_meaning(template, said):
    """Subtractions, quoted texts, comments, raw blocks, shifts and heredocs stay what they are."""
    assert said == render_template(template, STAGE.read(1), STAGE.policy)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            "{% raw %}<<numberArticlesLeft>> {{foo-plural}} &lt;&lt;x&gt;&gt;{% endraw %}",
            "<<numberArticlesLeft>> {{foo-plural}} &lt;&lt;x&gt;&gt;",
        ),
        (
            "1 << 2 >> 3, x<<y>>z, f(x)<<n>>2, a << b >> c",
            "1 << 2 >> 3, x<<y>>z, f(x)<<n>>2, a << b >> c",
        ),
        ("cat <<EOF\nnumberArticlesLeft\nEOF", "cat <<EOF\nnumberArticlesLeft\nEOF"),
    ],
)
def test_nothing_else_changes_meaning_in_a_text(template, said):
    """In HTML these are refused: a browser reads `<y>` and `<EOF` as elements."""
    assert said == render_template(template, STAGE.read(1), STAGE.policy, format="text")
    with pytest.raises(PromptError, match=r"html-(broken|element)"):
        render_template(template, STAGE.read(1), STAGE.policy)


SCRIPT = "if (a<<numberArticlesLeft>>1 && b<<x>>2) { s = '&lt;&lt;numberArticlesLeft&gt;&gt;' }"


@pytest.mark.parametrize(
    ("template", "today"),
    [
        (f"<script>{SCRIPT}</script>", f"<script>{SCRIPT}</script>"),
        (f"<script>{SCRIPT}", f"<script>{SCRIPT}"),
        (f"<SCRIPT async>{SCRIPT}</SCRIPT >", f"<SCRIPT async>{SCRIPT}</SCRIPT >"),
        (
            f"<<numberArticlesLeft>><script>{SCRIPT}</script><<numberArticlesLeft>>",
            f"{{{{ left }}}}<script>{SCRIPT}</script>{{{{ left }}}}",
        ),
        (
            f"<script>{SCRIPT}{{% if left %}}{SCRIPT}{{% endif %}}</script><<numberArticlesLeft>>",
            f"<script>{SCRIPT}{{% if left %}}{SCRIPT}{{% endif %}}</script>{{{{ left }}}}",
        ),
        (
            "<p title='<script>'><<numberArticlesLeft>></p>",
            "<p title='<script>'>{{ left }}</p>",
        ),
        ("<scripted><<numberArticlesLeft>>", "<scripted>{{ left }}"),
    ],
)
def test_what_stands_in_a_script_stays(template, today):
    """There `<<` and `>>` are shifts, also of an unknown name, and also where it is not closed."""
    assert today == modernised(template)


@pytest.mark.parametrize(
    ("template", "line", "column", "advice"),
    [
        ("<<numberArticlesRead>>", 1, 1, "did you mean `<<numberArticlesLeft>>`?"),
        ("<p>\n  You have {{foo-plural}}", 2, 12, "the placeholders are"),
        (
            "a\r\nb {{ numberArticleLeft-plural }}",
            2,
            3,
            "did you mean `{{ numberArticlesLeft-plural }}`?",
        ),
        (
            "&lt;&lt;numberArticlesLefts&gt;&gt;",
            1,
            1,
            "did you mean `&lt;&lt;numberArticlesLeft&gt;&gt;`?",
        ),
        ("{<<subscriberName>>}", 1, 2, "{% raw %}"),
        ("left<<foo>> articles", 1, 5, "the placeholders are"),
        ("a {{numberArticleLeft}}", 1, 3, "did you mean `{{numberArticlesLeft}}`?"),
        ("{{- numberarticlesleft }}", 1, 1, "did you mean"),
    ],
)
def test_an_unknown_placeholder_is_found_where_it_stands(template, line, column, advice):
    """Line and column of the placeholder as its author wrote it, and what may have been meant."""
    with pytest.raises(TemplateError) as raised:
        render_template(template, STAGE.read(1), STAGE.policy)
    problem = raised.value.problems[0]
    assert ("unknown-placeholder", line, column) == (problem.code, problem.line, problem.column)
    assert advice in problem.help
    assert f"template:{line}:{column}: error[unknown-placeholder]" in str(raised.value)


def test_the_variables_of_other_systems_are_no_slips():
    """A page template of a publisher holds names that mean nothing here."""
    page = "{{ title }} {{numberOfPages}} {{ articlesLeft }} {{ number }} {{ left }}"
    assert page == modernised(page)


def test_every_unknown_placeholder_is_told():
    """Never just the first."""
    with pytest.raises(TemplateError) as raised:
        modernised("<<foo>>\n{{bar-plural}}\n<<numberArticlesLeft>>", "old.html")
    assert [(1, 1), (2, 1)] == [(problem.line, problem.column) for problem in raised.value.problems]


def test_a_placeholder_without_a_meter_is_an_error_and_not_a_made_up_number():
    """A wall that no meter decided has nothing to count."""
    decision = STAGE.view(METERED, expired="trial")
    with pytest.raises(
        PromptError, match=r"template:2:\d+: error\[no-value\]: `left` has no value here"
    ):
        render_template("<p>\n<<numberArticlesLeft>>", decision, STAGE.policy)


OLD = [
    "<<numberArticlesLeft>>",
    "&lt;&lt;numberArticlesLeft-plural&gt;&gt;",
    "{{numberArticlesLeft}}",
    "{{ numberArticlesLeft-plural }}",
]
INNOCENT = [
    "{{ limit - used }}",
    "{{limit-used}}",
    "{% if numberArticlesLeft == 1 %}one{% endif %}",
    "{# x #}",
    "{% raw %}<<y>>{% endraw %}",
    "{{ left }}",
]
LOOSE = [
    "{",
    "}",
    "<",
    ">",
    "<<",
    ">>",
    "&lt;&lt;",
    " ",
    "\n",
    "-plural",
    "a",
    "1",
    "numberArticlesLeft",
    "'",
    '"',
    "&",
]
TEMPLATES = st.lists(st.sampled_from(OLD + INNOCENT + LOOSE), max_size=12).map("".join)


def _rendered(template, decision):
    try:
        return render_template(template, decision, STAGE.policy)
    except PromptError as error:
        return type(error)


@given(template=TEMPLATES, used=st.integers(1, 25))
@settings(max_examples=150, deadline=None)
def test_a_migrated_template_renders_the_same(template, used):
    """Rewriting is what rendering does first, so nothing can differ.

    Doing it twice changes nothing.
    """
    try:
        migrated = modernised(template)
    except TemplateError:
        return
    assert migrated == modernised(migrated)
    assert _rendered(template, STAGE.read(used)) == _rendered(migrated, STAGE.read(used))


@given(text=st.lists(st.sampled_from([*INNOCENT[:2], *LOOSE[2:]]), max_size=12).map("".join))
@settings(max_examples=150, deadline=None)
def test_text_without_placeholders_comes_out_as_it_is(text):
    """Whatever has no placeholder is not touched at all."""
    assume(not re.search(r"(<<|&lt;&lt;)\s*numberArticlesLeft", text))
    migrated, problems = _outcome(text)
    assert migrated in (text, None)
    assert all("<<" in problem.message or "&lt;&lt;" in problem.message for problem in problems)


def _outcome(text):
    try:
        return modernised(text), ()
    except TemplateError as error:
        return None, error.problems


@given(template=TEMPLATES)
@settings(max_examples=150, deadline=None)
def test_segments_are_jinjas_own(template):
    """The pieces make up the template, and text is what Jinja2's lexer calls text.

    A template whose last tag is never closed is left out: the lexer is not at its end then, and
    what is left counts as text here.
    """
    pieces = list(segments(template))
    assert template == "".join(template[piece.start : piece.end] for piece in pieces)
    try:
        tokens = list(Environment(keep_trailing_newline=True).lex(template))
    except TemplateSyntaxError:
        return
    kinds = [kind for _, kind, _ in tokens]
    if sum(kind.endswith("_begin") for kind in kinds) > sum(
        kind.endswith("_end") for kind in kinds
    ):
        return
    lexed = [value for _, kind, value in tokens if kind == "data"]
    kept = "".join(template[piece.start : piece.end] for piece in pieces if piece.kind == "text")
    raw = "".join(
        "<<y>>"
        for piece in pieces
        if piece.kind == "kept" and "raw" in template[piece.start : piece.end]
    )
    assert sorted(kept + raw) == sorted("".join(lexed))
