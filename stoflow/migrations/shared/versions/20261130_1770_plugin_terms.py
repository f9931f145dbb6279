"""Until when a plugin acts for a seller who was never asked: those that were there before have thirty days."""

from alembic import op

revision = "20261130_1770_plugin_terms"
down_revision = "20261130_1770_credit_balances"

MAKE = """
ALTER TABLE public.plugin_presence ADD COLUMN acts_until timestamptz;
UPDATE public.plugin_presence SET acts_until = clock_timestamp() + interval '30 days'
"""


def upgrade() -> None:
    op.execute(MAKE)


def downgrade() -> None:
    op.execute("ALTER TABLE public.plugin_presence DROP COLUMN acts_until")
