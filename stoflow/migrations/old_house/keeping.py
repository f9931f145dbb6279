"""What old programs write, kept in the new columns by triggers: while rows are carried over, and until the contract.

`{s}` is the tenant's schema. Every name in a function is qualified: an old program has a search path of its own.
"""

from stoflow.domain.job import PAUSED_UNTIL
from stoflow.migrations.old_house.keeping_batches import COUNT_BATCHES, NOTE_BATCH
from stoflow.migrations.old_house.keeping_products import KEEP_PHOTOS, KEEP_PRODUCT

# So that nothing waits for the row that says when an old name was last written, one in the same second skips it.
NOTE = """
CREATE FUNCTION {s}.note_old_write(written text) RETURNS void LANGUAGE sql AS $$
    UPDATE {s}.old_writes SET at = pg_catalog.clock_timestamp()
    WHERE name IN (
        SELECT o.name FROM {s}.old_writes o
        WHERE o.name = written AND o.at < pg_catalog.clock_timestamp() - interval '1 second' FOR UPDATE SKIP LOCKED)
$$
"""

# There a job's action was Vinted's row of that code, wherever the job was for.
CHECK_ACTION = """
CREATE FUNCTION {s}.action_at(named integer, place text, OUT id integer, OUT reason text) LANGUAGE plpgsql AS $$
DECLARE
    found_code text;
    found_place text;
BEGIN
    SELECT a.id, a.code, a.marketplace INTO id, found_code, found_place
    FROM public.marketplace_action_types a WHERE a.id = named;
    IF NOT FOUND THEN
        id := coalesce(named, 0);
        reason := 'Unknown action: ' || coalesce(named::text, 'none');
    ELSIF found_place <> place THEN
        SELECT a.id INTO id FROM public.marketplace_action_types a
        WHERE a.marketplace = place
            AND a.code IN (
                found_code, CASE found_code WHEN 'orders' THEN 'sync_orders' WHEN 'sync_orders' THEN 'orders' END);
        IF NOT FOUND THEN
            id := named;
            reason := 'Invalid action code: ' || found_code || ' for marketplace: ' || place;
        END IF;
    END IF;
END $$
"""

BATCH_OF = """
CREATE FUNCTION {s}.batch_named(named text, place text, action integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    found_id integer;
BEGIN
    SELECT b.id INTO found_id FROM {s}.batch_jobs b WHERE b.batch_id = named;
    IF found_id IS NULL THEN
        INSERT INTO {s}.batch_jobs (batch_id, marketplace, action_code, total_count, created_at)
        SELECT named, place, coalesce(
            (SELECT a.code FROM public.marketplace_action_types a WHERE a.id = action), 'unknown'), 0,
            pg_catalog.clock_timestamp()
        ON CONFLICT (batch_id) DO NOTHING RETURNING id INTO found_id;
    END IF;
    IF found_id IS NULL THEN
        SELECT b.id INTO found_id FROM {s}.batch_jobs b WHERE b.batch_id = named;
    END IF;
    RETURN found_id;
END $$
"""

# Nobody pauses a single job any more: one that an old program paused waits until it is resumed, or the contract.
HELD = f"timestamptz '{PAUSED_UNTIL:%Y-%m-%d %H:%M:%S}+00'"

FILL = """
    NEW.marketplace := coalesce(nullif(NEW.marketplace, ''), (
        SELECT a.marketplace FROM public.marketplace_action_types a WHERE a.id = NEW.action_type_id), 'vinted');
    NEW.priority := coalesce(NEW.priority, 3);
    NEW.retry_count := coalesce(NEW.retry_count, 0);
    NEW.max_retries := coalesce(NEW.max_retries, 3);
    NEW.cancel_requested := coalesce(NEW.cancel_requested, false);
    NEW.created_at := coalesce(NEW.created_at, pg_catalog.clock_timestamp());
    IF NEW.batch_id IS NOT NULL AND NEW.batch_job_id IS NULL THEN
        NEW.batch_job_id := {s}.batch_named(NEW.batch_id, NEW.marketplace, NEW.action_type_id);
    END IF;
    SELECT f.id, f.reason INTO NEW.action_type_id, refused
    FROM {s}.action_at(NEW.action_type_id, NEW.marketplace) AS f;
"""

REFUSE = """
    IF refused IS NOT NULL AND shown IN ('pending', 'running') THEN
        shown := 'failed';
        NEW.completed_at := pg_catalog.clock_timestamp();
        NEW.error_message := refused;
        NEW.error_kind := 'refused';
    END IF;
"""

