"""Jobs carry what the engine decides by, and tasks become what they were meant to be: every step of every job."""

from alembic import op

from stoflow.migrations.old_house.shape import is_carried

revision = "20261120_0200_jobs"
down_revision = "20261120_0100_products"

# Later installations of the old shape have the first two columns already, and where rows were carried over two more.
COLUMNS = """
ALTER TABLE marketplace_jobs
    ADD COLUMN IF NOT EXISTS idempotency_key varchar(255),
    ADD COLUMN IF NOT EXISTS cancel_requested boolean DEFAULT false,
    ADD COLUMN idempotency_digest text,
    ADD COLUMN IF NOT EXISTS not_before timestamptz,
    ADD COLUMN acted boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS error_kind text,
    ADD COLUMN error_fields jsonb,
    ADD COLUMN redispatches integer NOT NULL DEFAULT 0,
    ADD COLUMN waiting text
"""

# Whatever made the key unique there, under whatever name, one constraint does it here.
UNIQUE = """
DO $$
DECLARE
    old record;
BEGIN
    FOR old IN
        SELECT i.indexrelid::regclass AS name, k.conname
        FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND i.indkey::text = a.attnum::text
        LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid
        WHERE i.indrelid = 'marketplace_jobs'::regclass AND a.attname = 'idempotency_key'
            AND i.indexrelid <> coalesce(to_regclass('marketplace_jobs_key_idx'), 0)
    LOOP
        IF old.conname IS NULL THEN
            EXECUTE format('DROP INDEX %s', old.name);
        ELSE
            EXECUTE format('ALTER TABLE marketplace_jobs DROP CONSTRAINT %I', old.conname);
        END IF;
    END LOOP;
END $$
"""

KEYS = """
UPDATE marketplace_jobs SET cancel_requested = false WHERE cancel_requested IS NULL;
ALTER TABLE marketplace_jobs
    ALTER COLUMN idempotency_key TYPE text,
    ALTER COLUMN cancel_requested SET DEFAULT false,
    ALTER COLUMN cancel_requested SET NOT NULL,
    ADD CONSTRAINT marketplace_jobs_idempotency_key_key UNIQUE (idempotency_key)
"""

# Where rows were carried over, all that takes time was done before, beside those who write.
CARRIED_KEYS = """
CREATE UNIQUE INDEX IF NOT EXISTS marketplace_jobs_key_idx ON marketplace_jobs (idempotency_key);
ALTER TABLE marketplace_jobs
    ALTER COLUMN idempotency_key TYPE text,
    ALTER COLUMN cancel_requested SET DEFAULT false,
    ALTER COLUMN cancel_requested SET NOT NULL,
    ADD CONSTRAINT marketplace_jobs_idempotency_key_key UNIQUE USING INDEX marketplace_jobs_key_idx
"""
CARRIED_STATUS = """
ALTER TABLE marketplace_jobs DROP COLUMN status;
ALTER TABLE marketplace_jobs RENAME COLUMN new_status TO status;
ALTER TABLE marketplace_jobs ALTER COLUMN status SET NOT NULL, ALTER COLUMN status SET DEFAULT 'pending';
ALTER TABLE marketplace_jobs DROP CONSTRAINT marketplace_jobs_known;
ALTER TABLE batch_jobs DROP COLUMN status;
ALTER TABLE batch_jobs RENAME COLUMN new_status TO status;
ALTER TABLE batch_jobs ALTER COLUMN status SET NOT NULL, ALTER COLUMN status SET DEFAULT 'pending';
ALTER TABLE batch_jobs DROP CONSTRAINT batch_jobs_known
"""

# Nobody can pause a single job any more: a paused one waits again.
STATUS = """
ALTER TABLE marketplace_jobs ALTER COLUMN status DROP DEFAULT;
ALTER TABLE marketplace_jobs
    ALTER COLUMN status TYPE text USING CASE status::text WHEN 'paused' THEN 'pending' ELSE status::text END,
    ALTER COLUMN status SET DEFAULT 'pending',
    ADD CONSTRAINT marketplace_jobs_status_check
        CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled', 'expired'));
ALTER TABLE batch_jobs ALTER COLUMN status DROP DEFAULT;
ALTER TABLE batch_jobs
    ALTER COLUMN status TYPE text USING status::text,
    ALTER COLUMN status SET DEFAULT 'pending',
    ADD CONSTRAINT batch_jobs_status_check
        CHECK (status IN ('pending', 'running', 'completed', 'partially_failed', 'failed', 'cancelled'))
"""

# A batch that was only a text on its jobs becomes a row, so that no job forgets what it was made with.
BATCHES = """
INSERT INTO batch_jobs (batch_id, marketplace, action_code, total_count, created_at)
SELECT j.batch_id, min(j.marketplace), coalesce(min(a.code), 'unknown'), count(*), min(j.created_at)
FROM marketplace_jobs j LEFT JOIN public.marketplace_action_types a ON a.id = j.action_type_id
WHERE j.batch_id IS NOT NULL AND j.batch_job_id IS NULL
GROUP BY j.batch_id
ON CONFLICT (batch_id) DO NOTHING;
UPDATE marketplace_jobs j SET batch_job_id = b.id
FROM batch_jobs b WHERE b.batch_id = j.batch_id AND j.batch_job_id IS NULL
"""

