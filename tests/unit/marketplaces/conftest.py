"""A product and accounts that every marketplace would take, and a way to make attempts at them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stoflow.domain.account import Account
from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.product import Product, ProductImage

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "vinted": {},
    "ebay": {
        "marketplace_id": "EBAY_FR",
        "merchant_location_key": "home",
        "fulfillment_policy_id": "1",
        "payment_policy_id": "2",
        "return_policy_id": "3",
    },
    "etsy": {
        "shipping_profile_id": 11,
        "return_policy_id": 12,
        "readiness_state_id": 13,
        "who_made": "someone_else",
        "when_made": "1990s",
    },
}
MakeAttempt = Callable[..., Attempt]


@pytest.fixture
def product() -> Product:
    return Product(
        id=5,
        title="Robe d'été à fleurs",
        description="Portée deux fois.",
        price=Decimal("24.50"),
        category="women/dresses",
        brand="Zara",
        condition=8,
        size="M / 38 / 10",
        colors=("bleu marine",),
        materials=("coton",),
        gender="women",
        images=(ProductImage(1, "1.jpg"), ProductImage(2, "2.jpg")),
    )


@pytest.fixture(scope="session")
def media_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    for number in (1, 2):
        Image.new("RGB", (32, 32), "navy").save(folder / f"{number}.jpg")
    return folder


@pytest.fixture
def make_attempt(product: Product, media_root: Path) -> MakeAttempt:
    def make(marketplace: str, *, settings: Mapping[str, Any] | None = None, **changes: Any) -> Attempt:
        account = Account(marketplace, "123", {**SETTINGS[marketplace], **(settings or {})})
        fields: dict[str, Any] = {
            "tenant": TenantId(7),
            "job": JobId(42),
            "task_name": "validate",
            "product": product,
            "account": account,
            "marker": "marker-of-this-attempt",
            "media_root": str(media_root),
            **changes,
        }
        return Attempt(**fields)

    return make
