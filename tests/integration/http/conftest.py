"""The api over a real web server, in front of use cases that remember instead of working."""

import asyncio
import itertools
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from stoflow.domain.batch import BatchStatus, Progress
from stoflow.domain.call import Answer
from stoflow.domain.catalogue import CatalogueEntry
from stoflow.domain.choices import Choice
from stoflow.domain.described import Description, WrittenText
from stoflow.domain.errors import Conflict, ConsentRefused, DatabaseUnavailable, InputError, NotFound
from stoflow.domain.ids import BatchId, JobId, TaskId, TenantId
from stoflow.domain.imported import ImportStatus, ImportView, Rejection
from stoflow.domain.job import FINAL_JOB_STATUSES, JobChanged, JobStatus, TaskStatus
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import LARGEST_ID, Page
from stoflow.domain.product import NewProduct, Product, ProductListing
from stoflow.domain.product_filter import ProductFilter
from stoflow.domain.quota import Quota, QuotaName
from stoflow.domain.role import Role
from stoflow.domain.webhook import Owner
from stoflow.http.app import ApiOptions, create_app
from stoflow.http.auth.auth import TenantStatus
from stoflow.http.auth.keys import SigningKeys, new_key
from stoflow.http.auth.tokens import AccessTokens
from stoflow.http.context import Health
from stoflow.http.server import web_server
from stoflow.http.sockets.event_use_cases import EventUseCases
from stoflow.http.sockets.feed import Feed
from stoflow.http.sockets.plugin_use_cases import PluginUseCases
from stoflow.http.sockets.relay import Relay
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.resources.accounts import overview, password
from stoflow.resources.accounts.overview import Overview
from stoflow.resources.attributes import attributes
from stoflow.resources.batches import change as batch_change
from stoflow.resources.batches import create as batch_create
from stoflow.resources.batches import read as batch_read
from stoflow.resources.batches.views import BatchFilter, BatchView, SubmitBatch
from stoflow.resources.connections import choosing, connection, consent, entering, plugin_terms
from stoflow.resources.connections.connection import Connection, ConnectionState, Option
from stoflow.resources.connections.consent import Invitation, Returned
from stoflow.resources.connections.plugin_terms import PluginTerms
from stoflow.resources.descriptions import describe
from stoflow.resources.events import read as events
from stoflow.resources.events.read import Told
from stoflow.resources.events.wording import Event
from stoflow.resources.imports import asking
from stoflow.resources.jobs import bulk, change, details, errors, read, saved_views, submit, troubles
from stoflow.resources.jobs.bulk import BulkDone, BulkWish
from stoflow.resources.jobs.details import JobDetails
from stoflow.resources.jobs.errors import ErrorKind
from stoflow.resources.jobs.explain import Explanation, explanation_of
from stoflow.resources.jobs.views import JobFilter, JobView, PluginCommand, SubmitJob, TaskView, TimelineEntry
from stoflow.resources.monitoring import snapshot
from stoflow.resources.monitoring.snapshot import Snapshot
from stoflow.resources.monitoring.verdict import Verdict
from stoflow.resources.observed import read as observed
from stoflow.resources.observed.read import ListingFilter, ListingView, OrderView
from stoflow.resources.products import deleting, editing, photos, preview
from stoflow.resources.products.media import Photo
from stoflow.resources.products.photos import PhotoView, ProductPhotos
from stoflow.resources.products.preview import ProductPreview
from stoflow.resources.statistics import read as statistics
from stoflow.resources.statistics.read import Statistics
from stoflow.resources.tenants import deleting as tenant_deleting
from stoflow.resources.webhooks import deliveries, manage
from stoflow.resources.webhooks.manage import WantedWebhook, WebhookWithSecret
from stoflow.settings import Settings
from stoflow.storage.credentials.token_families import RefreshToken
from stoflow.storage.engine.reads.installation import InstallationFacts
from stoflow.storage.tenants.deletions import Step
from stoflow.storage.tenants.saved_views import SavedView
from stoflow.storage.webhooks.deliveries import DeliveryView
from stoflow.storage.webhooks.webhooks import WebhookView
from stoflow.wiring.api import make_api
from stoflow.wiring.installation import opened, prepare
from stoflow.wiring.tokens import access_tokens
from tests.harness.shop import Shop
from tests.harness.trust import TRUST

WAIT_S = 10


