"""What calls on Vinted do to a listing, and which call of each action is paced."""

from stoflow_sandbox.market import Deed, Deeds, Paced

DEEDS: Deeds = {
    "draft.create": (Deed.CREATED,),
    "draft.complete": (Deed.ACTIVATED,),
    "draft.delete": (Deed.ENDED,),
    "item.create": (Deed.CREATED, Deed.ACTIVATED),
    "item.delete": (Deed.ENDED,),
    "item.update": (Deed.UPDATED,),
}
PACED: Paced = {
    "publish": frozenset({"draft.complete", "item.create"}),
    "update": frozenset({"item.update"}),
    "delete": frozenset({"item.delete"}),
    "sync": frozenset({"wardrobe.list"}),
    "orders": frozenset({"orders.list"}),
    "message": frozenset({"message.send"}),
    "link_product": frozenset({"item.get"}),
}
