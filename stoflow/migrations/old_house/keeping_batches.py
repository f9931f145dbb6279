"""What old programs read of batches, counted in the columns where their own code counted it."""

# Whoever changes a job only notes its batch: two that counted at once would wait for each other's rows.
NOTE_BATCH = """
CREATE TABLE {s}.old_batches (batch_id integer NOT NULL);
CREATE FUNCTION {s}.keep_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {s}.old_batches (batch_id) VALUES (NEW.batch_job_id);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_batch_of_new AFTER INSERT ON {s}.marketplace_jobs
FOR EACH ROW WHEN (NEW.batch_job_id IS NOT NULL) EXECUTE FUNCTION {s}.keep_batch();
CREATE TRIGGER keep_batch AFTER UPDATE OF status, batch_job_id ON {s}.marketplace_jobs FOR EACH ROW
WHEN (NEW.batch_job_id IS NOT NULL
    AND (NEW.status, NEW.batch_job_id) IS DISTINCT FROM (OLD.status, OLD.batch_job_id))
EXECUTE FUNCTION {s}.keep_batch()
"""

# Orchestrators call it once a second. A batch that an old program holds is counted the next time. There an expired job
# was none of the three, so that a page which waits for their sum would wait for ever: it counts as failed.
COUNT_BATCHES = """
CREATE FUNCTION {s}.count_old_batches() RETURNS integer LANGUAGE sql AS $$
    WITH free AS MATERIALIZED (
        SELECT b.id FROM {s}.batch_jobs b WHERE b.id IN (SELECT batch_id FROM {s}.old_batches)
        ORDER BY b.id FOR NO KEY UPDATE SKIP LOCKED
    ), noted AS (
        DELETE FROM {s}.old_batches o
        WHERE o.batch_id IN (SELECT id FROM free)
            OR NOT EXISTS (SELECT FROM {s}.batch_jobs b WHERE b.id = o.batch_id)
        RETURNING o.batch_id
    ), counted AS (
        SELECT j.batch_job_id AS id, count(*) AS jobs, min(j.started_at) AS began, max(j.completed_at) AS ended,
            count(*) FILTER (WHERE j.status = 'pending') AS pending,
            count(*) FILTER (WHERE j.status IN ('pending', 'running')) AS open,
            count(*) FILTER (WHERE j.status = 'completed') AS completed,
            count(*) FILTER (WHERE j.status IN ('failed', 'expired')) AS failed,
            count(*) FILTER (WHERE j.status = 'cancelled') AS cancelled
        FROM {s}.marketplace_jobs j WHERE j.batch_job_id IN (SELECT batch_id FROM noted) GROUP BY 1
    ), done AS (
        UPDATE {s}.batch_jobs b
        SET total_count = greatest(b.total_count, c.jobs), completed_count = c.completed, failed_count = c.failed,
            cancelled_count = c.cancelled, started_at = coalesce(b.started_at, c.began),
            completed_at = CASE WHEN c.open = 0 THEN c.ended END,
            status = CASE
                WHEN c.pending = c.jobs THEN 'pending'
                WHEN c.open > 0 THEN 'running'
                WHEN c.failed > 0 THEN CASE WHEN c.completed > 0 THEN 'partially_failed' ELSE 'failed' END
                WHEN c.cancelled > 0 THEN 'cancelled'
                ELSE 'completed' END
        FROM counted c WHERE b.id = c.id RETURNING 1
    )
    SELECT count(*)::integer FROM done
$$
"""

# Of batches that had not ended: what the old program counted of the others stands.
COUNT_OPEN = """
INSERT INTO {s}.old_batches (batch_id) SELECT id FROM {s}.batch_jobs WHERE status IN ('pending', 'running')
"""
