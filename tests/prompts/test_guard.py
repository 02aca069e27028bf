"""A hostile or mistaken template is refused where it stands, before anything of it runs.

Ours all pass.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import PromptError
from meter.prompts import render, render_template
from meter.prompts.errors import TemplateError
from meter.prompts.guard import MOST_STEPS
from meter.prompts.templates import found
from meter.resources import template_root
from tests.prompts.staging import METERED, Stage, every_state, make_offer, make_policy

STAGE = Stage(make_policy(offer=make_offer()))
DECISION = STAGE.read(2)

HOSTILE = {
    # time and memory
    "{% for a in range(10**9) %}x{% endfor %}": "not-allowed",
    "{{ 'x' * 10**9 }}": "not-allowed",
    "{{ 7**4000000 }}": "not-allowed",
    "{{ 1000000 // 3 }}": "not-allowed",
    "{{ '%999999999d' % 1 }}": "not-allowed",
    "{{ '%999999999d'|format(1) }}": "unknown-filter",
    "{{ heading|center(10**9) }}": "unknown-filter",
    "{{ heading|indent(10**9) }}": "unknown-filter",
    "{{ heading|replace('', pitch)|replace('', pitch) }}": "unknown-filter",
    "{{ heading.ljust(10**9) }}": "not-allowed",
    "{{ lipsum(n=100000) }}": "not-allowed",
    "{{ pitch|join(pitch)|join(pitch) }}": "not-allowed",
    "{{ benefits|join(pitch) }}": "not-allowed",
    "{% for a in benefits %}{% for b in benefits %}x{% endfor %}{% endfor %}": "not-allowed",
    "{% for a in benefits recursive %}{{ loop(benefits) }}{% endfor %}": "not-allowed",
    "{% for a in benefits %}{% block x %}{% endblock %}{% endfor %}": "not-allowed",
    "{% block a %}{{ super() }}{{ super() }}{% endblock %}": "not-allowed",
    "{% block a %}{{ super()|trim('<') }}{% endblock %}": "not-allowed",
    "{% block a %}{{ super() ~ heading }}{% endblock %}": "not-allowed",
    "{% block a %}{{ super() if left else '' }}{% endblock %}": "not-allowed",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}": "not-allowed",
    "{% set a = heading %}{{ a }}": "not-allowed",
    "{% with a = heading %}{% endwith %}": "not-allowed",
    "{% filter upper %}x{% endfilter %}": "not-allowed",
    "{{ namespace() }}": "not-allowed",
    "{{ 99999999999 }}": "not-allowed",
    "{{ " + "9" * 5000 + " }}": "template-too-deep",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}": "template-too-deep",
    "{{ " + "not " * 3000 + "1 }}": "template-too-deep",
    "{{ " + "+".join(["left"] * 4000) + " }}": "template-too-deep",
    "{% if left %}" * 500 + "{% endif %}" * 500: "template-too-deep",
    "x" * 70_000: "template-too-large",
    "{% for a in benefits %}"
    + "{{ a }}" * (MOST_STEPS // 20)
    + "{% endfor %}": "template-too-large",
    # ways out
    "{{ ''.__class__.__mro__[1].__subclasses__() }}": "not-allowed",
    "{{ heading.__class__ }}": "not-allowed",
    "{{ heading['__class__'] }}": "not-allowed",
    "{{ heading|attr('__class__') }}": "unknown-filter",
    "{{ heading.format(heading) }}": "not-allowed",
    "{{ benefits[0] }}": "not-allowed",
    "{{ self.words() }}": "not-allowed",
    "{{ self }}": "unknown-variable",
    "{{ cycler }}": "unknown-variable",
    "{{ loop }}": "unknown-variable",
    "{{ super() }}": "not-allowed",
    "{{ {'a': 1} }}": "not-allowed",
    "{{ (benefits, benefits) }}": "not-allowed",
    "{{ benefits }}": "not-allowed",
    "{{ heading|default(**benefits) }}": "not-allowed",
    "{% for left in benefits %}{% endfor %}": "not-allowed",
    # HTML that was text
    "{{ heading|safe }}": "unknown-filter",
    "{{ heading|xmlattr }}": "unknown-filter",
    "{% autoescape false %}{{ heading }}{% endautoescape %}": "not-allowed",
    # other files
    "{% import 'prompt.html.j2' as p %}": "not-allowed",
    "{% from 'prompt.html.j2' import x %}": "not-allowed",
    "{% include '../../../etc/passwd' %}": "template-missing",
    "{% include '/etc/passwd' %}": "template-missing",
    "{% include 'C:\\\\secret' %}": "template-missing",
    "{% include '.hidden' %}": "template-missing",
    "{% include heading %}": "not-allowed",
    "{% include ['a', 'b'] %}": "not-allowed",
    "{% extends heading %}": "not-allowed",
    # mistakes
    "{{ heading": "template-syntax",
    "{% if left %}": "template-syntax",
    "{% nonsense %}": "template-syntax",
    "{% block a %}{% endblock %}{% block a %}{% endblock %}": "template-syntax",
    "{% extends 'prompt.html.j2' %}{% extends 'prompt.html.j2' %}": "template-syntax",
    "{% block a %}{% extends 'prompt.html.j2' %}{% endblock %}": "template-syntax",
    "{{ heading is callable }}": "unknown-test",
    "{{ left|plural('a') }}": "bad-plural",
    "{{ left|plural(one='a') }}": "bad-plural",
    "{{ left|plural(some='a', other='b') }}": "bad-plural",
}


@pytest.mark.parametrize("template", HOSTILE, ids=lambda template: template[:50])
def test_what_is_not_on_the_list_is_refused(template):
    """With its code, and with line and column unless it is the whole file's fault."""
    with pytest.raises(TemplateError) as raised:
        render_template(template, DECISION, STAGE.policy)
    problem = raised.value.problems[0]
    assert HOSTILE[template] in {problem.code for problem in raised.value.problems}
    assert problem.help
    assert problem.message[0].islower() or not problem.message[0].isalpha()
    assert not problem.message.endswith(".")
    if problem.code != "template-too-large":
        assert 1 == problem.line
        assert 1 <= problem.column <= len(template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ left + 1 }} {{ limit - used }} {{ -left }} {{ +left }}", "4 3 -3 3"),
        (
            (
                "{% if left > 1 and not left == 2 or left in [9, 10] %}some{% elif left %}few{%"
                " else %}none{% endif %}"
            ),
            "some",
        ),
        ("{{ 'one' if left == 1 else 'more' }}", "more"),
        ("{{ left|plural(one='article', other='articles') }}", "articles"),
        (
            (
                "{% for b in benefits %}{{ loop.index }}{{ '' if loop.last else ', ' }}{% else"
                " %}nothing{% endfor %}"
            ),
            "nothing",
        ),
        (
            "{{ heading|upper }}|{{ heading|length }}|{{ '' |default('x', true) }}",
            "YOU HAVE 3 FREE ARTICLES LEFT THIS MONTH|40|x",
        ),
        ("{{ price ~ ' for ' ~ term }}", "$9 for 3 months"),
        ("{% if left is defined %}{{ left }}{% endif %}", "3"),
        ("{% block a %}{{ publication }}{% endblock %}", "The Harbour Review"),
        ("{{ '<b>' }}{{ '<b>'|e }}{{ '<b>'|e|e }}", "&lt;b&gt;&lt;b&gt;&lt;b&gt;"),
    ],
)
def test_what_a_prompt_needs_is_allowed(template, said):
    """Choosing, counting, joining and looping over the benefits."""
    assert said == render_template(template, DECISION, STAGE.policy)


