"""Preview for editors: a signed link that shows any page of the site as any reader.

`link` is what such a link says and how it is checked against a policy, `drafts` reads the policies
that are not in force yet, `preview` decides as that reader, and `bar` tells the editor what stands
on the page and why. Nothing is counted, told to hooks or kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from meter.errors import quoted
from meter.web.page_addresses import PREVIEW, is_page
from meter.web.previews.drafts import DraftFolder
from meter.web.previews.link import PreviewError, PreviewLink, link_problem, problems_of
from meter.web.previews.preview import Preview
from meter.web.signed import LongLinkError, SignedLinks, with_parameter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from meter.errors import Problem
    from meter.policy import Policy
    from meter.web.previews.drafts import Draft
    from meter.web.secrets import Secrets

__all__ = ["Preview", "PreviewError", "PreviewLink", "Previews"]


class Previews:
    """The preview links of one site: `Gate(paywall, secret=..., previews=Previews(...))`.

    `secret` is the key that signs them, or several, newest first: one that only editors' links
    have, of 16 characters at least. `drafts` is a folder of policies that are not in force yet; a
    link names one by its file's name without `.toml`. Raises `ValueError` where there is no key, or
    one that is short or the name of a file, and where there is no such folder.
    """

    def __init__(self, secret: Secrets, *, drafts: str | Path | None = None) -> None:
        self._signed = SignedLinks(secret, PREVIEW)
        self._drafts = None if drafts is None else DraftFolder(Path(drafts))

    def make(self, address: str, link: PreviewLink, policy: Policy, now: datetime) -> str:
        """Return the address of a page with a link in it, made at `now`, a time with a zone.

        `policy` is the one that the link is checked against: the one in force. Where the link names
        a draft and this knows the folder of drafts, it is the draft. Raises `PreviewError`, with
        every problem, for a meter that there is not, a count that nobody can have, a draft that
        cannot be read, a life beyond 30 days, or an address that is none.
        """
        draft = self._draft(link)
        drafted = None if draft is None else draft.policy
        problems = [*_address_problems(address), *([] if draft is None else draft.problems)]
        problems += problems_of(link, drafted or policy, now)
        if problems:
            raise PreviewError(problems)
        try:
            return with_parameter(address, PREVIEW, self.token(link))
        except LongLinkError as error:
            step = "leave out the meters that make no difference"
            raise PreviewError([link_problem("too-large", str(error), step)]) from None

    def token(self, link: PreviewLink) -> str:
        """Return what a link says as signed text, unchecked."""
        return self._signed.sign(link.payload(), link.ends)

    def read(self, token: str, now: datetime) -> Preview | None:
        """Return the preview that a token is for; `None` where it is not ours, or over at `now`."""
        said = self._signed.read(token, now)
        link = None if said is None else PreviewLink.read(said)
        return None if link is None else Preview(link=link, draft=self._draft(link))

    def _draft(self, link: PreviewLink) -> Draft | None:
        return (
            None if link.draft is None or self._drafts is None else self._drafts.draft(link.draft)
        )


def _address_problems(address: str) -> Iterator[Problem]:
    """Yield what is wrong with the address of a page: a link leads to one from anywhere."""
    if not is_page(address, path=False):
        message = f"{quoted(address)} is not the address of a page"
        advice = "write a whole one in ASCII, such as `https://harbour.example/articles/a1`"
        yield link_problem("bad-value", message, advice)
