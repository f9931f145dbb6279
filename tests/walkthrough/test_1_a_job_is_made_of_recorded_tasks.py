"""Read this first: what a seller asks for is a job, and every step of it is a row that says what happened."""

from typing import TYPE_CHECKING

from stoflow.domain.job import JobStatus, TaskStatus

if TYPE_CHECKING:
    from conftest import World


def test_publishing_a_product_is_one_job_of_several_tasks(world: "World") -> None:
    # A seller asks for one thing on one marketplace. The answer is immediate: it is written down, not yet done.
    job = world.publish(world.product(), "ebay")
    assert world.job(job).status in {JobStatus.PENDING, JobStatus.RUNNING, JobStatus.COMPLETED}

    # The orchestrator hears of it, permits its tasks, and a worker does them, one after the other.
    done = world.when_final(job)
    assert done.status is JobStatus.COMPLETED
    assert [task.name for task in done.tasks][:2] == ["validate", "map"]
    assert {task.status for task in done.tasks} == {TaskStatus.COMPLETED}

    # What the marketplace says agrees: one offer was made, and made visible once.
    assert len(world.calls("offer.create")) == 1
    assert len(world.calls("offer.publish")) == 1


def test_every_change_has_a_line_in_the_jobs_timeline(world: "World") -> None:
    job = world.publish(world.product(), "ebay")
    world.when_final(job)

    of_the_job = [(entry.from_status, entry.to_status) for entry in world.timeline(job) if entry.task is None]
    assert of_the_job == [(None, "pending"), ("pending", "running"), ("running", "completed")]

    of_its_creation = [(entry.to_status, entry.attempt) for entry in world.timeline(job) if entry.task == "create"]
    assert of_its_creation == [("running", 1), ("completed", 1)]


def test_a_product_that_cannot_be_listed_fails_before_any_call_with_every_reason(world: "World") -> None:
    failed = world.when_final(world.publish(world.nothing_known(), "etsy"))

    assert failed.status is JobStatus.FAILED
    assert {"price", "category", "images"} <= {error.field for error in failed.errors}
    assert world.calls("listing.create_draft") == []
