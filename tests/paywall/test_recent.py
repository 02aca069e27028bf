"""What is expected of readers whom a process does not remember."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from meter.paywall.recent import Strangers


@given(st.lists(st.booleans()))
def test_two_that_are_otherwise_change_what_is_expected(notes):
    """However many came before."""
    strangers = Strangers()
    assert strangers.are_new
    for is_new in notes:
        strangers.note(is_new=is_new)
    for is_new in (False, True, False):
        for _ in range(2):
            strangers.note(is_new=is_new)
        assert strangers.are_new == is_new


def test_threads_that_note_together_leave_it_as_quick_to_change():
    """It never counts past its bounds."""
    strangers = Strangers()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: strangers.note(is_new=True), range(2000)))
    strangers._new += 1  # as two threads may leave it that count up together
    for is_new in (True, False, False, False):
        strangers.note(is_new=is_new)
    assert not strangers.are_new
