"""Etsy as the registry sees it."""

from stoflow.marketplaces.contract import ActionSpec, Marketplace
from stoflow.marketplaces.etsy.account import OPTIONS
from stoflow.marketplaces.etsy.deletion import EtsyDeletion
from stoflow.marketplaces.etsy.drafts import collect_orphan
from stoflow.marketplaces.etsy.failures import refusal_of
from stoflow.marketplaces.etsy.handlers import DeleteEtsy, PublishEtsy, SyncEtsy, SyncOrdersEtsy, UpdateEtsy
from stoflow.marketplaces.etsy.orders import EtsyOrders
from stoflow.marketplaces.etsy.profile import SCOPES, configured
from stoflow.marketplaces.etsy.publication import EtsyPublication
from stoflow.marketplaces.etsy.sync import EtsySync
from stoflow.marketplaces.etsy.taxonomy import TAXONOMY
from stoflow.marketplaces.etsy.update import EtsyUpdate

ETSY = Marketplace(
    name="etsy",
    transport="direct",
    actions=(
        ActionSpec("publish", "Publish product"),
        ActionSpec("update", "Update product"),
        ActionSpec("delete", "Delete product", priority=4, overtakes=frozenset({"publish", "update"})),
        ActionSpec("sync", "Sync products", priority=4, is_batch=True, timeout_s=300, periodic="listings"),
        ActionSpec("sync_orders", "Sync orders", is_batch=True, timeout_s=300, periodic="orders", alias="orders"),
    ),
    handlers={
        "publish": PublishEtsy(EtsyPublication()),
        "update": UpdateEtsy(EtsyUpdate()),
        "delete": DeleteEtsy(EtsyDeletion()),
        "sync": SyncEtsy(EtsySync()),
        "sync_orders": SyncOrdersEtsy(EtsyOrders()),
    },
    collect=collect_orphan,
    products=frozenset({"publish", "update", "delete"}),
    profile=configured,
    scopes=SCOPES,
    options=OPTIONS,
    taxonomy=TAXONOMY,
    refusal=refusal_of,
)