class FakeUseCases:
    """Jobs, products and plugins of several tenants, in memory. `away` makes everything fail as PostgreSQL would."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._tenants = itertools.count(1)
        self.reset()

    def reset(self) -> None:
        """Forget everything; the tenants are new ones, so that nothing remembered about others counts."""
        self.away = False
        self.missed = threading.Event()  # somebody asked while everything was away
        self.taken_for_offline: set[TenantId] = set()
        self.deaf = 0  # so many departures are not heard
        self.on_answer = self.receive_answer
        self.alice, self.bob = TenantId(next(self._tenants)), TenantId(next(self._tenants))
        self.status_of_tenant = {self.alice: TenantStatus.ACTIVE, self.bob: TenantStatus.ACTIVE}
        self.health = Health(postgres=True, redis=True)
        self.jobs: dict[TenantId, dict[JobId, JobView]] = {}
        self.keys: dict[tuple[TenantId, str], tuple[str | None, JobId]] = {}
        self.batches: dict[TenantId, dict[BatchId, BatchView]] = {}
        self.attributes: dict[str, list[CatalogueEntry]] = {"colors": []}  # the same for every tenant
        self.products: dict[TenantId, dict[int, Product]] = {}
        self.imports: dict[TenantId, int] = {}
        self.listings: dict[TenantId, list[ListingView]] = {}
        self.orders: dict[TenantId, list[OrderView]] = {}
        self.accounts: dict[tuple[TenantId, str], str] = {}  # external id by marketplace
        self.chosen: dict[tuple[TenantId, str], Mapping[str, Any]] = {}
        self.visitors: list[TenantId | None] = []
        self.commands: dict[str, tuple[PluginCommand, str]] = {}  # by request: the command, the plugin bound
        self.events: dict[TenantId, list[Event]] = {}
        self.webhooks: dict[Owner, dict[int, WebhookView]] = {}
        self.said: Queue[tuple[Any, ...]] = Queue()  # what the plugin side was told, in order

    def another_tenant(self) -> TenantId:
        made = TenantId(next(self._tenants))
        self.status_of_tenant[made] = TenantStatus.ACTIVE
        return made

    def plugin(self) -> PluginUseCases:
        return PluginUseCases(
            connected=self.connected,
            gone=self.gone,
            absent=lambda tenants: [tenant for tenant in tenants if tenant in self.taken_for_offline],
            open_commands=self.open_commands,
            commands_sent=self.commands_sent,
            receive_answer=self._answered,
            session_state=lambda *told: self.said.put(("session", *told)),
        )

    def app(self, tokens: AccessTokens, **more: Any) -> Starlette:
        context: Any = FakeContext(self, tokens)
        return create_app(
            context, self.plugin(), EventUseCases(self.newest, self.events_after), self.statuses, tokens, **more
        )

    def tell(self, tenant: TenantId, event_type: str, data: Mapping[str, Any]) -> None:
        """Let something have happened."""
        events = self.events.setdefault(tenant, [])
        events.append(Event(len(events) + 1, datetime.now(UTC), event_type, data))

    def newest(self, tenants: Sequence[TenantId]) -> Mapping[TenantId, int]:
        self._answers()
        return {tenant: len(self.events.get(tenant, [])) for tenant in tenants}

    def events_after(self, tenant: TenantId, after: int, limit: int) -> Told:
        self._answers()
        events = self.events.get(tenant, [])
        found = events[after : after + limit]
        return Told(found, after > len(events), found[-1].number if found else len(events))

    list_events = events_after

    def create_webhook(self, owner: Owner, wanted: WantedWebhook) -> WebhookWithSecret:
        self._answers()
        now = datetime.now(UTC)
        view = WebhookView(next(self._ids), wanted.url, (), "", True, None, None, None, now, now)
        self.webhooks.setdefault(owner, {})[view.id] = view
        return WebhookWithSecret(view, "whsec_new")

    def list_webhooks(self, owner: Owner) -> Sequence[WebhookView]:
        self._answers()
        return list(self.webhooks.get(owner, {}).values())

    def find_webhook(self, owner: Owner, webhook: int, *_: Any) -> WebhookView:
        self._answers()
        try:
            return self.webhooks[owner][webhook]
        except KeyError:
            raise NotFound(f"There is no webhook {webhook}.") from None

    change_webhook = delete_webhook = find_webhook

    def rotate_secret(self, owner: Owner, webhook: int) -> WebhookWithSecret:
        return WebhookWithSecret(self.find_webhook(owner, webhook), "whsec_next")

    def ping(self, owner: Owner, webhook: int, delivery: int = 1) -> DeliveryView:
        self.find_webhook(owner, webhook)
        now = datetime.now(UTC)
        return DeliveryView(delivery, "ping", "msg", "waiting", 0, now, now, None, None, None, None)

    replay = ping

    def list_deliveries(self, owner: Owner, webhook: int, *_: Any) -> Page[DeliveryView]:
        return Page((self.ping(owner, webhook),))

    def submit_job(self, tenant: TenantId, asked: SubmitJob) -> tuple[JobView, bool]:
        self._answers()
        if asked.action != "publish":
            message = f"Invalid action code: {asked.action} for marketplace: {asked.marketplace}"
            raise InputError(message, (FieldError("action_type", message),))
        known = self.keys.get((tenant, asked.idempotency_key or ""))
        if known:
            if known[0] != asked.idempotency_digest:
                raise InputError("The Idempotency-Key was used for something else.")
            return self.jobs[tenant][known[1]], False
        job = JobView(
            id=JobId(next(self._ids)),
            marketplace=asked.marketplace,
            action=asked.action,
            status=JobStatus.PENDING,
            product_id=asked.product_id,
            priority=asked.priority or 3,
            created_at=datetime.now(UTC),
            not_before=asked.not_before,
            tasks=(TaskView(TaskId(1), "validate", 1, TaskStatus.PENDING),),
        )
        self.jobs.setdefault(tenant, {})[job.id] = job
        if asked.idempotency_key:
            self.keys[tenant, asked.idempotency_key] = (asked.idempotency_digest, job.id)
        return job, True

    def find_job(self, tenant: TenantId, job: JobId) -> JobView:
        self._answers()
        try:
            return self.jobs[tenant][job]
        except KeyError:
            raise NotFound(f"There is no job {job}.") from None

    def list_jobs(self, tenant: TenantId, wanted: JobFilter) -> Page[JobView]:
        self._answers()
        before = int(wanted.cursor) if wanted.cursor else 2**31
        found = [
            job
            for job in sorted(self.jobs.get(tenant, {}).values(), key=lambda job: -job.id)
            if job.id < before
            and wanted.marketplace in {None, job.marketplace}
            and wanted.status in {None, job.status}
            and wanted.action in {None, job.action}
            and wanted.product_id in {None, job.product_id}
        ]
        page = found[: wanted.limit]
        return Page(tuple(page), str(page[-1].id) if len(found) > len(page) else None)

    def explain_job(self, tenant: TenantId, job: JobId) -> Explanation:
        found = self.find_job(tenant, job)
        return explanation_of(found, (found.hold,) if found.hold else (), 0)

    explain_with_troubles = explain_job

    def timeline(self, tenant: TenantId, job: JobId) -> Sequence[TimelineEntry]:
        self.find_job(tenant, job)
        return [TimelineEntry(id=1, at=datetime.now(UTC), cause="submitted", to_status="pending")]

    def read_details_with_troubles(self, tenant: TenantId, job: JobId) -> JobDetails:
        found, said = self.find_job(tenant, job), self.explain_job(tenant, job)
        return JobDetails(tenant, found, {}, said, self.timeline(tenant, job), (), (), (), (), ())

    def change_many(self, tenant: TenantId, wish: BulkWish) -> BulkDone:
        self._answers()
        return BulkDone(wish.act, wish.dry_run, len(self.jobs.get(tenant, {})), 0, (), None)

    def list_views(self, _: TenantId) -> Sequence[SavedView]:
        self._answers()
        return ()

    def save_view(self, _: TenantId, name: str, wanted: Mapping[str, Any]) -> SavedView:
        self._answers()
        return SavedView(1, name, wanted, datetime.now(UTC))

    def delete_view(self, _: TenantId, view: int) -> None:
        self._answers()
        raise NotFound(f"There is no saved view {view}.")

    def list_errors(self, _: TenantId, __: str | None) -> Sequence[ErrorKind]:
        self._answers()
        return ()

    def cancel_job(self, tenant: TenantId, job: JobId) -> JobView:
        found = self.find_job(tenant, job)
        if found.status in FINAL_JOB_STATUSES:
            raise Conflict("The job has already ended.")
        return self.change(tenant, job, cancel_requested=True)

    def retry_job(self, tenant: TenantId, job: JobId) -> JobView:
        if self.find_job(tenant, job).status is not JobStatus.FAILED:
            raise Conflict("Only a failed job can be retried.")
        return self.change(tenant, job, status=JobStatus.PENDING)

    def change(self, tenant: TenantId, job: JobId, **changes: Any) -> JobView:
        changed = self.jobs[tenant][job] = replace(self.jobs[tenant][job], **changes)
        return changed

    def create_batch(self, tenant: TenantId, asked: SubmitBatch) -> tuple[BatchView, bool]:
        self._answers()
        total = len(asked.products or ())
        view = BatchView(
            id=BatchId(next(self._ids)),
            name=asked.name or "",
            marketplace=asked.job.marketplace,
            action=asked.job.action,
            priority=asked.job.priority or 3,
            status=BatchStatus.PENDING,
            progress=Progress(total, total, 0, 0, 0, 0, 0),
            created_at=datetime.now(UTC),
            started_at=None,
            completed_at=None,
        )
        self.batches.setdefault(tenant, {})[view.id] = view
        return view, True

    def find_batch(self, tenant: TenantId, batch: BatchId) -> BatchView:
        self._answers()
        try:
            return self.batches[tenant][batch]
        except KeyError:
            raise NotFound(f"There is no batch {batch}.") from None

    cancel_batch = retry_batch = find_batch

    def read_statistics(self, _: TenantId, **asked: Any) -> Statistics:
        self._answers()
        now = datetime.now(UTC)
        return Statistics(asked["since"] or now, asked["until"] or now, ())

    def read_snapshot(self, _: TenantId | None = None) -> Snapshot:
        self._answers()
        facts = InstallationFacts(datetime.now(UTC), (), 0, None, 0, 0)
        return Snapshot(facts.now, None, Verdict((), ()), (), (), facts)

    def list_batches(self, tenant: TenantId, _: BatchFilter) -> Page[BatchView]:
        self._answers()
        return Page(tuple(self.batches.get(tenant, {}).values()))

    def list_listings(self, tenant: TenantId, wanted: ListingFilter) -> Page[ListingView]:
        self._answers()
        kept = [each for each in self.listings.get(tenant, []) if wanted.state in {None, each.state}]
        found = [each for each in kept if wanted.linked in {None, each.product_id is not None}]
        page = [each for each in found if each.external_id > (wanted.cursor or "")][: wanted.limit]
        return Page(tuple(page), page[-1].external_id if page and page[-1] is not found[-1] else None)

    def list_orders(self, tenant: TenantId, marketplace: str, limit: int, cursor: str | None) -> Page[OrderView]:
        self._answers()
        return Page(tuple(self.orders.get(tenant, [])[:limit]))

    def create_product(self, tenant: TenantId, new: NewProduct) -> Product:
        self._answers()
        product = Product(
            id=next(self._ids),
            title=new.title,
            description=new.description,
            price=new.price,
            currency=new.currency,
            colors=new.colors,
        )
        self.products.setdefault(tenant, {})[product.id] = product
        return product

    def change_product(self, tenant: TenantId, product: int, changes: Mapping[str, Any], *, known: str = "") -> Product:
        del known
        changed = replace(self.find_product(tenant, product), **changes)
        self.products[tenant][product] = changed
        return changed

    def list_products(self, tenant: TenantId, _: ProductFilter, limit: int, cursor: str | None) -> Page[Product]:
        self._answers()
        before = int(cursor) if cursor else LARGEST_ID + 1
        found = [one for one in reversed(self.products.get(tenant, {}).values()) if one.id < before]
        page = found[:limit]
        return Page(tuple(page), str(page[-1].id) if len(found) > len(page) else None)

    def find_product(self, tenant: TenantId, product: int) -> Product:
        self._answers()
        try:
            return self.products[tenant][product]
        except KeyError:
            raise NotFound(f"There is no product {product}.") from None

    def delete_product(self, tenant: TenantId, product: int, *, ends_listings: bool) -> Sequence[JobId]:
        del ends_listings
        self.find_product(tenant, product)
        del self.products[tenant][product]
        return ()

    def list_product_listings(self, tenant: TenantId, product: int) -> Sequence[ProductListing]:
        self.find_product(tenant, product)
        return ()

    def find_photo(self, tenant: TenantId, product: int, position: int) -> Photo:
        self.find_product(tenant, product)
        if position > 1:
            raise NotFound(f"Product {product} has no photo {position}.")
        return Photo(Path(__file__), "image/png")

    def list_photos(self, tenant: TenantId, product: int, *_: Any, **__: Any) -> ProductPhotos:
        self.find_product(tenant, product)
        return ProductPhotos(product, "0" * 24, (PhotoView(1, "abc", None),))

    add_photos = fetch_photos = order_photos = list_photos

    def delete_photo(self, tenant: TenantId, product: int, position: int, *, known: str = "") -> ProductPhotos:
        del known
        self.find_photo(tenant, product, position)
        return ProductPhotos(product, "0" * 24, ())

    def start_import(self, tenant: TenantId, *_: Any) -> ImportView:
        self._answers()
        self.imports[tenant] = next(self._ids)
        return self.find_import(tenant, self.imports[tenant])

    def find_import(self, tenant: TenantId, number: int) -> ImportView:
        self._answers()
        if self.imports.get(tenant) != number:
            raise NotFound(f"There is no import {number}.")
        return ImportView(number, ImportStatus.PENDING, 0, 0, 0, "", datetime.now(UTC), None, None)

    def list_rejections(self, tenant: TenantId, number: int, *_: Any) -> Page[Rejection]:
        self.find_import(tenant, number)
        return Page(())

    def preview_product(self, tenant: TenantId, product: int, marketplace: str) -> ProductPreview:
        self.find_product(tenant, product)
        return ProductPreview(marketplace, (), None, None, (), 0, {})

    def list_attributes(self, catalogue: str, search: str, limit: int, cursor: str | None) -> Page[CatalogueEntry]:
        self._answers()
        if catalogue not in self.attributes:
            raise NotFound(f"There is no catalogue {catalogue}.")
        found = [entry for entry in self.attributes[catalogue] if entry.name.lower().startswith(search)]
        start = int(cursor or 0)
        page = tuple(found[start : start + limit])
        return Page(page, str(start + limit) if len(found) > start + limit else None)

    def read_terms(self, *_: Any) -> PluginTerms:
        self._answers()
        return PluginTerms("2026-10", "What the seller is told.", None)

    accept_terms = read_terms

    def find_connection(self, tenant: TenantId, marketplace: str) -> Connection:
        self._answers()
        external_id = self.accounts.get((tenant, marketplace), "")
        state = ConnectionState.CONNECTED if external_id else ConnectionState.DISCONNECTED
        return Connection(
            marketplace,
            state,
            "" if external_id else "Never connected.",
            external_id,
            None,
            self.chosen.get((tenant, marketplace), {}),
            (Option("site", required=True, choices=(Choice("FR", "France", {"language": "fr"}),)),),
        )

    def choose(self, tenant: TenantId, marketplace: str, given: Mapping[str, Any]) -> Connection:
        self._answers()
        if not given.keys() <= {"site"}:
            raise InputError(
                "No.", tuple(FieldError(f"settings.{name}", "There is no such setting.") for name in given)
            )
        self.chosen[tenant, marketplace] = given
        return self.find_connection(tenant, marketplace)

    def enter(self, tenant: TenantId, marketplace: str, _: Mapping[str, str]) -> Connection:
        return self.find_connection(tenant, marketplace)

    def read_account(self, tenant: TenantId, marketplace: str) -> Connection:
        return self.find_connection(tenant, marketplace)

    def disconnect(self, tenant: TenantId, marketplace: str) -> Connection:
        self._answers()
        self.accounts.pop((tenant, marketplace), None)
        return self.find_connection(tenant, marketplace)

    def invite(self, tenant: TenantId, marketplace: str, return_to: str | None = None) -> Invitation:
        self._answers()
        return Invitation(f"https://{marketplace}.example/consent?state={tenant}", datetime.now(UTC))

    def complete(self, marketplace: str, returned: Returned, visitor: TenantId | None) -> Connection:
        self._answers()
        self.visitors.append(visitor)
        if not returned.state.isdecimal() or returned.error:
            raise ConsentRefused(f"Nobody was asked for that: {returned.error_description}")
        self.accounts[TenantId(int(returned.state)), marketplace] = returned.code
        return self.find_connection(TenantId(int(returned.state)), marketplace)

    def read_overview(self, tenant: TenantId) -> Overview:
        self._answers()
        quotas = tuple(Quota(name, None, 0) for name in QuotaName)
        return Overview(tenant, f"{tenant}@example.com", None, Role.USER, True, datetime.now(UTC), quotas, 0, 0)

    def describe_product(self, tenant: TenantId, product: int, _: str) -> Description:
        self.find_product(tenant, product)
        return Description(WrittenText("A coat", "Warm."), is_new=True, credits_left=4)

    def change_password(self, tenant: TenantId, *_: str) -> RefreshToken:
        self._answers()
        return RefreshToken(tenant, "", "sfr_next", datetime.now(UTC))

    def delete_own_account(self, *_: Any, ends_listings: bool) -> Step:
        self._answers()
        return Step.ENDING if ends_listings else Step.CLOSING

    def statuses(self, tenants: Sequence[TenantId]) -> Mapping[TenantId, TenantStatus]:
        self._answers()
        return {tenant: self.status_of_tenant[tenant] for tenant in tenants if tenant in self.status_of_tenant}

    def add_command(self, tenant: TenantId, request_id: str, *, bound_to: str = "") -> None:
        times = datetime.now(UTC) + timedelta(minutes=2), 120.0
        command = PluginCommand(tenant, request_id, "", "vinted.draft.create", {"title": "Coat"}, *times, "1-2-3-4")
        self.commands[request_id] = (command, bound_to)

    def open_commands(self, plugins: Sequence[tuple[TenantId, str]]) -> Sequence[PluginCommand]:
        self._answers()
        return [
            replace(command, plugin_id=plugin_id)
            for tenant, plugin_id in plugins
            for command, bound in list(self.commands.values())
            if command.tenant == tenant and bound in {"", plugin_id}
        ]

    def commands_sent(self, leaving: Sequence[PluginCommand]) -> Sequence[PluginCommand]:
        return [each for each in leaving if self._binds(each.request_id, each.plugin_id)]

    def _binds(self, request_id: str, plugin_id: str) -> bool:
        command, bound = self.commands[request_id]
        if bound in {"", plugin_id}:
            self.commands[request_id] = (command, plugin_id)
        return bound in {"", plugin_id}

    def connected(self, tenant: TenantId, *told: str) -> None:
        self.taken_for_offline.discard(tenant)
        self.tell(tenant, "vinted_connection_status", {"connected": True, "since": datetime.now(UTC)})
        self.said.put(("connected", tenant, *told))

    def _answered(self, *told: Any) -> None:
        self.on_answer(*told)

    def gone(self, *told: Any) -> None:
        if self.deaf:
            self.deaf -= 1
            raise DatabaseUnavailable("nobody hears")
        self.tell(told[0], "vinted_connection_status", {"connected": False, "since": datetime.now(UTC)})
        self.said.put(("gone", *told))

    def receive_answer(self, tenant: TenantId, plugin_id: str, request_id: str, answer: Answer) -> None:
        self._answers()
        self.commands.pop(request_id, None)
        self.said.put(("answer", tenant, plugin_id, request_id, answer))

    def next_said(self) -> tuple[Any, ...]:
        """Return what the plugin side was told next about Alice or Bob; another test's sockets may still be leaving."""
        while True:
            said = self.said.get(timeout=WAIT_S)
            if said[1] in {self.alice, self.bob}:
                return said

    def _answers(self) -> None:
        if self.away:
            self.missed.set()
            raise DatabaseUnavailable("connection to server at 10.0.0.7 failed: secret words")


