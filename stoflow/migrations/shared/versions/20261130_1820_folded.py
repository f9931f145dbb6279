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
        RETURN QUERY SELECT jsonb_array_length(doc) * 2 + 3, NULL::text, ended, 'running', 'completed', 'done', 0,
            NULL::jsonb;
    END IF;
END $$
"""

# The rows of one job; its own row is its caller's to change.
WRITE = """
CREATE FUNCTION public.write_unfolded(of_schema text, job integer, state text, doc jsonb, ids integer[], holder bigint,
    until timestamptz, made timestamptz, began timestamptz, ended timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.marketplace_tasks (id, job_id, name, position, kind, paced, status, claims,
            claimed_by, deadline, marker, input_digest, output, quiet_s, created_at, started_at, completed_at)
        SELECT t.id, $1, t.name, t.position, t.kind, t.paced, t.status, t.claims, t.claimed_by, t.deadline, t.marker,
            t.input_digest, t.output, t.quiet_s, $2, t.started_at, t.completed_at
        FROM public.folded_tasks($3, $4, $5, $6) AS t ORDER BY t.position', of_schema)
    USING job, made, doc, ids, holder, until;
    EXECUTE format('INSERT INTO %I.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
        SELECT $1, l.task, l.at, l.from_status, l.to_status, l.cause, l.attempt, l.detail
        FROM public.folded_lines($2, $3, $4, $5, $6) AS l ORDER BY l.id', of_schema)
    USING job, doc, state, made, began, ended;
END $$
"""

# Its fence moves: whoever knew the job as one row writes it no more.
UNFOLD = """
CREATE FUNCTION public.unfold(of_schema text, jobs integer[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    was record;
    unfolded integer := 0;
BEGIN
    FOR was IN EXECUTE format('SELECT * FROM %I.marketplace_jobs WHERE id = ANY ($1) AND folded IS NOT NULL
        ORDER BY id FOR UPDATE', of_schema) USING jobs
    LOOP
        EXECUTE format('UPDATE %I.marketplace_jobs SET folded = NULL, task_ids = NULL, claimed_by = NULL,
            deadline = NULL, fence = fence + 1 WHERE id = $1', of_schema) USING was.id;
        PERFORM public.write_unfolded(of_schema, was.id, was.status::text, was.folded, was.task_ids, was.claimed_by,
            was.deadline, was.created_at, was.started_at, was.completed_at);
        unfolded := unfolded + 1;
    END LOOP;
    RETURN unfolded;
END $$
"""

# Whoever asks that a job be cancelled, by whatever program, asks it of one that is rows from then on.
CANCELLED = """
CREATE FUNCTION public.unfold_cancelled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.write_unfolded(TG_TABLE_SCHEMA::text, OLD.id, OLD.status::text, OLD.folded, OLD.task_ids,
        OLD.claimed_by, OLD.deadline, OLD.created_at, OLD.started_at, OLD.completed_at);
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
OWNED = """
ALTER TABLE public.processes ADD COLUMN folds boolean NOT NULL DEFAULT false;
CREATE FUNCTION public.unfold_owned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_schema text := 'user_' || NEW.tenant;
    jobs integer[];
BEGIN
    IF to_regclass(of_schema || '.marketplace_jobs') IS NULL
        OR EXISTS (SELECT FROM public.processes p WHERE p.id = NEW.owner AND p.folds) THEN
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
    "write_unfolded(text, integer, text, jsonb, integer[], bigint, timestamptz, timestamptz, timestamptz, timestamptz)",
    "folded_lines(jsonb, text, timestamptz, timestamptz, timestamptz)",
    "folded_next(jsonb, integer[], bigint, timestamptz)",
    "folded_tasks(jsonb, integer[], bigint, timestamptz)",
)


def upgrade() -> None:
    for statement in (TASKS, NEXT, LINES, WRITE, UNFOLD, CANCELLED, PLANNED, OWNED):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER unfold_owned ON public.tenant_work")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION public.{function}")
    op.execute("ALTER TABLE public.processes DROP COLUMN folds")
