"""What rules judge by: a place (one tenant at one marketplace), and a job there."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stoflow.domain.application import RefusalMark
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import PutOff, UnknownTask
from stoflow.domain.outcome import Lock
from stoflow.settings import Settings


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is configured, the same for every tenant: settings, who is reached through a plugin, caps by marketplace.

    `terms` are the wordings by marketplace that a seller must have accepted before a plugin acts for them. `clock`
    tells epoch seconds.
    """

    settings: Settings = field(default_factory=Settings.model_construct)
    plugins: frozenset[str] = frozenset()
    caps: Mapping[str, int] = field(default_factory=dict[str, int])
    terms: Mapping[str, str] = field(default_factory=dict[str, str])
    clock: Callable[[], float] = time.time

    def asks(self, marketplace: str, accepted: Collection[str]) -> bool:
        """Say whether the wording in force there is not among those that were accepted: "shop 2026-10"."""
        version = self.terms.get(marketplace)
        return version is not None and f"{marketplace} {version}" not in accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One tenant at one marketplace. What whoever asks does not know stands as if it held nothing up.

    `halted` says why the seller must act, None where they need not, `lock` that it is because the account is locked.
    `resume_at` is until when the marketplace wants no call.
    `terms_due` says that the seller has not accepted what the plugin's notice says, `terms_until` until when it acts
    all the same, as it did before there was a notice.
    `since` tells since when the plugin is away, `refusal` that the marketplace refuses StoFlow's own application.
    """

    tenant: TenantId
    marketplace: str
    now: datetime
    settings: Settings
    suspended: bool = False
    halted: str | None = None
    lock: Lock | None = None
    resume_at: datetime | None = None
    by_plugin: bool = False
    plugin_connected: bool = True
    plugin_since: str | None = None
    terms_due: bool = False
    terms_until: datetime | None = None
    refusal: RefusalMark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One job that is not final, and the task it has come to; times are None where there is nothing to wait for.

    `under_way` is true while a worker or a plugin does the task. `served` and `decided` say whether a worker that runs
    works for the marketplace, and whether the tenant's orchestrator knows it; None where there is no such process.
    `behind` is the first of those before it on its product, `put_off` the one of them that is put off for longest.
    `unknown` is a task that a worker did not know.
    """

    place: Place
    action: str
    under_way: bool = False
    pending_task: bool = True
    behind: JobId | None = None
    put_off: PutOff | None = None
    not_before: datetime | None = None
    look_at: datetime | None = None
    accepted_until: datetime | None = None
    late_until: datetime | None = None
    retry_at: datetime | None = None
    error: str = ""
    pace_until: datetime | None = None
    in_flight: int = 0
    cap: int | None = None
    served: bool | None = True
    decided: bool | None = True
    orchestrators: int = 1
    unknown: UnknownTask | None = None
