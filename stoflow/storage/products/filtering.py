"""The products that a filter means, as conditions of a query over `products p`."""

import re
from collections.abc import Mapping
from typing import Any, Final, LiteralString

from stoflow.domain.product_filter import Availability, ProductFilter
from stoflow.storage.engine.statement import s

KEPT: Final = "p.deleted_at IS NULL"
LEFT: Final = "p.stock_quantity > 0"
SAYS: Final = r"concat_ws(E'\n', p.title, p.description, p.brand, p.sku, p.external_id) ILIKE ALL (%(words)s::text[])"
WILD: Final = re.compile(r"[\\%_]")
ITSELF: Final = r"\\\g<0>"


def conditions_of(wanted: ProductFilter) -> tuple[LiteralString, Mapping[str, Any]]:
    """Return what a product must be, and the values that this names; deleted ones are never meant."""
    words = (wanted.text or "").split()
    parts: dict[LiteralString, bool] = {
        SAYS: bool(words),
        "lower(p.brand) = lower(%(brand)s)": wanted.brand is not None,
        "lower(p.category) = lower(%(category)s)": wanted.category is not None,
        LEFT: wanted.status is Availability.AVAILABLE,
        f"NOT {LEFT}": wanted.status is Availability.SOLD_OUT,
        _is_for_sale("%(for_sale_on)s"): wanted.for_sale_on is not None,
        f"NOT {_is_for_sale('%(not_on)s')}": wanted.not_on is not None,
    }
    values: dict[str, Any] = {
        "words": [f"%{WILD.sub(ITSELF, word)}%" for word in words],
        "brand": wanted.brand,
        "category": wanted.category,
        "for_sale_on": wanted.for_sale_on,
        "not_on": wanted.not_on,
    }
    return " AND ".join([KEPT, *(part for part, is_asked in parts.items() if is_asked)]), values


def _is_for_sale(marketplace: LiteralString) -> LiteralString:
    found = f"SELECT FROM {s}.listings l WHERE l.product_id = p.id AND l.marketplace = {marketplace} AND l.visible"
    return f"EXISTS ({found})"
