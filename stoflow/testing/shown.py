"""What buyers see and what is gone, by the sandbox's ledger."""

from stoflow.testing.acting import Acting
from stoflow_sandbox.ledger import LedgerEntry
from stoflow_sandbox.market import ON_SALE, Deed
from stoflow_sandbox.server import SandboxServer


def visible(sandbox: SandboxServer, acting: Acting) -> set[str]:
    """Return the listings that buyers see in the seller's account."""
    states = {entry.listing_id: entry.state for entry in _committed(sandbox, acting)}
    return {listing for listing, state in states.items() if state.lower() in ON_SALE}


def ended(sandbox: SandboxServer, acting: Acting) -> set[str]:
    """Return the listings of the account that StoFlow ended."""
    deeds = next(market.deeds for market in sandbox.sandbox.markets if market.name == acting.site.account.marketplace)
    return {entry.listing_id for entry in _committed(sandbox, acting) if Deed.ENDED in deeds.get(entry.operation, ())}


def _committed(sandbox: SandboxServer, acting: Acting) -> list[LedgerEntry]:
    mine = acting.site.account.external_id
    return [
        entry
        for entry in sandbox.sandbox.ledger.since()
        if entry.seller == mine and entry.listing_id and entry.committed_at
    ]
