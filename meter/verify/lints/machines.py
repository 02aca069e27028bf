"""Where `[machines]` says otherwise than the rules of what verified crawlers get."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.verify.lints.findings import warning
from meter.verify.phrasing import quoted
from meter.verify.walk.crawlers import ELSEWHERE, VerifiedCrawlers, opens
from meter.vocabulary import ArticleAccess, CrawlerClass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.policy.machines import MachinesTable
    from meter.rulebook import Verdict
    from meter.verify.lints.findings import Findings

__all__ = ["usage_opened", "usage_refused"]


class _Said(NamedTuple):
    """One thing that `[machines]` says: by which key, and of which class of crawlers."""

    key: str
    crawler: CrawlerClass
    may: bool | None


def _said(machines: MachinesTable) -> tuple[_Said, ...]:
    return (
        _Said("search", CrawlerClass.SEARCH, machines.search),
        _Said("train_ai", CrawlerClass.TRAINING, machines.train_ai),
    )


def usage_refused(findings: Findings) -> Iterator[Problem]:
    """Yield what `[machines]` allows and no verified crawler of that class gets any text for."""
    machines = findings.policy.machines
    allowed = [] if machines is None else [said for said in _said(machines) if said.may]
    if not allowed:
        return
    crawlers = VerifiedCrawlers(findings.space, findings.whole)
    for said in allowed:
        met = _met(crawlers, said.crawler)
        if any(map(opens, met)):
            continue
        rules = {verdict.rule for verdict in met}
        refusing = [rule.name for rule in findings.rules if rule.name in rules]
        show = f"{quoted(refusing, 'and')} {'shows' if len(refusing) == 1 else 'show'}"
        yield warning(
            code="usage-refused",
            path=("machines", said.key),
            message=f"`{said.key} = true` is never published: {show} every"
            f" verified crawler of the class `{said.crawler}` a preview of every article",
            advice=f'add a rule above, with `when = {{ crawler = ["{said.crawler}"] }}` and'
            f' `show = "article"`, or write `{said.key} = false`',
        )


def usage_opened(findings: Findings) -> Iterator[Problem]:
    """Yield the rules that open premium articles to crawlers for what `[machines]` forbids."""
    machines = findings.policy.machines
    forbidden = [] if machines is None else [said for said in _said(machines) if said.may is False]
    if not forbidden:
        return
    crawlers = VerifiedCrawlers(findings.space, findings.whole)
    for said in forbidden:
        strangers = _opening(_met(crawlers, None, ArticleAccess.PREMIUM))
        opening = _opening(_met(crawlers, said.crawler, ArticleAccess.PREMIUM)) - strangers
        for index, rule in enumerate(findings.rules):
            if rule.name in opening:
                yield warning(
                    code="usage-opened",
                    path=("rules", index, "name"),
                    message=f"rule `{rule.name}` opens premium articles to verified crawlers of the"
                    f" class `{said.crawler}`, and `[machines]` says `{said.key} = false`",
                    advice=f"name other classes in the rule's `crawler`, or write"
                    f" `{said.key} = true`",
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
