"""What each prompt that ships is made of, beside its texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BENEFIT", "HINT", "PLANS", "Plan"]


@frozen(kw_only=True)
class Plan:
    """What one prompt is made of.

    `link` is where its own call to action leads, `copy` whether the publisher's headline and pitch
    stand in it, `offer` whether it is there to sell one. `gain` says how it tells what an account
    gives: in a list of benefits, or as a hint. `sign_in` is the text of that link, if it has one.
    """

    link: str = "subscribe"
    copy: bool = True
    benefits: bool = False
    offer: bool = False
    gain: str = ""
    sign_in: str = ""


BENEFIT = "benefit"
HINT = "hint"

PLANS: Mapping[str, Plan] = {
    "countdown": Plan(offer=True, gain=HINT),
    "last-free-article": Plan(offer=True, gain=HINT),
    "registration-wall": Plan(link="register", gain=BENEFIT, sign_in="reader"),
    "trial-offer": Plan(link="offers", offer=True, gain=HINT, sign_in="subscriber"),
    "subscription-wall": Plan(
        link="offers", benefits=True, offer=True, gain=HINT, sign_in="subscriber"
    ),
    "trial-expired": Plan(link="offers", copy=False, benefits=True),
    "subscription-expired": Plan(link="offers", copy=False, benefits=True),
    "sponsored": Plan(link="about_sponsored", copy=False),
}
"""The prompts that ship, by name."""
