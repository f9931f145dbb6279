"""Products taken in: photos to the media folder, rows to the tenants' schemas, and a report of what became of each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Protocol

from stoflow.domain.ids import TenantId
from stoflow.domain.product import GivenProduct, NotStored, Stored
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.files.rows import RejectedRow
from stoflow.resources.products.import_report import ImportReport, Lines
from stoflow.resources.products.photo_source import Photos, RefusedPhoto, with_photos

BATCH_PRODUCTS = 200


class Store(Protocol):
    def __call__(
        self, tenant: TenantId, batch: Sequence[GivenProduct], before: Mapping[int, int], /
    ) -> Sequence[Stored | NotStored]:
        """Write a batch and say, in its order, what became of each; `before` came earlier in the same file."""
        ...


def import_products(
    store: Store,
    tenants: Sequence[TenantId],
    items: Iterable[ReadProduct | RejectedRow],
    *,
    photos: Photos,
    columns: Mapping[str, Sequence[str]] | None = None,
    limit: int | None = None,
    report: ImportReport | None = None,
) -> ImportReport:
    """Deal the products round-robin to the tenants, in batches of one transaction each.

    A photo that cannot be taken in refuses its product, a description that is not there is the title. `limit` counts
    the products of the file, `columns` names those that fill a field, for what is said of a row; `report` is one to go
    on with.
    """
    report = report or ImportReport(columns or {}, lines={tenant: Lines() for tenant in tenants})
    dealt = zip(cycle(tenants), islice(_accepted(items, report), limit), strict=False)
    while batch := list(islice(dealt, BATCH_PRODUCTS)):
        for tenant in tenants:
            _import_batch(store, tenant, [item for owner, item in batch if owner == tenant], photos, report)
    return report


def _accepted(items: Iterable[ReadProduct | RejectedRow], report: ImportReport) -> Iterator[ReadProduct]:
    for item in items:
        if isinstance(item, RejectedRow):
            report.reject(item)
        else:
            yield item


def _import_batch(
    store: Store, tenant: TenantId, items: Iterable[ReadProduct], photos: Photos, report: ImportReport
) -> None:
    given = [(item, product) for item in items if (product := _given(item, tenant, photos, report))]
    results = store(tenant, [product for _, product in given], report.lines[tenant]) if given else ()
    for (item, _), result in zip(given, results, strict=True):
        report.count(tenant, item, result)


def _given(item: ReadProduct, tenant: TenantId, photos: Photos, report: ImportReport) -> GivenProduct | None:
    """Return the product with its photos, its title standing for a description; None where a photo refuses it."""
    try:
        product = with_photos(photos, tenant, item.product)
    except RefusedPhoto as refused:
        report.refuse(item, refused)
        return None
    return GivenProduct(replace(product, description=product.description or product.title), item.named, item.line)
