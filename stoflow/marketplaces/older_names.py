"""The names from before there were other marketplaces: they work, and warn."""

from collections.abc import Mapping
from typing import Any

from stoflow.domain.handle import ActionType, Job, KeepsJobs, RunsJobs
from stoflow.marketplaces.older_words import FIRST_MARKETPLACE, warn_of
from stoflow.marketplaces.processor import MarketplaceJobProcessor
from stoflow.marketplaces.service import MarketplaceJobService


class VintedJobService(MarketplaceJobService):
    """MarketplaceJobService, which means Vinted where nothing is said."""

    def __init__(self, db: KeepsJobs) -> None:
        warn_of("VintedJobService", "MarketplaceJobService")
        super().__init__(db)

    def create_job(
        self,
        *,
        action_code: str,
        marketplace: str | None = FIRST_MARKETPLACE,
        product_id: int | None = None,
        priority: int | None = None,
        input_data: Mapping[str, Any] | None = None,
        session: Any | None = None,
    ) -> Job:
        """Accept a job of Vinted's and return it."""
        return super().create_job(
            action_code=action_code,
            marketplace=marketplace,
            product_id=product_id,
            priority=priority,
            input_data=input_data,
            session=session,
        )


class VintedJobProcessor(MarketplaceJobProcessor):
    """MarketplaceJobProcessor for Vinted."""

    def __init__(self, db: RunsJobs, user_id: int, shop_id: int | None = None) -> None:
        warn_of("VintedJobProcessor", f'MarketplaceJobProcessor(…, marketplace="{FIRST_MARKETPLACE}")')
        super().__init__(db, user_id, shop_id, FIRST_MARKETPLACE)


def __getattr__(name: str) -> Any:
    if name == "VintedActionType":
        warn_of(name, "stoflow.domain.handle.ActionType")
        return ActionType
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
