"""Etsy as the registry sees it."""

from stoflow.marketplaces.actions import DELETE, PUBLISH, SYNC, SYNC_ORDERS, UPDATE
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.etsy.account import OPTIONS
from stoflow.marketplaces.etsy.deletion import EtsyDeletion
from stoflow.marketplaces.etsy.drafts import collect_orphan
from stoflow.marketplaces.etsy.failures import calls_left, refusal_of, rest_s
from stoflow.marketplaces.etsy.handlers import DeleteEtsy, PublishEtsy, SyncEtsy, SyncOrdersEtsy, UpdateEtsy
from stoflow.marketplaces.etsy.orders import EtsyOrders
from stoflow.marketplaces.etsy.preview import preview_of
from stoflow.marketplaces.etsy.profile import SCOPES, configured
from stoflow.marketplaces.etsy.publication import EtsyPublication
from stoflow.marketplaces.etsy.sync import EtsySync
from stoflow.marketplaces.etsy.taxonomy import TAXONOMY
from stoflow.marketplaces.etsy.update import EtsyUpdate

ETSY = Marketplace(
    name="etsy",
    transport="direct",
    actions=(PUBLISH, UPDATE, DELETE, SYNC, SYNC_ORDERS),
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
    rest_s=rest_s,
    calls_left=calls_left,
    preview=preview_of,
)
