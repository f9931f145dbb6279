"""What a seller's plugin is asked to do on Vinted, and what it answers: the schemas that every plugin is held to."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from stoflow.marketplaces.contract import CommandSpec

Number = Annotated[str, Field(pattern=r"^[0-9]{1,19}$", description="One of Vinted's numbers, as text.")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Draft = Annotated[
    dict[str, Any], Field(description="The fields as Vinted's own form sends them: handed on as they are.")
]


class Payload(BaseModel):
    """What a command says; StoFlow may add to it, so a plugin leaves what it does not know aside."""

    model_config = ConfigDict(frozen=True)


class UploadPhoto(Payload):
    """Fetch the photo from StoFlow with the token in force, and upload it: one call for each photo."""

    url: Annotated[str, Field(pattern="^/[^/]", description="Relative to StoFlow: the token is sent nowhere else.")]
    temp_uuid: Uuid


class CreateDraft(Payload):
    draft: Draft
    parcel: None = None
    upload_session_id: Uuid


class CompleteDraft(CreateDraft):
    id: Number
    push_up: bool = False


class UpdateItem(Payload):
    id: Number
    item: Draft
    upload_session_id: Uuid


class OfOne(Payload):
    id: Number


class ListWardrobe(Payload):
    user_id: Annotated[str, Field(description='The member, "" where StoFlow does not know: the one who is signed in.')]
    page: Annotated[int, Field(ge=1)]
    per_page: Annotated[int, Field(ge=1, le=96)]
    order: Literal["newest_first"]


class ListOrders(Payload):
    type: Literal["sold"]
    status: Literal["all", "completed", "canceled"]
    page: Annotated[int, Field(ge=1)]
    per_page: Annotated[int, Field(ge=1, le=96)]


class SendMessage(Payload):
    conversation_id: Number
    text: Annotated[str, Field(min_length=1)]


class Nothing(Payload):
    """Nothing is given."""


class Body(BaseModel):
    """What of Vinted's JSON StoFlow reads; whatever else it holds may be handed on, but nothing of a buyer's."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Numbered(Body):
    id: int


class PhotoMade(Numbered):
    pass


class DraftMade(Body):
    draft: Numbered


class Item(Body):
    item: Numbered


class Pagination(Body):
    current_page: int
    total_pages: int


class Wardrobe(Body):
    items: list[Numbered]
    pagination: Pagination


class Orders(Body):
    """Of each order: transaction_id, conversation_id, title, price, status, date."""

    my_orders: list[dict[str, Any]]
    pagination: Pagination


class Transaction(Body):
    """Its id and item_id, nothing else."""

    transaction: Numbered


class Conversation(Body):
    """Its id, allow_reply, the transaction's id and item_id, and the member's own messages."""

    conversation: Numbered


class Member(Body):
    user: Numbered


def _command(name: str, payload: type[Payload], body: type[Body], summary: str, *, acts: bool = False) -> CommandSpec:
    return CommandSpec(f"vinted.{name}", summary, payload, body, acts=acts)


COMMANDS: Final = (
    _command("photo.upload", UploadPhoto, PhotoMade, "Upload one photo of the product.", acts=True),
    _command("draft.create", CreateDraft, DraftMade, "Make a draft, which buyers do not see.", acts=True),
    _command("draft.complete", CompleteDraft, Item, "Send a draft whole: buyers see it from then on.", acts=True),
    _command("draft.delete", OfOne, Body, "Delete a draft.", acts=True),
    _command("item.update", UpdateItem, Item, "Replace an item as a whole.", acts=True),
    _command("item.delete", OfOne, Body, "Take an item away.", acts=True),
    _command("item.get", OfOne, Item, "Read an own item as its owner edits it."),
    _command("wardrobe.list", ListWardrobe, Wardrobe, "Read one page of the member's own things."),
    _command("message.send", SendMessage, Body, "Say something to a buyer.", acts=True),
    _command("orders.list", ListOrders, Orders, "Read one page of what was sold."),
    _command("transaction.get", OfOne, Transaction, "Read which item a sale is about."),
    _command("conversation.get", OfOne, Conversation, "Read what a conversation is about, and what the member said."),
    _command("user.get", Nothing, Member, "Read who is signed in."),
)

ERRORS: Final[Mapping[str, str]] = {
    "unknown_action": "The plugin does not know this command; nothing was done. StoFlow waits for a newer plugin.",
    "bad_payload": "The payload cannot be used; nothing was done.",
    "deadline": "The command came, or its turn came, after its deadline; nothing was done.",
    "unreachable": "The call certainly never left: the site or StoFlow's photo could not be reached.",
    "photo_missing": "StoFlow has no such photo any more; nothing was uploaded.",
    "no_answer": "The call left and no answer came: it may have been carried out. StoFlow looks.",
    "unknown": "The plugin was interrupted in the command: nobody knows what came of it. StoFlow looks.",
    "not_json": "The site answered with a page instead of JSON.",
    "session_lost": "The member is signed out. StoFlow asks nothing more of this seller's session until it works.",
    "datadome": "The site asks the member to prove to be a person: stop, and ask the person. Never answer it yourself.",
}
"""The codes of failures. `http_` and a number is any other status that the site answered, with its JSON as `body`."""
