"""Turn content gates into meters and rules: who is stopped where, and what is free before.

Newspack asks the gates in order of their priority, and the first that stops a reader decides. Two
counts belong to each, one of visitors in the browser and one of accounts on the server, which never
meet; a gate without conditions on the content, or without a mode, stops nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from meter.errors import listed
from meter.loading.newspack.conditions import (
    Condition,
    Terms,
    all_of,
    any_of,
    negated,
    product_word,
)
from meter.loading.newspack.values import Node, free_name, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Gates"]

_KINDS = {"category": "category", "post_tag": "tag"}
_VISITORS: Condition = {"account": False}
_ACCOUNTS: Condition = {"account": True}
_PERIODS = ("day", "week", "month")
_READ = "id status title priority content_rules registration custom_access metering access_rules"
"""What a gate is made of, as far as it is known here."""
_WEEKS = {"visitors": "sunday", "accounts": "monday"}
"""The day a week starts on: by `metering.js` for visitors, by `class-metering.php` for accounts."""


@define
class Gates:
    """The meters and rules that stand for content gates, and what has no counterpart."""

    terms: Terms
    notes: list[str] = field(factory=list)
    meters: dict[str, Condition] = field(factory=dict)
    rules: list[Condition] = field(factory=list)
    _names: set[str] = field(factory=set)

    def add(self, gates: Iterable[Node]) -> None:
        """Add every gate that is published, in order of priority."""
        for gate in sorted(gates, key=lambda one: one.get("priority").number()):
            title = title_of(gate, "gate")
            if gate.get("status").text() != "publish":
                self.notes.append(f"gate `{title}` is not published, and left out")
                continue
            self._add(gate, title)

    def _add(self, gate: Node, title: str) -> None:
        name = free_name(title, self._names, "gate")
        self._names.add(name)
        for other in sorted(set(gate.names) - set(_READ.split())):
            self.notes.append(f"gate `{title}`: nothing is read from its `{other}`")
        registration, paid, visitors = _modes(gate)
        access = _access_rules(paid.get("access_rules"))
        for_accounts = paid.get("active").is_on and bool(access)
        if not registration.get("active").is_on and not for_accounts:
            self.notes.append(f"gate `{title}` asks for nothing, stops nobody and is left out")
            return
        content = self._content(gate, title)
        if content is None:
            return
        if registration.get("require_verification").is_on:
            self.notes.append(
                f"gate `{title}`: accounts whose email is not verified read like others; nothing"
                " here knows of emails"
            )
        wall = "registration-wall" if registration.get("active").is_on else "wall"
        self._stop(f"{name}-visitors", title, all_of((content, _VISITORS)), visitors, wall)
        if for_accounts:
            if len(access[0]) > 1 and not any(
                one.is_list for one in paid.get("access_rules").items()
            ):
                self.notes.append(
                    f"gate `{title}` has access rules without groups: all of them are asked for"
                )
            passes = [one for group in access if (one := self._group(group, title)) is not None]
            if {} in passes:
                return
            parts = (content, _ACCOUNTS, *([negated(any_of(passes))] if passes else []))
            self._stop(f"{name}-accounts", title, all_of(parts), paid.get("metering"), "wall")

    def _stop(self, name: str, title: str, when: Condition, metering: Node, wall: str) -> None:
        """Add the rules that stop somebody: first those that count, where the gate meters."""
        whom = name.rpartition("-")[2]
        if metering.get("enabled").is_on and metering.get("count").number() > 0:
            period = metering.get("period").text() or "month"
            if period not in _PERIODS:
                self.notes.append(f"gate `{title}`: the period `{period}` is taken for a month")
                period = "month"
            window: dict[str, str] = {"calendar": period}
            if period == "week":
                window["starts"] = _WEEKS[whom]
            self.meters[name] = {"window": window, "limit": metering.get("count").number()}
            self._rule(f"{title}: {whom} within their allowance", when, "countdown", spend=name)
        self._rule(f"{title}: other {whom}", when, wall)

    def _rule(self, name: str, when: Condition, show: str, **more: str) -> None:
        there = {rule["name"] for rule in self.rules}
        number = 2
        own = name
        while own in there:
            own = f"{name} ({number})"
            number += 1
        self.rules.append({"name": own, "when": when, **more, "show": show})

    def _content(self, gate: Node, title: str) -> Condition | None:
        """Return which articles a gate is for; `None` where that cannot be said."""
        parts: list[Condition] = []
        rules = list(gate.get("content_rules").items())
        for rule in rules:
            slug = rule.get("slug").text()
            values = rule.get("value").words()
            asks = "none" if rule.get("exclusion").is_on else "any"
            if slug == "post_types":
                parts.append({"kind": values if asks == "any" else {"none": values}})
            elif slug in _KINDS:
                tags = [self.terms.tag(_KINDS[slug], value) for value in values]
                parts.append({"tags": {asks: tags}})
            elif slug == "specific_posts":
                self.notes.append(
                    f"gate `{title}` also stops at {len(values)} posts one by one; give these posts"
                    " a tag, and the rules of the gate a condition on it"
                )
            else:
                self.notes.append(
                    f"gate `{title}` is left out: articles have nothing like its `{slug}`"
                )
                return None
            if not values:
                self.notes.append(f"gate `{title}` asks for no value of `{slug}`, and is left out")
                return None
        if not parts:
            self.notes.append(f"gate `{title}` is for no content, and left out")
            return None
        return all_of(parts)

    def _group(self, rules: Iterable[Node], title: str) -> Condition | None:
        """Return whom all of some access rules let in; `None` where one has no counterpart."""
        parts = []
        for rule in rules:
            part = self._access(rule)
            if part is None:
                slug = rule.get("slug").text()
                self.notes.append(
                    f"gate `{title}` lets in readers by `{slug}`, of which nothing is known here:"
                    " give them an entitlement, of the kind `group` for instance"
                )
                return None
            parts.append(part)
        return all_of(parts)

    def _access(self, rule: Node) -> Condition | None:
        slug, value = rule.get("slug").text(), rule.get("value")
        if slug == "registration":
            return dict(_ACCOUNTS)
        if slug == "subscription":
            products = [product_word(word) for word in value.words()]
            return {"product": products} if products else {"entitled": True}
        if slug != "email_domain":
            return None
        segments = [f"email/{word}" for word in value.words()]
        if not segments:
            return {}
        self.notes.append(
            "readers are let in by the domain of their email: let the site give them the segment"
            f" {listed([f'`{one}`' for one in segments], 'or')}"
        )
        return {"segments": segments}


def _modes(gate: Node) -> tuple[Node, Node, Node]:
    """Return a gate's modes, `registration` and `custom_access`, and the metering of visitors.

    Gates of earlier releases have one mode, and one metering for both.
    """
    registration, paid = gate.get("registration"), gate.get("custom_access")
    metering = gate.get("metering")
    if registration.names or paid.names or not metering.names:
        return registration, paid, registration.get("metering")
    period = metering.get("period").value

    def counting(whom: str) -> dict[str, object]:
        own = metering.get(f"{whom}_period").value
        count = metering.get(f"{whom}_count").value
        return {"enabled": metering.get("enabled").value, "count": count, "period": own or period}

    rules = gate.get("access_rules").value
    mode = {"active": True, "access_rules": rules, "metering": counting("registered")}
    return (
        registration,
        Node(mode, gate.where),
        Node(counting("anonymous"), metering.where),
    )


def _access_rules(rules: Node) -> list[list[Node]]:
    """Return the groups of access rules, of which one lets in; flat ones are one group."""
    every = list(rules.items())
    if any(one.is_list for one in every):
        return [list(one.items()) for one in every]
    return [every] if every else []
