"""`python -m campaigns.migrations`: one column for every tenant while they are served, killed, poisoned and resumed."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import psutil

from campaigns.chaos import LARGEST_SEED, end_on_sigterm
from campaigns.migrations_report import Report, worded
from campaigns.poison import Poison, poisoned
from campaigns.release import REVISION, Release, next_release
from campaigns.served import Neighbour, at_work, p99_ms
from stoflow.cli.run.children import LOCALHOST, Children, free_port
from stoflow.cli.simulate.demo_world import environment
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.migrations import runner
from stoflow.settings import load, variable_of
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.tenants import create_tenant
from stoflow.storage.products.snapshots import add_product
from stoflow.transports.api_client import is_ready
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow.wiring.tokens import access_tokens

TENANTS, SHORT_TENANTS = 1_000, 40
KILLS, SHORT_KILLS = 3, 1
NEIGHBOURS = 5
ALONE_S, SHORT_ALONE_S = 30.0, 3.0
AT_ONCE = 2
WITHIN_S = 180.0
SLOWER_AT_MOST = 2.0
LOOK_EVERY_S = 0.02
GONE_WITHIN_S = 30.0
POISONED = 3
IS_DONE = "SELECT '{schema}' AS name FROM {schema}.alembic_version WHERE version_num = %(revision)s"


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    tenants: int
    kills: int
    alone_s: float
    is_short: bool  # too few requests for their 99th percentile to say anything


def main() -> int:
    """Return 0 where everything demanded held, 1 otherwise."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m campaigns.migrations", description=__doc__)
    parser.add_argument("--tenants", type=int, help=f"{TENANTS}, or {SHORT_TENANTS} with --short")
    parser.add_argument(
        "--seed", type=int, help="decides who is poisoned and when it is killed; printed when not given"
    )
    parser.add_argument("--short", action="store_true", help="few tenants and one kill, in half a minute")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time() * 1000) % LARGEST_SEED
    report = campaign(planned(seed, arguments.tenants, is_short=arguments.short))
    print(json.dumps(asdict(report), indent=2) if arguments.json else worded(report))
    return 1 if report.failures else 0


def planned(seed: int, tenants: int | None = None, *, is_short: bool) -> Plan:
    if is_short:
        return Plan(seed, tenants or SHORT_TENANTS, SHORT_KILLS, SHORT_ALONE_S, is_short=True)
    return Plan(seed, tenants or TENANTS, KILLS, ALONE_S, is_short=False)


def campaign(plan: Plan) -> Report:
    """Run it; the folder with the logs is kept where it was not green."""
    folder = Path(tempfile.mkdtemp(prefix="migrations-"))
    print(f"Seed {plan.seed}; logs are in {folder}.", file=sys.stderr, flush=True)
    with opened(load(None, home=folder / "home")) as installation:
        runner.migrate(installation.urls.database_url)
        prepare(installation)
        _make_tenants(installation.database, plan.tenants)
        sellers = _sellers(installation)
        with _api(installation, folder) as url, at_work(url, sellers) as neighbour:
            report = _Migrating(plan, installation, folder, neighbour).report()
    if not report.failures:
        shutil.rmtree(folder, ignore_errors=True)
    return report


def _make_tenants(database: Database, count: int) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda number: create_tenant(database, f"seller{number}@example.com"), range(count)))


def _sellers(installation: Installation) -> Sequence[tuple[str, int]]:
    """Return some tenants' tokens, each with a product of theirs."""
    tokens = access_tokens(installation.settings)
    sellers: list[tuple[str, int]] = []
    for number in range(1, NEIGHBOURS + 1):
        with installation.database.tenant(TenantId(number)) as session:
            product = add_product(session, NewProduct(title="A coat", description="Warm.", price=None))
        sellers.append((tokens.issue_access_token(TenantId(number)), product))
    return sellers


@contextmanager
def _api(installation: Installation, folder: Path) -> Iterator[str]:
    port, http = free_port(), DirectClient()
    variables = environment(installation.urls, home=installation.settings.home, speed=1.0)
    with Children(variables, logs=folder) as children:
        child = children.start("api", "api", **{variable_of("host"): LOCALHOST, variable_of("port"): str(port)})
        url = f"http://{LOCALHOST}:{port}"
        children.wait_until(lambda: is_ready(http, url), child)
        yield url
    http.close()


