"""`{% load paywall %}`: prompts, their style, and articles that are cut where they have to be.

`{% prompt answer %}` is the prompt of what `request.paywall.open` has answered, safe as it is;
`{% prompt answer layout="narrow" %}` lays it out otherwise, `place="below"` gives a second one on
the page ids of its own. `{% prompt_style %}` is their style
sheet. What stands between `{% teaser answer paragraphs=2 %}` and `{% endteaser %}` goes out whole
where the answer is, and else its first paragraphs, or `words=80`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from attrs import evolve
from django import template
from markupsafe import Markup

from meter.prompts import stylesheet
from meter.web.gate.answer import Answer

if TYPE_CHECKING:
    from django.template.base import FilterExpression, NodeList, Parser, Token

    from meter.prompts.rendering import LayoutWord

__all__ = ["TeaserNode", "prompt", "prompt_style", "register", "teaser"]

register = template.Library()

_TEASER = "meter.web.teaser"


@register.simple_tag
def prompt(answer: object, layout: LayoutWord | None = None, place: str | None = None) -> Markup:
    """Return an answer's prompt; nothing for what is no answer."""
    if not isinstance(answer, Answer):
        return Markup()
    return evolve(answer, layout=layout or answer.layout, place=place).prompt


@register.simple_tag
def prompt_style() -> Markup:
    """Return the style sheet of the prompts, as an element."""
    return Markup("<style>{}</style>").format(Markup(stylesheet()))  # noqa: S704 - it ships with us


@register.tag
def teaser(parser: Parser, token: Token) -> TeaserNode:
    """Read `{% teaser answer paragraphs=2 %}…{% endteaser %}`."""
    name, *bits = token.split_contents()
    words = template.base.token_kwargs(bits[1:], parser)
    if not words or len(words) != len(bits) - 1 or not _LENGTHS.issuperset(words):
        raise template.TemplateSyntaxError(_USE % name)
    nodes = parser.parse(("endteaser",))
    parser.delete_first_token()
    return TeaserNode(parser.compile_filter(bits[0]), words, nodes)


_LENGTHS = frozenset({"paragraphs", "words"})
_USE = "`%s` takes an answer and the length of its teaser: `{%% teaser answer paragraphs=2 %%}`"


class TeaserNode(template.Node):
    """Text that goes out whole only where its answer is."""

    def __init__(
        self, answer: FilterExpression, lengths: dict[str, FilterExpression], nodes: NodeList
    ) -> None:
        self.nodelist = nodes
        self._answer = answer
        self._lengths = lengths

    def render(self, context: template.Context) -> str:
        """Return the text, or its teaser."""
        html: str = self.nodelist.render(context)
        answer = self._answer.resolve(context, ignore_failures=True)
        if isinstance(answer, Answer) and answer.whole:
            return html
        lengths = {name: int(value.resolve(context)) for name, value in self._lengths.items()}
        cut: str = import_module(_TEASER).teaser(html, **lengths)
        return cut
