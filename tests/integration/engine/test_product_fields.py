"""What a worker reads of a product is what its seller said of it, whole."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from stoflow.domain.ids import JobId
from stoflow.domain.product import NewProduct
from stoflow.resources.products.store import Products
from stoflow.storage.engine.reads.workers import job_read, read_job

if TYPE_CHECKING:
    from conftest import Bench

FULL = NewProduct(
    title="A coat",
    description="Warm.",
    price=Decimal("12.50"),
    currency="GBP",
    category="women/coats",
    brand="Anna",
    condition=7,
    size="M",
    colors=("red", "blue"),
    materials=("wool",),
    gender="women",
    season="winter",
    fit="loose",
    quantity=3,
    who_made="i_did",
    when_made="2020_2026",
    sku="A-1",
    external_id="17",
    metadata={"pattern": "striped", "sizes": {"cm": 80}},
)
NOT_OF_A_ROW = {"images"}


def test_each_field_that_was_said_reaches_the_worker(bench: "Bench") -> None:
    empty = NewProduct(title="", description="", price=None)
    unsaid = {field.name for field in fields(NewProduct) if getattr(FULL, field.name) == getattr(empty, field.name)}
    assert unsaid <= NOT_OF_A_ROW  # or a new field is not tried here
    kept = Products(bench.engine.database).add(bench.tenant, FULL)

    job: JobId = bench.submit(kept.id)
    with bench.engine.database.records() as connection:
        read = read_job(connection, bench.tenant, job)

    assert read is not None
    assert read.product == replace(kept, images=())
    assert bench.engine.recorder.read(bench.tenant, job, job_read(bench.tenant, job, on_product=False)) is None


def test_a_job_on_no_product_is_the_same_whatever_its_message_says(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.all(f"UPDATE {{s}}.marketplace_jobs SET product_id = NULL WHERE id = {job}")
    asked = (job_read(bench.tenant, job, on_product=told) for told in (False, True))
    plain, whole = (bench.engine.recorder.read(bench.tenant, job, each) for each in asked)

    assert plain is not None
    assert whole is not None
    assert (plain.product, plain.listing_id, plain.listing_photos) == (None, "", ())
    assert replace(plain, tasks=whole.tasks, folded=whole.folded, begun_s=whole.begun_s) == whole
