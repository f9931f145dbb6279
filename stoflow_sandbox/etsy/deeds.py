"""What calls on Etsy do to a listing, and which call of each action is paced."""

from stoflow_sandbox.market import Deed, Deeds, Paced

DEEDS: Deeds = {
    "listing.create_draft": (Deed.CREATED,),
    "listing.activate": (Deed.ACTIVATED,),
    "listing.deactivate": (Deed.ENDED,),
    "listing.delete": (Deed.ENDED,),
    "listing.update": (Deed.UPDATED,),
    "inventory.update": (Deed.UPDATED,),
}
PACED: Paced = {
    "publish": frozenset({"listing.activate"}),
    "update": frozenset({"inventory.update"}),
    "delete": frozenset({"listing.delete"}),
    "sync": frozenset({"listing.list"}),
    "sync_orders": frozenset({"receipt.list"}),
}
