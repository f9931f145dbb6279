"""What passes between a member and buyers: sales, and conversations with what was said in them."""

from dataclasses import dataclass, field
from typing import Any

IN_PROGRESS, COMPLETED, CANCELED = "in_progress", "completed", "canceled"
# What the site says of a sale, in the member's language; which list shows it is the only word a program can rely on.
STATUS_TEXTS = {
    IN_PROGRESS: "Paiement validé",
    COMPLETED: "Commande finalisée",
    CANCELED: "Commande annulée",
}


@dataclass(slots=True)
class Sale:
    """One transaction that was paid; `date` is RFC 3339."""

    transaction_id: int
    conversation_id: int
    item_id: int
    title: str
    price: dict[str, str] | None
    date: str
    status: str = IN_PROGRESS

    def order_json(self) -> dict[str, Any]:
        """Return it as the list of orders shows it: without the item."""
        return {
            "transaction_id": self.transaction_id,
            "conversation_id": self.conversation_id,
            "title": self.title,
            "price": self.price,
            "status": STATUS_TEXTS[self.status],
            "date": self.date,
        }


@dataclass(frozen=True, slots=True)
class Said:
    """One message."""

    message_id: int
    author: int
    body: str

    def as_json(self) -> dict[str, Any]:
        """Return it as a conversation shows it."""
        entity = {"id": self.message_id, "user_id": self.author, "body": self.body}
        return {"entity_type": "message", "entity": entity}


@dataclass(slots=True)
class Conversation:
    """With one buyer about one item; its transaction has a number before anything is bought."""

    conversation_id: int
    transaction_id: int
    item_id: int
    buyer: int
    messages: list[Said] = field(default_factory=list[Said])
    allow_reply: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return it as its own page shows it."""
        return {
            "id": self.conversation_id,
            "opposite_user": {"id": self.buyer, "login": f"buyer_{self.buyer}"},
            "transaction": {"id": self.transaction_id, "item_id": self.item_id},
            "messages": [message.as_json() for message in self.messages],
            "allow_reply": self.allow_reply,
        }

    def inbox_json(self) -> dict[str, Any]:
        """Return it as the inbox lists it."""
        last = self.messages[-1].body if self.messages else ""
        return {"id": self.conversation_id, "description": last, "item_id": self.item_id}
