"""Where the seller goes back to after a consent, and who holds the accounts that are connected already."""

from alembic import op

revision = "20261130_1100_returns"
down_revision = "20261129_1702_told"

# Of two tenants who share an account already the later one is marked as sharing, and both go on.
HOLD = r"""
INSERT INTO public.account_holders (marketplace, external_id, tenant, shared)
SELECT c.marketplace, c.external_id, u.id, {shared}
FROM connections c JOIN public.users u ON 'user_' || u.id = current_schema()
WHERE c.secret IS NOT NULL AND c.external_id <> ''
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.execute("ALTER TABLE consents ADD COLUMN return_to text")
    for shared in ("false", "true"):
        op.execute(HOLD.format(shared=shared))


def downgrade() -> None:
    op.execute("ALTER TABLE consents DROP COLUMN return_to")
