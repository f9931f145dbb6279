"""Whether a marketplace may be called for a tenant: its connection's state, as the engine changes it."""

from collections.abc import Sequence

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.outcome import Lock
from stoflow.storage.engine.facts import UNFINISHED, lock_of, plugin_connected
from stoflow.storage.engine.locks import kept_lock, lock_in
from stoflow.storage.engine.statement import Statement, bind, s

FIRST_TRY_S, LONGEST_TRY_S = 15.0, 86_400.0
GROWTH = 3.0
TRIES_AT_MOST = 16  # in about a week and a half
GOOD_AGAIN_S = 86_400.0  # what has worked so long since it was tried last begins anew

# How long a mark stands before it is tried, `tries` having been made: with a share of chance, as an outage sets many.
WAIT = """(1 + random() / 4) * least(%(longest_s)s::float8,
      %(first_s)s::float8 * power(%(growth)s::float8, least({tries}, 30))) * interval '1 second'"""
NEXT_TRY = (
    "CASE WHEN %(person)s THEN 'infinity'::timestamptz "
    "WHEN %(until)s::timestamptz > clock_timestamp() THEN %(until)s ELSE clock_timestamp() + " + WAIT + " END"
)
TRIES = """CASE WHEN c.tried_at > clock_timestamp() - %(good_again_s)s::float8 * interval '1 second'
    THEN c.tries ELSE 0 END"""

# An attempt that began before the seller connected anew says nothing of the new connection. A marketplace without a
# connection gets one that waits: otherwise its jobs would ask again without end.
NEEDS_SELLER = f"""
INSERT INTO {s}.connections AS c (marketplace, state, reason, lock, next_try)
VALUES (%(marketplace)s, 'needs_seller', %(reason)s, %(lock)s::jsonb, {NEXT_TRY.replace("{tries}", "0")})
ON CONFLICT (marketplace) DO UPDATE SET state = 'needs_seller', reason = EXCLUDED.reason, lock = EXCLUDED.lock,
  updated_at = clock_timestamp(), tries = {TRIES}, next_try = {NEXT_TRY.replace("{tries}", TRIES)}
WHERE c.state = 'connected' AND c.updated_at <= coalesce((
  SELECT min(l.at) FROM {s}.job_timeline l JOIN {s}.marketplace_tasks t ON t.job_id = l.job_id AND t.name = l.task
  WHERE t.id = %(task)s::int AND l.attempt = %(claims)s::int), clock_timestamp())
RETURNING marketplace
"""

# What was told of one account says nothing of another that was connected meanwhile.
REST = """
UPDATE {s}.connections SET resume_at = greatest(resume_at, clock_timestamp() + %(rest_s)s::float8 * interval '1 second')
WHERE marketplace = %(marketplace)s AND external_id = %(account)s RETURNING marketplace
"""

NO_WORDS = "The seller must log in to the marketplace again."

# A session or a token that is good again says nothing of an account that is locked.
CONNECTED = f"""
WITH good AS (
  UPDATE {s}.connections SET state = 'connected', reason = NULL, updated_at = clock_timestamp()
  WHERE marketplace = %(marketplace)s AND state <> 'connected' AND {lock_of()} IS NULL RETURNING marketplace
)
INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, 0 FROM good
"""

IS_TO_BE_TRIED = """c.state = 'needs_seller' AND c.tries < %(at_most)s
    AND coalesce(c.next_try, c.updated_at + %(first_s)s::float8 * interval '1 second') <= clock_timestamp()"""

# Where it could show something: a job waits, there are tokens or the plugin is there, and nothing else holds it.
TRY = f"""
WITH tried AS (
  UPDATE {s}.connections c
  SET state = 'connected', reason = NULL, updated_at = clock_timestamp(), tries = c.tries + 1,
      tried_at = clock_timestamp(), next_try = NULL
  WHERE {IS_TO_BE_TRIED}
    AND EXISTS (SELECT FROM {s}.marketplace_jobs j
      WHERE j.marketplace = c.marketplace AND j.status IN {UNFINISHED})
    AND EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active)
    AND NOT EXISTS (
      SELECT FROM public.application_refusals r WHERE r.marketplace = c.marketplace AND r.ended_at IS NULL)
    AND CASE WHEN c.marketplace = ANY(%(plugins)s::text[]) THEN {plugin_connected()}
      ELSE c.secret IS NOT NULL END
  RETURNING c.marketplace
), told AS (
  INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, 0 FROM tried
)
SELECT marketplace FROM tried
"""

# As above, at once, where somebody asks for it.
TRY_NOW = f"""
WITH tried AS (
  UPDATE {s}.connections c
  SET state = 'connected', reason = NULL, updated_at = clock_timestamp(), tried_at = clock_timestamp(), next_try = NULL
  FROM (SELECT reason, {lock_of()} AS lock FROM {s}.connections WHERE marketplace = %(marketplace)s FOR UPDATE) AS was
  WHERE c.marketplace = %(marketplace)s AND c.state = 'needs_seller' AND (c.secret IS NOT NULL OR was.lock IS NOT NULL)
  RETURNING was.reason, was.lock
)
SELECT reason, lock FROM tried
"""


def needs_seller(
    tenant: TenantId,
    marketplace: str,
    reason: str,
    *,
    task: TaskId | None = None,
    claims: int = 0,
    person: bool = False,
    lock: Lock | None = None,
) -> Statement[bool]:
    """Stop this marketplace for this tenant until the seller has acted, or a try shows that it works all the same.

    `task` and `claims` name the attempt that was told so; None where it was learned just now. `person`: nothing but the
    seller helps, and nothing is tried. `lock`: the account is locked there, which is tried when it is to end.
    """
    reason = reason or NO_WORDS  # who reads the state takes an empty reason for none
    return bind(
        NEEDS_SELLER,
        tenant,
        marketplace=marketplace,
        reason=reason,
        lock=None if lock is None else Jsonb(kept_lock(lock, reason)),
        until=lock and lock.until,
        task=task,
        claims=claims,
        person=person,
        first_s=FIRST_TRY_S,
        longest_s=LONGEST_TRY_S,
        growth=GROWTH,
        good_again_s=GOOD_AGAIN_S,
    )


def rest(tenant: TenantId, marketplace: str, account: str, rest_s: float) -> Statement[bool]:
    """Make no call there for this account of the tenant before so many seconds have passed."""
    return bind(REST, tenant, marketplace=marketplace, account=account, rest_s=rest_s)


def try_connections(connection: Connection[DictRow], tenant: TenantId, *, plugins: Sequence[str]) -> list[str]:
    """Let jobs find out where a mark may be wrong and its time has come; return the marketplaces.

    `plugins` are those that are asked through the seller's plugin.
    """
    statement = bind(TRY, tenant, plugins=list(plugins), at_most=TRIES_AT_MOST, first_s=FIRST_TRY_S)
    return [row["marketplace"] for row in statement.on(connection)]


def connected_again(tenant: TenantId, marketplace: str) -> Statement[bool]:
    """Let the tenant's jobs there go on, and tell their owner."""
    return bind(CONNECTED, tenant, marketplace=marketplace)


def try_now(connection: Connection[DictRow], tenant: TenantId, marketplace: str) -> tuple[str, Lock | None] | None:
    """Take a mark away for the call that finds out whether it is true; return its reason and whether it is of a locked
    account, None where there is none."""
    row = bind(TRY_NOW, tenant, marketplace=marketplace).on(connection).fetchone()
    return (row["reason"], lock_in(row["lock"])) if row else None
