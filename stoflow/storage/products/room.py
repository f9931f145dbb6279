"""How many products more a tenant may have: counted while nobody else adds one."""

from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from stoflow.domain.errors import QuotaExceeded
from stoflow.domain.product import NotStored
from stoflow.domain.quota import Quota, QuotaName
from stoflow.storage.database.tables import ProductRow
from stoflow.storage.products.keys import is_kept

HOLD: Final = text(
    "SELECT most FROM public.subscription_quotas WHERE tenant = :tenant AND name = 'products' FOR UPDATE"
)


def refuse_more(session: Session) -> None:
    """Raise QuotaExceeded where one more would be too many; nobody adds another one until the commit."""
    quota = hold_quota(session)
    if quota and not quota.has_room_for(1):
        raise QuotaExceeded(quota)


def hold_quota(session: Session) -> Quota | None:
    """Return how the quota stands, and let nobody else add a product until the commit; None where there is none."""
    limit = session.scalar(HOLD, {"tenant": session.info["tenant"]})
    if limit is None:
        return None
    # Once it is held, and not before: what others added meanwhile counts.
    used = session.scalar(select(func.count()).select_from(ProductRow).where(is_kept()))
    return Quota(QuotaName.PRODUCTS, limit, used or 0)


def no_room(quota: Quota) -> NotStored:
    return NotStored("", f"Your quota of {quota.limit:,} products is used up.")
