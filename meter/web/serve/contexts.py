"""Evaluation contexts of OpenFeature: the fields of an event, by the names that OFREP gives them.

A context is open: clients add fields of their own, which are passed by. What has the name of a
field of an event has to be of its kind.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from attrs import evolve

from meter.loading.event_parts import ID, article_table, reader_table
from meter.loading.fields import Key, List, OneOf, Table, Text
from meter.view import Article, Reader
from meter.web.serve.bodies import AT, Viewing, dated, read_table, viewing_shape

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from meter.web.serve.keys import Client

__all__ = ["CONTEXT", "Context", "bulk_shape", "flag_shape", "read_context"]

CONTEXT = "context"
_MOST_ARTICLES = 100

_READER = "targetingKey"
_READER_ID = Text(form=ID.form, longest=2000, empty=True)
"""Typed clients cannot leave it out: empty is none."""
_PARTS = (AT, "reader", "article")
_UNNAMED = Article(id="?")
_NOBODY = Reader(id=None)


class Context(NamedTuple):
    """A page view as far as a context tells it, and the articles that the context lists."""

    viewing: Viewing
    articles: tuple[Article, ...]

    def view_of(self, article: Article) -> Viewing:
        """Return the view of one of the articles."""
        event = self.viewing.event
        view = evolve(event.view, article=article)
        return self.viewing._replace(event=event._replace(view=view))

    def view_of_id(self, article_id: str) -> Viewing:
        """Return the view of the one article of a context, which says everything but its id."""
        return self.view_of(evolve(self.viewing.event.view.article, id=article_id))


def read_context(
    shape: Table, body: object, client: Client, clock: Callable[[], datetime]
) -> Context:
    """Return the context that a body holds. Raises `RequestError` with every problem there is."""
    if isinstance(body, dict) and isinstance(body.get(CONTEXT), dict):
        body = {CONTEXT: dated(body[CONTEXT], client, clock, (CONTEXT,))}
    return read_table(shape, body, Context)


@lru_cache(maxsize=64)
def flag_shape(zone: ZoneInfo) -> Table:
    """Return the form of a call for one article, whose id is in the address."""
    whole = article_table(zone)
    article = evolve(
        whole,
        noun="the `article` of a context, whose id is in the address,",
        make=lambda **fields: Article(id="?", **fields),
        example='{"access": "metered"}',
        keys={name: key for name, key in whole.keys.items() if name != "id"},
    )
    says = "what the site knows of the article; `metered` without it"
    return _body(zone, "article", Key(shape=article, says=says))


@lru_cache(maxsize=64)
def bulk_shape(zone: ZoneInfo) -> Table:
    """Return the form of a call for several articles, which the context lists."""
    named = Text(form=ID.form, longest=2000, make=lambda name: Article(id=name))
    item = OneOf(by={dict: article_table(zone)}, otherwise=named)
    articles = List(item=item, least=0, most=_MOST_ARTICLES, example='["a1"]')
    return _body(zone, "articles", Key(shape=articles, says="the articles, or only their ids"))


def _body(zone: ZoneInfo, name: str, key: Key) -> Table:
    """Return the form of a body whose context says by one more key which articles are meant."""
    viewing = viewing_shape(zone)
    whole = reader_table(zone)
    reader = evolve(
        whole,
        noun=f"the `reader` of a context, whose id is `{_READER}`,",
        make=lambda **fields: Reader(id=None, **fields),
        example='{"registered": true}',
        keys={known: shape for known, shape in whole.keys.items() if known != "id"},
    )

    def make(
        *,
        at: datetime,
        reader: Reader | None = None,
        article: Article | None = None,
        articles: tuple[Article, ...] = (),
        **fields: object,
    ) -> Context:
        given = cast("str", fields.pop(_READER, ""))
        who = evolve(reader or _NOBODY, id=given if given.strip() else None)
        of = article or _UNNAMED
        made = cast("Viewing", viewing.make(at=at, reader=who, article=of, **fields))
        return Context(made, articles)

    context = Table(
        noun="a context",
        make=make,
        example='{"targetingKey": "r1"}',
        is_open=True,
        keys={
            _READER: Key(
                shape=_READER_ID,
                says="the reader's id; without one, or empty, a reader without identity",
            ),
            AT: viewing.keys[AT],
            "reader": Key(shape=reader, says="what the site knows of the reader"),
            name: key,
            **{known: key for known, key in viewing.keys.items() if known not in _PARTS},
        },
    )
    return Table(
        noun="a request",
        make=lambda *, context: context,
        example='{"context": {"targetingKey": "r1"}}',
        is_open=True,
        keys={CONTEXT: Key(shape=context, says="who asks, and for what", required=True)},
    )
