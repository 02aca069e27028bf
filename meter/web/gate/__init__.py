"""The gate between requests and the articles of one site: no framework, and no decision of its own.

`request` and `kinds` say what a request is, `cookie` and `identity` who sends it, `everyone` what
needs no reader; `article_request` asks the paywall, and `answer` and `headers` are what comes of
it. What a site's view holds in its hands is a `visit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from meter.web.gate.configured import AccountOf, ConfiguredGate
from meter.web.gate.visit import Visit

if TYPE_CHECKING:
    from meter.web.gate.request import WebRequest

__all__ = ["Gate"]


@define(eq=False)
class Gate(ConfiguredGate):
    """What stands between requests and the articles of one site.

    The paywall comes first; every other argument is given by name:

    - `paywall`: a `Paywall` or an `AsyncPaywall`. Its policy decides.
    - `secret`: the key that signs the readers' cookies, or several, newest first: one that is no
      longer first still opens what it signed, and no meter starts anew.
    - `cookie`: the name of the cookie.
    - `consent`: called with a `WebRequest`; says whether this reader may be given a cookie. Without
      it consent is taken as given.
    - `without_consent`: what a reader without consent gets of what would be counted: the `teaser`,
      or the `whole` article.
    - `country`: called with a `WebRequest` for the country the request came from (ISO 3166), or the
      name of a header that your proxy sets, such as `CF-IPCountry`.
    - `visitor`: called with a `WebRequest` for the id by which your analytics knows a browser that
      consents, so that experiments put it into the same variant. Without it, or where it says none,
      they go by the id of the device in the reader's cookie, which stays the same through sign-in.
    - `crawler`: called with a `WebRequest`, whose `client` is the reader's address, behind trusted
      proxies too; says whether it is a crawler's and you have *proved* it, and of which
      `CrawlerClass` it is, or `True`: `meter.web.machines.Machines` does. Its name alone proves
      nothing. Where the view awaits it may be awaited too.
    - `institutions`: knows the libraries and companies whose addresses open something: the path of
      their file, read again as it changes, or an object with a method `rights`.
    - `gifts`: opens gift links, the addresses of articles with a parameter `gift`.
    - `previews`: reads the links of editors, addresses with a parameter `preview`.
    - `trusted_proxies`: addresses and networks whose `X-Forwarded-…` headers are believed; `unix`
      is a peer without an address.
    - `allowed_origins`: other origins, such as `https://accounts.example`, whose pages may sign
      readers in and out here.
    - `max_age`: for how many seconds at most a cache may keep what is open to everyone. It keeps it
      no longer than until the policy could answer otherwise, by a date, an age or an hour; and
      where the policy is read again, no longer than that takes.
    - `folder`: a folder of your own prompt templates. `layout`: `wide`, `narrow` or
      `bar`, how prompts are laid out.
    - `clock`: returns the time, with a zone.

    A wrong setting raises a `TypeError` or a `ValueError`.
    """

    def visit(self, request: WebRequest, account: AccountOf | None = None) -> Visit:
        """Return the visit that a request is; nothing is decided, asked or set by that alone.

        `account` is called once, where the view asks: it returns the `Reader` who is signed in, or
        `None`. Where the view awaits it may be awaited too.
        """
        return Visit(self, request, account)
