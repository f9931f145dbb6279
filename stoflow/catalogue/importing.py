"""Products taken in: photos to the media folder, rows to the tenants' schemas, and a report of what was missing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice

from stoflow.catalogue.photo_source import Photos, RefusedPhoto, with_photos
from stoflow.catalogue.products import ReadProduct
from stoflow.catalogue.rows import RejectedRow
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct

BATCH_PRODUCTS = 200
KEPT_REJECTIONS = 1_000  # the rest are only counted: a report is to be read

Store = Callable[[TenantId, Sequence[NewProduct]], Sequence[int]]  # writes a batch, returns the ids in its order


@dataclass(slots=True)
class ImportReport:
    """What became of a file. `products` holds the new ids of each tenant; the counters say what was filled in."""

    imported: int = 0
    rejected_rows: int = 0
    rejected: list[RejectedRow] = field(default_factory=list[RejectedRow])
    descriptions_filled: int = 0
    currencies_assumed: int = 0
    products: dict[TenantId, list[int]] = field(default_factory=dict[TenantId, list[int]])

    def reject(self, row: RejectedRow) -> None:
        self.rejected_rows += 1
        if len(self.rejected) < KEPT_REJECTIONS:
            self.rejected.append(row)

    @property
    def sentence(self) -> str:
        """Return the report in one sentence for each thing that happened."""
        said = [f"{self.imported} products imported, {self.rejected_rows} rows rejected."]
        if self.descriptions_filled:
            said.append(f"{self.descriptions_filled} had no description and took the title.")
        if self.currencies_assumed:
            said.append(f"{self.currencies_assumed} named no currency and were taken to be in euro.")
        return " ".join(said)


def import_products(
    store: Store,
    tenants: Sequence[TenantId],
    items: Iterable[ReadProduct | RejectedRow],
    *,
    photos: Photos,
    limit: int | None = None,
) -> ImportReport:
    """Deal the products round-robin to the tenants, in batches of one transaction each.

    A photo that cannot be taken in refuses its product, a description that is not there is the title. `limit` counts
    the products of the file.
    """
    report = ImportReport(products={tenant: [] for tenant in tenants})
    dealt = zip(cycle(tenants), islice(_accepted(items, report), limit), strict=False)
    while batch := list(islice(dealt, BATCH_PRODUCTS)):
        for tenant in tenants:
            own = (_completed(item, tenant, report, photos) for owner, item in batch if owner == tenant)
            products = [product for product in own if product]
            if products:
                report.products[tenant] += store(tenant, products)
                report.imported += len(products)
    return report


def _accepted(items: Iterable[ReadProduct | RejectedRow], report: ImportReport) -> Iterator[ReadProduct]:
    for item in items:
        if isinstance(item, RejectedRow):
            report.reject(item)
        else:
            yield item


def _completed(item: ReadProduct, tenant: TenantId, report: ImportReport, photos: Photos) -> NewProduct | None:
    """Return the product with its photos and a description; None where a photo refuses it, which the report says."""
    try:
        product = with_photos(photos, tenant, item.product)
    except RefusedPhoto as refused:
        reason = f'{refused} "{item.product.title}" is left out.'
        report.reject(RejectedRow(item.line, reason, field="images", value=refused.name))
        return None
    report.currencies_assumed += item.currency_assumed
    report.descriptions_filled += not product.description
    return replace(product, description=product.description or product.title)
