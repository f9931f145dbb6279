"""How many products each marketplace would take as they are, and what the others lack: validation, without a call."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from stoflow.domain.account import Account
from stoflow.domain.aspect import TaxonomyAnswers
from stoflow.domain.attempt import Attempt, PhotosElsewhere
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import FieldError, Refused
from stoflow.domain.product import NewProduct, Product, ProductImage
from stoflow.marketplaces.registry import Registry
from stoflow.storage.credentials.accounts import accounts_of
from stoflow.storage.database.session import Database
from stoflow.storage.taxonomy import read_answers

NOBODY = TenantId(0)
NO_JOB = JobId(0)
PUBLISH = "publish"
ACCOUNT = "account"
PARTICULARS = re.compile(r"(?<=“)[^”]*(?=”)|\d+[.,]\d+")
"""What differs between two products that lack the same: a word of the seller's, a price."""
PRODUCT_FIELDS = {each.name for each in fields(Product)} & {each.name for each in fields(NewProduct)}


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that products lack, and how many of them."""

    field: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Readiness:
    """`account` is what the account itself lacks, which says nothing of its products."""

    marketplace: str
    listings: int
    ready: int
    missing: tuple[Missing, ...]
    account: tuple[FieldError, ...]

    @property
    def percent(self) -> float:
        return round(100 * self.ready / self.listings, 1) if self.listings else 0.0


@dataclass(frozen=True, slots=True)
class Shop:
    """One account with what its marketplace answered about its categories."""

    account: Account
    taxonomy: TaxonomyAnswers = field(default_factory=dict)


@dataclass(slots=True)
class _Tally:
    listings: int = 0
    ready: int = 0
    missing: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    account: dict[FieldError, None] = field(default_factory=dict[FieldError, None])

    def count(self, errors: Iterable[FieldError]) -> None:
        """Count one product with all that is wrong with it; a thing it lacks twice counts once."""
        of_account, of_product = dict[FieldError, None](), set[tuple[str, str]]()
        for error in errors:
            if error.field.partition(".")[0] == ACCOUNT:
                of_account[error] = None
            else:
                of_product.add((error.field, PARTICULARS.sub("…", error.message)))
        self.listings += 1
        self.ready += not of_product
        self.missing.update(of_product)
        self.account |= of_account


def readiness(
    registry: Registry,
    products: Iterable[Product],
    shops: Iterable[Shop],
    *,
    media_root: str = "",
    photos: PhotosElsewhere | None = None,
) -> tuple[Readiness, ...]:
    """Validate each product for each shop as its publish job would; the products are read once."""
    tallies = [(shop, _Tally()) for shop in shops]
    for product in products:
        for shop, tally in tallies:
            tally.count(errors_of(registry, product, shop, media_root, photos))
    return tuple(_readiness(shop.account.marketplace, tally) for shop, tally in tallies)


def product_of(number: int, new: NewProduct, photo: Path) -> Product:
    """Return a product of a file as it would be after its import, `photo` standing for each of its own.

    Its folder is the attempt's media folder then. An import takes the title for a missing description.
    """
    values = {name: getattr(new, name) for name in PRODUCT_FIELDS - {"images", "description"}}
    images = tuple(ProductImage(image.position, photo.name) for image in new.images)
    return Product(id=number, description=new.description or new.title, images=images, **values)


def errors_of(
    registry: Registry, product: Product, shop: Shop, media_root: str, photos: PhotosElsewhere | None = None
) -> tuple[FieldError, ...]:
    """Return what the marketplace would refuse of the product as it is."""
    handler = registry.handler(shop.account.marketplace, PUBLISH)
    first = handler.create_tasks(product)[0]
    step = handler.step(first.name)
    if step.kind is not TaskKind.INNER:
        return ()
    outcome = step.do(
        Attempt(
            tenant=NOBODY,
            job=NO_JOB,
            task_name=first.name,
            product=product,
            account=shop.account,
            media_root=media_root,
            photos=photos,
            taxonomy=shop.taxonomy,
        )
    )
    return outcome.errors if isinstance(outcome, Refused) else ()


def _readiness(marketplace: str, tally: _Tally) -> Readiness:
    missing = tuple(Missing(where, why, count) for (where, why), count in tally.missing.most_common())
    return Readiness(marketplace, tally.listings, tally.ready, missing, tuple(tally.account))


def publishing_marketplaces(registry: Registry) -> tuple[str, ...]:
    """Return the marketplaces products can be published on."""
    return tuple(name for name, place in registry.marketplaces.items() if PUBLISH in place.handlers)


def shops_of(marketplaces: Iterable[str], accounts: Mapping[str, Account]) -> tuple[Shop, ...]:
    """Return a shop on each marketplace: the account that is there, else one that lacks everything."""
    return tuple(Shop(accounts.get(name, Account(name, ""))) for name in marketplaces)


def shop_of(database: Database, tenant: TenantId, marketplace: str) -> Shop:
    """Return the tenant's shop on one marketplace with what is known of its categories."""
    account = accounts_of(database, tenant).get(marketplace, Account(marketplace, ""))
    return Shop(account, read_answers(database, marketplace))
