"""Webhooks of tenants and of platforms, and what is delivered to them."""

from alembic import op

revision = "20261129_1916_webhooks"
down_revision = "20261129_1803_deletions"

TABLES = """
CREATE TABLE public.webhooks (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer REFERENCES public.users ON DELETE CASCADE,
    platform text,
    url text NOT NULL,
    receiver text NOT NULL,
    events text[] NOT NULL,
    description text NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT true,
    disabled_reason text,
    secret text NOT NULL,
    old_secret text,
    old_until timestamptz,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    rests_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (num_nonnulls(tenant, platform) = 1)
);
CREATE INDEX webhooks_tenant_idx ON public.webhooks (tenant);
CREATE INDEX webhooks_platform_idx ON public.webhooks (platform);
CREATE TABLE public.webhook_deliveries (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook integer NOT NULL REFERENCES public.webhooks ON DELETE CASCADE,
    tenant integer REFERENCES public.users ON DELETE CASCADE,
    message text NOT NULL,
    type text NOT NULL,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    claims integer NOT NULL DEFAULT 0,
    claimed_until timestamptz,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_at timestamptz,
    status integer,
    error text,
    duration_ms integer,
    UNIQUE (webhook, message)
);
CREATE INDEX webhook_deliveries_due_idx ON public.webhook_deliveries (webhook, next_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_claimed_idx ON public.webhook_deliveries (claimed_until)
    WHERE claimed_until IS NOT NULL;
CREATE INDEX webhook_deliveries_log_idx ON public.webhook_deliveries (webhook, id);
CREATE INDEX webhook_deliveries_tenant_idx ON public.webhook_deliveries (tenant);
ALTER TABLE public.event_heads ADD COLUMN hooked bigint
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE public.webhook_deliveries, public.webhooks")
    op.execute("ALTER TABLE public.event_heads DROP COLUMN hooked")
