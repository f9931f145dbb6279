"""What changes of a tenant's jobs, listings, orders and connections is told in the commit that changes it."""

from alembic import op

revision = "20261129_1602_events"
down_revision = "20261129_1000_vacuum"

TRIGGERS = """
CREATE TRIGGER tell_job AFTER UPDATE OF status ON marketplace_jobs FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION public.tell_job();
CREATE TRIGGER tell_listing AFTER INSERT OR DELETE ON listings FOR EACH ROW EXECUTE FUNCTION public.tell_listing();
CREATE TRIGGER tell_listing_changed AFTER UPDATE OF external_id, visible ON listings FOR EACH ROW
WHEN (OLD.external_id IS DISTINCT FROM NEW.external_id OR OLD.visible <> NEW.visible)
EXECUTE FUNCTION public.tell_listing();
CREATE TRIGGER tell_order AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION public.tell_order();
CREATE TRIGGER tell_seller AFTER INSERT ON connections FOR EACH ROW
WHEN (NEW.state = 'needs_seller') EXECUTE FUNCTION public.tell_seller();
CREATE TRIGGER tell_seller_changed AFTER UPDATE OF state ON connections FOR EACH ROW
WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION public.tell_seller()
"""

NAMES = {
    "marketplace_jobs": ("tell_job",),
    "listings": ("tell_listing", "tell_listing_changed"),
    "orders": ("tell_order",),
    "connections": ("tell_seller", "tell_seller_changed"),
}


def upgrade() -> None:
    op.execute(TRIGGERS)


def downgrade() -> None:
    for table, names in NAMES.items():
        for name in names:
            op.execute(f"DROP TRIGGER {name} ON {table}")
