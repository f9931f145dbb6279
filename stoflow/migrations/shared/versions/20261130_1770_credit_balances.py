"""What a tenant has left of credits, in the last row of its ledger: nobody sums the rows of years for it.

Whoever adds a row holds the tenant's ledger (0053), an older release too, so that the row before is the last one.
Rows of before stay as they are, as no row of a ledger is changed: the first one that follows them sums them once.
"""

from alembic import op

revision = "20261130_1770_credit_balances"
down_revision = "20261130_1760_saved_views"

BALANCE = """
ALTER TABLE public.ai_credits ADD COLUMN balance integer;
CREATE FUNCTION public.balance_credits() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    held integer;
BEGIN
    SELECT c.balance INTO held FROM public.ai_credits c WHERE c.tenant = NEW.tenant ORDER BY c.id DESC LIMIT 1;
    IF held IS NULL THEN
        SELECT coalesce(sum(c.amount), 0) INTO held FROM public.ai_credits c WHERE c.tenant = NEW.tenant;
    END IF;
    NEW.balance := held + NEW.amount;
    RETURN NEW;
END $$;
CREATE TRIGGER balance BEFORE INSERT ON public.ai_credits FOR EACH ROW EXECUTE FUNCTION public.balance_credits()
"""


def upgrade() -> None:
    op.execute(BALANCE)


def downgrade() -> None:
    op.execute("DROP TRIGGER balance ON public.ai_credits")
    op.execute("DROP FUNCTION public.balance_credits()")
    op.execute("ALTER TABLE public.ai_credits DROP COLUMN balance")