# What waits there is forgotten after an hour, what is paused is not.
HOLD = f"""
    IF shown = 'paused' THEN
        shown := 'pending';
        NEW.not_before := {HELD};
        NEW.expires_at := NULL;
    ELSIF shown = 'pending' THEN
        IF NEW.not_before = {HELD} THEN
            NEW.not_before := NULL;
            NEW.expires_at := pg_catalog.clock_timestamp() + interval '1 hour';
        END IF;
        NEW.expires_at := coalesce(NEW.expires_at, NEW.created_at + interval '1 hour');
    END IF;
"""

# While jobs are carried over `status` is the old enum still, and what it will be stands beside it.
CARRY_JOB = f"""
CREATE FUNCTION {{s}}.carry_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shown text := NEW.status::text;
    refused text;
BEGIN
    {FILL}{REFUSE}{HOLD}
    NEW.new_status := shown;
    RETURN NEW;
END $$;
CREATE TRIGGER carry_job BEFORE INSERT OR UPDATE ON {{s}}.marketplace_jobs
FOR EACH ROW EXECUTE FUNCTION {{s}}.carry_job()
"""

CARRY_BATCH = """
CREATE FUNCTION {s}.carry_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.new_status := coalesce(NEW.status::text, 'pending');
    RETURN NEW;
END $$;
CREATE TRIGGER carry_batch BEFORE INSERT OR UPDATE ON {s}.batch_jobs
FOR EACH ROW EXECUTE FUNCTION {s}.carry_batch()
"""

# Of jobs that StoFlow makes, the one has a digest and the other a batch's row; what an old program makes has neither.
KEEP_NEW_JOB = f"""
CREATE FUNCTION {{s}}.keep_new_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shown text := NEW.status;
    refused text;
    is_old boolean := NEW.batch_id IS NOT NULL OR NEW.status = 'paused'
        OR (NEW.idempotency_digest IS NULL AND NEW.batch_job_id IS NULL);
BEGIN
    {FILL}{REFUSE}
    IF is_old THEN
        {HOLD}
        PERFORM {{s}}.note_old_write('marketplace_jobs');
    END IF;
    NEW.status := shown;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_new_job BEFORE INSERT ON {{s}}.marketplace_jobs
FOR EACH ROW EXECUTE FUNCTION {{s}}.keep_new_job()
"""

KEEP_JOB = f"""
CREATE FUNCTION {{s}}.keep_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shown text := NEW.status;
BEGIN
    IF shown = 'paused' AND OLD.status <> 'pending' THEN
        shown := OLD.status;
    ELSIF shown IN ('paused', 'pending') THEN
        {HOLD}
    END IF;
    IF NEW.batch_id IS DISTINCT FROM OLD.batch_id AND NEW.batch_id IS NOT NULL THEN
        NEW.batch_job_id := {{s}}.batch_named(NEW.batch_id, NEW.marketplace, NEW.action_type_id);
    END IF;
    PERFORM {{s}}.note_old_write('marketplace_jobs');
    NEW.status := shown;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_job BEFORE UPDATE OF status, batch_id ON {{s}}.marketplace_jobs FOR EACH ROW
WHEN (NEW.status = 'paused' OR NEW.batch_id IS DISTINCT FROM OLD.batch_id
    OR (NEW.status = 'pending' AND OLD.status = 'pending' AND OLD.not_before = {HELD}))
EXECUTE FUNCTION {{s}}.keep_job()
"""

# Whoever cancels through StoFlow writes a line of the timeline with it, and tells the owner; an old program only this.
# What never began is cancelled with it: its marketplace may be out of reach, and then nobody would look at it.
KEEP_CANCEL = """
CREATE FUNCTION {s}.keep_cancel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('pending', 'running') OR EXISTS (
        SELECT FROM {s}.job_timeline l WHERE l.job_id = NEW.id AND l.cause = 'cancel requested') THEN
        RETURN NULL;
    END IF;
    INSERT INTO {s}.job_timeline (job_id, cause) VALUES (NEW.id, 'cancel requested');
    IF NEW.status = 'pending' AND NEW.started_at IS NULL AND NOT NEW.acted THEN
        UPDATE {s}.marketplace_jobs
        SET status = 'cancelled', completed_at = pg_catalog.clock_timestamp(), waiting = NULL WHERE id = NEW.id;
        UPDATE {s}.marketplace_tasks SET status = 'skipped', completed_at = pg_catalog.clock_timestamp()
        WHERE job_id = NEW.id AND status = 'pending';
        INSERT INTO {s}.job_timeline (job_id, from_status, to_status, cause)
        VALUES (NEW.id, 'pending', 'cancelled', 'cancel');
    END IF;
    INSERT INTO public.outbox (tenant, job) VALUES (pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, NEW.id);
    PERFORM {s}.note_old_write('marketplace_jobs');
    RETURN NULL;
END $$;
CREATE TRIGGER keep_cancel AFTER UPDATE OF cancel_requested ON {s}.marketplace_jobs FOR EACH ROW
WHEN (NEW.cancel_requested AND NOT OLD.cancel_requested) EXECUTE FUNCTION {s}.keep_cancel()
"""

