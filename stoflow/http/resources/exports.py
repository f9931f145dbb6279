"""All that a tenant has, over HTTP: for sellers themselves here, and for whose platform they are in `platform`."""

from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import Final

from stoflow.domain.ids import TenantId
from stoflow.http.context import Context
from stoflow.http.rest.endpoint import Asked, Operation, StreamAnswer
from stoflow.resources.tenants import exporting

ZIP: Final = "application/zip"


def export_account(context: Context, asked: Asked) -> StreamAnswer:
    """A file of NDJSON for each table, and the photos; what marketplaces trusted StoFlow with is left out."""
    return export_of(context, asked.tenant)


def export_of(context: Context, tenant: TenantId) -> StreamAnswer:
    """Return the zip, written whole before it is sent, so that a slow reader holds no snapshot."""
    with ExitStack() as unread:
        file = unread.enter_context(TemporaryFile())
        exporting.write_export(context, tenant, file)
        unread.pop_all()
    return StreamAnswer(file, ZIP, {"Content-Disposition": f'attachment; filename="tenant-{tenant}.zip"'})


OPERATIONS: Final = (
    Operation(
        "GET", "/api/account/export", "exportAccount", "Get all that is in one's own account.",
        export_account, (ZIP,), problems=(404, 422), heavy=True,
    ),
)  # fmt: skip
