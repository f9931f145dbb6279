"""Read this third: a marketplace is never called faster than it allows, and one product's jobs never overtake."""

from itertools import pairwise
from typing import TYPE_CHECKING

from stoflow.domain.job import JobStatus

if TYPE_CHECKING:
    from conftest import World


def test_paced_calls_keep_their_distance(world: "World") -> None:
    jobs = [world.publish(world.product(), "ebay") for _ in range(4)]
    for job in jobs:
        assert world.when_final(job).status is JobStatus.COMPLETED

    pace_s = world.installation.registry.action("ebay", "publish").rate_limit_ms / 1000 / world.installation.tempo.speed
    starts_s = [entry.time for entry in world.calls("offer.publish")]
    # Over limit is more than 11 in ten paces; four in a row take at least the three paces between them, less jitter.
    assert starts_s[-1] - starts_s[0] >= 2 * pace_s
    assert all(earlier < later for earlier, later in pairwise(starts_s))


def test_a_second_job_of_a_product_waits_for_the_first_and_makes_no_second_listing(world: "World") -> None:
    product = world.product()
    first, second = world.publish(product, "ebay"), world.publish(product, "ebay")

    assert world.when_final(second).status is JobStatus.COMPLETED
    ended, began = world.job(first).completed_at, world.job(second).started_at
    assert ended is not None
    assert began is not None
    assert ended <= began
    assert sum(1 for entry in world.calls("offer.publish") if entry.status == 200) == 1
