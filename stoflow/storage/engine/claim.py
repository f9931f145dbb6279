"""Claims: the compare-and-set by which exactly one worker may make a task's outside call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.tempo import PACE_SLACK
from stoflow.storage.engine.facts import UNFINISHED, ahead_of, late_before, telling
from stoflow.storage.engine.lines import Line, recorded_lines
from stoflow.storage.engine.recorded import Granted
from stoflow.storage.engine.refuse import TRYING
from stoflow.storage.engine.statement import Parts, Statement, bind, composed, s
from stoflow.storage.engine.unrecorded import Unrecorded, recording, unrecorded_params

# A pace slot may be spent on a claim that then fails (its fence moved): that only delays, it never exceeds.
PACING: Parts = (
    (
        "pace",
        """), pace AS (
  INSERT INTO public.pace AS p (tenant, marketplace, action, next_at)
  SELECT %(tenant)s, %(marketplace)s, %(action)s, clock_timestamp() + %(pace_s)s::float8 * interval '1 second' FROM was
  ON CONFLICT (tenant, marketplace, action) DO UPDATE
    SET next_at = greatest(EXCLUDED.next_at, p.next_at + %(pace_s)s::float8 * interval '1 second')
    WHERE p.next_at <= clock_timestamp() + %(slack_s)s::float8 * interval '1 second'
  RETURNING 1
""",
    ),
    ("if in pace", "AND EXISTS (SELECT FROM pace)"),
)

# A job on a product begins when those accepted before it are final, and no call of theirs may be carried out any more.
IN_LINE: Parts = (
    (
        "in line",
        f"""AND (j.status = 'running'
      OR NOT EXISTS ({ahead_of("j")}) AND NOT EXISTS ({late_before("j")}))""",
    ),
)

# What buyers see is changed once no earlier call of the job itself may undo it.
UNDISTURBED: Parts = (("undisturbed", "AND (j.late_until IS NULL OR j.late_until <= clock_timestamp())"),)

# No call may be made for the account: its seller must act, or the marketplace told that none is left.
MUST_WAIT = "(c.state <> 'connected' OR c.resume_at > clock_timestamp())"

# The sweep ends what was not done in time; of thousands of tenants it takes minutes, and nothing begins meanwhile.
IN_TIME = "(j.status = 'running' OR j.expires_at IS NULL OR j.expires_at > clock_timestamp())"

# Actors ask the same before they permit, but a message may be late, repeated or forged: nothing begins that is held.
# What it is of all tenants' tables is asked by a function, planned once for a connection and not for each tenant.
NOT_HELD = f"""
    AND public.may_begin(%(tenant)s, %(epoch)s, %(process)s)
    AND NOT EXISTS (
      SELECT FROM {s}.connections c WHERE c.marketplace = %(marketplace)s AND {MUST_WAIT})"""

# What the first claim of a run does to the job.
BEGINNING: Parts = (
    (
        "begun",
        f"""job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'running', waiting = NULL, told = NOT j.told,
      started_at = coalesce(j.started_at, task.at - %(begun_ago_s)s::float8 * interval '1 second')
  FROM was, task
  WHERE j.id = was.id AND (was.status = 'pending' OR j.waiting IS NOT NULL)
  RETURNING CASE WHEN was.status = 'pending' THEN {telling("'running'")} END
), """,
    ),
    ("begun line", "WHEN 'begun' THEN EXISTS (SELECT FROM task) AND (SELECT status = 'pending' FROM was)"),
)

# The job row is locked first, so claims of one job, its cancel and its expiry stand in line. Tasks before this one are
# not looked at again: whoever claims has read that they are done, and done stays done, or brings their outputs along.
CLAIM = f"""
WITH [[settled]]was AS MATERIALIZED (
  SELECT j.id, j.status FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN {UNFINISHED} AND (j.acted OR NOT j.cancel_requested)
    AND (j.not_before IS NULL OR j.not_before <= clock_timestamp()) AND {IN_TIME}{NOT_HELD}
    [[in line]] [[undisturbed]] [[if settled]]
  FOR UPDATE OF j
[[pace]][[trying]]), task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'running', claims = t.claims + 1, claimed_by = %(holder)s, marker = coalesce(%(marker)s, t.marker),
      deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second', not_before = NULL,
      started_at = coalesce(t.started_at, clock_timestamp()), looks = 0, input_digest = %(digest)s,
      quiet_s = %(quiet_s)s
  WHERE t.id = %(task)s AND t.job_id = %(job)s AND EXISTS (SELECT FROM was)
    AND t.status = 'pending' AND t.claims = %(claims)s
    AND (t.not_before IS NULL OR t.not_before <= clock_timestamp())
    [[if in pace]] [[if tried]]
  RETURNING clock_timestamp() AS at
), [[begun]][[inner]]{recorded_lines("task")}
SELECT EXISTS (SELECT FROM task) AS granted[[is settled]]
"""

CLAIM_LOOK = f"""
WITH begun AS (SELECT
[[trying]]), task AS (
  UPDATE {s}.marketplace_tasks t
  SET claims = t.claims + 1, claimed_by = %(holder)s,
      deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second'
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s AND t.claimed_by IS NULL
    AND t.look_at <= clock_timestamp() AND t.deadline IS NULL
    AND NOT EXISTS (
      SELECT FROM {s}.marketplace_jobs j JOIN {s}.connections c ON c.marketplace = j.marketplace
      WHERE j.id = t.job_id AND {MUST_WAIT})
    [[if tried]]
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    AND EXISTS (SELECT FROM public.processes p WHERE p.id = %(process)s AND NOT p.dead)
  RETURNING t.job_id, t.name, t.claims, t.output
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, cause, attempt)
  SELECT job_id, name, 'looking', claims FROM task WHERE output IS NULL
)
SELECT claims FROM task
"""

RELEASE = """
UPDATE {s}.marketplace_tasks SET deadline = clock_timestamp()
WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s AND claimed_by = %(holder)s RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """`pace_s` is 0 for a task that is not paced, `slot_s` what it takes of the pace where that is more;
    `holder` is None where the plugin, not a worker, does the act."""

    tenant: TenantId
    job: JobId
    task: TaskId
    name: str
    claims: int
    epoch: Epoch
    process: ProcessId
    holder: ProcessId | None
    marketplace: str
    action: str
    pace_s: float
    deadline_s: float
    marker: str | None
    digest: str
    slot_s: float = 0.0
    quiet_s: float | None = None  # for how long a lost call of it may be carried out late, None where that is no harm
    is_unsafe: bool = False
    in_line: bool = True  # the job is on a product
    begins: bool = True  # the first claim of a run
    tries: Mapping[str, float] | None = None  # whether StoFlow's application is accepted again, and when to try next
    unrecorded: Unrecorded = field(default_factory=Unrecorded)

    @property
    def pace_params(self) -> Mapping[str, Any]:
        """Return what the part about its pace is filled with, nothing where it has none."""
        if self.pace_s <= 0:
            return {}
        slot_s = max(self.pace_s, self.slot_s)
        return {"action": self.action, "pace_s": slot_s, "slack_s": self.pace_s * PACE_SLACK}

    def statement(self) -> Statement[Granted]:
        """Return what claims the task, unless it may not be run by this message (any more, or yet)."""
        unrecorded = self.unrecorded
        claimed = Line("own", self.name, "pending", "running", "claimed", attempt=self.claims + 1)
        return bind(
            composed(
                CLAIM,
                *recording(unrecorded, after="task"),
                *(IN_LINE if self.in_line and self.begins else ()),
                *(UNDISTURBED if self.is_unsafe else ()),
                *(BEGINNING if self.begins else ()),
                *(PACING if self.pace_s > 0 else ()),
                *(TRYING if self.tries else ()),
            ),
            self.tenant,
            job=self.job,
            task=self.task,
            marketplace=self.marketplace,
            claims=self.claims,
            epoch=self.epoch,
            process=self.process,
            holder=self.holder,
            deadline_s=self.deadline_s,
            marker=self.marker,
            digest=self.digest,
            quiet_s=self.quiet_s,
            **self.pace_params,
            **(self.tries or {}),
            **unrecorded_params(unrecorded, begins=self.begins, then=[claimed]),
        ).answering(Granted.of)


def claim_look(
    tenant: TenantId,
    *,
    task: TaskId,
    claims: int,
    epoch: Epoch,
    process: ProcessId,
    holder: ProcessId | None,
    deadline_s: float,
    marketplace: str = "",
    tries: Mapping[str, float] | None = None,
) -> Statement[bool]:
    """Answer whether the look may be made: it is due, and nobody else looks; `tries` as in Claim."""
    return bind(
        composed(CLAIM_LOOK, *(TRYING if tries else ())),
        tenant,
        **({"marketplace": marketplace, **tries} if tries else {}),
        task=task,
        claims=claims,
        epoch=epoch,
        process=process,
        holder=holder,
        deadline_s=deadline_s,
    )


def release_claim(tenant: TenantId, *, task: TaskId, claims: int, holder: ProcessId) -> Statement[bool]:
    """End the attempt `claims` of this holder, if it is one: the sweeper frees it like any whose deadline passed."""
    return bind(RELEASE, tenant, task=task, claims=claims, holder=holder)
