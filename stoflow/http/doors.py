"""What the doors may ask of the rest of StoFlow: use cases, given by the composition root."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from stoflow.domain.call import Answer
from stoflow.domain.catalogue import CatalogueEntry
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.page import Page
from stoflow.domain.product import NewProduct, Product
from stoflow.resources.connections.connection import Connection
from stoflow.resources.connections.consent import Invitation, Returned
from stoflow.resources.jobs.explain import Explanation
from stoflow.resources.jobs.views import JobFilter, JobView, PluginCommand, SubmitJob, TimelineEntry
from stoflow.resources.observed.read import ListingFilter, ListingView, OrderView
from stoflow.resources.products.media import Photo


class TenantStatus(StrEnum):
    """What PostgreSQL says of a tenant."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """Who answers now. Without Redis StoFlow is slower but right; without PostgreSQL it cannot work.

    `refusing` says why Redis answers and takes nothing that is written, "" where it does: no work is handed out then.
    `unprepared` says why PostgreSQL answers and cannot be worked with, "" where it can. `refused_by` names the
    marketplaces that refuse StoFlow's own application, each with the time since when: the others are worked with.
    """

    postgres: bool
    redis: bool
    refusing: str = ""
    unprepared: str = ""
    refused_by: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, slots=True)
class PluginUseCases:
    """The plugin's side. Every call may be repeated.

    `command_sent` is called before a command leaves: it binds the command to this plugin_id and says whether it is
    bound to it now, so that no second plugin ever receives it. `receive_answer` ignores unknown and late answers.
    """

    connected: Callable[[TenantId, str, str], None]  # tenant, plugin_id, socket_id
    gone: Callable[[TenantId, str, str], None]
    absent: Callable[[Sequence[TenantId]], Sequence[TenantId]]  # those of them taken for offline
    open_commands: Callable[[Sequence[tuple[TenantId, str]]], Sequence[PluginCommand]]
    command_sent: Callable[[TenantId, str, str], bool]  # tenant, request_id, plugin_id
    receive_answer: Callable[[TenantId, str, str, Answer], None]  # tenant, plugin_id, request_id, answer
    session_state: Callable[[TenantId, str, bool, str], None]  # tenant, marketplace, ok, reason


@dataclass(frozen=True, slots=True)
class ConnectionUseCases:
    """A seller's connections. `complete` is given who brings the consent, None where they did not say.

    `enter` connects by credentials that the seller enters, by name. `choose` sets what the seller gives, `read` asks
    the marketplace again what there is to choose from.
    """

    find: Callable[[TenantId, str], Connection]
    enter: Callable[[TenantId, str, Mapping[str, str]], Connection]
    disconnect: Callable[[TenantId, str], Connection]
    invite: Callable[[TenantId, str], Invitation]
    complete: Callable[[str, Returned, TenantId | None], Connection]
    choose: Callable[[TenantId, str, Mapping[str, Any]], Connection]
    read: Callable[[TenantId, str], Connection]


@dataclass(frozen=True, slots=True)
class Doors:
    """Every use case is a plain blocking call; the doors run each in a thread.

    `marketplaces` are those there are, each with the codes of the actions it takes.
    """

    marketplaces: Mapping[str, Sequence[str]]
    submit: Callable[[TenantId, SubmitJob], JobView]
    find_job: Callable[[TenantId, JobId], JobView]
    list_jobs: Callable[[TenantId, JobFilter], Page[JobView]]
    explain_job: Callable[[TenantId, JobId], Explanation]
    timeline: Callable[[TenantId, JobId], Sequence[TimelineEntry]]
    cancel_job: Callable[[TenantId, JobId], JobView]
    retry_job: Callable[[TenantId, JobId], JobView]
    list_listings: Callable[[TenantId, ListingFilter], Page[ListingView]]
    list_orders: Callable[[TenantId, str, int, str | None], Page[OrderView]]  # tenant, marketplace, limit, cursor
    create_product: Callable[[TenantId, NewProduct], Product]
    change_product: Callable[[TenantId, int, Mapping[str, Any]], Product]  # tenant, product, fields of NewProduct
    list_products: Callable[[TenantId, int, str | None], Page[Product]]  # tenant, limit, cursor
    find_product: Callable[[TenantId, int], Product]
    read_photo: Callable[[TenantId, int, int], Photo]  # tenant, product, position
    list_attributes: Callable[[str, str, int, str | None], Page[CatalogueEntry]]  # catalogue, search, limit, cursor
    statuses: Callable[[Sequence[TenantId]], Mapping[TenantId, TenantStatus]]  # who is missing is unknown
    health: Callable[[], Health]
    connections: ConnectionUseCases
    plugin: PluginUseCases
