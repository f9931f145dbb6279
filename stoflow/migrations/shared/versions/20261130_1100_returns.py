"""Which tenant sells with which marketplace account: one each, unless an operator allows it to be shared."""

from alembic import op

revision = "20261130_1100_returns"
down_revision = "20261129_1916_webhooks"

TABLE = """
CREATE TABLE public.account_holders (
    marketplace text NOT NULL,
    external_id text NOT NULL,
    tenant integer NOT NULL REFERENCES public.users ON DELETE CASCADE,
    shared boolean NOT NULL DEFAULT false,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (marketplace, external_id, tenant)
);
CREATE UNIQUE INDEX account_holders_one_idx ON public.account_holders (marketplace, external_id) WHERE NOT shared;
CREATE INDEX account_holders_tenant_idx ON public.account_holders (tenant)
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("DROP TABLE public.account_holders")
