"""A job that goes well is one row: how its tasks and lines are read from it, and how rows of their own are made.

Planned once for a connection, as all that is called from statements that name a tenant's tables.
"""

from alembic import op

revision = "20261130_1820_folded"
down_revision = "20261130_1810_births"

# As decision 0083 has the document: what a task was given when it was planned, and since then its times, in seconds
# since 1970 by PostgreSQL's clock. Of an inner task, which nobody claims, the record is its only claim.
TASKS = """
CREATE FUNCTION public.folded_tasks(doc jsonb, ids integer[], holder bigint, until timestamptz) RETURNS TABLE (
    id integer, name text, "position" integer, kind text, paced boolean, status text, claims integer,
    claimed_by bigint, deadline timestamptz, marker text, input_digest text, output jsonb, quiet_s double precision,
    started_at timestamptz, completed_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 6 AS $$
BEGIN
    RETURN QUERY
    SELECT ids[t.place], t.value ->> 'name', t.place::integer, t.value ->> 'kind',
        coalesce((t.value ->> 'paced')::boolean, false),
        CASE WHEN t.value ->> 'done' IS NOT NULL THEN 'completed'
             WHEN t.value ->> 'begun' IS NOT NULL THEN 'running' ELSE 'pending' END,
        (t.value ->> 'begun' IS NOT NULL)::integer,
        CASE WHEN t.value ->> 'begun' IS NOT NULL AND t.value ->> 'done' IS NULL THEN holder END,
        CASE WHEN t.value ->> 'begun' IS NOT NULL AND t.value ->> 'done' IS NULL THEN until END,
        t.value ->> 'marker', t.value ->> 'digest', t.value -> 'output',
        (t.value ->> 'quiet_s')::double precision,
        to_timestamp((t.value ->> 'begun')::double precision), to_timestamp((t.value ->> 'done')::double precision)
    FROM jsonb_array_elements(doc) WITH ORDINALITY AS t(value, place);
END $$
"""

# What an orchestrator decides by: the first task that is left, and what the first call that is left is like.
NEXT = """
CREATE FUNCTION public.folded_next(doc jsonb, ids integer[], holder bigint, until timestamptz) RETURNS TABLE (
    id integer, claims integer, status text, paced boolean, outside text, claimed boolean,
    deadline_in_s double precision)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    RETURN QUERY
    SELECT t.id, t.claims, t.status, o.paced, o.kind, t.claimed_by IS NOT NULL,
        extract(epoch FROM t.deadline - clock_timestamp())::double precision
    FROM public.folded_tasks(doc, ids, holder, until) AS t LEFT JOIN LATERAL (
        SELECT c.paced, c.kind FROM public.folded_tasks(doc, ids, holder, until) AS c
        WHERE c.status <> 'completed' AND c.kind <> 'inner' ORDER BY c.position LIMIT 1) AS o ON true
    WHERE t.status <> 'completed' ORDER BY t.position LIMIT 1;
END $$
"""

# What its timeline would say: each thing stands where it came about.
LINES = """
CREATE FUNCTION public.folded_lines(doc jsonb, state text, made timestamptz, began timestamptz, ended timestamptz)
RETURNS TABLE (id integer, task text, at timestamptz, from_status text, to_status text, cause text, attempt integer,
    detail jsonb)
LANGUAGE plpgsql STABLE ROWS 14 AS $$
BEGIN
    IF doc IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 1, NULL::text, made, NULL::text, 'pending', 'submitted', 0, NULL::jsonb;
    IF began IS NOT NULL THEN
        RETURN QUERY SELECT 2, NULL::text, began, 'pending', 'running', 'started', 0, NULL::jsonb;
    END IF;
    RETURN QUERY
    SELECT (t.place * 2 + 1 + l.nth)::integer, t.value ->> 'name', to_timestamp(l.second::double precision), l.before,
        l.after, l.why, 1,
        CASE WHEN l.nth = 1 AND t.value -> 'output' ? 'warnings'
             THEN jsonb_build_object('warnings', t.value -> 'output' -> 'warnings') END
    FROM jsonb_array_elements(doc) WITH ORDINALITY AS t(value, place) CROSS JOIN LATERAL (
        VALUES (0, t.value ->> 'begun', 'pending', 'running',
                CASE t.value ->> 'kind' WHEN 'inner' THEN 'run' ELSE 'claimed' END),
            (1, t.value ->> 'done', 'running', 'completed', 'done')) AS l(nth, second, before, after, why)
    WHERE l.second IS NOT NULL ORDER BY 1;
    IF state = 'completed' THEN
        RETURN QUERY SELECT jsonb_array_length(doc) * 2 + 3, NULL::text,
            coalesce(ended, began, made), 'running', 'completed', 'done', 0,
            NULL::jsonb;
    END IF;
END $$
"""

