"""Reading batches: one, or a page."""

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import BatchId, TenantId
from stoflow.domain.page import LARGEST_ID, Page, id_in
from stoflow.resources.batches.views import BatchFilter, BatchView
from stoflow.resources.needs import Reads
from stoflow.storage.database.session import Records
from stoflow.storage.engine.reads.batches import view_batch, view_batches


def find_batch(needs: Reads, tenant: TenantId, batch: BatchId) -> BatchView:
    """Return the batch with its progress; raise NotFound."""
    with needs.database.records() as connection:
        return read_batch(connection, tenant, batch)


def list_batches(needs: Reads, tenant: TenantId, wanted: BatchFilter) -> Page[BatchView]:
    """Return one page of batches, newest first."""
    with needs.database.records() as connection:
        found = view_batches(
            connection,
            tenant,
            marketplace=wanted.marketplace,
            status=wanted.status.value if wanted.status else None,
            before=id_in(wanted.cursor),
            limit=wanted.limit + 1,
        )
    items = tuple(found[: wanted.limit])
    return Page(items, str(items[-1].id) if len(found) > wanted.limit else None)


def read_batch(connection: Records, tenant: TenantId, batch: BatchId) -> BatchView:
    """Return the batch as the transaction sees it; raise NotFound."""
    found = view_batch(connection, tenant, batch) if 0 < batch <= LARGEST_ID else None
    if found is None:
        raise NotFound(f"There is no batch {batch}.")
    return found
