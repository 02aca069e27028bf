"""What one article's request gets: whole or teaser, the prompt, the status."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from markupsafe import Markup

from meter.decision import Decision
from meter.loading.events import decision_table
from meter.prompts import render
from meter.prompts.rendering import LayoutWord
from meter.vocabulary import Access
from meter.web.errors import told
from meter.web.gate.kinds import MACHINES, RequestKind
from meter.web.gate.terms import Uses, terms_headers

if TYPE_CHECKING:
    from meter.prompts.rendering import FormatWord
    from meter.vocabulary.machine_terms import MachineTerms

__all__ = ["Answer"]

LOG = logging.getLogger("meter.web")

_OK = 200
_REFUSED = 503


@frozen(kw_only=True)
class Answer:
    """What a request for one article gets.

    `decision` is the paywall's. `whole` says whether the text may go out: nothing else does, not
    `decision.access`. `kind` says what the request was, `for_everyone`
    whether the policy opens the article to everybody. `max_age` is for how many seconds a cache
    may give this answer to anybody; with `None` it is for this reader alone. `bar` tells an editor
    what is previewed, and `headers` go out with the answer, besides those of the gate. `uses` is
    what machines may use the article for.
    """

    decision: Decision
    whole: bool
    kind: RequestKind
    for_everyone: bool = False
    max_age: int | None = None
    bar: Markup = field(default=Markup(), repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    uses: Uses = field(default=Uses(), repr=False)
    locale: str | None = field(default=None, repr=False)
    folder: str | None = field(default=None, repr=False)
    layout: LayoutWord = field(default="wide", repr=False)
    place: str | None = field(default=None, repr=False)
    """Where on the page, as `render` has it, for the second of two that are the same."""

    @property
    def refused(self) -> bool:
        """Whether a browser looked ahead at what counts: answer 503, and it asks when it is read.

        Chromium shows a page that it has fetched ahead on the click and asks no second time; a 503
        makes it ask.
        """
        return self.kind is RequestKind.AHEAD and self.decision.speculative

    @property
    def status(self) -> int:
        """The status of the answer: 200, or 503 where it is refused. A wall is a page like any.

        A machine at a wall gets the status that the rule has for machines.
        """
        if self.refused:
            return _REFUSED
        terms = self._terms
        return _OK if terms is None else terms.status

    @property
    def _terms(self) -> MachineTerms | None:
        """The terms on which a machine is refused, which a person is not told."""
        return self.decision.machines if self.kind in MACHINES else None

    @property
    def terms(self) -> tuple[tuple[str, str], ...]:
        """The headers that tell a machine at a wall on which terms there is more."""
        terms = self._terms
        return () if terms is None else tuple(terms_headers(terms))

    @property
    def prompt(self) -> Markup:
        """The prompt as HTML, safe to put into a page; empty where nothing is said.

        Where an editor previews the page, what tells so comes first.
        """
        words = Markup(self.rendered())  # noqa: S704 - the prompts escape what they are given
        return self.bar + words

    def rendered(
        self,
        *,
        layout: LayoutWord | None = None,
        format: FormatWord = "html",  # noqa: A002 - as `render` calls it
    ) -> str:
        """Return the prompt in a layout and a format of `render`.

        A prompt that cannot be made costs nobody the page: it is logged, and empty.
        """
        try:
            return render(
                self.decision,
                locale=self.locale,
                layout=layout or self.layout,
                format=format,
                folder=self.folder,
                place=self.place,
            )
        except Exception as error:  # noqa: BLE001 - a site's own templates may raise anything
            LOG.warning("a prompt cannot be rendered; the page goes without: %s", told(error))
            return "null" if format == "json" else ""

    def table(self) -> dict[str, Any]:
        """Return the decision as `meter decide` writes it, for apps and front ends."""
        return decision_table(self.decision) | {"whole": self.whole}


def is_whole(decision: Decision, kind: RequestKind, *, open_to_everyone: bool) -> bool:
    """Say whether the text may go out: what an unproved crawler gets is what everyone gets."""
    if decision.access is not Access.FULL or decision.speculative:
        return False
    return open_to_everyone or kind is not RequestKind.CLAIMED_CRAWLER
