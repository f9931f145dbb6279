"""Batches over HTTP."""

from typing import Any, Final

from stoflow.domain.ids import BatchId
from stoflow.http.context import Context
from stoflow.http.resources.batch_bodies import (
    AllBatchesQuery,
    BatchBody,
    BatchesPage,
    BatchQuery,
    NewBatch,
    TrialBody,
)
from stoflow.http.resources.jobs import digest_of, idempotency_key, made_at, marketplace_in
from stoflow.http.resources.product_filters import filter_of
from stoflow.http.rest.endpoint import Answer, Asked, Operation
from stoflow.resources.batches import change, create, read, trial
from stoflow.resources.batches.views import BatchFilter, SubmitBatch
from stoflow.resources.jobs.views import SubmitJob

IDEMPOTENCY: Final = {
    "Idempotency-Key": "Up to 200 visible characters; the same key and body answer the same batch for 24 hours, and"
    " `Idempotency-Replayed: true` says so."
}


def create_batch(context: Context, asked: Asked) -> Answer:
    wish = _wish(context, asked)
    if asked.query.dry_run:
        return Answer(TrialBody.of(trial.try_batch(context, asked.tenant, wish)), status=200)
    batch, is_new = create.create_batch(context, asked.tenant, wish)
    return Answer(BatchBody.of(batch), made_at(f"/api/batches/{batch.id}", is_new=is_new))


def list_batches(context: Context, asked: Asked) -> BatchesPage:
    wanted = BatchFilter(**asked.query.model_dump())
    return BatchesPage.of_items(read.list_batches(context, asked.tenant, wanted), BatchBody.of)


def read_batch(context: Context, asked: Asked) -> BatchBody:
    return BatchBody.of(read.find_batch(context, asked.tenant, BatchId(asked.id())))


def cancel_batch(context: Context, asked: Asked) -> BatchBody:
    return BatchBody.of(change.cancel_batch(context, asked.tenant, BatchId(asked.id())))


def retry_batch(context: Context, asked: Asked) -> BatchBody:
    return BatchBody.of(change.retry_batch(context, asked.tenant, BatchId(asked.id())))


def _wish(context: Context, asked: Asked) -> SubmitBatch:
    body: NewBatch = asked.body
    marketplace = marketplace_in(context, asked)
    plain: dict[str, Any] = body.model_dump(exclude={"action_type", "product_ids", "filter", "name"})
    job = SubmitJob(
        marketplace,
        body.action_type,
        **plain,
        idempotency_key=idempotency_key(asked),
        idempotency_digest=digest_of(marketplace, body),
        request_id=asked.request_id,
    )
    wanted = filter_of(body.filter, context.registry.marketplaces, within="filter.") if body.filter else None
    return SubmitBatch(job, products=body.product_ids, wanted=wanted, name=body.name)


OPERATIONS: Final = (
    Operation(
        "POST", "/api/{marketplace}/batches", "createBatch",
        "Ask for one action on up to 10,000 products; with `dry_run` only say what would come of it.",
        create_batch, BatchBody, 201, query=BatchQuery, body=NewBatch, headers=IDEMPOTENCY, others={200: TrialBody},
        problems=(400, 402, 404, 408, 409, 413, 415, 422),
    ),
    Operation(
        "GET", "/api/batches", "listBatches", "List batches, newest first.",
        list_batches, BatchesPage, query=AllBatchesQuery, problems=(422,),
    ),
    Operation(
        "GET", "/api/batches/{id}", "readBatch", "Read one batch with its progress.",
        read_batch, BatchBody, problems=(404, 422),
    ),
    Operation(
        "POST", "/api/batches/{id}/cancel", "cancelBatch", "Ask for all jobs of a batch that are left to be cancelled.",
        cancel_batch, BatchBody, 202, problems=(400, 404, 408, 413, 415, 422),
    ),
    Operation(
        "POST", "/api/batches/{id}/retry", "retryBatch", "Take up again what failed of a batch, and nothing else.",
        retry_batch, BatchBody, 202, problems=(400, 404, 408, 413, 415, 422),
    ),
)  # fmt: skip
