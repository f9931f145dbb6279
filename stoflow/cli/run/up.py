"""`stoflow up`: everything in one terminal, for development."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from threading import Event
from typing import Protocol

import click

from stoflow.cli.commands import loaded
from stoflow.cli.output import say
from stoflow.cli.run.alone import alone
from stoflow.cli.run.child import run_command
from stoflow.cli.run.children import LOCALHOST, Child, Children, make_forking
from stoflow.cli.run.replacing import replace_dead
from stoflow.cli.run.serving import until_stopped
from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.monitoring.record import record
from stoflow.settings import Settings, variable_of
from stoflow.storage.database.health import reach
from stoflow.storage.database.session import Database
from stoflow.storage.servers.embedded import resolve_servers
from stoflow.storage.servers.keeping import ServerUrls
from stoflow.transports.probe import is_ready

LOOK_EVERY_S = 1.0
STOP_GRACE_S = 5.0  # beyond what the worker may take to finish
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  what a setting may say, not what is chosen here
SIMULATION = "simulate.beside_up:simulation"
SANDBOX_PORT = 8090


class Simulated(Protocol):
    """Simulated marketplaces, where they are asked for."""

    @property
    def name(self) -> str: ...

    @property
    def url(self) -> str: ...

    def variables(self, api_url: str) -> Mapping[str, str]: ...

    def start(self, children: Children, api_url: str) -> Child: ...

    def is_ready(self) -> bool: ...

    def look_after(self, *, has_died: bool) -> None: ...

    def next_steps(self, api_url: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for; without `simulated` the real marketplaces are meant."""

    workers: int
    host: str
    port: int
    simulated: Simulated | None

    @property
    def api_url(self) -> str:
        return f"http://{LOCALHOST if self.host in EVERYWHERE else self.host}:{self.port}"


@click.command()
@click.option("--sandbox", "with_sandbox", is_flag=True, help="Simulated marketplaces instead of the real ones.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, help="Worker processes.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="The api's; STOFLOW_PORT by default.")
@click.option("--sandbox-port", type=click.IntRange(1, 65535), default=SANDBOX_PORT, help="The sandbox's.")
@click.pass_obj
def up(settings: Settings, *, with_sandbox: bool, workers: int, port: int | None, sandbox_port: int) -> None:
    """Run everything in one terminal until Ctrl-C; what dies is started again."""
    simulation = loaded(SIMULATION) if with_sandbox else None
    with ExitStack() as stack:
        stack.enter_context(alone(settings.home))
        forks = stack.enter_context(make_forking(become=run_command))
        stopped = stack.enter_context(until_stopped())
        urls = stack.enter_context(resolve_servers(settings))
        database = stack.enter_context(closing(Database(urls.database_url, pool_size=2)))
        reach(database)
        simulated = simulation(settings, urls, database, stack, sandbox_port) if simulation else None
        plan = Plan(workers=workers, host=settings.host, port=port or settings.port, simulated=simulated)
        children = stack.enter_context(Children(_variables(settings, urls, plan), forking=forks))
        children.run("migrate")
        _Terminal(settings, database, plan, children, stopped).run()
        children.stop(within_s=settings.drain_s + STOP_GRACE_S)


def _variables(settings: Settings, urls: ServerUrls, plan: Plan) -> dict[str, str]:
    """Return what every process has in common."""
    values = {
        "database_url": urls.database_url,
        "redis_url": urls.redis_url,
        "home": str(settings.home),
        "host": plan.host,
        "port": str(plan.port),
    }
    variables = {variable_of(field): value for field, value in values.items()}
    return variables | dict(plan.simulated.variables(plan.api_url) if plan.simulated else {})


@dataclass(frozen=True, slots=True)
class _Terminal:
    """The processes of one `stoflow up`, from their start until somebody stops them."""

    settings: Settings
    database: Database
    plan: Plan
    children: Children
    stopped: Event

    def run(self) -> None:
        simulated, api_url = self.plan.simulated, self.plan.api_url
        if simulated:
            self._wait(simulated.start(self.children, api_url), simulated.is_ready)
        api = self.children.start("api", "api")
        self.children.start("orchestrator", "orchestrator")
        self.children.start_worker_processes(self.plan.workers)
        self._wait(api, lambda: is_ready(f"{api_url}/readyz"))
        if not self.stopped.is_set():
            self._greet()
        while not self.stopped.is_set():
            self._look_after(simulated)
            self.stopped.wait(LOOK_EVERY_S)

    def _wait(self, child: Child, ready: Callable[[], bool]) -> None:
        self.children.wait_until(lambda: self.stopped.is_set() or ready(), child)

    def _look_after(self, simulated: Simulated | None) -> None:
        died = replace_dead(self.children, self.database.url)
        try:
            if simulated:
                simulated.look_after(has_died=any(child.name == simulated.name for child in died))
        except DatabaseError as error:
            record(database_failure("looking for new sellers", error))

    def _greet(self) -> None:
        settings, simulated, api_url = self.settings, self.plan.simulated, self.plan.api_url
        embedded = f"embedded, in {settings.home}"
        for what, where in (
            ("api", api_url),
            ("OpenAPI", f"{api_url}/openapi.json"),
            ("marketplaces", simulated.url if simulated else "the real ones"),
            ("PostgreSQL", variable_of("database_url") if settings.database_url else embedded),
            ("Redis", variable_of("redis_url") if settings.redis_url else embedded),
        ):
            say(f"  {what:<12}   {where}")
        if simulated:
            say(simulated.next_steps(api_url))
        say("StoFlow is running; Ctrl-C stops it.")