class _Migrating:
    """The newer release's runs, one after the other, and what was wrong with them."""

    def __init__(self, plan: Plan, installation: Installation, folder: Path, neighbour: Neighbour) -> None:
        self._plan, self._neighbour, self._random = plan, neighbour, Random(plan.seed)
        self._database, self._url = installation.database, installation.urls.database_url
        variables = environment(installation.urls, home=installation.settings.home, speed=1.0)
        self._release: Release = next_release(folder / "newer", variables)
        self._failures: list[str] = []
        self._schemas = [schema_name(TenantId(number)) for number in range(1, plan.tenants + 1)]

    def report(self) -> Report:
        alone_s = time.monotonic()
        time.sleep(self._plan.alone_s)
        begun_s = time.monotonic()
        with poisoned(self._url, self._schemas[NEIGHBOURS:], self._random) as poison:
            done = [self._killed(poison, number) for number in range(self._plan.kills)]
            self._resumed(poison, already=done[-1] if done else 0)
            ended_s = time.monotonic()
        healed_s = self._run(migrated=POISONED)
        unchanged_s = self._run(migrated=0)
        status_s = self._looked()
        alone, meanwhile = (
            self._neighbour.between(*times) for times in ((alone_s, begun_s), (begun_s, ended_s + healed_s))
        )
        self._judge(ended_s - begun_s, p99_ms(alone), p99_ms(meanwhile))
        return Report(
            self._plan.seed, self._plan.tenants, done, ended_s - begun_s, healed_s, unchanged_s, status_s,
            len(self._neighbour.asked), self._neighbour.errors, p99_ms(alone), p99_ms(meanwhile), self._failures,
        )  # fmt: skip

    def _killed(self, poison: Poison, number: int) -> int:
        """Kill a run with -9 once a tenant of the seed's choice is done; return how many are then, and stay so."""
        share = (number + self._random.random()) / (self._plan.kills + 1)
        last = self._schemas[int(share * len(self._schemas))]
        while last in poison.reasons:
            last = self._random.choice(self._schemas)
        process = self._release.start("migrate", "--parallel", str(AT_ONCE))
        while process.poll() is None and last not in self._done([last]):
            time.sleep(LOOK_EVERY_S)
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            self._failures.append(f"run {number + 1} ended before it was killed, with {process.returncode}")
        if psutil.wait_procs(family, timeout=GONE_WITHIN_S)[1]:
            self._failures.append(f"run {number + 1} was killed and left a process behind")
        return len(self._done(self._schemas))

    def _done(self, schemas: Sequence[str]) -> frozenset[str]:
        parts = (IS_DONE.replace("{schema}", schema) for schema in schemas)
        with self._database.records() as connection:
            found = connection.execute(" UNION ALL ".join(parts).encode(), {"revision": REVISION})
            return frozenset(row["name"] for row in found)

    def _resumed(self, poison: Poison, already: int) -> None:
        """Run to the end beside poison: it is named, everybody else is there, and who was there was left alone."""
        code, found = self._migrate()
        self._demand("exit code", code, 1)
        self._failures.extend(poison.mismatches(found["failed"]))
        self._demand("already there", found["unchanged"], already)
        self._demand("done", len(self._done(self._schemas)), self._plan.tenants - POISONED)

    def _run(self, *, migrated: int) -> float:
        begun_s = time.monotonic()
        code, found = self._migrate()
        self._demand("exit code", code, 0)
        counts = len(found["migrated"]), found["unchanged"]
        self._demand("upgraded and already there", counts, (migrated, self._plan.tenants - migrated))
        return time.monotonic() - begun_s

    def _looked(self) -> float:
        begun_s = time.monotonic()
        code, said = self._release.run("migrate", "--status", "--json")
        found = json.loads(said)
        self._demand("status", (code, found["behind"], found["status"]["drifted"]), (0, [], []))
        return time.monotonic() - begun_s

    def _migrate(self) -> tuple[int, Mapping[str, Any]]:
        code, said = self._release.run("migrate", "--parallel", str(AT_ONCE), "--json")
        return code, json.loads(said)

    def _demand(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self._failures.append(f"{what}: {found}, not {wanted}")

    def _judge(self, migrating_s: float, alone_ms: float, meanwhile_ms: float) -> None:
        self._demand("the neighbour's errors", self._neighbour.errors, 0)
        if migrating_s > WITHIN_S:
            self._failures.append(f"it took {migrating_s:.0f} s, at most {WITHIN_S:.0f} wanted")
        if meanwhile_ms > SLOWER_AT_MOST * alone_ms and not self._plan.is_short:
            self._failures.append(f"the neighbour's p99 was {meanwhile_ms / alone_ms:.1f} times what it is alone")


if __name__ == "__main__":
    sys.exit(main())
