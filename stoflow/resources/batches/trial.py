"""What a batch would come to, found without making anything: the products it would take, and the first it would not."""

from collections.abc import Iterator

from stoflow.domain.ids import TenantId
from stoflow.domain.product import Product
from stoflow.resources.batches.choosing import MOST_NAMED, check_batch, choose_products, refuse_missing
from stoflow.resources.batches.views import Shortcoming, SubmitBatch, Trial
from stoflow.resources.needs import TriesProducts
from stoflow.resources.products.readiness import PUBLISH, Shop, errors_of, shop_of
from stoflow.resources.products.stored import products_in
from stoflow.storage.tenants.quotas import refuse_more_jobs


def try_batch(needs: TriesProducts, tenant: TenantId, asked: SubmitBatch) -> Trial:
    """Check what `create_batch` checks, and validate each product that is to be published; raise as that does."""
    handler = check_batch(needs.registry, asked)
    store = products_in(needs.database)
    chosen = choose_products(store, tenant, asked)
    found = {product.id: product for product in store.each(tenant, chosen)}
    refuse_missing(asked, chosen, found)
    with needs.database.records() as connection:
        refuse_more_jobs(connection, tenant, len(chosen))
    if handler.action != PUBLISH:
        return Trial(len(chosen), len(chosen), ())
    shop = shop_of(needs.database, tenant, asked.job.marketplace)
    short = [each for product in chosen for each in _shortcomings(needs, shop, found[product])]
    ready = len(chosen) - len({each.product for each in short})
    return Trial(len(chosen), ready, tuple(short[:MOST_NAMED]))


def _shortcomings(needs: TriesProducts, shop: Shop, product: Product) -> Iterator[Shortcoming]:
    for error in errors_of(needs.registry, product, shop, str(needs.media.root), needs.media.elsewhere):
        yield Shortcoming(product.id, error.field, error.message)