@dataclass(frozen=True)
class FakeContext:
    """What an api is given whose use cases are these fakes."""

    use_cases: FakeUseCases
    tokens: AccessTokens
    registry: Registry = field(default_factory=lambda: build_registry(entry_points=False))

    registers: bool = False

    @property
    def accounts(self) -> "FakeContext":
        return self

    watching = accounts
    metrics_token = ""

    def role_of(self, _: TenantId) -> Role:
        return Role.USER

    def roles_of(self, tenants: Sequence[TenantId]) -> Mapping[TenantId, Role]:
        return dict.fromkeys(tenants, Role.USER)

    def health(self) -> Health:
        return self.use_cases.health

    def job_changed(self, news: JobChanged) -> None:
        """Tell nobody: the wire says what a test lets it say."""


USE_CASES: Mapping[ModuleType, Sequence[str]] = {
    asking: ("find_import", "list_rejections", "start_import"),
    attributes: ("list_attributes",),
    bulk: ("change_many",),
    batch_change: ("cancel_batch", "retry_batch"),
    batch_create: ("create_batch",),
    batch_read: ("find_batch", "list_batches"),
    change: ("cancel_job", "retry_job"),
    choosing: ("choose", "read_account"),
    connection: ("disconnect", "find_connection"),
    plugin_terms: ("accept_terms", "read_terms"),
    consent: ("complete", "invite"),
    deleting: ("delete_product",),
    describe: ("describe_product",),
    details: ("read_details_with_troubles",),
    tenant_deleting: ("delete_own_account",),
    editing: (
        "change_product",
        "create_product",
        "find_photo",
        "find_product",
        "list_product_listings",
        "list_products",
    ),
    entering: ("enter",),
    errors: ("list_errors",),
    events: ("list_events",),
    deliveries: ("list_deliveries", "ping", "replay"),
    manage: ("change_webhook", "create_webhook", "delete_webhook", "find_webhook", "list_webhooks", "rotate_secret"),
    observed: ("list_listings", "list_orders"),
    overview: ("read_overview",),
    password: ("change_password",),
    photos: ("add_photos", "delete_photo", "fetch_photos", "list_photos", "order_photos"),
    preview: ("preview_product",),
    saved_views: ("delete_view", "list_views", "save_view"),
    troubles: ("explain_with_troubles",),
    read: ("explain_job", "find_job", "list_jobs", "timeline"),
    snapshot: ("read_snapshot",),
    statistics: ("read_statistics",),
    submit: ("submit_job",),
}
"""What the resources at the door ask for, each given what it needs first."""


