"""Who lives, and what lies unread, of the whole installation: one statement over small tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from psycopg import Connection
from psycopg.rows import DictRow

COUNTED_AT_MOST = 100_000

# The oldest is the first one, as ids grow.
INSTALLATION = """
SELECT clock_timestamp() AS now, current_setting('transaction_read_only')::boolean AS read_only,
  (SELECT jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'serves', serves, 'host', host, 'pid', pid,
       'release', release, 'lives_s', extract(epoch FROM clock_timestamp() - started_at),
       'lease_s', extract(epoch FROM expires_at - clock_timestamp())) ORDER BY id)
     FROM public.processes WHERE NOT dead AND expires_at > clock_timestamp()) AS living,
  (SELECT jsonb_object_agg(kind, ended) FROM (
     SELECT kind, extract(epoch FROM max(expires_at)) AS ended FROM public.processes
     WHERE dead OR expires_at <= clock_timestamp() GROUP BY kind) AS gone) AS gone,
  (SELECT count(*) FROM (SELECT FROM public.outbox LIMIT %(counted)s) AS o) AS outbox,
  (SELECT created_at FROM public.outbox ORDER BY id LIMIT 1) AS outbox_since,
  (SELECT count(*) FROM public.tenant_work) AS tenants,
  (SELECT count(*) FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
     WHERE v.connected AND NOT p.dead AND p.expires_at > clock_timestamp()) AS plugins
"""


@dataclass(frozen=True, slots=True)
class LivingProcess:
    """A process that holds a lease, for so many seconds still where it is not renewed.

    `serves` is None where it does not say for which marketplaces it works.
    """

    id: int
    kind: str
    serves: Sequence[str] | None
    host: str
    pid: int
    release: str
    lives_s: float
    lease_s: float


@dataclass(frozen=True, slots=True)
class InstallationFacts:
    """`outbox` counts jobs that no orchestrator has heard of yet, `tenants` those with unfinished work.

    `gone` is by kind since when the last process that has ended is gone, as far as that is known. Where PostgreSQL is
    `read_only` no lease can be renewed, and who lives is not known.
    """

    now: datetime
    living: Sequence[LivingProcess]
    outbox: int
    outbox_since: datetime | None
    tenants: int
    plugins: int
    gone: Mapping[str, float] = field(default_factory=dict[str, float])
    read_only: bool = False

    @classmethod
    def of(cls, row: DictRow) -> Self:
        living = [LivingProcess(**each) for each in row["living"] or ()]
        told: dict[str, Any] = {**row, "living": living, "gone": row["gone"] or {}}
        return cls(**told)

    def living_of(self, kind: str) -> Sequence[LivingProcess]:
        return [each for each in self.living if each.kind == kind]

    def serves(self, kind: str, marketplace: str) -> bool:
        """Whether a living process of this kind works for the marketplace."""
        return any(each.serves is None or marketplace in each.serves for each in self.living_of(kind))


def read_installation(connection: Connection[DictRow]) -> InstallationFacts:
    row = connection.execute(INSTALLATION, {"counted": COUNTED_AT_MOST}).fetchone()
    assert row is not None, "a SELECT without FROM answers a row"
    return InstallationFacts.of(row)
