"""How much a tenant may have of what is sold by size."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class QuotaName(StrEnum):
    """What is counted."""

    PRODUCTS = "products"
    MARKETPLACES = "marketplaces"
    JOBS_PER_DAY = "jobs_per_day"


@dataclass(frozen=True, slots=True)
class Quota:
    """How one stands. `limit` is None where there is none; `free_at` is when nothing of it is used again, in so many
    seconds, None where that is for the seller to do."""

    name: QuotaName
    limit: int | None
    used: int
    free_at: datetime | None = None
    free_in_s: int | None = None

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    def has_room_for(self, asked: int) -> bool:
        return self.limit is None or self.used + asked <= self.limit

    def told(self, asked: int) -> dict[str, Any]:
        """Return what a refusal says of it."""
        free_at = self.free_at.isoformat().replace("+00:00", "Z") if self.free_at else None
        return {"name": self.name.value, "limit": self.limit, "used": self.used, "asked": asked, "free_at": free_at}
