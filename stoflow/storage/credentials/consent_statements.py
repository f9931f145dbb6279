"""What is asked of PostgreSQL about consents."""

from stoflow.storage.credentials.connections import RESET
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.statement import s

FORGET_OLD = "DELETE FROM {s}.consents WHERE expires_at <= clock_timestamp()"
ASK = """
INSERT INTO {s}.consents (state, marketplace, verifier, return_to, expires_at)
VALUES (%(state)s, %(marketplace)s, %(verifier)s, %(return_to)s,
        clock_timestamp() + %(life_s)s::float8 * interval '1 second')
RETURNING expires_at
"""
READ = """
SELECT marketplace, verifier, secret, taken_at IS NOT NULL AS taken, done_at IS NOT NULL AS done,
       expires_at <= clock_timestamp() AS late
FROM {s}.consents WHERE state = %(state)s FOR UPDATE
"""
RETURN = "SELECT return_to FROM {s}.consents WHERE state = %(state)s"
TAKE = "UPDATE {s}.consents SET taken_at = clock_timestamp() WHERE state = %(state)s"
KEEP = """
UPDATE {s}.consents SET secret = %(secret)s, granted = %(granted)s::text[],
  secret_expires_at = clock_timestamp() + %(refresh_s)s::float8 * interval '1 second'
WHERE state = %(state)s AND done_at IS NULL RETURNING state
"""
END = """
UPDATE {s}.consents SET taken_at = coalesce(taken_at, clock_timestamp()), done_at = clock_timestamp(), secret = NULL
WHERE state = %(state)s
"""
# What was sealed for the consent is sealed for the connection: both name this tenant and marketplace.
SPEND = """
UPDATE {s}.consents c SET done_at = clock_timestamp(), secret = NULL
FROM (SELECT state, secret FROM {s}.consents WHERE state = %(state)s FOR UPDATE) AS was
WHERE c.state = was.state AND c.done_at IS NULL AND was.secret IS NOT NULL
RETURNING was.secret, c.secret_expires_at, c.granted
"""
# Settings name the policies and profiles of one account, choices all of them, watermarks how far it was read:
# another begins without.
CONNECT = f"""
INSERT INTO {s}.connections AS c
  (marketplace, external_id, state, reason, settings, secret, secret_expires_at, granted)
VALUES (%(marketplace)s, %(external_id)s, 'connected', NULL, %(settings)s, %(secret)s, %(secret_expires_at)s,
        %(granted)s::text[])
ON CONFLICT (marketplace) DO UPDATE SET external_id = EXCLUDED.external_id, {RESET},
  settings = CASE WHEN c.external_id IN ('', EXCLUDED.external_id) THEN c.settings ELSE '{{}}' END || EXCLUDED.settings,
  choices = CASE WHEN c.external_id IN ('', EXCLUDED.external_id) THEN c.choices ELSE '{{}}' END,
  choices_read_at = CASE WHEN c.external_id IN ('', EXCLUDED.external_id) THEN c.choices_read_at END,
  watermarks = CASE WHEN c.external_id IN ('', EXCLUDED.external_id) THEN c.watermarks ELSE '{{}}' END,
  secret = EXCLUDED.secret, secret_expires_at = EXCLUDED.secret_expires_at, granted = EXCLUDED.granted
WHERE c.secret IS NULL OR c.external_id IN ('', EXCLUDED.external_id)
RETURNING marketplace
"""

# What waited for a scope looks anew, and whoever holds it in memory hears of it.
RELEASE = f"""
WITH freed AS (
  UPDATE {s}.marketplace_tasks t SET not_before = NULL
  FROM {s}.marketplace_jobs j WHERE j.id = t.job_id AND j.marketplace = %(marketplace)s
    AND j.status IN {UNFINISHED} AND t.status = 'pending' AND t.error_kind = %(kind)s
  RETURNING t.job_id
)
INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, job_id FROM freed
"""
