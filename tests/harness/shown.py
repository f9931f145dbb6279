"""What buyers see, by the sandbox's ledger."""

from stoflow_sandbox.server import SandboxServer
from tests.harness.acting import Acting

VISIBLE = frozenset({"published", "active", "live"})


def visible(sandbox: SandboxServer, acting: Acting) -> set[str]:
    """Return the listings that buyers see in the seller's account."""
    states: dict[str, str] = {}
    for entry in sandbox.sandbox.ledger.since():
        if entry.seller == acting.site.account.external_id and entry.listing_id and entry.committed_at:
            states[entry.listing_id] = entry.state
    return {listing for listing, state in states.items() if state.lower() in VISIBLE}
