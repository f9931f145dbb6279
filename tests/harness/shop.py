"""A seller at the door: one tenant, and a client with a token of its own."""

from dataclasses import dataclass
from typing import Any

import httpx

from stoflow.domain.ids import TenantId

PRODUCT = {
    "title": "Wool coat",
    "description": "Warm.\nLined.",
    "price": {"amount": "12.50", "currency": "EUR"},
    "category": "coats",
    "brand": "Zara",
    "condition": 8,
    "size": "M",
    "colors": ["grey"],
    "materials": ["wool"],
    "gender": "women",
}


@dataclass(frozen=True)
class Shop:
    """One tenant with a client of its own."""

    tenant: TenantId
    client: httpx.Client

    def product(self, **changes: Any) -> int:
        made = self.client.post("/api/products", json=PRODUCT | changes)
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def submit(self, product: int, marketplace: str = "ebay", **more: Any) -> httpx.Response:
        headers = more.pop("headers", {})
        body = {"action_type": "publish", "product_id": product, **more}
        return self.client.post(f"/api/{marketplace}/jobs", json=body, headers=headers)