def faked_for_fakes(name: str, use_case: Callable[..., Any]) -> Callable[..., Any]:
    """Return the use case, asked of a fake where that is what it is given."""

    def ask(needs: Any, *arguments: Any, **more: Any) -> Any:
        if isinstance(needs, FakeContext):
            return getattr(needs.use_cases, name)(*arguments, **more)
        return use_case(needs, *arguments, **more)

    return ask


@pytest.fixture(scope="session", autouse=True)
def fakes() -> Iterator[None]:
    """Whoever shares this process with them asks for the real ones as before."""
    with pytest.MonkeyPatch.context() as patched:
        for module, names in USE_CASES.items():
            for name in names:
                patched.setattr(module, name, faked_for_fakes(name, getattr(module, name)))
        yield


class Wire:
    """The feed, as Redis would bring it: what is said in the test's thread is heard in the api's loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()

    async def listen(self) -> AsyncIterator[Mapping[str, Any]]:
        self._loop = asyncio.get_running_loop()
        while True:
            yield await self._queue.get()

    def say(self, **news: Any) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._queue.put_nowait, news)


@dataclass
class Api:
    """A running api."""

    url: str
    use_cases: FakeUseCases
    tokens: AccessTokens
    wire: Wire
    client: httpx.Client
    open_sockets: ExitStack = field(default_factory=ExitStack)

    @property
    def alice(self) -> TenantId:
        return self.use_cases.alice

    @property
    def bob(self) -> TenantId:
        return self.use_cases.bob

    def token(self, tenant: TenantId | None = None) -> str:
        return self.tokens.issue_access_token(tenant or self.alice)

    def ask(self, method: str, path: str, *, tenant: TenantId | None = None, **more: Any) -> httpx.Response:
        """Send a request as Alice, or as another tenant."""
        headers = {"Authorization": f"Bearer {self.token(tenant)}"} | more.pop("headers", {})
        return self.client.request(method, path, headers=headers, **more)

    def ask_unknown(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request without a token."""
        return self.client.request(method, path, **more)

    def a_job(self, **changes: Any) -> JobId:
        job, _ = self.use_cases.submit_job(self.alice, SubmitJob("vinted", "publish", 1))
        self.use_cases.change(self.alice, job.id, **changes)
        return job.id

    def socket(self, **headers: str) -> "RawSocket":
        """Open a websocket and speak Engine.IO only as far as its greeting."""
        url = self.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        socket = RawSocket(self.open_sockets.enter_context(connect(url, additional_headers=headers, max_size=None)))
        assert socket.read().startswith("0")
        return socket

    def frontend(self, tenant: TenantId | None = None) -> "RawSocket":
        return self.socket().hello({"token": self.token(tenant), "client": "frontend"})

    def plugin(self, tenant: TenantId | None = None, plugin_id: str = "laptop") -> "RawSocket":
        return self.socket().hello({"token": self.token(tenant), "client": "plugin", "plugin_id": plugin_id})


