"""Whatever a seller wrote, a product is refused with reasons or mapped within every limit; nothing falls over."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stoflow.domain.account import Account
from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.outcome import Done, Refused
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.registry import build_registry
from stoflow.marketplaces.vocabulary.categories import category_names
from tests.unit.marketplaces.conftest import SETTINGS

REGISTRY = build_registry(entry_points=False)
WORDS = st.text(max_size=60) | st.sampled_from(
    ["robe noire", "men's jeans W32", "M / 38 / 10", "one size", "EU 42", "75B", "Vintage"]
)
WILD: Mapping[str, st.SearchStrategy[Any]] = {
    "title": st.text(max_size=300) | WORDS,
    "description": st.text(max_size=300) | st.just("mot " * 3_000),
    "price": st.none() | st.decimals(min_value=Decimal(-5), max_value=Decimal(10**7), places=2),
    "currency": st.sampled_from(["EUR", "USD", "XXX"]),
    "category": WORDS | st.sampled_from(category_names()) | st.integers(min_value=0, max_value=6_000).map(str),
    "brand": WORDS,
    "condition": st.none() | st.integers(min_value=-1, max_value=11),
    "size": WORDS,
    "colors": st.tuples(WORDS) | st.just(("noir", "rouge", "vert")),
    "materials": st.lists(WORDS, max_size=20).map(tuple),
    "gender": st.sampled_from(["", "women", "homme", "unisex", "kids", "baby"]) | WORDS,
    "season": WORDS,
    "quantity": st.integers(min_value=-1, max_value=10**6),
    "who_made": st.sampled_from(["", "i_did", "someone_else", "x"]),
    "when_made": st.sampled_from(["", "1990s", "2020_2026", "x"]),
    "images": st.lists(st.just(ProductImage(1, "1.jpg")), max_size=40).map(tuple),
}
GOOD = Product(
    id=5,
    title="Robe noire",
    description="Portée deux fois.",
    price=Decimal(20),
    category="women/dresses",
    condition=8,
    size="M",
    colors=("noir",),
    images=(ProductImage(1, "1.jpg"),),
)


@st.composite
def nearly_good_products(draw: st.DrawFn) -> Product:
    """Return a product of which up to three fields are anything: all fields at once would hardly ever be mapped."""
    fields = draw(st.lists(st.sampled_from(sorted(WILD)), max_size=3, unique=True))
    return replace(GOOD, **{field: draw(WILD[field]) for field in fields})


@pytest.mark.parametrize("marketplace", sorted(REGISTRY.marketplaces))
@settings(max_examples=150, deadline=None)
@given(product=nearly_good_products())
def test_any_product_is_refused_with_reasons_or_mapped(media_root: Path, marketplace: str, product: Product) -> None:
    account = Account(marketplace, "123", {**SETTINGS[marketplace], "exchange_rates": {"USD": 0.9}})
    attempt = Attempt(TenantId(7), JobId(1), "validate", product, account, media_root=str(media_root))
    handler = REGISTRY.handler(marketplace, "publish")
    outcome = handler.step("validate").do(attempt)
    if isinstance(outcome, Refused):
        assert outcome.errors
        assert all(error.field and error.message for error in outcome.errors)
        return
    assert isinstance(outcome, Done)
    mapped = handler.step("map").do(attempt)
    assert isinstance(mapped, Done)
    assert outside_limits(marketplace, mapped) == []
    assert len(handler.create_tasks(product)) <= 40


def outside_limits(marketplace: str, mapped: Done) -> list[str]:
    output = mapped.output
    if marketplace == "ebay":
        described = output["item"]["product"]
        limits = {"title": (described["title"], 80), "description": (described["description"], 4_000)}
        limits |= {name: (values[0], 50) for name, values in described["aspects"].items()}
    elif marketplace == "etsy":
        limits = {"title": (output["draft"]["title"], 140), "description": (output["description"], 50_000)}
        limits |= {tag: (tag, 20) for tag in output["draft"].get("tags", "x").split(",")}
    else:
        limits = {"title": (output["draft"]["title"], 100), "description": (output["draft"]["description"], 2_000)}
    return [name for name, (text, limit) in limits.items() if not 1 <= len(text) <= limit]
