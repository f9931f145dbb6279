"""What Etsy's calls take, by its contract of July 2026: the parameters of each query, and the fields of each form."""

from collections.abc import Iterable, Mapping

from stoflow_sandbox.calls import ReceivedCall
from stoflow_sandbox.etsy.errors import refusal

PAGE = frozenset({"limit", "offset"})
OF_ONE = frozenset({"Images", "Shop", "User", "Translations", "Videos", "Personalization", "BuyerPrice"})
"""What a listing may be asked for with; its inventory and shipping went on 2026-07-29."""
IN_A_SHOP = OF_ONE | {"Inventory", "Shipping"}
QUERIES: Mapping[str, frozenset[str]] = {
    "listing.list": PAGE | {"includes", "sort_on", "sort_order", "state"},
    "listing.get": frozenset({"allow_suggested_title", "includes", "language"}),
    "listing.batch": frozenset({"buyer_country", "currency", "includes", "legacy", "listing_ids"}),
    "inventory.batch": frozenset({"listing_ids"}),
    "inventory.get": frozenset({"includes", "show_deleted"}),
    "inventory.update": frozenset({"max_variations_supported"}),
    "receipt.list": PAGE
    | {"legacy", "max_created", "max_last_modified", "min_created", "min_last_modified", "sort_on", "sort_order"}
    | {"was_canceled", "was_delivered", "was_paid", "was_shipped"},
    "receipt.get": frozenset({"legacy"}),
    "readiness.list": PAGE,
}
"""By operation; one that is not named takes none."""

OF_BOTH_FORMS = frozenset(
    """
    description is_personalizable is_supply is_taxable item_dimensions_unit item_height item_length item_weight
    item_weight_unit item_width image_ids materials production_partner_ids return_policy_id shipping_profile_id
    shop_section_id should_auto_renew tags taxonomy_id title type when_made who_made
    """.split()
)
CREATED_WITH = OF_BOTH_FORMS | frozenset(
    "is_customizable price processing_max processing_min quantity readiness_state_id styles".split()
)
CHANGED_BY = OF_BOTH_FORMS | {"featured_rank", "state"}
MOVED = frozenset({"personalization_is_required", "personalization_char_count_max", "personalization_instructions"})
"""In the contract's forms still, but refused since 2026-04-09: personalisation has calls of its own."""


def check_form(call: ReceivedCall, taken: frozenset[str]) -> None:
    """Refuse a field that a form does not have."""
    unexpected = sorted({name.removesuffix("[]") for name in call.form} - taken)
    if unexpected:
        raise refusal(400, unexpected_words(unexpected))


def includes_of(call: ReceivedCall, taken: frozenset[str]) -> frozenset[str]:
    """Return what a listing is asked for with; refuse what there is not."""
    asked = frozenset(filter(None, (name.strip() for name in call.query.get("includes", "").split(","))))
    for name in sorted(asked - taken):
        raise refusal(400, f"Invalid enum value for 'includes' (got '{name}')")
    return asked


def unexpected_words(names: Iterable[str]) -> str:
    """Return how Etsy calls what it does not take."""
    return f"Unexpected parameter: {', '.join(names)}"