# A resumed job is one that nobody waits for any more unless its owner hears of it.
KEEP_RESUME = f"""
CREATE FUNCTION {{s}}.keep_resume() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.outbox (tenant, job) VALUES (pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_resume AFTER UPDATE OF status ON {{s}}.marketplace_jobs FOR EACH ROW
WHEN (OLD.not_before = {HELD} AND NEW.not_before IS NULL) EXECUTE FUNCTION {{s}}.keep_resume()
"""

STATISTICS = """
INSERT INTO {s}.marketplace_job_stats AS k
    (marketplace, action_type_id, date, total_jobs, success_count, failure_count, avg_duration_ms, created_at)
SELECT coalesce(a.marketplace, 'vinted'), o.action_type_id, o.date, sum(o.total_jobs), sum(o.success_count),
    sum(o.failure_count),
    round(sum(o.avg_duration_ms::numeric * greatest(o.total_jobs, 1)) FILTER (WHERE o.avg_duration_ms IS NOT NULL)
        / sum(greatest(o.total_jobs, 1)) FILTER (WHERE o.avg_duration_ms IS NOT NULL)),
    coalesce(min(o.created_at), pg_catalog.clock_timestamp())
FROM {s}.vinted_job_stats o LEFT JOIN public.marketplace_action_types a ON a.id = o.action_type_id
WHERE o.action_type_id = NEW.action_type_id AND o.date = NEW.date
GROUP BY coalesce(a.marketplace, 'vinted'), o.action_type_id, o.date
ON CONFLICT (marketplace, action_type_id, date) DO UPDATE SET total_jobs = EXCLUDED.total_jobs,
    success_count = EXCLUDED.success_count, failure_count = EXCLUDED.failure_count,
    avg_duration_ms = EXCLUDED.avg_duration_ms
"""

KEEP_STATISTICS = f"""
CREATE FUNCTION {{s}}.keep_statistics() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {STATISTICS.strip()};
    PERFORM {{s}}.note_old_write('vinted_job_stats');
    RETURN NULL;
END $$;
CREATE TRIGGER keep_statistics AFTER INSERT OR UPDATE ON {{s}}.vinted_job_stats
FOR EACH ROW EXECUTE FUNCTION {{s}}.keep_statistics()
"""

# An old driver may name the enum in what it compares with: `status = 'pending'::jobstatus`. Only once the columns are
# text: with such a cast two values of the enum cannot be compared any more, as PostgreSQL finds two ways to.
CASTS = """
CREATE CAST ({s}.jobstatus AS text) WITH INOUT AS IMPLICIT;
CREATE CAST ({s}.batchjobstatus AS text) WITH INOUT AS IMPLICIT
"""

CARRYING = (NOTE, CHECK_ACTION, BATCH_OF, CARRY_JOB, CARRY_BATCH, KEEP_PRODUCT, KEEP_PHOTOS)
"""From the expand on."""

CARRIED = """
DROP FUNCTION {s}.carry_job() CASCADE;
DROP FUNCTION {s}.carry_batch() CASCADE
"""
KEEPING = (
    CASTS, KEEP_NEW_JOB, KEEP_JOB, KEEP_CANCEL, KEEP_RESUME, KEEP_STATISTICS, NOTE_BATCH, COUNT_BATCHES,
)  # fmt: skip
"""From the switch on, until the contract."""

FUNCTIONS = (
    "keep_new_job()", "keep_job()", "keep_cancel()", "keep_resume()", "keep_statistics()", "keep_product()",
    "keep_photos()", "keep_batch()", "count_old_batches()", "batch_named(text, text, integer)",
    "action_at(integer, text)", "note_old_write(text)",
)  # fmt: skip
