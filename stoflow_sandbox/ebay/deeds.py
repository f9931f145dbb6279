"""What calls on eBay do to a listing, and which call of each action is paced."""

from stoflow_sandbox.market import Deed, Deeds, Paced

DEEDS: Deeds = {
    "offer.create": (Deed.CREATED,),
    "offer.publish": (Deed.ACTIVATED,),
    "offer.withdraw": (Deed.ENDED,),
    "offer.delete": (Deed.ENDED,),
    "item.delete": (Deed.ENDED,),
    "offer.update": (Deed.UPDATED,),
    "item.put": (Deed.UPDATED,),
}
PACED: Paced = {
    "publish": frozenset({"offer.publish"}),
    "update": frozenset({"item.put"}),
    "delete": frozenset({"offer.withdraw", "offer.delete", "item.delete"}),
    "sync": frozenset({"item.list"}),
    "sync_orders": frozenset({"order.list"}),
}
