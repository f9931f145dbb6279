"""Every use case an api asks for, in memory, and the modules in whose place they stand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from starlette.applications import Starlette

from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobChanged
from stoflow.domain.role import Role
from stoflow.http.app import create_app
from stoflow.http.auth.tokens import AccessTokens
from stoflow.http.context import Health
from stoflow.http.sockets.event_use_cases import EventUseCases
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.resources.accounts import overview, password
from stoflow.resources.attributes import attributes
from stoflow.resources.batches import change as batch_change
from stoflow.resources.batches import create as batch_create
from stoflow.resources.batches import read as batch_read
from stoflow.resources.connections import choosing, connection, consent, entering, plugin_terms
from stoflow.resources.descriptions import describe
from stoflow.resources.events import read as events
from stoflow.resources.imports import asking
from stoflow.resources.jobs import bulk, change, details, errors, read, saved_views, submit, troubles
from stoflow.resources.monitoring import snapshot
from stoflow.resources.observed import read as observed
from stoflow.resources.products import deleting, editing, photos, preview
from stoflow.resources.statistics import read as statistics
from stoflow.resources.tenants import deleting as tenant_deleting
from stoflow.resources.webhooks import deliveries, manage
from tests.harness.faked.accounts import FakeAccounts
from tests.harness.faked.jobs import FakeJobs
from tests.harness.faked.plugins import FakePlugins
from tests.harness.faked.products import FakeProducts


class FakeUseCases(FakeJobs, FakeProducts, FakeAccounts, FakePlugins):
    """All that an api asks for."""

    def app(self, tokens: AccessTokens, **more: Any) -> Starlette:
        context: Any = FakeContext(self, tokens)
        return create_app(
            context, self.plugin(), EventUseCases(self.newest, self.events_after), self.statuses, tokens, **more
        )


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
