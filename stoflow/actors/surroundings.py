"""What the supervisors of an orchestrator share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pykka

from stoflow.actors.loader import Loader
from stoflow.actors.mailbox import Pool
from stoflow.actors.timers import Timers
from stoflow.domain.ids import Epoch, ProcessId, TenantId


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every supervisor of an orchestrator shares. `caps` by marketplace; `plugins` are reached through one."""

    pool: Pool
    loader: Loader
    timers: Timers
    dispatcher: pykka.ActorRef[Any]
    me: ProcessId
    caps: Mapping[str, int]
    plugins: frozenset[str]
    pace_s: Callable[[str, str], float]
    sweep_soon: Callable[[TenantId], None]
    page_size: int
    refusing: Callable[[], frozenset[str]]  # the marketplaces that refuse StoFlow's own application
    on_released: Callable[[TenantId, Epoch], None]
