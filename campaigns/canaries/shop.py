"""A tenant whose word stands in everything that it has, and whose numbers are its own."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image

from campaigns.canaries.words import first_id_of, word_of
from stoflow.domain.ids import TenantId
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant

PLUGIN = "laptop"
PRODUCTS = 3
DEADLINE_S = 60.0
SEQUENCES = "SELECT sequencename AS name FROM pg_sequences WHERE schemaname = %(schema)s"

# What only marketplaces, workers and plugins bring in.
BROUGHT = """
INSERT INTO {schema}.remote_listings (marketplace, external_id, state, title, url, sku)
  SELECT m, '{word}' || m, 'for_sale', '{word} coat', 'https://example.com/{word}', '{word}'
  FROM unnest(ARRAY['ebay', 'etsy', 'vinted']) m;
INSERT INTO {schema}.orders (marketplace, external_id, state, ordered_at, total, currency)
  SELECT m, '{word}' || m, 'paid', now(), 12.5, 'EUR' FROM unnest(ARRAY['ebay', 'etsy', 'vinted']) m;
INSERT INTO {schema}.order_lines (marketplace, order_id, line_id, listing_id, title, sku, quantity)
  SELECT m, '{word}' || m, '{word}', '{word}', '{word} coat', '{word}', 1
  FROM unnest(ARRAY['ebay', 'etsy', 'vinted']) m;
INSERT INTO {schema}.listings (product_id, marketplace, external_id, visible, url)
  SELECT {product}, m, '{word}', true, 'https://example.com/{word}' FROM unnest(ARRAY['ebay', 'etsy']) m;
INSERT INTO {schema}.connections (marketplace, external_id, state, reason)
  SELECT m, '{word}', 'needs_seller', '{word}' FROM unnest(ARRAY['ebay', 'etsy', 'vinted']) m ON CONFLICT DO NOTHING;
INSERT INTO {schema}.strays (id, job_id, product_id, marketplace, marker, look_after)
  VALUES ({product}, {job}, {product}, 'vinted', '{word}', now() + interval '1 day');
INSERT INTO {schema}.plugin_commands
  (request_id, job_id, stray_id, claims, seq, plugin_id, action, payload, deadline)
  VALUES ('{uuid}', {job}, {product}, 0, 0, '{plugin}', 'vinted.draft.delete', '{{"id": "{word}"}}',
    now() + interval '1 day')
"""


@dataclass(frozen=True)
class CanaryShop:
    """`owner` counts from 1; `ids` are one thing of its own by the path under which it is read; `photo` is a file."""

    owner: int
    tenant: TenantId
    token: Callable[[], str]
    ids: Mapping[str, int]

    @property
    def word(self) -> str:
        return word_of(self.owner)


def open_shop(database: Database, url: str, owner: int, token_of: Callable[[TenantId], str]) -> CanaryShop:
    """Make the tenant, give it numbers of its own, and leave its word everywhere."""
    tenant = create_tenant(database, f"{word_of(owner)}@example.com", full_name=word_of(owner))
    _number(database, tenant, owner)
    headers = {"Authorization": f"Bearer {token_of(tenant)}"}
    with httpx.Client(base_url=url, headers=headers, timeout=DEADLINE_S) as client:
        ids = _plant(client, word_of(owner))
    shop = CanaryShop(owner, tenant, lambda: token_of(tenant), ids)
    _bring(database, shop)
    return shop


def product_of(word: str, number: int) -> Mapping[str, Any]:
    """Return a product with the word in each of its texts."""
    return {
        "title": f"{word} coat {number}",
        "description": f"Warm {word}.",
        "price": {"amount": "12.50", "currency": "EUR"},
        "sku": f"{word}-{number}",
        "external_id": f"{word}-{number}",
        "metadata": {"shelf": word},
    }


def _number(database: Database, tenant: TenantId, owner: int) -> None:
    with database.records() as connection:
        for row in connection.execute(SEQUENCES, {"schema": f"user_{tenant}"}).fetchall():
            begin = f"ALTER SEQUENCE user_{tenant}.{row['name']} RESTART WITH {first_id_of(owner)}"
            connection.execute(begin.encode())


def _plant(client: httpx.Client, word: str) -> Mapping[str, int]:
    def made(path: str, body: Any, **headers: str) -> int:
        answer = client.post(path, json=body, headers=headers)
        answer.raise_for_status()
        return int(answer.json()["id"])

    products = [made("/api/products", product_of(word, number)) for number in range(PRODUCTS)]
    for product in products:
        photo = {"files": (f"{word}.jpg", _photo(word), "image/jpeg")}
        client.post(f"/api/products/{product}/photos", files=photo).raise_for_status()
    client.post("/api/views", json={"name": word, "filter": {"status": "failed"}}).raise_for_status()
    job = {"action_type": "publish", "product_id": products[0], "payload": {"note": word}}
    file = "\n".join(json.dumps(row) for row in (product_of(word, 9), {"price": word}))
    imported = client.post(
        "/api/products/import", content=file, headers={"Content-Type": "application/x-ndjson"}
    ).raise_for_status()
    return {
        "/api/products": products[0],
        "/api/jobs": made("/api/vinted/jobs", job, **{"X-Request-ID": word, "Idempotency-Key": word}),
        "/api/batches": made("/api/etsy/batches", {"action_type": "publish", "product_ids": products, "name": word}),
        "/api/webhooks": made(
            "/api/webhooks", {"url": f"https://example.com/{word}", "description": word, "active": False}
        ),
        "/api/imports": int(imported.json()["id"]),
    }


def _bring(database: Database, shop: CanaryShop) -> None:
    text = BROUGHT.format(
        schema=f"user_{shop.tenant}",
        word=shop.word,
        product=shop.ids["/api/products"],
        job=shop.ids["/api/jobs"],
        uuid=uuid4(),
        plugin=PLUGIN,
    )
    with database.records() as connection:
        for statement in text.split(";\n"):
            connection.execute(statement.encode())


def _photo(word: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (600, 600), "green").save(content, "JPEG", comment=word.encode())
    return content.getvalue()