def test_plural_counts_in_the_prompts_language():
    """The filter takes the categories of CLDR."""
    template = (
        "{{ left|plural(one='artykuł', few='artykuły', many='artykułów', other='artykułu') }}"
    )
    assert ["artykuły", "artykuł"] == [
        render_template(template, STAGE.read(count), STAGE.policy, locale="pl") for count in (2, 4)
    ]
    assert "artykułu" == render_template(template, DECISION, STAGE.policy, locale="ja")


@pytest.mark.parametrize(
    ("template", "code", "line", "column", "advice"),
    [
        ("headlin {{ headlin }}", "unknown-variable", 1, 12, "did you mean `headline`?"),
        ("\n  {{ pitch }}{{ pitc }}", "unknown-variable", 2, 17, "did you mean `pitch`?"),
        ("{{numberArticlesRead}}", "unknown-variable", 1, 3, "did you mean `numberArticlesLeft`?"),
        ("{{ numberArticlesLeft - plural }}", "unknown-variable", 1, 25, "without spaces"),
        ("{{ 'foo' }} {{ foo }}", "unknown-variable", 1, 16, "reference"),
        ("{{ heading|uper }}", "unknown-filter", 1, 12, "did you mean `upper`?"),
        ("{% block a required %}{% endblock %}", "not-allowed", 1, 10, "leave `required` out"),
        ("{{ none }}", "not-allowed", 1, 1, "if … else"),
        ("{{ left == 1 }}", "not-allowed", 1, 1, "if … else"),
        ("{{ not left }}", "not-allowed", 1, 1, "if … else"),
        ("{{ left is defined or 'x' }}", "not-allowed", 1, 1, "if … else"),
        ("{{ benefits|upper }}", "not-allowed", 1, 4, "loop over it"),
        ("{{ 'x' ~ benefits }}", "not-allowed", 1, 10, "loop over it"),
        ("{{ benefits if left else 'x' }}", "not-allowed", 1, 4, "loop over it"),
        ("{{ left|plural(other=benefits) }}", "not-allowed", 1, 22, "loop over it"),
        (
            "{% include 'promt.html.j2' %}",
            "template-missing",
            1,
            13,
            "did you mean `prompt.html.j2`?",
        ),
        ("<p>\n{{ heading - 1 }}", "bad-value", 2, 1, "`~`"),
        ("{{ 'few' if left < 'a' else '' }}", "bad-value", 1, 1, "`~`"),
        ("\n\n{{ heading|plural(other='a') }}", "bad-value", 3, 1, "`~`"),
    ],
)
def test_a_mistake_is_found_where_it_stands(template, code, line, column, advice):
    """In the author's own words, with what may have been meant."""
    with pytest.raises(TemplateError) as raised:
        render_template(template, DECISION, STAGE.policy)
    problem = raised.value.problems[0]
    assert (code, line, column) == (problem.code, problem.line, problem.column)
    assert advice in problem.help


