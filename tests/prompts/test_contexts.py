"""A variable stands only where its value can change nothing but words, on every way through.

What is let through is rendered with hostile words and read by html5lib, as a browser would.
"""

from __future__ import annotations

import types
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meter.prompts.contexts
from meter.prompts import render_template
from meter.prompts.errors import TemplateError
from meter.prompts.reading import Reading
from meter.prompts.templates import html_problems, sandbox_of
from meter.resources import template_root
from tests.prompts.staging import Stage, make_offer, make_policy
from tests.prompts.unchanged_trees import PIECES, changes_a_tree, measured

STAGE = Stage(make_policy(offer=make_offer()))
DECISION = STAGE.read(2)

REFUSED = {
    # values that could leave their place
    "<a title={{ headline }}>x</a>": "html-placeholder",
    "<a title=a{{ headline }}>x</a>": "html-placeholder",
    "<a title = {{ headline }} class='a'>x</a>": "html-placeholder",
    "<{{ headline }}>": "html-placeholder",
    "<a{{ headline }}>x</a>": "html-placeholder",
    "</{{ headline }}>": "html-placeholder",
    "<p {{ headline }}=1>": "html-placeholder",
    "<p {{ headline }}>": "html-placeholder",
    "<p data-{{ headline }}='1'>": "html-placeholder",
    "<p title='a'{{ headline }}>": "html-placeholder",
    "<!--{{ headline }}": "html-placeholder",
    "<!-- {{ headline }} -->": "html-placeholder",
    "<!{{ headline }}>": "html-placeholder",
    "<?{{ headline }}?>": "html-placeholder",
    "<p title='{{ headline }}": "html-placeholder",
    "<p title='{{ headline }}\">": "html-placeholder",
    "<p title=`{{ headline }}`>": "html-placeholder",
    "<input type='{{ headline }}'>": "html-placeholder",
    "<form method='{{ headline }}'></form>": "html-placeholder",
    # addresses
    '<a href="{{ headline }}">x</a>': "html-link",
    '<a href=" {{ action_link }}">x</a>': "html-link",
    '<a href="{{ action_link|upper }}">x</a>': "html-link",
    "<a href=\"{{ action_link|default('javascript:steal()') }}\">x</a>": "html-link",
    "<a href=\"{{ action_link or 'javascript:steal()' }}\">x</a>": "html-link",
    "<a href=\"javascript:f('{{ action_link }}')\">x</a>": "html-link",
    '<a href="{{ action_link }}{{ headline }}">x</a>': "html-link",
    '<a href="{{ action_link }}javascript:steal()">x</a>': "html-link",
    '<a href="{{ action_link }}//evil.example">x</a>': "html-link",
    '<a href="{{ action_link }}&#46;evil.example/">x</a>': "html-link",
    '<a href="{{ action_link }}&commat;evil.example">x</a>': "html-link",
    '<a href="{{ action_link }}&amp;evil.example/">x</a>': "html-link",
    '<form action="{{ action_link }}&#46;evil.example/"></form>': "html-link",
    '<form action="{{ action_link }}?from=prompt"></form>': "html-link",
    '<a href="javascript:steal()">x</a>': "html-link",
    '<a href="JavaScript&colon;steal()">x</a>': "html-link",
    '<a href="java&#10;script:steal()">x</a>': "html-link",
    '<a href="&#1;javascript:steal()">x</a>': "html-link",
    '<a href="//evil.example">x</a>': "html-link",
    '<a href="/\\evil.example">x</a>': "html-link",
    '<a href="/&Tab;/evil.example">x</a>': "html-link",
    '<a href="data:text/html,x">x</a>': "html-link",
    '<a href="http://example.com">x</a>': "html-link",
    '<img src="{{ headline }}" alt="">': "html-link",
    '<form action="//evil"><input name="mail"></form>': "html-link",
    '<form action="https://evil.example"></form>': "html-link",
    '<button formaction="https://evil.example">x</button>': "html-link",
    '{% if left %}<a href="{% else %}<a title="{% endif %}{{ headline }}">x</a>': "html-branch",
    '<a {% if left %}href{% else %}title{% endif %}="{{ headline }}">x</a>': "html-link",
    # what runs, loads, frames or styles
    "<a onclick=\"f('{{ headline }}')\">x</a>": "html-attribute",
    "<a ONCLICK='f()'>x</a>": "html-attribute",
    "<img src=/x onerror=steal()>": "html-attribute",
    "<p style='color: {{ headline }}'>x</p>": "html-attribute",
    "<p style='color: red'>x</p>": "html-attribute",
    "<p srcdoc='{{ headline }}'>x</p>": "html-attribute",
    "<img srcset='{{ headline }} 2x'>": "html-attribute",
    "<a xlink:href='{{ headline }}'>x</a>": "html-attribute",
    "<a ping='//evil'>x</a>": "html-attribute",
    "<table background='//evil'></table>": "html-attribute",
    "<p hx-get='//evil' x-on:click='steal()' @click='steal()'>x</p>": "html-attribute",
    "<p data-hx-on:click='steal()'>x</p>": "html-attribute",
    # what would take in the page behind it, or close the page around it
    '<form action="/buy"><p>{{ heading }}</p>': "html-element",
    '<a href="https://example.com/">x': "html-element",
    "<select>": "html-element",
    "<table><tr>": "html-element",
    "</div>": "html-element",
    "<div></p></div>": "html-element",
    "<b><i>x</b></i>": "html-element",
    "<div />x": "html-element",
    "<div>{% block a %}</div>{% endblock %}": "html-element",
    "{% for b in benefits %}<div>{% endfor %}": "html-element",
    "{% if left %}<div>{% endif %}x{% if left %}</div>{% endif %}": "html-branch",
    "{% if left %}<div>{% else %}<p>{% endif %}x</div>": "html-branch",
    # elements that are none of a prompt
    "<script>var x = {{ headline }}</script>": "html-element",
    "<script>steal()</script>": "html-element",
    "<script src='//evil'></script>": "html-element",
    "<SCRIPT\n>steal()</SCRIPT>": "html-element",
    "<style>p { color: {{ headline }} }</style>": "html-element",
    "<style>@import '//evil'</style>": "html-element",
    "<base href='//evil'>": "html-element",
    "<meta http-equiv='refresh' content='0;url={{ headline }}'>": "html-element",
    "<link rel='stylesheet' href='//evil'>": "html-element",
    "<iframe srcdoc='{{ headline }}'></iframe>": "html-element",
    "<object data='//evil'></object>": "html-element",
    "<embed src='//evil'>": "html-element",
    "<svg><a xlink:href='{{ headline }}'></a></svg>": "html-element",
    "<math><mtext></mtext></math>": "html-element",
    "<textarea>{{ headline }}</textarea>": "html-element",
    "<title><a title='</title><script>steal()</script>'></title>": "html-element",
    "<noscript><p title='</noscript><script>steal()</script>'></noscript>": "html-element",
    "<template>{{ headline }}</template>": "html-element",
    "<plaintext>": "html-element",
    "<x-widget>{{ headline }}</x-widget>": "html-element",
    "<!DOCTYPE html>": "html-element",
    "<![CDATA[x]]>": "html-element",
    "<![if IE]>": "html-element",
    "<?xml version='1.0'?>": "html-element",
    # tags that are read in more than one way
    "<p title=='x'>y</p>": "html-broken",
    "<p title='x'class='y'>z</p>": "html-broken",
    "<p title='x' / >y</p>": "html-broken",
    "</ p>": "html-broken",
    "</p title='>'>": "html-broken",
    "a</>b": "html-broken",
    "</>b": "html-broken",
    "<!--> <script>steal()</script> -->": "html-broken",
    "<!-- a --!> <script>steal()</script> -->": "html-broken",
    "<!-- a -- b -->": "html-broken",
    "<p title='x": "html-broken",
    "<p": "html-broken",
    "text <": "html-broken",
    "<!-- ": "html-broken",
    # branches, loops, blocks and files
    '{% if left %}<a title="{% endif %}{{ headline }}">x</a>': "html-branch",
    '{% if left %}<a title="{% endif %}{{ headline }}{% if left %}">{% endif %}': "html-branch",
    '<a title="{% if left %}">{% endif %}{{ headline }}">x</a>': "html-branch",
    "{% if left %}<{% endif %}script>steal()": "html-branch",
    "{% if left %}<!--{% endif %} {{ headline }} {% if left %}-->{% endif %}": "html-branch",
    "{% if left %}a{% elif used %}<p {% else %}b{% endif %}": "html-branch",
    "<p {% if left %}title='{% endif %}{{ headline }}'>": "html-placeholder",
    "<p {% if left %}hidden{% endif %}{{ headline }}>": "html-placeholder",
    "<p class='{% for b in benefits %}{{ b }}{% endfor %}'>": "html-branch",
    "<p class='{% block a %}x{% endblock %}'>": "html-branch",
    "<p class='{% include 'countdown.html.j2' %}'>": "html-branch",
    "{% for b in benefits %}<p title='{% endfor %}": "html-broken",
    "{% block a %}<p title='{% endblock %}{{ headline }}'>": "html-broken",
    "<p " + "{% if left %}a{% else %}b{% endif %} " * 9 + ">": "html-branch",
    "<p class='" + "{% if left %}a{% else %}b{% endif %} " * 9 + "'>": "html-branch",
    "<p title='" + "x" * 5_000 + "{{ headline }}'>": "html-broken",
}
"""Templates, and the code of what is wrong with each: the finding's, and their neighbours."""

