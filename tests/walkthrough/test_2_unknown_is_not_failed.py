"""Read this second: when an answer is lost, nobody knows whether the work was done. StoFlow looks before it acts."""

from typing import TYPE_CHECKING

from stoflow.domain.job import JobStatus

if TYPE_CHECKING:
    from conftest import World


def test_a_lost_answer_is_looked_for_and_what_is_there_is_adopted(world: "World") -> None:
    # Etsy makes the draft, and its answer is lost on the way. Creating again would make a second draft.
    world.let("lost", marketplace="etsy", operation="listing.create_draft")
    job = world.publish(world.product(), "etsy")

    assert world.when_final(job).status is JobStatus.COMPLETED
    assert len(world.calls("listing.create_draft")) == 1
    causes = [entry.cause for entry in world.timeline(job) if entry.task == "create"]
    assert causes == ["claimed", "outcome unknown", "looking", "looked and adopted"]


def test_only_a_confirmed_absence_lets_it_act_again(world: "World") -> None:
    # This time eBay answers 500 before it did anything. That, too, could have been after the work.
    world.let("5xx_before", marketplace="ebay", operation="offer.create")
    job = world.publish(world.product(), "ebay")

    assert world.when_final(job).status is JobStatus.COMPLETED
    causes = [entry.cause for entry in world.timeline(job) if entry.task == "create"]
    assert causes.count("looking") == 2
    assert "absence confirmed" in causes
    assert sum(1 for entry in world.calls("offer.create") if entry.status == 201) == 1


def test_a_refusal_that_proves_nothing_was_done_is_simply_tried_again(world: "World") -> None:
    world.let("429", marketplace="ebay", operation="offer.create")
    job = world.publish(world.product(), "ebay")

    done = world.when_final(job)
    assert done.status is JobStatus.COMPLETED
    created = next(task for task in done.tasks if task.name == "create")
    assert (created.attempt, created.failures) == (2, 0)  # asked to slow down: that costs no attempt
