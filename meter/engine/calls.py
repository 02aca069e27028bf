"""Whether what a caller hands over is of the right class."""

from __future__ import annotations

from meter.errors.kinds import check_argument, instance
from meter.policy import Policy
from meter.usage import Usage
from meter.view import PageView, Reader

__all__ = ["check_call", "check_given"]

_USAGE = instance(Usage, form="a `Usage`; `Usage()` is a new reader's")
_ARGUMENTS = {
    "policy": instance(Policy, form="a `Policy`, such as `load_policy` returns"),
    "reader": instance(Reader, form='a `Reader` such as `Reader(id="r1")`'),
    "view": instance(PageView, form='a `PageView` such as `PageView(article=Article(id="a1"))`'),
    **dict.fromkeys(("usage", "source", "target"), _USAGE),
}
_NEW = Usage()


def check_given(**given: object) -> None:
    """Raise `TypeError` for an argument that is of another class than its name says."""
    for name, value in given.items():
        check_argument(name, value, _ARGUMENTS[name])


def check_call(policy: Policy, reader: Reader, view: PageView, usage: Usage = _NEW) -> None:
    """Raise `TypeError` for an argument that is of another class, such as an article for a view."""
    known = type(policy) is Policy and type(reader) is Reader
    if known and type(view) is PageView and type(usage) is Usage:
        return  # nearly always: this is every view
    check_given(policy=policy, reader=reader, view=view, usage=usage)
