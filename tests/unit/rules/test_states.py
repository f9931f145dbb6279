"""The drawn states are the states of the code."""

from rules.states import JOB_MEANINGS, PAGE, TASK_MEANINGS, page
from stoflow.domain.job import JOB_TRANSITIONS, TASK_TRANSITIONS, JobStatus, TaskStatus


def test_the_page_is_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_arrow_of_the_tables_is_drawn() -> None:
    for transitions in (JOB_TRANSITIONS, TASK_TRANSITIONS):
        for source, targets in transitions.items():
            for target in targets:
                assert f"    {source} --> {target}\n" in page()


def test_every_status_has_a_row_and_a_meaning() -> None:
    assert set(JOB_MEANINGS) == set(JobStatus) == set(JOB_TRANSITIONS)
    assert set(TASK_MEANINGS) == set(TaskStatus) == set(TASK_TRANSITIONS)
