"""Whoever connects an account, or gives it up, is noted above the tenants in the same commit."""

from alembic import op

revision = "20261122_0200_accounts"
down_revision = "20261122_0100_inventory"

NOTE_ACCOUNT = """
CREATE TRIGGER note_account AFTER INSERT OR DELETE ON connections
FOR EACH ROW EXECUTE FUNCTION public.note_account()
"""

THOSE_THERE = """
INSERT INTO public.accounts (tenant, marketplace)
SELECT pg_catalog.substr(current_schema()::text, 6)::integer, marketplace FROM connections
WHERE current_schema()::text ~ '^user_[0-9]+$' ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.execute(NOTE_ACCOUNT)
    op.execute(THOSE_THERE)