# A key into `public` made every new tenant lock all users' rows, and every deleted user look into each schema.
CREATORS = """
DO $$
DECLARE
    old record;
BEGIN
    FOR old IN
        SELECT conname FROM pg_constraint
        WHERE conrelid = 'batch_jobs'::regclass AND confrelid = 'public.users'::regclass
    LOOP
        EXECUTE format('ALTER TABLE batch_jobs DROP CONSTRAINT %I', old.conname);
    END LOOP;
END $$
"""

# Nobody knows the old program's steps any more: a job that may go on, or is retried, goes on behind them.
TASKS = """
ALTER TABLE marketplace_tasks RENAME TO old_marketplace_tasks;
ALTER TABLE old_marketplace_tasks RENAME CONSTRAINT marketplace_tasks_pkey TO old_marketplace_tasks_pkey;
ALTER TABLE old_marketplace_tasks RENAME CONSTRAINT marketplace_tasks_job_id_fkey TO old_marketplace_tasks_job_id_fkey;
ALTER SEQUENCE marketplace_tasks_id_seq RENAME TO old_marketplace_tasks_id_seq;
CREATE TABLE marketplace_tasks (
    id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    job_id integer NOT NULL REFERENCES marketplace_jobs (id) ON DELETE CASCADE,
    name text NOT NULL,
    position integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('inner', 'repeatable', 'unsafe')),
    paced boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'running', 'completed', 'failed', 'skipped')),
    claims integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    deaths integer NOT NULL DEFAULT 0,
    claimed_by bigint,
    deadline timestamptz,
    not_before timestamptz,
    marker text,
    look_at timestamptz,
    looks integer NOT NULL DEFAULT 0,
    absences integer NOT NULL DEFAULT 0,
    input_digest text,
    output jsonb,
    error text,
    error_kind text,
    error_fields jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    completed_at timestamptz,
    UNIQUE (job_id, position)
);
INSERT INTO marketplace_tasks
    (id, job_id, name, position, kind, status, failures, output, error, created_at, started_at, completed_at)
SELECT id, job_id, coalesce(description, task_type::text), row_number() OVER (PARTITION BY job_id ORDER BY id),
    CASE task_type WHEN 'db_operation' THEN 'inner' WHEN 'file_operation' THEN 'inner' ELSE 'unsafe' END,
    CASE
        WHEN status = 'success' THEN 'completed' WHEN status = 'cancelled' THEN 'skipped'
        WHEN (SELECT j.status FROM marketplace_jobs j WHERE j.id = job_id) IN ('pending', 'running', 'failed')
            THEN 'skipped'
        WHEN status = 'processing' THEN 'running' WHEN status = 'timeout' THEN 'failed' ELSE status::text
    END,
    retry_count, result::jsonb, error_message, created_at, started_at, completed_at
FROM old_marketplace_tasks WHERE job_id IS NOT NULL;
SELECT setval(pg_get_serial_sequence('marketplace_tasks', 'id'), coalesce(max(id), 0) + 1, false)
FROM marketplace_tasks
"""

INDEXES = """
CREATE INDEX IF NOT EXISTS marketplace_jobs_pending_idx ON marketplace_jobs (marketplace, priority, id)
    WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS marketplace_jobs_running_idx ON marketplace_jobs (priority, id) WHERE status = 'running';
CREATE INDEX IF NOT EXISTS marketplace_jobs_later_idx ON marketplace_jobs (not_before)
    WHERE status = 'pending' AND not_before IS NOT NULL;
CREATE INDEX IF NOT EXISTS marketplace_jobs_line_idx ON marketplace_jobs (marketplace, product_id, id)
    WHERE status IN ('pending', 'running');
CREATE INDEX IF NOT EXISTS marketplace_jobs_batch_idx ON marketplace_jobs (batch_job_id) WHERE batch_job_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS marketplace_jobs_product_idx ON marketplace_jobs (product_id);
CREATE INDEX IF NOT EXISTS marketplace_jobs_expires_idx ON marketplace_jobs (expires_at)
    WHERE expires_at IS NOT NULL AND status IN ('pending', 'running');
CREATE INDEX marketplace_tasks_running_idx ON marketplace_tasks (claimed_by) WHERE status = 'running'
"""

# Whoever writes a job, old code too, is heard in the same commit.
ANNOUNCE = """
CREATE TRIGGER announce_job AFTER INSERT ON marketplace_jobs
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.announce_job()
"""


def upgrade() -> None:
    carried = is_carried(op.get_context())
    rows = (CARRIED_KEYS, CARRIED_STATUS) if carried else (KEYS, BATCHES, STATUS)
    for statement in (COLUMNS, UNIQUE, *rows, CREATORS, TASKS, INDEXES, ANNOUNCE):
        op.execute(statement)
