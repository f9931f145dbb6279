"""Jobs over HTTP."""

import hashlib
import json
import re
from typing import Final

from stoflow.domain.errors import InputError, NotFound
from stoflow.domain.ids import JobId
from stoflow.domain.outcome import FieldError
from stoflow.http.doors import Doors
from stoflow.http.resources.answers import JobBody, JobsPage, TimelineBody, TimelineEntryBody
from stoflow.http.resources.schemas import JobsQuery, NewJob
from stoflow.http.rest.endpoint import Asked
from stoflow.resources.jobs.views import JobFilter, SubmitJob

IDEMPOTENCY_HEADER: Final = "idempotency-key"
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def create_job(doors: Doors, asked: Asked) -> JobBody:
    body: NewJob = asked.body
    marketplace = marketplace_in(doors, asked)
    wish = SubmitJob(
        marketplace=marketplace,
        action=body.action_type,
        product_id=body.product_id,
        priority=body.priority,
        payload=body.payload,
        not_before=body.not_before,
        expires_at=body.expires_at,
        idempotency_key=_idempotency_key(asked),
        idempotency_digest=digest_of(marketplace, body),
        request_id=asked.request_id,
    )
    return JobBody.of(doors.submit(asked.tenant, wish))


def list_all_jobs(doors: Doors, asked: Asked) -> JobsPage:
    return _list(doors, asked, asked.query.marketplace)


def list_marketplace_jobs(doors: Doors, asked: Asked) -> JobsPage:
    return _list(doors, asked, marketplace_in(doors, asked))


def read_job(doors: Doors, asked: Asked) -> JobBody:
    return JobBody.of(doors.find_job(asked.tenant, JobId(asked.id())))


def read_timeline(doors: Doors, asked: Asked) -> TimelineBody:
    """A job's timeline is short (bounded by its attempts), so it is one page."""
    entries = doors.timeline(asked.tenant, JobId(asked.id()))
    return TimelineBody(items=[TimelineEntryBody.of(entry) for entry in entries], next_cursor=None)


def cancel_job(doors: Doors, asked: Asked) -> JobBody:
    return JobBody.of(doors.cancel_job(asked.tenant, JobId(asked.id())))


def retry_job(doors: Doors, asked: Asked) -> JobBody:
    return JobBody.of(doors.retry_job(asked.tenant, JobId(asked.id())))


def digest_of(marketplace: str, body: NewJob) -> str:
    """Return the digest two bodies share that ask for the same, whatever the order of their members."""
    asked_for = {"marketplace": marketplace, **body.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(asked_for, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _list(doors: Doors, asked: Asked, marketplace: str | None) -> JobsPage:
    query: JobsQuery = asked.query
    wanted = JobFilter(
        marketplace=marketplace,
        status=query.status,
        action=query.action,
        product_id=query.product_id,
        created_after=query.created_after,
        created_before=query.created_before,
        limit=query.limit,
        cursor=query.cursor,
    )
    return JobsPage.of(doors.list_jobs(asked.tenant, wanted))


def marketplace_in(doors: Doors, asked: Asked) -> str:
    """Return the marketplace the path names; raise NotFound, naming those there are."""
    marketplace = asked.path["marketplace"]
    if marketplace not in doors.marketplaces:
        raise NotFound(f"There is no such marketplace; there are {', '.join(sorted(doors.marketplaces))}.")
    return marketplace


def _idempotency_key(asked: Asked) -> str | None:
    key = asked.headers.get(IDEMPOTENCY_HEADER)
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        reason = FieldError("Idempotency-Key", "must be 1 to 200 visible ASCII characters")
        raise InputError("The Idempotency-Key is not usable.", (reason,))
    return key