ALLOWED = [
    "{{ headline }}",
    "a < b, 1<2, <3, a << b & c &amp; d &lt;p&gt;",
    "<p title=\"{{ headline }}\" class='a {{ show }}' hidden>{{ pitch }}</p>",
    "<p title = '{{ headline }}'\n  lang=en>x</p\n>",
    "<P TITLE='{{ headline }}'>x</P>",
    '<p title="it\'s {{ headline }} > {{ pitch }}">x</p>',
    "<br><br/><hr />",
    "<!-- a comment with <p> and 'quotes' -->",
    '<a href="{{ action_link }}">x</a>',
    '<a href="{{ action_link|e }}">x</a>',
    '<a href="{{ sign_in_link }}?from=wall&amp;n=1">x</a>',
    '<a href="{{ about_link }}#why">x</a>',
    '<a href="{% if action_link %}{{ action_link }}{% else %}/offers{% endif %}">x</a>',
    '<a href="/offers?a=1&b=2">x</a>',
    '<a href="https://example.com/help">x</a>',
    '<a href="mailto:help@example.com">x</a>',
    '<a href="#top">x</a>',
    '<a href="">x</a>',
    '<img src="/logo.svg" alt="{{ publication }}">',
    '<form action="/register" method="post"><input name="mail" type="email" required></form>',
    '<form action="{{ action_link }}"><button>{{ action_label }}</button></form>',
    "<p{% if left %} class='a'{% endif %} title='{{ headline }}'>x</p>",
    "<option {% if left %}selected{% endif %} value='{{ left }}'>x</option>",
    "<p class='a {% if left %}b {{ show }}{% elif used %}c{% endif %} d'>x</p>",
    "{% if left %}<p>a</p>{% else %}<ul><li>b</li></ul>{% endif %}",
    "{% if left %}<div>{% else %}<div class='x'>{% endif %}x</div>",
    "<ul>{% for b in benefits %}<li>{{ b }}{% endfor %}</ul><p>{% if left %}<p>x{% endif %}",
    "<a href='{{ action_link }}?from=prompt'>x</a>",
    "{% for b in benefits %}<li title='{{ b }}'>{{ b }}</li>{% else %}<p>none</p>{% endfor %}",
    "{% block a %}<p>{{ headline }}</p>{% endblock %}{% include 'countdown.html.j2' %}",
    "<meter min=0 max='{{ limit }}' value='{{ used }}'></meter>",
    "<p data-prompt='{{ prompt }}' aria-label='{{ heading }}'>x</p>",
    "{% raw %}<p>{{ headline }}</p>{% endraw %}",
    "{% if left %}" * 50 + "x" + "{% endif %}" * 50,
    "{% if left %}<p>{{ headline }}</p>{% endif %}" * 400,
]
"""Templates that a publisher may well write."""


