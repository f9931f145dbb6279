"""What a view is made of: pages, which show something, and acts, by which a form changes something."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.rest.endpoint import Asked
from stoflow.http.rest.schemas import FormBody, Given, NoQuery
from stoflow.resources.monitoring.glance import Glance
from stoflow.resources.monitoring.snapshot import Snapshot

HOME = "/monitoring"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. `role` is what both their sign-in and PostgreSQL say they are good for."""

    tenant: TenantId
    role: Role

    @property
    def scope(self) -> TenantId | None:
        """Whose things may be shown: None for everybody's."""
        return None if self.role.covers(Role.SUPPORT) else self.tenant


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page is made from: who looks, what was asked for in its address, and how StoFlow is now."""

    context: Context
    viewer: Viewer
    asked: Asked
    glance: Glance

    def snapshot(self) -> Snapshot:
        """Return how it is now, as far as the viewer may see; raise DatabaseError where PostgreSQL is away."""
        return self.glance.snapshot(self.viewer.scope)


@dataclass(frozen=True, slots=True)
class Pulse:
    """What shows cheaply whether a page may be another: while `mark` stays the same, it is made every `rest_s` only."""

    mark: str
    rest_s: float


@dataclass(frozen=True, slots=True)
class Page:
    """Something to look at. `show` returns what its template is filled with; it is run in a thread.

    With a `label` it is in the navigation, in the order of `place`. Its template's blocks named `live_…` are sent again
    where they change, as long as somebody looks: their content must be the same for all who may see the same. They are
    filled with what `changing` returns, where that is less than all, and no more often than every `every_s` seconds.
    `pulses` are asked first, for all that are looked at together, where most of them stay as they are.
    """

    path: str
    title: str
    template: str
    show: Callable[[Shown], Mapping[str, Any]]
    query: type[Given] = NoQuery
    label: str = ""
    place: int = 0
    role: Role = Role.USER
    live: bool = False
    every_s: float = 0.0
    changing: Callable[[Shown], Mapping[str, Any]] | None = None
    pulses: Callable[[Sequence[Shown]], Sequence[Pulse]] | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do, by a form of a page here. `do` returns the address of the page to show then."""

    path: str
    name: str
    do: Callable[[Shown], str]
    body: type[FormBody]
    role: Role = Role.USER
