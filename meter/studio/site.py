"""The publisher's site, as the studio makes links to it that show a page as any reader."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from meter.errors import MeterError, quoted
from meter.web.previews import Previews

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from meter.policy import Policy
    from meter.web.previews import PreviewLink

__all__ = ["SitePreviews"]


@frozen(kw_only=True)
class SitePreviews:
    """The publisher's site, and what signs the links that it shows previews for."""

    site: str
    previews: Previews

    @classmethod
    def of(cls, site: str, secrets: Iterable[str]) -> SitePreviews:
        """Return the site of an address. Raises `MeterError` for what is none."""
        if urlsplit(site).scheme not in ("http", "https") or not urlsplit(site).netloc:
            raise MeterError(
                f"{quoted(site)} is not the address of a site; write a whole one, such as"
                " `https://harbour.example`"
            )
        return cls(site=site.rstrip("/"), previews=Previews(list(secrets)))

    def page(self, given: str) -> str:
        """Return the whole address of a page, given as a path or as an address of the site.

        Raises `MeterError` for one of another site.
        """
        page = _joined(f"{self.site}/", given.strip())
        if _origin(page) != _origin(self.site):
            raise MeterError(
                f"{quoted(given)} is not a page of your site; write an address that begins with"
                f" {quoted(f'{self.site}/')}, or a path such as `/articles/a1`"
            )
        return page

    def address(self, given: str, link: PreviewLink, policy: Policy, now: datetime) -> str:
        """Return the address of a page with a link in it; raises what `Previews.make` does."""
        return self.previews.make(self.page(given), link, policy, now)


def _joined(site: str, page: str) -> str:
    try:
        return urljoin(site, page)
    except ValueError:  # brackets that do not close
        return page


def _origin(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that do not close
        return "", ""
    return parts.scheme.lower(), parts.netloc.lower()
