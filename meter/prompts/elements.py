"""The elements and attributes a template may be made of, and where a variable may stand in them.

What runs, loads, frames or styles belongs to the page and not to a prompt: it is on none of these
lists. Names and meanings are those of the HTML standard.
"""

from __future__ import annotations

import re
from html import unescape

from jinja2 import nodes

from meter.prompts.variables import VARIABLES

__all__ = [
    "ELEMENTS",
    "LINKS",
    "SWALLOWING",
    "is_address",
    "is_attribute",
    "is_link",
    "is_link_of_policy",
    "takes_text",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS = _words(
    """
    a abbr address article aside b bdi bdo blockquote br button caption cite code col colgroup
    data datalist dd del details dfn dialog div dl dt em fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd label legend li main mark menu
    meter nav ol optgroup option output p picture pre progress q rp rt ruby s samp search
    section select small span strong sub summary sup table tbody td tfoot th thead time tr u
    ul var wbr
    """
)
"""Text, lists, tables, forms and pictures."""

SWALLOWING = _words(
    """
    iframe listing math noembed noframes noscript plaintext script style svg template textarea
    title xmp
    """
)
"""Elements after which a browser reads on by other rules: nothing behind one is looked at."""

_ADDRESSES = frozenset(("action", "cite", "formaction", "href", "src"))
_TEXTS = _words(
    """
    abbr alt class content datetime dir for high id label lang low max min name optimum
    placeholder role summary title value
    """
)
"""Attributes that may hold a variable: words, numbers and names."""

_FIXED = _words(
    """
    accept accesskey align autocapitalize autocomplete autofocus border checked cols colspan
    contenteditable decoding disabled download draggable enctype enterkeyhint fetchpriority
    form formenctype formmethod formnovalidate headers height hidden hreflang inert inputmode
    itemid itemprop itemref itemscope itemtype list loading maxlength method minlength
    multiple novalidate open part pattern popover popovertarget popovertargetaction property
    readonly referrerpolicy rel required reversed rows rowspan scope selected shape size slot
    span spellcheck start step tabindex target translate type valign width wrap
    """
)
"""Attributes whose values are the author's own."""

_NAMED = re.compile(r"(?:aria|data)-[a-z0-9-]*[a-z0-9]", re.ASCII)
_ADDRESS = re.compile(
    r"(?:https://[^\s\\]+|mailto:[^\s\\]+|tel:[^\s\\]+|/(?![/\\])[^\s\\]*|[?#][^\s\\]*)?"
)
_OF_THE_SITE = re.compile(r"(?:/(?![/\\])[^\s\\]*|[?#][^\s\\]*)?")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]")

LINKS = frozenset(name for name in VARIABLES if name.endswith("_link"))
"""The variables that hold an address, which was checked when the policy was read."""


def is_attribute(name: str) -> bool:
    """Say whether an attribute may stand in a template."""
    return name in _ADDRESSES | _TEXTS | _FIXED or _NAMED.fullmatch(name) is not None


def takes_text(name: str) -> bool:
    """Say whether an attribute may hold any variable."""
    return name in _TEXTS or _NAMED.fullmatch(name) is not None


def is_address(name: str) -> bool:
    """Say whether an attribute holds an address."""
    return name in _ADDRESSES


def is_link(attribute: str, written: str) -> bool:
    """Say whether an author may write an address into an attribute.

    Links lead to a path of the site, to `https://`, or open a mail or a call; what readers type
    into a form goes to the site itself.
    """
    address = unescape(written)
    form = _OF_THE_SITE if attribute in ("action", "formaction") else _ADDRESS
    return _UNSEEN.search(address) is None and form.fullmatch(address) is not None


def is_link_of_policy(node: nodes.Node) -> bool:
    """Say whether what is printed is a `*_link`, escaped or not."""
    while isinstance(node, nodes.Filter) and node.name in ("e", "escape") and node.node:
        node = node.node
    return isinstance(node, nodes.Name) and node.name in LINKS
