"""What is for sale where, as the marketplaces themselves tell it: the ledger, read on as it grows."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stoflow.domain.ids import TenantId
from stoflow_sandbox.ledger import LedgerEntry, entry_from
from stoflow_sandbox.market import Deed
from stoflow_sandbox.sightings import deeds_of


@dataclass(frozen=True, slots=True, order=True)
class ForSale:
    """One listing buyers see; `seller` is the account's id there."""

    tenant: TenantId
    marketplace: str
    seller: str
    listing: str


@dataclass(slots=True)
class Market:
    """The listings that are for sale now, oldest first."""

    ledger: Path
    _for_sale: dict[tuple[str, str], ForSale] = field(default_factory=dict[tuple[str, str], ForSale])
    _read: int = 0

    def for_sale(self, marketplace: str | None = None) -> Sequence[ForSale]:
        """Return what is for sale now, everywhere or on one marketplace."""
        for entry in self._news():
            self._take(entry)
        return [one for one in self._for_sale.values() if marketplace in {None, one.marketplace}]

    def _take(self, entry: LedgerEntry) -> None:
        key = entry.marketplace, entry.listing_id
        for deed in deeds_of(entry) if entry.committed_at is not None else ():
            if deed is Deed.ACTIVATED and entry.tenant is not None:
                self._for_sale[key] = ForSale(TenantId(entry.tenant), entry.marketplace, entry.seller, entry.listing_id)
            elif deed is Deed.ENDED:
                self._for_sale.pop(key, None)

    def _news(self) -> Iterator[LedgerEntry]:
        if not self.ledger.exists():
            return
        with self.ledger.open("rb") as lines:
            lines.seek(self._read)
            for line in lines:
                if not line.endswith(b"\n"):
                    return  # it is being written
                self._read += len(line)
                yield entry_from(json.loads(line))