def problems_of(template):
    """Return everything that is wrong with a template."""
    with pytest.raises(TemplateError) as raised:
        render_template(template, DECISION, STAGE.policy)
    return raised.value.problems


@pytest.mark.parametrize("template", REFUSED, ids=lambda template: template[:60])
def test_a_template_is_refused_where_it_is_wrong(template):
    """With a code, a place and a next step; and so it is by `meter migrate`."""
    (problem, *_) = [
        problem for problem in problems_of(template) if problem.code == REFUSED[template]
    ]
    assert 1 <= problem.line <= 1 + template.count("\n")
    assert 1 <= problem.column <= len(template)
    assert problem.help
    assert REFUSED[template] in {
        problem.code for problem in html_problems(template, template, "template")
    }


@pytest.mark.parametrize("template", ALLOWED, ids=lambda template: template[:60])
def test_a_template_of_a_publishers_is_let_through(template):
    """And hostile words leave its tree as it is."""
    assert () == html_problems(template, template, "template")
    assert not changes_a_tree(template)


def test_the_templates_that_ship_pass():
    """Ours are held to the same."""
    for file in (template_root() / "prompts").iterdir():
        if file.name.endswith(".html.j2"):
            text = file.read_text(encoding="utf-8")
            assert () == html_problems(text, text, file.name)


