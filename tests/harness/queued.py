"""A job as actors are told of it: new, due, and nobody else's."""

from stoflow.domain.ids import JobId, TaskId
from stoflow.storage.engine.reads.queue import QueuedJob

NEW_JOB = QueuedJob(
    id=JobId(1),
    marketplace="shop",
    action="publish",
    priority=3,
    running=False,
    final=False,
    waiting="",
    cancel_requested=False,
    cancelling=False,
    behind=False,
    followed=False,
    task=TaskId(1),
    claims=0,
    paced=False,
    pace_in_s=0.0,
    in_flight=False,
    verifying=False,
    due_in_s=0.0,
    deadline_in_s=0.0,
    product=None,
)