def test_every_mistake_is_told():
    """Never just the first, and the same word twice is found twice."""
    with pytest.raises(TemplateError) as raised:
        render_template("{{ foo }} {{ foo }}\n{{ heading|safe }}", DECISION, STAGE.policy)
    assert [(1, 4), (1, 14), (2, 12)] == [
        (problem.line, problem.column) for problem in raised.value.problems
    ]


def test_a_circle_of_includes_is_refused(tmp_path):
    """The file that closes the circle is named."""
    (tmp_path / "a.html.j2").write_text("{% include 'b.html.j2' %}")
    (tmp_path / "b.html.j2").write_text("\n{% include 'a.html.j2' %}")
    with pytest.raises(PromptError, match=r"b\.html\.j2:2:13: error\[include-cycle\]"):
        render_template(tmp_path / "a.html.j2", DECISION, STAGE.policy)


def test_a_tower_of_includes_is_refused(tmp_path):
    """Steps are counted through every file, so ten files cannot make ten thousand million."""
    for level in range(7):
        (tmp_path / f"t{level}.html.j2").write_text(f"{{% include 't{level + 1}.html.j2' %}}" * 10)
    (tmp_path / "t7.html.j2").write_text("{{ heading }}")
    with pytest.raises(PromptError, match="template-too-large"):
        render_template(tmp_path / "t0.html.j2", DECISION, STAGE.policy)


def test_an_included_file_is_held_to_the_same_list(tmp_path):
    """A mistake is told with the name of the file it is in."""
    (tmp_path / "countdown.html.j2").write_text("{% include 'part.html.j2' %}")
    (tmp_path / "part.html.j2").write_text("{{ heading|safe }}")
    with pytest.raises(PromptError, match=r"part\.html\.j2:1:12: error\[unknown-filter\]"):
        render(DECISION, STAGE.policy, folder=tmp_path)


