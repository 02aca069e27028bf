"""Who reads what under Newspack's content gates, written from the plugin's source and nothing else.

`class-content-restriction-control.php` (`get_post_gates`, `is_post_restricted`),
`class-metering.php` (`is_logged_in_metering_allowed`), `class-access-rules.php` and
`src/content-gate/metering.js` of github.com/Automattic/newspack-plugin. Days end in UTC here, for
visitors as for accounts.
"""

from __future__ import annotations

from datetime import timedelta

__all__ = ["Newspack"]


class Newspack:
    """A site with gates; `reads` says whether one of its readers gets a post, and counts it."""

    def __init__(self, gates):
        self.gates = sorted(
            (gate for gate in gates if gate["status"] == "publish"),
            key=lambda gate: gate["priority"],
        )
        self.counted = {}

    def reads(self, reader, post, at):
        """`reader` has `name`, `account`, `products` and `domain`; `post` its `type` and terms."""
        for gate in self.gates:
            if self._is_for(gate, post) and self._restricts(gate, reader):
                return self._meters(gate, reader, post, at)
        return True

    def _is_for(self, gate, post):
        if not gate["registration"]["active"] and not gate["custom_access"]["active"]:
            return False
        if not gate["content_rules"]:
            return False
        for rule in gate["content_rules"]:
            found = {post["type"]} if rule["slug"] == "post_types" else set(post[rule["slug"]])
            if bool(found & set(rule["value"])) == bool(rule.get("exclusion")):
                return False
        return True

    def _restricts(self, gate, reader):
        if gate["registration"]["active"] and not reader["account"]:
            return True
        groups = gate["custom_access"]["access_rules"]
        if not gate["custom_access"]["active"] or not groups:
            return False
        return not any(all(self._passes(rule, reader) for rule in group) for group in groups)

    def _passes(self, rule, reader):
        if not reader["account"]:
            return False
        if rule["slug"] == "email_domain":
            return reader["domain"] in rule["value"].split(",")
        wanted = {f"{number}" for number in rule["value"]}
        return bool(set(reader["products"]) & wanted if wanted else reader["products"])

    def _meters(self, gate, reader, post, at):
        mode = "custom_access" if reader["account"] else "registration"
        metering = gate[mode]["metering"]
        if not metering["enabled"] or metering["count"] <= 0:
            return False
        key = (gate["id"], reader["name"], self._period(metering["period"], at, reader["account"]))
        content = self.counted.setdefault(key, [])
        if len(content) >= metering["count"] and post["id"] not in content:
            return False
        if post["id"] not in content:
            content.append(post["id"])
        return True

    def _period(self, period, at, account):
        if period == "month":
            return f"{at:%Y-%m}"
        if period == "week":
            first = at.weekday() if account else (at.weekday() + 1) % 7
            return f"{at - timedelta(days=first):%Y-%m-%d}"
        return f"{at:%Y-%m-%d}"
