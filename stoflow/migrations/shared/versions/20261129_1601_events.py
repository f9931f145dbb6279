"""Events of all tenants, written by the commit that changes something and numbered afterwards: ids, states, times."""

from alembic import op

revision = "20261129_1601_events"
down_revision = "20261128_1401_platform_keys"

TABLES = """
CREATE TABLE public.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL,
    number bigint,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    type text NOT NULL,
    state text,
    subject integer,
    marketplace text,
    name text,
    action integer,
    product integer,
    batch integer
);
CREATE UNIQUE INDEX events_number_idx ON public.events (tenant, number) WHERE number IS NOT NULL;
CREATE INDEX events_unnumbered_idx ON public.events (id) WHERE number IS NULL;
CREATE UNIQUE INDEX events_waiting_batch_idx ON public.events (tenant, batch)
    WHERE number IS NULL AND type = 'batch_progress';
CREATE TABLE public.event_heads (
    tenant integer PRIMARY KEY,
    number bigint NOT NULL,
    forgotten bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE public.events SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)
"""

JOB = """
CREATE FUNCTION public.tell_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' THEN
        INSERT INTO public.events (tenant, type, state, subject, marketplace, action, product, batch)
        VALUES (pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, 'job_status_update', NEW.status, NEW.id,
            NEW.marketplace, NEW.action_type_id, NEW.product_id, NEW.batch_job_id);
    END IF;
    RETURN NULL;
END $$
"""

LISTING = """
CREATE FUNCTION public.tell_listing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shown text := CASE WHEN TG_OP = 'DELETE' OR NEW.external_id IS NULL THEN 'ended'
        WHEN NEW.visible THEN 'for_sale' ELSE 'draft' END;
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' AND coalesce(OLD.external_id, NEW.external_id) IS NOT NULL THEN
        INSERT INTO public.events (tenant, type, state, marketplace, name, product)
        VALUES (pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, 'listing_changed', shown,
            coalesce(NEW.marketplace, OLD.marketplace),
            CASE WHEN shown = 'ended' THEN OLD.external_id ELSE NEW.external_id END,
            coalesce(NEW.product_id, OLD.product_id));
    END IF;
    RETURN NULL;
END $$
"""

ORDER = """
CREATE FUNCTION public.tell_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' THEN
        INSERT INTO public.events (tenant, type, state, marketplace, name)
        VALUES (pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, 'order_received', NEW.state, NEW.marketplace,
            NEW.external_id);
    END IF;
    RETURN NULL;
END $$
"""

SELLER = """
CREATE FUNCTION public.tell_seller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' THEN
        INSERT INTO public.events (tenant, type, state, marketplace)
        VALUES (pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, 'needs_seller', NEW.state, NEW.marketplace);
    END IF;
    RETURN NULL;
END $$
"""

PLUGIN = """
CREATE FUNCTION public.tell_plugin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.events (tenant, at, type, state)
    VALUES (NEW.tenant, NEW.since, 'vinted_connection_status',
        CASE WHEN NEW.connected THEN 'connected' ELSE 'gone' END);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_plugin AFTER INSERT OR UPDATE OF connected ON public.plugin_presence FOR EACH ROW
EXECUTE FUNCTION public.tell_plugin()
"""

FUNCTIONS = ("tell_job", "tell_listing", "tell_order", "tell_seller", "tell_plugin")


def upgrade() -> None:
    for statement in (TABLES, JOB, LISTING, ORDER, SELLER, PLUGIN):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER tell_plugin ON public.plugin_presence")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION public.{name}()")
    op.execute("DROP TABLE public.events, public.event_heads")
