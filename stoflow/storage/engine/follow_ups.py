"""Jobs that follow from what is known of a product."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FollowUp:
    """`key` names the reason: one job for each."""

    product: int
    marketplace: str
    key: str


def follow_ups_in(rows: Iterable[Mapping[str, Any]]) -> list[FollowUp]:
    return [FollowUp(row["product_id"], row["marketplace"], row["key"]) for row in rows]
