"""Who asks in a test: what the use cases need that read."""

from dataclasses import dataclass, field

from stoflow.admission.facts import Conditions
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.storage.database.session import Database


@dataclass(frozen=True)
class Asking:
    database: Database
    conditions: Conditions = field(default_factory=Conditions)
    registry: Registry = field(default_factory=build_registry)
