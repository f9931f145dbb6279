"""What can be done on Etsy."""

from alembic import op

revision = "20260109_0400_create_etsy_action_types"
down_revision = "20260109_0300_create_ebay_action_types"

ROWS = """
INSERT INTO public.marketplace_action_types
    (marketplace, code, name, priority, is_batch, rate_limit_ms, max_retries, timeout_seconds)
VALUES
    ('etsy', 'publish', 'Publish product', 3, false, 1000, 3, 60),
    ('etsy', 'update', 'Update product', 3, false, 1000, 3, 60),
    ('etsy', 'delete', 'Delete product', 4, false, 1000, 3, 60),
    ('etsy', 'sync', 'Sync products', 4, true, 1000, 3, 300),
    ('etsy', 'sync_orders', 'Sync orders', 3, true, 1000, 3, 300)
"""


def upgrade() -> None:
    op.execute(ROWS)
