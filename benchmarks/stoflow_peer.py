"""StoFlow itself: jobs submitted through its use case, orchestrator and workers as their commands start them."""

from collections import defaultdict
from collections.abc import Mapping

from benchmarks.machine import Machine, free_port
from benchmarks.peer import PROCESSES, THREADS
from benchmarks.stoflow_marketplace import ACTION, MARKETPLACE, NAME
from benchmarks.workload import BenchJob
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.registry import ENTRY_POINT_GROUP, build_registry
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.installations import installation_name
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant
from stoflow.transports.feed import HintedFeed
from stoflow.transports.hints import Hints
from stoflow.transports.names import Names
from stoflow.upkeep.action_types import register_action_types

ENTRY_POINTS = f"[{ENTRY_POINT_GROUP}]\n{NAME} = benchmarks.stoflow_marketplace:MARKETPLACE\n"
IN_FLIGHT = 1000  # events: so many may have been begun before the last one seen, and committed after it
METADATA = "Metadata-Version: 2.1\nName: stoflow-nowhere\nVersion: 0\n"

# Where everybody hears of ends: pages, webhooks, GET /events.
ENDED = """
SELECT id, tenant, subject, extract(epoch FROM at)::float8 AS at FROM public.events
WHERE id > %s AND type = 'job_status_update' AND state = 'completed'
"""


class StoflowPeer:
    """One orchestrator, and one worker command with two processes of eight threads."""

    name = "stoflow"
    durable = "every step's start, end, result, attempt and timeline, with fences, in PostgreSQL"

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.port = free_port()
        self.environment: Mapping[str, str] = {
            "STOFLOW_HOME": str(machine.home / "stoflow"),
            "STOFLOW_DATABASE_URL": machine.urls.database_url,
            "STOFLOW_REDIS_URL": machine.urls.redis_url,
        }
        self._registry = build_registry([MARKETPLACE], entry_points=False)
        self.database = Database(machine.urls.database_url)
        self._hints = Hints(machine.urls.redis_url)
        self.tenants: list[TenantId] = []
        self._waiting: dict[TenantId, dict[int, str]] = defaultdict(dict)  # names of unfinished jobs, by id
        self._done: dict[str, float] = {}
        self._seen = 0  # the last event

    def setup(self, *, tenants: int) -> None:
        self._install_marketplace()
        self.machine.run(["-m", "stoflow", "migrate"], self.environment)
        register_action_types(self.database, self._registry)
        for _ in range(tenants):
            self.add_tenant()

    def add_tenant(self) -> None:
        self.tenants.append(create_tenant(self.database, f"tenant{len(self.tenants)}@example.com"))

    def open(self) -> None:
        """Begin with connections that have made no tenant: those that did know each of them while they live."""
        self.database.close()
        self.database = Database(self.machine.urls.database_url)
        self._feed = HintedFeed(self._hints, Names(installation_name(self.database)))
        self._hints.start()

    def start_workers(self) -> None:
        self.start("orchestrator", "orchestrator")
        self.start("workers", "worker", "--processes", str(PROCESSES), "--threads", str(THREADS))

    def start(self, kind: str, *arguments: str, **environment: str) -> int:
        """Start a `stoflow` command."""
        return self.machine.python(kind, ["-m", "stoflow", *arguments], {**self.environment, **environment})

    def start_api(self, command: str, *arguments: str) -> None:
        """Start a command that serves the api, at the peer's port."""
        self.start(command, command, *arguments, STOFLOW_PORT=str(self.port), STOFLOW_HOST="127.0.0.1")

    def enqueue(self, job: BenchJob, *, priority: int | None = None) -> None:
        tenant = self.tenants[job.tenant - 1]
        asked = SubmitJob(NAME, ACTION, priority=priority, payload=job.payload())
        made, _ = submit(self.database, self._registry, tenant, asked)
        self._feed.announced()
        self._waiting[tenant][made] = job.name

    def done_times(self, beginning: str) -> Mapping[str, float]:
        with self.database.records() as connection:
            ended = connection.execute(ENDED, [self._seen - IN_FLIGHT]).fetchall()
        for row in ended:
            self._seen = max(self._seen, row["id"])
            name = self._waiting[row["tenant"]].pop(row["subject"], None)
            if name is not None:
                self._done[name] = row["at"]
        return {name: at for name, at in self._done.items() if name.startswith(beginning)}

    def stop(self) -> None:
        self.machine.end_processes()
        self._hints.stop()
        self.database.close()

    def _install_marketplace(self) -> None:
        """Bring the marketplace as an installed package would: by its entry point."""
        package = self.machine.site / "stoflow_nowhere-0.dist-info"
        package.mkdir(parents=True)
        (package / "METADATA").write_text(METADATA)
        (package / "entry_points.txt").write_text(ENTRY_POINTS)
