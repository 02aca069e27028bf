"""Is no changed, copied or late request verified? And would it be seen if one were?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from tests.figures import figure
from tests.web.machines import refused
from tests.web.machines.signing import HOST, MINUTE, NOW, Directories, directory, machines

SOME = refused.chosen(whole=False)


@pytest.mark.parametrize("way", list(refused.genuine()), ids=lambda way: way.name)
def test_what_is_as_it_was_signed_is_verified(way):
    """Each way to sign that the others begin with."""
    assert refused.verifier()(way.sign())


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.kind)
def test_refuses(case):
    """A tenth of each kind; `python -m tests.web.machines.refused --whole` tries all."""
    assert refused.is_refused(case)


@pytest.mark.parametrize("way", list(refused.genuine()), ids=lambda way: way.name)
def test_a_whole_address_of_this_site_is_its_path(way):
    """As a proxy is asked; host and scheme are read without case."""
    request = way.sign()
    for site in (f"https://{HOST}", f"HTTPS://{HOST.upper()}"):
        assert refused.verifier()(evolve(request, url=f"{site}{request.url}"))


def test_there_are_enough():
    """As many as the page on guarantees says, and some of each kind."""
    figure("signed requests that prove nobody", len(list(refused.cases())))
    assert len({case.kind for case in SOME}) == 10


PLANTED = {
    "too long": {"longest": timedelta(days=36_600)},
    "re-targeted": {"hosts": [HOST, refused.EVIL]},
    "expired": {"now": NOW - 2 * MINUTE},
    "not yet valid": {"now": NOW + 10 * refused.SECOND},
    "wrong key": {"keys": Directories(agent=directory(*refused.keys()[1]))},
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_verifier_that_is_too_generous_is_seen(kind):
    """It lets something of that kind through."""
    settings = PLANTED[kind]
    some = (case for case in refused.cases() if case.kind == kind)
    assert not all(refused.is_refused(case, **settings) for case in some)


def test_a_verifier_that_remembers_nothing_is_seen():
    """One that is made anew for each request does not know a copy."""
    copies = [case for case in refused.cases() if case.kind == "replayed"]
    own = directory(*refused.keys()[0])
    assert any(
        machines(keys=Directories(agent=own))(case.request()) for case in copies if case.before()
    )
