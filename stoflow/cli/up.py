"""`stoflow up`: everything in one terminal, for development."""

from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event

import click

from stoflow.bootstrap import Installation, opened
from stoflow.cli.alone import alone
from stoflow.cli.children import LOCALHOST, Child, Children
from stoflow.cli.demo_world import LEDGER, SANDBOX_READY, marketplace_variables
from stoflow.cli.migrate import bring_forward
from stoflow.cli.output import print_table, say
from stoflow.cli.sandbox import DEFAULT_PORT
from stoflow.cli.serving import until_stopped
from stoflow.cli.up_sellers import SimulatedSellers
from stoflow.domain.errors import APIError, DatabaseError
from stoflow.domain.facts import ProcessDied, database_failure
from stoflow.monitoring.record import record
from stoflow.settings import Settings, variable_of
from stoflow.transports.api_client import is_ready
from stoflow.transports.direct.client import DirectClient

LOOK_EVERY_S = 1.0
STOP_GRACE_S = 5.0  # beyond what the worker may take to finish
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  what a setting may say, not what is chosen here


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for; `sandbox_url` is empty where the real marketplaces are meant."""

    workers: int
    host: str
    port: int
    sandbox_port: int
    sandbox_url: str

    @property
    def api_url(self) -> str:
        return f"http://{LOCALHOST if self.host in EVERYWHERE else self.host}:{self.port}"


@click.command()
@click.option("--sandbox", "with_sandbox", is_flag=True, help="Simulated marketplaces instead of the real ones.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, help="Worker processes.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="The api's; STOFLOW_PORT by default.")
@click.option("--sandbox-port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, help="The sandbox's.")
@click.pass_obj
def up(settings: Settings, *, with_sandbox: bool, workers: int, port: int | None, sandbox_port: int) -> None:
    """Run everything in one terminal until Ctrl-C; what dies is started again."""
    plan = Plan(
        workers=workers,
        host=settings.host,
        port=port or settings.port,
        sandbox_port=sandbox_port,
        sandbox_url=f"http://{LOCALHOST}:{sandbox_port}" if with_sandbox else "",
    )
    with ExitStack() as stack:
        stack.enter_context(alone(settings.home))
        stopped = stack.enter_context(until_stopped())
        installation = stack.enter_context(opened(settings, pool_size=2))
        bring_forward(installation)
        http = DirectClient()
        stack.callback(http.close)
        children = stack.enter_context(Children(_variables(installation, plan)))
        _Terminal(installation, plan, children, http, stopped).run()
        children.stop(within_s=settings.drain_s + STOP_GRACE_S)


def _variables(installation: Installation, plan: Plan) -> dict[str, str]:
    """Return what every process has in common."""
    values = {
        "database_url": installation.urls.database_url,
        "redis_url": installation.urls.redis_url,
        "home": str(installation.settings.home),
        "host": plan.host,
        "port": str(plan.port),
    }
    variables = {variable_of(field): value for field, value in values.items()}
    simulated = marketplace_variables(plan.sandbox_url, api_url=plan.api_url) if plan.sandbox_url else {}
    return variables | simulated


@dataclass(frozen=True, slots=True)
class _Terminal:
    """The processes of one `stoflow up`, from their start until somebody stops them."""

    installation: Installation
    plan: Plan
    children: Children
    http: DirectClient
    stopped: Event

    def run(self) -> None:
        sellers = None
        if self.plan.sandbox_url:
            self._wait(self._start_sandbox(), self.plan.sandbox_url, SANDBOX_READY)
            sellers = SimulatedSellers(self.installation, self.http, self.plan.sandbox_url)
        api = self.children.start("api", "api")
        self.children.start("orchestrator", "orchestrator")
        self.children.start("worker", "worker", "--processes", str(self.plan.workers))
        self._wait(api, self.plan.api_url, "/readyz")
        if not self.stopped.is_set():
            self._greet()
        while not self.stopped.is_set():
            self._look_after(sellers)
            self.stopped.wait(LOOK_EVERY_S)

    def _start_sandbox(self) -> Child:
        ledger = self.installation.settings.home / "up" / LEDGER
        ledger.parent.mkdir(parents=True, exist_ok=True)
        arguments = ("--port", str(self.plan.sandbox_port), "--ledger", str(ledger), "--api-url", self.plan.api_url)
        return self.children.start("sandbox", "sandbox", *arguments, "--speed", str(self.installation.settings.speed))

    def _wait(self, child: Child, url: str, path: str) -> None:
        self.children.wait_until(lambda: self.stopped.is_set() or is_ready(self.http, url, path), child)

    def _look_after(self, sellers: SimulatedSellers | None) -> None:
        died = [child for child in self.children.running if child.has_ended]
        for child in died:
            record(ProcessDied(child.name, child.process.pid, f"exit code {child.process.returncode}"))
        self.children.revive()
        if sellers is None:
            return
        if any(child.name == "sandbox" for child in died):
            sellers.forget()
        try:
            for tenant in sellers.connect_new():
                say(f"Tenant {tenant} has accounts at the simulated marketplaces.")
        except DatabaseError as error:
            record(database_failure("looking for new sellers", error))
        except APIError:
            return  # the sandbox is on its way; the next round asks it again

    def _greet(self) -> None:
        settings, plan = self.installation.settings, self.plan
        embedded = f"embedded, in {settings.home}"
        print_table(
            ("what", "where"),
            [
                ("api", plan.api_url),
                ("OpenAPI", f"{plan.api_url}/openapi.json"),
                ("marketplaces", plan.sandbox_url or "the real ones"),
                ("PostgreSQL", variable_of("database_url") if settings.database_url else embedded),
                ("Redis", variable_of("redis_url") if settings.redis_url else embedded),
            ],
        )
        if plan.sandbox_url:
            say(_next_steps(plan, next(iter(self.installation.registry.marketplaces))))
        say("StoFlow is running; Ctrl-C stops it.")


def _next_steps(plan: Plan, marketplace: str) -> str:
    """Return what to type in another terminal, in order."""
    return f"""A seller of your own, in another terminal (put the id that the first command prints for ID):

  stoflow tenant create me@example.com
  stoflow products import FILE.csv --tenant ID
  stoflow token --tenant ID --token-file token-ID
  stoflow token --tenant ID --token-file token-ID --refresh &
  stoflow plugin --url {plan.api_url} --token-file token-ID --sandbox {plan.sandbox_url} &
  curl {plan.api_url}/api/{marketplace}/jobs -H "Authorization: Bearer $(cat token-ID)" \\
    -H 'Content-Type: application/json' -d '{{"product_id": 1, "action_type": "publish"}}'
"""