@pytest.mark.parametrize(
    ("template", "code", "line", "column"),
    [
        ("<p>\n<a title={{ headline }}>", "html-placeholder", 2, 13),
        ("<p>\n\n  <script>", "html-element", 3, 3),
        ("<p\n  class='a'\n  onclick='f()'>", "html-attribute", 3, 3),
        ("a\n{% if left %}b{% endif %}\n<a href='{{ pitch }}'>", "html-link", 3, 13),
        ("a\n  {% if left %}<p {% endif %}>", "html-branch", 2, 6),
        ("a\n  <p title='\n{% if left %}a{% endif %}", "html-broken", 2, 3),
        ("a\n{{ headline }}\n{%- if left -%}\n\n\n<p on='a'>{% endif %}", "html-attribute", 6, 4),
    ],
)
def test_a_mistake_is_found_where_it_stands(template, code, line, column):
    """Line and column of the variable, the tag or the attribute."""
    assert (code, line, column) in [
        (problem.code, problem.line, problem.column) for problem in problems_of(template)
    ]


def test_an_included_file_is_held_to_the_same(tmp_path):
    """It begins and ends between tags, whoever includes it."""
    (tmp_path / "outer.html").write_text("<p>{% include 'part.html.j2' %}</p>")
    for part in ("<a title='", "'>", "<a title={{ headline }}>", "<script>"):
        (tmp_path / "part.html.j2").write_text(part)
        if part == "'>":  # between tags that is text
            render_template(tmp_path / "outer.html", DECISION, STAGE.policy)
            continue
        with pytest.raises(TemplateError, match=r"part\.html\.j2:1:\d+: error\[html-"):
            render_template(tmp_path / "outer.html", DECISION, STAGE.policy)


def test_a_text_has_no_contexts():
    """Only HTML is looked at."""
    assert "<a title=x" == render_template(
        "<a title={{ 'x' }}", DECISION, STAGE.policy, format="text"
    )


def test_every_problem_of_a_tag_is_told():
    """Not only the first."""
    problems = problems_of("<a href='{{ pitch }}' onclick='f()' style='x'>x</a>\n<blink>x</blink>")
    assert ["html-link", "html-attribute", "html-attribute", "html-element"] == [
        problem.code for problem in problems
    ][:4]


# What is let through changes no tree


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_what_is_let_through_changes_no_tree(template):
    """Whatever pieces a template is put together from."""
    assert not changes_a_tree(template)


def test_many_templates_are_let_through_and_change_no_tree():
    """A part of `python -m tests.prompts.unchanged_trees --whole`."""
    count = measured(600, seed=1)
    assert 0 == count.changed
    assert count.let_through > 100
    assert count.refused > 100


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("elif held and not takes_text(name):", "elif False:"),
        ("is_whole = len(held) == 1 and first.start() == 0", "is_whole = True"),
        ("and after in may_follow", ""),
        ("and is_link_of_policy(self._printed[int(first[1])])", ""),
        (
            'may_follow = ("",) if name in _OF_A_FORM else _AFTER_A_LINK',
            "may_follow = _AFTER_A_LINK",
        ),
        ("        self._nest(token, stretch)\n", ""),
        ("if any(not nesting.is_like(nestings[0]) for nesting in nestings):", "if False:"),
        ("        if left_open is not None:", "        if False:"),
        ('self._tell("html-element", stretch, token.start, str(fault), _CLOSE)', "pass"),
        ("if not is_link(name, ", "if False and ("),
        ("if not is_attribute(name):", "if False:"),
        ("if token.name not in ELEMENTS:", "if False:"),
        ("if bool(end.text) != bool(stretch.text) or not end.begins_as(stretch):", "if False:"),
        ("if stretches != [BETWEEN_TAGS]:", "if False:"),
        ("            self.whole(body)", "            pass"),
        ("for branch in branches:", "for branch in branches[:1]:"),
        ("if not is_as_it_stands(token, stretch.text, self._marker):", "if False:"),
        ("elif not is_as_it_stands(token, stretch.text, self._marker):", "elif False:"),
        ("            self.refuse_open(stretch)", "            pass"),
        ('if stretch.text.startswith(("<!", "<?")):', "if False:"),
    ],
)
def test_each_part_of_the_check_is_needed(right, wrong):
    """Without it some template above is let through, or told by another code."""
    source = Path(meter.prompts.contexts.__file__).read_text(encoding="utf-8")
    assert right in source
    planted = types.ModuleType("planted")
    exec(compile(source.replace(right, wrong, 1), "planted", "exec"), planted.__dict__)
    sandbox = sandbox_of("html", None)
    missed = 0
    for template, code in REFUSED.items():
        reading = Reading("template", template, sandbox)
        planted.check_contexts(sandbox.parse(template), reading)
        missed += code not in {problem.code for problem in reading.problems}
    assert missed
