"""Which orders share too few pieces of a product: of those that stand the last ones, by the marketplace's time."""

from typing import LiteralString

NAMED_WITH = 20  # of the earlier orders, the latest ones


def is_older(order: LiteralString, *, than: LiteralString) -> LiteralString:
    """Return SQL: it was bought before StoFlow knew of the product, and is none of what is known of.

    It was gone when that was counted. Clocks may differ by a minute, and an order without a time may be a new one.
    """
    return f"coalesce({order}.ordered_at < {than}.created_at - interval '1 minute', false)"


# Expects `rivals` (product_id, marketplace, order_id, ordered_at, created_at, quantity): every order of a product that
# still stands, once; and `short` (id, oversold, restocked_at): products of which more were bought than there were.
OVERSALES = """ranked AS MATERIALIZED (
  SELECT rivals.*, short.oversold, row_number() OVER later AS place, sum(rivals.quantity) OVER later AS until_then,
    short.restocked_at IS NULL OR rivals.created_at > short.restocked_at AS shares
  FROM rivals JOIN short ON short.id = rivals.product_id
  WINDOW later AS (PARTITION BY rivals.product_id ORDER BY coalesce(rivals.ordered_at, rivals.created_at) DESC,
    rivals.created_at DESC, rivals.marketplace DESC, rivals.order_id DESC)
), oversales AS (
  SELECT late.product_id, late.marketplace, late.order_id, late.ordered_at, (
    SELECT jsonb_agg(jsonb_build_object('marketplace', early.marketplace, 'order_id', early.order_id,
      'ordered_at', early.ordered_at) ORDER BY early.place DESC)
    FROM ranked early WHERE early.product_id = late.product_id AND early.shares
      AND early.place > late.place AND early.place <= late.place + %(named_with)s) AS shared_with
  FROM ranked late WHERE late.until_then - late.quantity < late.oversold
)"""
