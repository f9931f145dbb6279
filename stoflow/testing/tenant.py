"""One tenant of a virtual engine: a seller with an account at each marketplace, and what a test asks of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.domain.ids import JobId, ProcessId, TenantId
from stoflow.domain.product import NewProduct, ProductImage
from stoflow.execution import plugin
from stoflow.execution.engine import Engine
from stoflow.resources.jobs.change import retry_job
from stoflow.resources.jobs.explain import Explanation
from stoflow.resources.jobs.read import explain_job, find_job, list_jobs, timeline
from stoflow.resources.jobs.submit import submit_job
from stoflow.resources.jobs.views import JobFilter, JobView, SubmitJob
from stoflow.storage.engine.ownership import acquire_tenant, leave_tenant
from stoflow.storage.products.snapshots import add_product, change_product
from stoflow.testing.examples import COLOURS, DRESS
from stoflow.testing.network import PluginBrowser
from stoflow.wiring.handle import TenantHandle
from stoflow.wiring.installation import Installation

SOCKET = "its socket"
Behave = Callable[[str, str, str, Mapping[str, Any]], object]


@dataclass(repr=False)
class VirtualTenant:
    """`db` is what `stoflow.open` would give: for `MarketplaceJobService(db)`, and for code that is given one.

    `accounts` are the ids of its accounts, by marketplace.
    """

    id: TenantId
    db: TenantHandle
    accounts: Mapping[str, str]
    browser: PluginBrowser
    installation: Installation
    engine: Engine
    behave: Behave
    connect_again: Callable[[str, str], None]
    owner: ProcessId

    def make_product(self, *, photos: int = 1, **fields: Any) -> int:
        """Store a product that every marketplace takes, other than that in these `fields` of NewProduct.

        Return its id. It has up to three photos; a price may be a text, such as "24.50".
        """
        if not 0 <= photos <= len(COLOURS):
            raise ValueError(f"photos should be 0 to {len(COLOURS)}, not {photos}.")
        images = tuple(ProductImage(number, f"{number}.jpg") for number in range(1, photos + 1))
        with self.installation.database.tenant(self.id) as session:
            return add_product(session, replace(DRESS, images=images, **_typed(fields)))

    def change_product(self, product: int, **fields: Any) -> None:
        """Change these fields of a product, as its seller would."""
        with self.installation.database.tenant(self.id) as session:
            change_product(session, product, _typed(fields))

    def create_job(self, marketplace: str, action_code: str, product_id: int | None = None, **more: Any) -> JobView:
        """Accept a job, as `POST /api/{marketplace}/jobs` does.

        `more` are its `priority`, `payload`, `not_before` and `expires_at`. Raise ValueError for a pair that nobody
        registered, InputError for what is wrong otherwise.
        """
        self.installation.registry.handler(marketplace, action_code)
        try:
            return submit_job(self.installation, self.id, SubmitJob(marketplace, action_code, product_id, **more))[0]
        except InputError as error:
            raise InputError(error.told, error.errors) from None

    def job(self, job: int) -> JobView:
        """Return a job as it stands, with its tasks; `hold` says why it does not go on."""
        with self._decided():
            return find_job(self.installation, self.id, JobId(job))

    def jobs(self, **wanted: Any) -> Sequence[JobView]:
        """Return the newest jobs, by the fields of JobFilter (`marketplace`, `action`, `status`, `product_id` …)."""
        with self._decided():
            return list_jobs(self.installation, self.id, JobFilter(**wanted)).items

    def explain(self, job: int) -> Explanation:
        """Return why a job does not go on, and until when."""
        with self._decided():
            return explain_job(self.installation, self.id, JobId(job))

    def causes(self, job: int, task: str | None = None) -> list[str]:
        """Return what happened to a job, or to one task of it, in the timeline's words, in order."""
        lines = timeline(self.installation, self.id, JobId(job))
        names = [each.name for each in find_job(self.installation, self.id, JobId(job)).tasks]
        if task is not None and task not in names:
            raise ValueError(f"Job {job} has no task {task}: there are {', '.join(names)}.")
        return [line.cause for line in lines if line.task == task]

    def retry(self, job: int) -> JobView:
        """Ask again for a job that failed."""
        return retry_job(self.installation, self.id, JobId(job))

    def listing(self, marketplace: str, product: int) -> str:
        """Return the id of the product's listing as StoFlow has it, "" where it has none."""
        query = f"SELECT external_id FROM user_{self.id}.listings WHERE marketplace = %s AND product_id = %s"
        with self.installation.database.records() as connection:
            row = connection.execute(query.encode(), [marketplace, product]).fetchone()
        return str(row["external_id"] or "") if row else ""

    def sell(self, marketplace: str, product: int) -> None:
        """Let somebody buy the product there; StoFlow hears of it by its next look at orders."""
        self.act_there(marketplace, "sell", product)

    def act_there(self, marketplace: str, act: str, product: int, **wishes: Any) -> None:
        """Let a buyer, or the seller in the marketplace's own pages, act on the product's listing: `sell`, `edit`
        (`title="…"`), `delete`. Raise InputError for what nobody can do there."""
        listing = self.listing(marketplace, product)
        if not listing:
            raise ValueError(f"Product {product} has no listing at {marketplace}: publish it, and let the job be done.")
        about = {"listing_id": listing, **wishes}
        self.behave(marketplace, self.accounts[marketplace], act, about)

    def reconnect(self, marketplace: str) -> None:
        """Let the seller consent anew there, or sign in anew: what waited for that goes on."""
        self.connect_again(marketplace, self.accounts[marketplace])

    def close_browser(self) -> None:
        """Let the seller's browser be closed, and the plugin with it: nothing is asked of it until it is open again."""
        plugin.gone(self.engine, self.id, self.browser.plugin_id, SOCKET)

    def open_browser(self) -> None:
        """Let it be open; so it is from the beginning."""
        plugin.connected(self.engine, self.id, self.browser.plugin_id, SOCKET)

    def work(self) -> None:
        """Do the next job that is due, and what the seller's browser is asked for."""
        self.db.run_next_job(self.id)
        self.browser.work(self.engine, self.id)

    @contextmanager
    def _decided(self) -> Iterator[None]:
        """Let the tenant have an orchestrator while it is asked how its jobs stand, as it would all the time."""
        database = self.installation.database
        with database.records() as connection:
            epoch = acquire_tenant(connection, self.id, self.owner)
        try:
            yield
        finally:
            if epoch is not None:
                with database.records() as connection:
                    leave_tenant(connection, self.id, self.owner, epoch)


def _typed(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = fields.keys() - NewProduct.__dataclass_fields__.keys()
    if unknown:
        raise ValueError(f"A product has no field {', '.join(sorted(unknown))}: NewProduct has all.")
    price = fields.get("price")
    if price is None or isinstance(price, Decimal):
        return fields
    try:
        return {**fields, "price": Decimal(str(price))}
    except InvalidOperation:
        raise ValueError(f'price should be a number, such as "24.50", not {price!r}.') from None
