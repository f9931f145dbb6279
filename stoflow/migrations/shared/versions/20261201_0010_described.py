"""What an announcement says of a new job that is one row, so that nobody has to read it: ids, numbers, words of ours.

An orchestrator of the release before takes the rows by their tenant and job, and reads the job.
"""

from alembic import op

revision = "20261201_0010_described"
down_revision = "20261130_1820_folded"

COLUMNS = """
ALTER TABLE public.outbox ADD COLUMN action integer, ADD COLUMN priority integer, ADD COLUMN product integer,
    ADD COLUMN task integer, ADD COLUMN paced boolean, ADD COLUMN traceparent text
"""

# A job in rows, or one for later, is announced by its id. A job's first call that goes out says whether it is paced.
# Not a trigger's function: each connection would compile it, and plan what is in it, for each tenant's table.
ANNOUNCE = """
CREATE FUNCTION public.announce_made(of_tenant integer, made integer, of_action integer, state text, at timestamptz,
    urgency integer, on_product integer, doc jsonb, first_task integer, is_for_later boolean, trace text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF doc IS NOT NULL AND state = 'pending' AND NOT is_for_later THEN
        INSERT INTO public.outbox (tenant, job, action, priority, product, task, paced, traceparent)
        VALUES (of_tenant, made, of_action, urgency, on_product, first_task, coalesce(
            (jsonb_path_query_first(doc, '$[*] ? (@.kind != "inner")') ->> 'paced')::boolean, false), trace);
    ELSE
        INSERT INTO public.outbox (tenant, job) VALUES (of_tenant, made);
    END IF;
    INSERT INTO public.job_index (tenant, job, action, status, created_at)
    VALUES (of_tenant, made, of_action, state, coalesce(at, pg_catalog.clock_timestamp()))
    ON CONFLICT (tenant, job) DO NOTHING;
    RETURN true;
END $$
"""

# On tenants' tables that have what it reads, from their revision of this name on. What is told is one expression, which
# PL/pgSQL evaluates without planning a statement.
TRIGGER = """
CREATE FUNCTION public.announce_described() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told boolean;
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' THEN
        told := public.announce_made(pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, NEW.id, NEW.action_type_id,
            NEW.status, NEW.created_at, NEW.priority, NEW.product_id, NEW.folded, NEW.task_ids[1],
            NEW.not_before IS NOT NULL, NEW.traceparent);
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    for statement in (COLUMNS, ANNOUNCE, TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION public.announce_described()")
    op.execute(
        "DROP FUNCTION public.announce_made(integer, integer, integer, text, timestamptz, integer, integer, jsonb,"
        " integer, boolean, text)"
    )
    op.execute(
        "ALTER TABLE public.outbox DROP COLUMN action, DROP COLUMN priority, DROP COLUMN product, DROP COLUMN task,"
        " DROP COLUMN paced, DROP COLUMN traceparent"
    )
