"""What is shown, in words instead of the file's keys."""

from __future__ import annotations

from meter.vocabulary import Show

__all__ = ["SHOW_WORDS"]

SHOW_WORDS = {
    Show.ARTICLE: "the whole article",
    Show.COUNTDOWN: "the whole article and how many are left",
    Show.LAST_FREE_ARTICLE: "the whole article as the last free one",
    Show.REGISTRATION_WALL: "a registration wall",
    Show.GATE: "a gate",
    Show.TRIAL_OFFER: "a wall with a trial offer",
    Show.SUBSCRIPTION_WALL: "a subscription wall",
    Show.TRIAL_EXPIRED: "a wall that says the trial has ended",
    Show.SUBSCRIPTION_EXPIRED: "a wall that says the subscription has ended",
}
