"""One page as an editor looks at it: decided as for that reader, with nothing counted or kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.engine import decide
from meter.usage import Usage, unnamed_reads
from meter.verify.together.tenure import reader_of
from meter.web.previews.bar import bar_of
from meter.web.previews.drafts import Draft
from meter.web.previews.link import PreviewLink
from meter.windows import instant

if TYPE_CHECKING:
    from datetime import datetime

    from markupsafe import Markup

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.view import PageView

__all__ = ["Preview"]


@frozen(kw_only=True)
class Preview:
    """What a preview link shows: the reader that it names, and the draft if it names one."""

    link: PreviewLink
    draft: Draft | None = None

    def decide(self, policy: Policy, view: PageView, now: datetime) -> Decision:
        """Return what that reader gets for a view, at the time of the link or else at `now`.

        `policy` is the one in force; the draft decides instead, where it can be used. Who really
        asks plays no part: neither their country nor a gift link, a crawler or a prefetch. What the
        link says was read was read at the time of the view. The answer is that of a real view, but
        for `counted`, which is false.
        """
        drafted = None if self.draft is None else self.draft.policy
        governing = drafted or policy
        at = self.link.at or now
        reader = reader_of(self.link.status, at)
        seen = evolve(view, country=self.link.country, gift=False, crawler=False, prefetch=False)
        known = {meter.name for meter in governing.meters}
        read = {
            name: unnamed_reads(count) for name, count in self.link.used.items() if name in known
        }
        usage = Usage.counting(read, instant(at))
        decision, _ = decide(governing, reader, seen, usage, at)
        return evolve(decision, counted=False)

    def bar(self, decision: Decision) -> Markup:
        """Return what tells the editor who looks, when, by which policy, and why it shows this.

        It is HTML with its own styles, and without a script. `decision` is that of `decide`.
        """
        return bar_of(self.link, self.draft, decision)
