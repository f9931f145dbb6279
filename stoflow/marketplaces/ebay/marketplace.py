"""eBay as the registry sees it."""

from dataclasses import replace

from stoflow.marketplaces.actions import DELETE, PUBLISH, SYNC, SYNC_ORDERS, UPDATE
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.ebay.account import OPTIONS
from stoflow.marketplaces.ebay.asking import Specifics
from stoflow.marketplaces.ebay.call_limits import CALL_LIMITS
from stoflow.marketplaces.ebay.deletion import EbayDeletion
from stoflow.marketplaces.ebay.failures import refusal_of
from stoflow.marketplaces.ebay.handlers import DeleteEbay, PublishEbay, SyncEbay, SyncOrdersEbay, UpdateEbay
from stoflow.marketplaces.ebay.orders import EbayOrders
from stoflow.marketplaces.ebay.preview import preview_of
from stoflow.marketplaces.ebay.profile import SCOPES, configured
from stoflow.marketplaces.ebay.publication import EbayPublication
from stoflow.marketplaces.ebay.sync import EbaySync
from stoflow.marketplaces.ebay.taxonomy import TAXONOMY
from stoflow.marketplaces.ebay.update import EbayUpdate

EBAY = Marketplace(
    name="ebay",
    transport="direct",
    actions=(replace(PUBLISH, payload=Specifics), replace(UPDATE, payload=Specifics), DELETE, SYNC, SYNC_ORDERS),
    handlers={
        "publish": PublishEbay(EbayPublication()),
        "update": UpdateEbay(EbayUpdate()),
        "delete": DeleteEbay(EbayDeletion()),
        "sync": SyncEbay(EbaySync()),
        "sync_orders": SyncOrdersEbay(EbayOrders()),
    },
    products=frozenset({"publish", "update", "delete"}),
    profile=configured,
    scopes=SCOPES,
    taxonomy=TAXONOMY,
    call_limits=CALL_LIMITS,
    options=OPTIONS,
    refusal=refusal_of,
    preview=preview_of,
)