# Its fence moves: whoever knew the job as one row writes it no more. The setting is what the trigger on tasks asks.
UNFOLD = """
CREATE FUNCTION public.unfold(of_schema text, jobs integer[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    unfolded integer;
BEGIN
    PERFORM set_config('stoflow.unfolding', 'on', true);
    EXECUTE format('WITH was AS MATERIALIZED (
            SELECT * FROM %1$I.marketplace_jobs WHERE id = ANY ($1) AND folded IS NOT NULL ORDER BY id FOR UPDATE
        ), job AS (
            UPDATE %1$I.marketplace_jobs j
            SET folded = NULL, task_ids = NULL, claimed_by = NULL, deadline = NULL, fence = j.fence + 1
            FROM was WHERE j.id = was.id
        ), tasks AS (
            INSERT INTO %1$I.marketplace_tasks (id, job_id, name, position, kind, paced, status, claims, claimed_by,
                deadline, marker, input_digest, output, quiet_s, created_at, started_at, completed_at)
            SELECT t.id, was.id, t.name, t.position, t.kind, t.paced, t.status, t.claims, t.claimed_by, t.deadline,
                t.marker, t.input_digest, t.output, t.quiet_s, was.created_at, t.started_at, t.completed_at
            FROM was CROSS JOIN LATERAL public.folded_tasks(was.folded, was.task_ids, was.claimed_by, was.deadline) AS t
        ), lines AS (
            INSERT INTO %1$I.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
            SELECT was.id, l.task, l.at, l.from_status, l.to_status, l.cause, l.attempt, l.detail
            FROM was CROSS JOIN LATERAL public.folded_lines(was.folded, was.status::text, was.created_at,
                was.started_at, was.completed_at) AS l
            ORDER BY was.id, l.id
        ) SELECT count(*) FROM was', of_schema) INTO unfolded USING jobs;
    RETURN unfolded;
END $$
"""

# Whoever asks that a job be cancelled, by whatever program, asks it of one that is rows from then on: what it does in
# the same statement stands behind what has come about.
CANCELLED = """
CREATE FUNCTION public.unfold_cancelled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.marketplace_tasks (id, job_id, name, position, kind, paced, status, claims,
            claimed_by, deadline, marker, input_digest, output, quiet_s, created_at, started_at, completed_at)
        SELECT t.id, $1, t.name, t.position, t.kind, t.paced, t.status, t.claims, t.claimed_by, t.deadline, t.marker,
            t.input_digest, t.output, t.quiet_s, $2, t.started_at, t.completed_at
        FROM public.folded_tasks($3, $4, $5, $6) AS t', TG_TABLE_SCHEMA)
    USING OLD.id, OLD.created_at, OLD.folded, OLD.task_ids, OLD.claimed_by, OLD.deadline;
    EXECUTE format('INSERT INTO %I.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
        SELECT $1, l.task, l.at, l.from_status, l.to_status, l.cause, l.attempt, l.detail
        FROM public.folded_lines($2, $3, $4, $5, $6) AS l ORDER BY l.id', TG_TABLE_SCHEMA)
    USING OLD.id, OLD.folded, OLD.status::text, OLD.created_at, OLD.started_at, OLD.completed_at;
    NEW.folded := NULL;
    NEW.task_ids := NULL;
    NEW.claimed_by := NULL;
    NEW.deadline := NULL;
    NEW.fence := OLD.fence + 1;
    RETURN NEW;
END $$
"""

# A worker of the release before takes a job that is one row for one without tasks, and plans it: it finds them.
PLANNED = """
CREATE FUNCTION public.unfold_planned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.unfold(TG_TABLE_SCHEMA::text, ARRAY[NEW.job_id]);
    RETURN NEW;
END $$
"""

# An orchestrator of the release before frees what is lost by rows: it takes a tenant of which nothing open is folded.
# Of one that is not migrated yet nothing is: this is there before the first of them is.
OWNED = """
ALTER TABLE public.processes ADD COLUMN folds boolean NOT NULL DEFAULT false;
CREATE FUNCTION public.unfold_owned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_schema text := 'user_' || NEW.tenant;
    jobs integer[];
BEGIN
    IF EXISTS (SELECT FROM public.processes p WHERE p.id = NEW.owner AND p.folds) OR NOT EXISTS (
            SELECT FROM pg_attribute a
            WHERE a.attrelid = to_regclass(of_schema || '.marketplace_jobs') AND a.attname = 'folded') THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT array_agg(id) FROM %I.marketplace_jobs
        WHERE status IN (''pending'', ''running'') AND folded IS NOT NULL', of_schema) INTO jobs;
    PERFORM public.unfold(of_schema, jobs);
    RETURN NULL;
END $$;
CREATE TRIGGER unfold_owned AFTER INSERT OR UPDATE OF owner ON public.tenant_work FOR EACH ROW
WHEN (NEW.owner IS NOT NULL) EXECUTE FUNCTION public.unfold_owned()
"""

FUNCTIONS = (
    "unfold_owned()",
    "unfold_planned()",
    "unfold_cancelled()",
    "unfold(text, integer[])",
    "folded_lines(jsonb, text, timestamptz, timestamptz, timestamptz)",
    "folded_next(jsonb, integer[], bigint, timestamptz)",
    "folded_tasks(jsonb, integer[], bigint, timestamptz)",
)


def upgrade() -> None:
    for statement in (TASKS, NEXT, LINES, UNFOLD, CANCELLED, PLANNED, OWNED):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER unfold_owned ON public.tenant_work")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION public.{function}")
    op.execute("ALTER TABLE public.processes DROP COLUMN folds")
