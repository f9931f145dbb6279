"""Imports of products over HTTP."""

from typing import Annotated, Final, Literal

from pydantic import Field

from stoflow.domain.imported import FileReading, ImportStatus
from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered, Moment, PageBody
from stoflow.http.rest.body_limit import MIB
from stoflow.http.rest.endpoint import Answer, Asked, Operation
from stoflow.http.rest.schemas import FileBody, Given, PageQuery, Word
from stoflow.resources.imports import asking

FILE_BYTES: Final = 256 * MIB


class ImportQuery(Given):
    """How the file is to be read, as `stoflow products import` is told it."""

    map: Annotated[
        str,
        Field(
            max_length=4_000, examples=["title=Titel,price=Preis,currency==CHF"],
            description="Which column fills a field, where its name does not say; field==value for every row.",
        ),
    ] = ""  # fmt: skip
    group_by: Annotated[Word, Field(description="Rows with one value in this column are one product.")] = ""
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$", description="Of prices that name none.")] = ""
    decimal: Annotated[
        Literal["comma", "dot"] | None, Field(description="How to read numbers that can be read in two ways.")
    ] = None


class ImportBody(Answered):
    """How far an import is: `rows` were read, of which so many products were `imported` and so many rows `rejected`.

    `completed` says that the file was read to its end, `failed` that it cannot be: `reason` says why.
    """

    id: int
    status: ImportStatus
    rows: int
    imported: int
    rejected: int
    reason: str
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None


class RejectionBody(Answered):
    """A row that was not taken: its line in the file, why, and the field, column and value that it is about."""

    line: int
    reason: str
    field: str
    column: str
    value: str


class RejectionsPage(PageBody[RejectionBody]):
    pass


def import_products(context: Context, asked: Asked) -> Answer:
    query: ImportQuery = asked.query
    reading = FileReading(query.map, query.group_by, query.currency, query.decimal or "")
    started = asking.start_import(context, asked.tenant, asked.body.files[0], reading)
    return Answer(ImportBody.of(started), {"Location": f"/api/imports/{started.id}"})


def read_import(context: Context, asked: Asked) -> ImportBody:
    return ImportBody.of(asking.find_import(context, asked.tenant, asked.id()))


def list_rejections(context: Context, asked: Asked) -> RejectionsPage:
    page = asking.list_rejections(context, asked.tenant, asked.id(), asked.query.limit, asked.query.cursor)
    return RejectionsPage.of_items(page, RejectionBody.of)


OPERATIONS: Final = (
    Operation(
        "POST", "/api/products/import", "importProducts",
        "Import a file of products (CSV, JSON, .xlsx or .ods, as the body): rows that are known already are changed, "
        "bad ones are rejected one by one. Photos are addresses. It is answered at once, and read while you ask how "
        "far it is.",
        import_products, ImportBody, 202, query=ImportQuery, body=FileBody, body_bytes=FILE_BYTES, heavy=True,
        problems=(400, 408, 409, 413, 415, 422, 429),
    ),
    Operation(
        "GET", "/api/imports/{id}", "readImport", "Say how far an import is.", read_import, ImportBody,
        problems=(404, 422),
    ),
    Operation(
        "GET", "/api/imports/{id}/rows", "listRejectedRows", "List the rows that an import rejected, with the reason.",
        list_rejections, RejectionsPage, query=PageQuery, problems=(404, 422),
    ),
)  # fmt: skip
