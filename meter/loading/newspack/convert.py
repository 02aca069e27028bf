"""Turn Newspack's settings into the text of a policy, with a list of what has no counterpart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import printable
from meter.loading.newspack.campaigns import Campaigns
from meter.loading.newspack.conditions import Condition, Terms
from meter.loading.newspack.gates import Gates
from meter.loading.newspack.values import NewspackError, Node
from meter.loading.newspack.writing import policy_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["NewspackPolicy", "newspack_policy"]

_HEAD = """\
# Made from the settings of Newspack. Rules are tried in order; the first that matches decides.
# Articles: `kind` is the type of the post; `tags` are its tags, and its categories as
# `category/NAME`; a post that is exempt from gates has the access `free`.
# Rights: a subscription to the product 12 of WooCommerce is one to `product-12`.
"""
_LOOKS = "where a prompt stands, when it opens and how it looks is a matter of your templates"
_ONE = (
    "Newspack shows every inline prompt that fits, and one overlay; here a view has one prompt,"
    " that of the first rule that matches (a prompt may name another as its `instead`)"
)
_METERED = "on a view that a gate counts, its countdown is shown, and no prompt of a campaign"
_ZONE = (
    "Newspack ends the days of visitors by the clock of their browser, and those of accounts in"
    " UTC; here both end in the publication's zone"
)
_ONE_SEGMENT = (
    "a reader is in one segment of Newspack only, that of the highest priority; here the rules of"
    " the next segment are tried where none of the first matches"
)
_FREE: Condition = {
    "name": "free articles are open",
    "when": {"access": ["free"]},
    "show": "article",
}
_READ = ("prompts", "segments", "gates")
_SETTINGS = {
    "content_gifting": "readers give articles away by links: a policy says so under `[gifts]`",
    "countdown_banner": "the countdown stands where your templates put it, also without a banner",
}


@frozen
class NewspackPolicy:
    """A policy as text, and what of the settings has no counterpart in it."""

    text: str
    notes: tuple[str, ...]


def newspack_policy(files: Mapping[str, object], name: str, zone: str) -> NewspackPolicy:
    """Return the policy that does what Newspack's settings say.

    `files` are JSON documents as Newspack exports them, by what messages call them: campaigns
    (`prompts`, `segments`), or content gates, as a list or under `gates`. `name` and `zone` are the
    publication's. Raises `NewspackError` where one is neither.
    """
    documents = [Node(file, called) for called, file in files.items()]
    terms = Terms()
    prompts, segments, gates = (
        list(_all(documents, key)) for key in ("prompts", "segments", "gates")
    )
    for prompt in prompts:
        for kind, found in _terms(prompt):
            terms.learn(kind, found)
    stopping = Gates(terms)
    stopping.add(gates)
    asking = Campaigns(terms)
    asking.add(prompts, segments)
    others = [note for document in documents for note in _unread(document)]
    notes = [*stopping.notes, *asking.notes, *_of_all(stopping, asking, terms), *others]
    table = _table(name, zone, stopping, asking)
    comments = "".join(f"#   - {printable(note)}\n" for note in notes)
    listed = f"#\n# What has no counterpart, or is not the same:\n{comments}" if notes else ""
    return NewspackPolicy(f"{_HEAD}{listed}\n{policy_text(table)}", tuple(notes))


def _all(documents: Iterable[Node], key: str) -> Iterator[Node]:
    """Yield every prompt, segment or gate of the documents."""
    for document in documents:
        if isinstance(document.value, list):
            if key == "gates":
                yield from document.items()
        elif isinstance(document.value, dict):
            if not set(document.value) & {*_READ, "campaigns"}:
                raise NewspackError(
                    f"`{document.where}` has none of `prompts`, `segments` and `gates`; export the"
                    " campaigns with `wp newspack-popups export`, or give a list of content gates"
                )
            yield from document.get(key).items()
        else:
            raise NewspackError(f"`{document.where}` holds neither an object nor a list")


def _unread(document: Node) -> Iterator[str]:
    """Yield what is to be said of the parts of a document that become no rule."""
    if not isinstance(document.value, dict):
        return
    if "campaigns" in document.names:
        yield "campaigns only bundle prompts; each prompt stands for itself here"
    config = document.get("config")
    for name in config.names:
        settings = config.get(name)
        if not isinstance(settings.value, dict) or settings.get("enabled").is_on:
            yield _SETTINGS.get(name, f"nothing is read from `{config.where}.{name}`")
    for name in document.names:
        if name not in (*_READ, "campaigns", "config"):
            yield f"nothing is read from `{document.where}.{name}`"


def _terms(prompt: Node) -> Iterator[tuple[str, Node]]:
    options = prompt.get("options")
    yield "category", prompt.get("categories")
    yield "category", options.get("excluded_categories")
    yield "tag", prompt.get("tags")
    yield "tag", options.get("excluded_tags")


def _of_all(stopping: Gates, asking: Campaigns, terms: Terms) -> Iterator[str]:
    """Yield what is to be said of the whole."""
    if stopping.meters:
        yield _ZONE
    if asking.prompts:
        yield _LOOKS
        yield _ONE
    if asking.prompts and stopping.meters:
        yield _METERED
    if asking.has_segmented:
        yield _ONE_SEGMENT
    if asking.segments:
        every = ", ".join(f"`{one}`" for one in sorted(asking.segments))
        yield f"the site has to say in which of these segments a reader is: {every}"
    if terms.unnamed:
        yield (
            f"the names of {', '.join(terms.unnamed)} are not in the files: their numbers stand in"
            " the tags"
        )


def _table(
    name: str, zone: str, stopping: Gates, asking: Campaigns
) -> dict[str, dict[str, object] | list[dict[str, object]]]:
    rules: list[Condition] = [*stopping.rules, *asking.rules]
    if rules:
        rules.insert(0, _FREE)
    if not rules or "when" in rules[-1]:
        rules.append({"name": "everything else is open", "show": "article"})
    table: dict[str, dict[str, object] | list[dict[str, object]]] = {
        "publication": {"name": name, "timezone": zone},
        "meters": {**stopping.meters, **asking.meters},
        "prompts": dict(asking.prompts),
        "promises": {"except": ["premium-stays-closed"]},
        "rules": rules,
    }
    return {key: part for key, part in table.items() if part}