def test_a_file_changed_after_it_was_loaded_is_checked_again(tmp_path):
    """What was harmless yesterday is not trusted today."""
    path = tmp_path / "countdown.html.j2"
    path.write_text("{% include 'part.html.j2' %}")
    (tmp_path / "part.html.j2").write_text("fine")
    assert "fine" == render(DECISION, STAGE.policy, folder=tmp_path)
    (tmp_path / "part.html.j2").write_text("{{ heading.__class__ }}")
    with pytest.raises(PromptError, match="not-allowed"):
        render(DECISION, STAGE.policy, folder=tmp_path)


def test_the_templates_that_ship_pass():
    """Ours are held to the list that publishers' are held to."""
    names = [
        file.name for file in (template_root() / "prompts").iterdir() if file.name.endswith(".j2")
    ]
    assert {
        f"{name}.{kind}.j2" for name in every_state(STAGE.policy) for kind in ("html", "txt")
    } < {*names}
    for name in names:
        assert found(name, "html" if ".html" in name else "text", None).name == name


def test_a_prompt_that_no_file_is_there_for_is_an_error():
    """A rule may name a prompt of its own, and then its template has to be there."""
    with pytest.raises(PromptError, match="template-missing"):
        found("trial-ofer.html.j2", "html", None)
    with pytest.raises(PromptError, match=r"did you mean `trial-offer\.html\.j2`\?"):
        found("trial-ofer.html.j2", "html", None)


def test_a_missing_template_file_is_told(tmp_path):
    """With its path."""
    with pytest.raises(PromptError, match=r"gone\.html: error\[template-missing\]"):
        render_template(tmp_path / "gone.html", DECISION, STAGE.policy)


PIECES = [
    *(
        "{{ ",
        " }}",
        "{% ",
        " %}",
        "{#",
        "#}",
        "(",
        ")",
        "[",
        "]",
        '"',
        ",",
        "==",
        "<",
        " + ",
        " - ",
        " ~ ",
        ".x",
        "'x'",
        "1",
        "1e5",
        "\n",
    ),
    *(
        "left",
        "benefits",
        "heading",
        "loop",
        "super()",
        "self",
        "b",
        " in ",
        " is defined",
        "required",
        "raw",
        "endraw",
        "set x = 1",
    ),
    *(
        "block a",
        "endblock",
        "for b in benefits",
        "endfor",
        "if left",
        "else",
        "elif left",
        "endif",
        "extends 'prompt.html.j2'",
    ),
    *(
        "include 'countdown.html.j2'",
        "include 'x' ignore missing",
        "|upper",
        "|first",
        "|join(', ')",
        "|default(1, 2, 3)",
        "|trim(1)",
    ),
    *(
        "|plural(one='a', other='b')",
        "{{ left }}",
        "{% if left %}",
        "{% endif %}",
        "{% for b in benefits %}",
        "{% endfor %}",
        "{{ b }}",
    ),
    *("{% block a %}", "{% endblock %}", "<<numberArticlesLeft>>", "<<x>>"),
]


@given(
    template=st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
    used=st.sampled_from([1, 5, 6]),
    kind=st.sampled_from(["html", "text"]),
)
@settings(max_examples=300, deadline=None)
def test_any_template_renders_or_is_refused(template, used, kind):
    """There is no third way: no other exception, and no page that fails in Python's words."""
    rendered, problems = _outcome(template, STAGE.read(used), kind)
    assert isinstance(rendered, str) is not bool(problems)
    assert all(problem.code and problem.help for problem in problems)


def _outcome(template, decision, kind):
    try:
        return render_template(template, decision, STAGE.policy, format=kind), ()
    except TemplateError as error:
        return None, error.problems


def test_values_are_escaped_in_html_and_bare_in_text():
    """Whatever the template is called."""
    stage = Stage(make_policy())
    decision = stage.view(METERED, expired="trial")
    assert "a &lt;b&gt; &amp; c" == render_template("a {{ '<b> & c' }}", decision, stage.policy)
    assert "a <b> & c" == render_template(
        "a {{ '<b> & c' }}", decision, stage.policy, format="text"
    )
