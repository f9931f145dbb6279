"""What most marketplaces can do alike, as their rows of `public.marketplace_action_types`."""

from stoflow.marketplaces.contract import ActionSpec
from stoflow.marketplaces.payloads import Removal

PUBLISH = ActionSpec("publish", "Publish product")
UPDATE = ActionSpec("update", "Update product")
DELETE = ActionSpec("delete", "Delete product", priority=4, overtakes=frozenset({"publish", "update"}), payload=Removal)
SYNC = ActionSpec("sync", "Sync products", priority=4, is_batch=True, timeout_s=300, periodic="listings")
SYNC_ORDERS = ActionSpec("sync_orders", "Sync orders", is_batch=True, timeout_s=300, periodic="orders", alias="orders")
