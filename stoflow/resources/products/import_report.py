"""What became of the products of a file: counts, the line of each that was taken in, and why others were not."""

from array import array
from bisect import insort
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from stoflow.domain.ids import TenantId
from stoflow.domain.product import Fate, NotStored, Stored
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.files.rows import RejectedRow
from stoflow.resources.products.photo_source import RefusedPhoto

KEPT_REJECTIONS = 1_000  # the rest are only counted: a report is to be read
PAGE_PRODUCTS = 1_024


class Lines(Mapping[int, int]):
    """Products of one tenant, each with the line it was read from: four bytes each, for files of a million rows."""

    def __init__(self) -> None:
        self._pages: dict[int, array[int]] = {}
        self._count = 0

    def __setitem__(self, product: int, line: int) -> None:
        page = self._pages.setdefault(product // PAGE_PRODUCTS, array("I", bytes(4 * PAGE_PRODUCTS)))
        self._count += not page[product % PAGE_PRODUCTS]
        page[product % PAGE_PRODUCTS] = line

    def __getitem__(self, product: int) -> int:
        page = self._pages.get(product // PAGE_PRODUCTS)
        if page is None or not page[product % PAGE_PRODUCTS]:
            raise KeyError(product)
        return page[product % PAGE_PRODUCTS]

    def __iter__(self) -> Iterator[int]:
        for number, page in sorted(self._pages.items()):
            yield from (number * PAGE_PRODUCTS + place for place, line in enumerate(page) if line)

    def __len__(self) -> int:
        return self._count


@dataclass(slots=True)
class ImportReport:
    """What became of a file; the counters below `rejected` say what was filled in for products that are new.

    `columns` are the file's, by the field they fill. `lines` holds the products of each tenant, whether new or not,
    with the lines they were read from.
    """

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))
    changed_for_sale: int = 0
    rejected_rows: int = 0
    rejected: list[RejectedRow] = field(default_factory=list[RejectedRow])
    photos_refused: int = 0
    without_photos: int = 0
    without_key: int = 0
    descriptions_filled: int = 0
    assumed: Counter[str] = field(default_factory=Counter[str])
    lines: dict[TenantId, Lines] = field(default_factory=dict[TenantId, Lines])

    @property
    def imported(self) -> int:
        return sum(self.fates.values())

    @property
    def currencies_assumed(self) -> int:
        return self.assumed.total()

    def reject(self, row: RejectedRow) -> None:
        self.rejected_rows += 1
        if len(self.rejected) < KEPT_REJECTIONS:
            insort(self.rejected, row, key=attrgetter("line"))

    def refuse(self, item: ReadProduct, photo: RefusedPhoto) -> None:
        """Leave out a product for one of its photos."""
        self.photos_refused += 1
        reason = f'{photo} "{item.product.title}" is left out.'
        self.reject(RejectedRow(item.line, reason, "images", self._column("images"), photo.name))

    def leave_out(self, item: ReadProduct, why: NotStored) -> None:
        value = str(getattr(item.product, why.field, ""))
        self.reject(RejectedRow(item.line, why.reason, why.field, self._column(why.field), value))

    def count(self, tenant: TenantId, item: ReadProduct, result: Stored | NotStored) -> None:
        """Take down what became of a product that was to be stored."""
        if isinstance(result, NotStored):
            self.leave_out(item, result)
            return
        self.fates[result.fate] += 1
        self.changed_for_sale += result.is_for_sale
        self.lines[tenant][result.id] = item.line
        if result.fate is Fate.CREATED:
            self.count_new(item)

    def count_new(self, item: ReadProduct) -> None:
        """Take down what a new product lacks."""
        self.assumed.update([item.product.currency] if item.currency_assumed else ())
        self.descriptions_filled += not item.product.description
        self.without_photos += not item.product.images
        self.without_key += not (item.product.sku or item.product.external_id)

    def _column(self, field: str) -> str:
        return " or ".join(self.columns.get(field, ()))

    @property
    def sentence(self) -> str:
        """Return the report of an import in one sentence for each thing that happened."""
        counts = ", ".join(f"{count} {fate}" for fate, count in self.fates.items())
        return " ".join([f"{counts}, {amount(self.rejected_rows, 'row')} rejected.", *self.remarks])

    @property
    def remarks(self) -> Sequence[str]:
        """Return one sentence for each thing that was assumed, or that is to be done."""
        said: list[str] = []
        if self.changed_for_sale:
            said.append(f"For sale of the changed: {self.changed_for_sale}. A job `update` of each shows it to buyers.")
        if self.without_key:
            said.append(f"{has(self.without_key)} no sku and no external_id: with other words each is a new product.")
        if self.without_photos:
            said.append(f"{has(self.without_photos)} no photo.")
        if self.descriptions_filled:
            said.append(f"{self.descriptions_filled} had no description and took the title.")
        if self.currencies_assumed:
            codes = " and ".join(f"{code} ({count})" for code, count in self.assumed.most_common())
            said.append(f"{self.currencies_assumed} named no one currency and were taken to be in {codes}.")
        return said

    @property
    def products(self) -> Mapping[TenantId, Sequence[int]]:
        return {tenant: list(lines) for tenant, lines in self.lines.items()}


def amount(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def has(count: int) -> str:
    return f"{count} has" if count == 1 else f"{count} have"