class RawSocket:
    """A client that sends exactly what it is told to."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[str | bytes] = []  # that came before it was closed

    def hello(self, auth: Any) -> "RawSocket":
        self.send("40" + json.dumps(auth))
        answer = self.read()
        assert answer.startswith('40{"sid"'), answer
        return self

    def send(self, frame: str | bytes) -> None:
        self.connection.send(frame)

    def emit(self, event: str, data: Any) -> None:
        self.send("42" + json.dumps([event, data]))

    def read(self) -> str:
        """Return the next frame that is not a ping."""
        while True:
            frame = self.connection.recv(timeout=WAIT_S)
            assert isinstance(frame, str)
            if frame != "2":
                return frame

    def event(self) -> tuple[str, Any]:
        frame = self.read()
        assert frame.startswith("42"), frame
        name, data = json.loads(frame[2:])
        return name, data

    def error(self) -> str:
        """Return the code of the next event, which must be an error."""
        name, data = self.event()
        assert name == "error", (name, data)
        assert data["message"]
        return data["code"]

    def refusal(self) -> str:
        """Return the words with which the connection was refused."""
        frame = self.read()
        assert frame.startswith("44"), frame
        return json.loads(frame[2:])["message"]

    def until_closed(self) -> str:
        """Read until the server closes; return the reason it gave."""
        while True:
            try:
                self.frames.append(self.connection.recv(timeout=WAIT_S))
            except ConnectionClosed as closed:
                return closed.rcvd.reason if closed.rcvd else ""


@contextmanager
def serving(app: Any, **more: Any) -> Iterator[str]:
    server: uvicorn.Server = web_server(app, host="127.0.0.1", port=0, **more)
    ready = threading.Event()
    startup = server.startup

    async def announced(*arguments: Any, **more: Any) -> None:
        await startup(*arguments, **more)
        ready.set()

    server.startup = announced
    thread = threading.Thread(target=server.run, name="api")
    thread.start()
    try:
        assert ready.wait(WAIT_S)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(WAIT_S)
        assert not thread.is_alive()


@pytest.fixture(name="serving")
def serving_() -> Callable[..., Any]:
    return serving


@contextmanager
def api_of(settings: Settings, *, pool_size: int = 8) -> Iterator[str]:
    """Serve the real use cases as one api process has them, with pools and connections of its own."""
    with opened(settings, pool_size=pool_size) as installation:
        prepare(installation)
        process = make_api(installation)
        process.start()
        try:
            with serving(process.app) as url:
                yield url
        finally:
            process.stop()


@pytest.fixture
def real_url(settings: Settings) -> Iterator[str]:
    """The api before the real use cases and this test's own database."""
    with api_of(settings.model_copy(update={"heartbeat_s": 0.2})) as url:
        yield url


