"""One page is awaited at a time, the newest that was asked for is believed, and of nothing that has ended since."""

from typing import Any, cast

from stoflow.actors.paging import Paging
from stoflow.domain.ids import JobId
from stoflow.storage.engine.reads.queue import QueuedJob, QueuePage


class Named:
    """A job of which only the id matters."""

    def __init__(self, number: int) -> None:
        self.id = JobId(number)


def page(*jobs: int) -> QueuePage:
    queued = tuple(cast("QueuedJob", Named(job)) for job in jobs)
    known: dict[str, Any] = {"halted": {}, "resting": {}, "suspended": False, "plugin_connected": False}
    return QueuePage(jobs=queued, full=frozenset(), orphans=(), later_in_s=None, **known)


def numbers(jobs: tuple[QueuedJob, ...] | None) -> list[int] | None:
    return None if jobs is None else [job.id for job in jobs]


def test_what_is_wanted_while_a_page_is_awaited_is_one_page_more() -> None:
    asked: list[bool] = []
    paging = Paging(asked.append)
    for _ in range(3):
        paging.load()
    assert (asked, paging.knows_nothing_yet) == ([False], True)

    assert numbers(paging.take(page(1), at_leisure=False)) == [1]
    assert (paging.awaits, paging.knows_nothing_yet) == (False, False)
    paging.load_again()
    paging.load_again()
    assert asked == [False, False]


def test_a_page_in_whose_stead_another_was_asked_for_is_not_believed() -> None:
    asked: list[bool] = []
    paging = Paging(asked.append)
    paging.load(at_leisure=True)
    paging.load_first()
    paging.load_first()
    assert asked == [True, False]

    assert paging.take(page(1), at_leisure=True) is None
    assert paging.awaits
    assert numbers(paging.take(page(2), at_leisure=False)) == [2]
    paging.load_first()
    assert asked == [True, False]


def test_a_job_that_has_ended_since_its_page_was_asked_for_is_left_out() -> None:
    paging = Paging(lambda _: None)
    paging.note_end(JobId(1))  # no page is awaited: the next one knows of it
    paging.load()
    paging.note_end(JobId(2))
    assert numbers(paging.take(page(1, 2, 3), at_leisure=False)) == [1, 3]


def test_nothing_is_asked_for_while_the_tenant_is_let_go() -> None:
    asked: list[bool] = []
    paging = Paging(asked.append)
    paging.begin_release()
    paging.load()
    assert asked == []
    paging.end_release()
    paging.load()
    assert asked == [False]
