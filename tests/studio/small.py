"""A small policy that sends a subscriber to a wall, and one journey test of it."""

from __future__ import annotations

SMALL = """\
[publication]
name = "The Harbour Review"

[meters.monthly]
window = { calendar = "month" }
limit = 1

[[rules]]
name = "one a month"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "subscription-wall"

[[guarantees]]
name = "nobody <b>registers</b>"
when = {}
never = ["registration-wall"]
"""
JOURNEY = """\
policy = "policy.toml"
title = "two <i>articles</i>"
start = 2026-06-01

[[steps]]
read = "a1"

[[steps]]
read = "a2"
expect = { show = "subscription-wall" }
"""
