"""Random templates that the guard lets through, with hostile words: does a page's tree change?

    python -m tests.prompts.unchanged_trees [--whole]

Each template is put together from pieces of HTML and of templates. What the guard lets through is
rendered twice, once with plain words and once with hostile ones, and html5lib builds both trees, as
a browser does. They have to be the same elements with the same attributes, and every address has to
lead to where the policy says. Without `--whole` a seeded tenth is run. Exits with 1 if a tree
changed.
"""

from __future__ import annotations

import random
import re
import sys
from functools import lru_cache

import html5lib
from attrs import define

from meter.errors import PromptError
from meter.policy import Copy
from meter.prompts import render_template
from meter.prompts.elements import is_address
from tests.prompts.staging import Stage, make_offer, make_policy

WHOLE = 30_000

HOSTILE = (
    '"><script>steal()</script>',
    "'><img src=x onerror=steal()>",
    "javascript:steal()",
    "x onmouseover=steal() y",
    "--><b>",
    "</p></section></title></textarea></style></script><b>",
    "&quot;><b>&lt;b&gt;",
    "`${steal()}`",
    "]]><b>",
    "{{ 7 }}{% raw %}<<numberArticlesLeft>>",
    "/><b a='",
    "=x><b>",
)
PLAIN = "words"

PIECES = (
    *("<p>", "</p>", "<a ", "<p ", "<input ", "<br>", "<b>", "</b>", "<ul><li>", "</li></ul>"),
    *("<", ">", "/", "/>", "</", "=", "'", '"', "`", " ", "\n", "\t", "\f", "&", "&amp;", "&#39;"),
    *("<!--", "-->", "--", "--!>", "<!", "<?", "<![CDATA[", "]]>", "<script>", "</script>"),
    *(
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<textarea>",
        "</textarea>",
        "<table>",
        "<svg>",
    ),
    *("title=", "class=", "href=", "src=", "value=", "style=", "onclick=", "data-x=", "hidden"),
    *(
        "x",
        "words",
        "script",
        "javascript:",
        "/offers",
        "https://example.com",
        "?a=1",
        "\u00a0",
        "K",
    ),
    *("{{ headline }}", "{{ pitch }}", "{{ action_link }}", "{{ heading|upper }}", "{{ left }}"),
    *("{{ headline|e }}", "{{ '\"' }}", "{{ sign_in_link }}", "{{ headline|default('>') }}"),
    *("{% if left %}", "{% else %}", "{% endif %}", "{% elif pitch %}", "{%- if used -%}"),
    *("{% for b in benefits %}", "{{ b }}", "{% endfor %}", "{% block a %}", "{% endblock %}"),
    *(
        "{% raw %}",
        "{% endraw %}",
        "{# x #}",
        "<<numberArticlesLeft>>",
        "{% include 'c.html.j2' %}",
    ),
    *(
        "<p title='",
        "' class=\"",
        '">',
        "'>",
        '<a href="{{ action_link }}',
        '<p title="{{ pitch }}"',
    ),
    *(" title='{{ headline }}'", ">{{ headline }}</p>", "{% if left %} hidden{% endif %}"),
    *("<p{% if left %} class='a'{% endif %}>", "{% if left %}<p>{% else %}<b>{% endif %}"),
)


@define
class Count:
    """Templates that were tried, refused and let through, and those that changed a tree."""

    refused: int = 0
    let_through: int = 0
    with_variables: int = 0
    changed: int = 0


@lru_cache(maxsize=64)
def stage_of(words):
    """Return the states of a policy whose every text is given."""
    copy = Copy(headline=words, pitch=words, benefits=[words, words])
    return Stage(make_policy(offer=make_offer(), copy=copy))


def tree_of(html):
    """Return the elements of a piece of a page, nested, with names and values of attributes."""
    return _outline(html5lib.parseFragment(html, namespaceHTMLElements=False))


def _outline(element):
    is_element = isinstance(element.tag, str)
    attributes = sorted((str(name), value) for name, value in element.items())
    kind = element.tag if is_element else "comment"
    return kind, attributes, [_outline(child) for child in element]


def _is_same(plain, hostile):
    """Say whether two trees differ in nothing but words, and in no address."""
    tag, attributes, children = plain
    other_tag, other_attributes, other_children = hostile
    names = [name for name, _ in attributes]
    if tag != other_tag or names != [name for name, _ in other_attributes]:
        return False
    for (name, value), (_, other) in zip(attributes, other_attributes, strict=True):
        fixed = is_address(name) or PLAIN.lower() not in value.lower()
        if fixed and value != other:
            return False
    return len(children) == len(other_children) and all(
        _is_same(child, other) for child, other in zip(children, other_children, strict=True)
    )


def _rendered(template, words, count):
    stage = stage_of(words)
    html = render_template(template, stage.read(count), stage.policy)
    # An id is another for other words.
    return re.sub(r"\b(meter-[a-z-]+)-[0-9a-f]{8}\b", r"\1", html)


def changes_a_tree(template, found=None):
    """Say whether hostile words change the tree of a template that is let through."""
    for count in (2, 5):
        try:
            plain = tree_of(_rendered(template, PLAIN, count))
        except PromptError:
            if found is not None:
                found.refused += 1
            return False
        for words in HOSTILE:
            if not _is_same(plain, tree_of(_rendered(template, words, count))):
                return True
    if found is not None:
        found.let_through += 1
        found.with_variables += re.search(r"\{\{ (headline|pitch|b)\b", template) is not None
    return False


def measured(templates, seed=20260610):
    """Return what came of so many random templates."""
    draw = random.Random(seed)
    count = Count()
    for _ in range(templates):
        template = "".join(draw.choice(PIECES) for _ in range(draw.randrange(1, 9)))
        if changes_a_tree(template, count):
            count.changed += 1
            sys.stdout.write(f"changed: {template!r}\n")
    return count


def main():
    """Print what was found; say whether no tree changed."""
    count = measured(WHOLE if "--whole" in sys.argv[1:] else WHOLE // 10)
    sys.stdout.write(
        f"{count.refused:,} templates refused, {count.let_through:,} let through"
        f" ({count.with_variables:,} with a publisher's words), {count.changed} trees changed\n"
    )
    return count.changed == 0


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
