"""Vinted as the registry sees it."""

from stoflow.marketplaces.contract import ActionSpec, Marketplace, PluginProtocol
from stoflow.marketplaces.payloads import Removal
from stoflow.marketplaces.vinted.asking import Link, Message
from stoflow.marketplaces.vinted.commands import COMMANDS, ERRORS
from stoflow.marketplaces.vinted.deletion import VintedDeletion
from stoflow.marketplaces.vinted.handlers import (
    DeleteVinted,
    LinkProductVinted,
    MessageVinted,
    OrdersVinted,
    PublishVinted,
    SyncVinted,
    UpdateVinted,
)
from stoflow.marketplaces.vinted.linking import VintedLinking
from stoflow.marketplaces.vinted.messages import VintedMessages
from stoflow.marketplaces.vinted.orders import VintedOrders
from stoflow.marketplaces.vinted.preview import preview_of
from stoflow.marketplaces.vinted.publication import VintedPublication
from stoflow.marketplaces.vinted.sync import VintedSync
from stoflow.marketplaces.vinted.terms import TERMS
from stoflow.marketplaces.vinted.update import VintedUpdate
from stoflow.marketplaces.vinted.wardrobe import collect_orphan

VINTED = Marketplace(
    name="vinted",
    transport="plugin",
    actions=(
        ActionSpec("message", "Respond to message", priority=1, timeout_s=30, payload=Message),
        ActionSpec("orders", "Fetch orders", is_batch=True, rate_limit_ms=1500, periodic="orders"),
        ActionSpec("publish", "Publish product", rate_limit_ms=2500, timeout_s=120),
        ActionSpec("update", "Update product", rate_limit_ms=2000),
        ActionSpec(
            "delete",
            "Delete product",
            priority=4,
            rate_limit_ms=2000,
            timeout_s=30,
            overtakes=frozenset({"publish", "update"}),
            payload=Removal,
        ),
        ActionSpec(
            "sync", "Sync products", priority=4, is_batch=True, rate_limit_ms=1500, timeout_s=300, periodic="listings"
        ),
        ActionSpec("link_product", "Link Product", rate_limit_ms=500, timeout_s=120, payload=Link),
    ),
    handlers={
        "publish": PublishVinted(VintedPublication()),
        "update": UpdateVinted(VintedUpdate()),
        "delete": DeleteVinted(VintedDeletion()),
        "sync": SyncVinted(VintedSync()),
        "orders": OrdersVinted(VintedOrders()),
        "message": MessageVinted(VintedMessages()),
        "link_product": LinkProductVinted(VintedLinking()),
    },
    concurrency=1,
    collect=collect_orphan,
    preview=preview_of,
    plugin=PluginProtocol(COMMANDS, ERRORS, TERMS),
    products=frozenset({"publish", "update", "delete", "link_product"}),
)