@pytest.fixture
def shops(settings: Settings, tenants: Callable[[], TenantId], real_url: str) -> Iterator[tuple[Shop, Shop]]:
    with ExitStack() as stack:
        tokens = access_tokens(settings)

        def shop() -> Shop:
            tenant = tenants()
            headers = {"Authorization": f"Bearer {tokens.issue_access_token(tenant)}"}
            return Shop(
                tenant,
                stack.enter_context(httpx.Client(verify=TRUST, base_url=real_url, headers=headers, timeout=WAIT_S)),
            )

        yield shop(), shop()


@pytest.fixture(scope="session")
def keys() -> SigningKeys:
    return SigningKeys([new_key()])


StartApi = Callable[..., Api]


def starter(stack: ExitStack, keys: SigningKeys) -> StartApi:
    def start(
        options: ApiOptions | None = None,
        *,
        use_cases: FakeUseCases | None = None,
        relay: Relay | None = None,
        feed: Feed | None = None,
        serve: Mapping[str, Any] | None = None,
    ) -> Api:
        fake, wire, tokens = use_cases or FakeUseCases(), Wire(), AccessTokens(keys)
        app = fake.app(tokens, feed=feed or wire.listen, relay=relay, options=options)
        url = stack.enter_context(serving(app, **(serve or {})))
        client = stack.enter_context(httpx.Client(verify=TRUST, base_url=url, timeout=WAIT_S))
        api = Api(url, fake, tokens, wire, client)
        stack.callback(api.open_sockets.close)
        return api

    return start


@pytest.fixture
def start_api(keys: SigningKeys) -> Iterator[StartApi]:
    """Start an api with other options, or a second one beside the first."""
    with ExitStack() as stack:
        yield starter(stack, keys)


@pytest.fixture(scope="session")
def running_api(keys: SigningKeys) -> Iterator[Api]:
    with ExitStack() as stack:
        yield starter(stack, keys)()


@pytest.fixture
def api(running_api: Api) -> Iterator[Api]:
    """The usual api, with tenants of this test's own."""
    running_api.use_cases.reset()
    yield running_api
    running_api.open_sockets.close()
