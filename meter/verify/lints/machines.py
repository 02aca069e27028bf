"""Where `[machines]` says otherwise than the rules of what verified crawlers get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.policy.machines import USE_KEYS
from meter.verify.lints.findings import warning
from meter.verify.phrasing import quoted
from meter.verify.walk.crawlers import ELSEWHERE, VerifiedCrawlers, opens
from meter.vocabulary import ArticleAccess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.rulebook import Verdict
    from meter.verify.lints.findings import Findings
    from meter.vocabulary import CrawlerClass

__all__ = ["usage_opened", "usage_refused"]


def usage_refused(findings: Findings) -> Iterator[Problem]:
    """Yield what `[machines]` allows and no verified crawler of that class gets any text for."""
    machines = findings.policy.machines
    said = {} if machines is None else machines.said
    allowed = [crawler for crawler, may in said.items() if may]
    if not allowed:
        return
    crawlers = VerifiedCrawlers(findings.space, findings.whole)
    for crawler in allowed:
        key = USE_KEYS[crawler]
        met = _met(crawlers, crawler)
        if any(map(opens, met)):
            continue
        rules = {verdict.rule for verdict in met}
        refusing = [rule.name for rule in findings.rules if rule.name in rules]
        show = f"{quoted(refusing, 'and')} {'shows' if len(refusing) == 1 else 'show'}"
        yield warning(
            code="usage-refused",
            path=("machines", key),
            message=f"`{key} = true` is never published: {show} every"
            f" verified crawler of the class `{crawler}` a preview of every article",
            advice=f'add a rule above, with `when = {{ crawler = ["{crawler}"] }}` and'
            f' `show = "article"`, or write `{key} = false`',
        )


def usage_opened(findings: Findings) -> Iterator[Problem]:
    """Yield the rules that open premium articles to crawlers for what `[machines]` forbids."""
    machines = findings.policy.machines
    said = {} if machines is None else machines.said
    forbidden = [crawler for crawler, may in said.items() if may is False]
    if not forbidden:
        return
    crawlers = VerifiedCrawlers(findings.space, findings.whole)
    for crawler in forbidden:
        key = USE_KEYS[crawler]
        strangers = _opening(_met(crawlers, None, ArticleAccess.PREMIUM))
        opening = _opening(_met(crawlers, crawler, ArticleAccess.PREMIUM)) - strangers
        for index, rule in enumerate(findings.rules):
            if rule.name in opening:
                yield warning(
                    code="usage-opened",
                    path=("rules", index, "name"),
                    message=f"rule `{rule.name}` opens premium articles to verified crawlers of the"
                    f" class `{crawler}`, and `[machines]` says `{key} = false`",
                    advice=f"name other classes in the rule's `crawler`, or write `{key} = true`",
                )
                break


def _met(
    crawlers: VerifiedCrawlers, crawler: CrawlerClass | None, access: ArticleAccess | None = None
) -> set[Verdict]:
    """Return every verdict that a class of crawlers can meet, wherever that is."""
    return {
        verdict
        for section in (ELSEWHERE, *crawlers.sections)
        for verdict in crawlers.verdicts(crawler, section, access)
    }


def _opening(verdicts: set[Verdict]) -> set[str]:
    return {verdict.rule for verdict in verdicts if opens(verdict)}
