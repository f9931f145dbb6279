"""`python -m campaigns.legacy`: a database of the old house carried over while its program writes and it is killed."""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from os import environ
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from campaigns.chaos import LARGEST_SEED, end_on_sigterm
from campaigns.legacy.judge import Before, Report, counted, judged, worded
from campaigns.legacy.lock_watch import LockWatch
from campaigns.legacy.old_house import Size, add_tenant, build
from campaigns.legacy.old_writer import DIRECT, PHOTO, Notes, OldWriter, Writing
from campaigns.world import wait_until
from stoflow.cli.run.children import LOCALHOST, Children, free_port
from stoflow.cli.simulate.demo_sellers import connect_sellers
from stoflow.cli.simulate.demo_world import SANDBOX_READY, environment, marketplace_variables
from stoflow.domain.ids import TenantId
from stoflow.migrations import runner
from stoflow.migrations.changing_over import undo_all
from stoflow.migrations.old_house import expand
from stoflow.resources.products.media import write_whole
from stoflow.settings import load
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault, secret_keys
from stoflow.storage.database.connecting import plain_url
from stoflow.transports.api_client import is_ready
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.installation import Installation, opened, prepare
from stoflow_sandbox.demo.drawing import Subject, draw
from stoflow_sandbox.ledger import read_ledger

WHOLE = Size(products=250, batches=100, jobs=5_000, tasks=200, days=400)
SHORT = Size(products=20, batches=10, jobs=300, tasks=20, days=40)
POISONED = "user_3"
IN_THE_WAY = f"CREATE TABLE {POISONED}.job_timeline (in_the_way integer)"
BESIDE_S, SHORT_BESIDE_S = 20.0, 2.0
DONE_WITHIN_S = 180.0
LOCK_MS = 2_000
KILL_AFTER_S = 0.8
LOOK_EVERY_S = 0.5
LEDGER = "ledger.ndjson"
SPEED = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    tenants: int
    size: Size
    kills: int
    pages: int
    beside_s: float
    is_timed: bool  # not where it runs beside everything else, on whatever machine


def main() -> int:
    """Return 0 where everything demanded held, 1 otherwise."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m campaigns.legacy", description=__doc__)
    parser.add_argument(
        "--seed", type=int, help="decides what is written and when it is killed; printed when not given"
    )
    parser.add_argument("--short", action="store_true", help="three tenants, 900 jobs and two kills; no time is judged")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time() * 1000) % LARGEST_SEED
    report = campaign(planned(seed, is_short=arguments.short))
    print(json.dumps(asdict(report), indent=2) if arguments.json else worded(report))
    return 1 if report.failures else 0


def planned(seed: int, *, is_short: bool) -> Plan:
    if is_short:
        return Plan(seed, 3, SHORT, 2, 3, SHORT_BESIDE_S, is_timed=False)
    return Plan(seed, 20, WHOLE, 20, 12, BESIDE_S, is_timed=True)


def campaign(plan: Plan) -> Report:
    """Run it; the folder with the logs is kept where it was not green."""
    folder, begun_s = Path(tempfile.mkdtemp(prefix="legacy-")), time.monotonic()
    print(f"Seed {plan.seed}; logs are in {folder}.", file=sys.stderr, flush=True)
    with opened(load(None, home=folder / "home")) as installation:
        report = _ChangeOver(plan, installation, folder).report()
    if not report.failures:
        shutil.rmtree(folder, ignore_errors=True)
    return replace(report, seconds=time.monotonic() - begun_s)


class _ChangeOver:
    """One installation on its way, and what was wrong with it."""

    def __init__(self, plan: Plan, installation: Installation, folder: Path) -> None:
        self._plan, self._installation, self._folder = plan, installation, folder
        self._random, self._url = Random(plan.seed), plain_url(installation.urls.database_url)
        self._variables = environment(installation.urls, home=installation.settings.home, speed=SPEED)
        self._failures: list[str] = []
        self._schemas = [f"user_{number}" for number in range(1, plan.tenants + 1)]

    def report(self) -> Report:
        """Make the old house, carry it over while it is written in, let the work be done, and take the names away."""
        before = self._built()
        watch = LockWatch(self._url)
        writing = Writing(self._url, self._schemas, self._plan.size.products, self._random)
        watch.start()
        writing.start()
        self._undone()
        killed = sum(not self._killed() for _ in range(self._plan.kills))
        self._demand("runs killed", killed, self._plan.kills)
        carried_s = self._carried()
        with self._at_work():
            time.sleep(self._plan.beside_s)
            notes = writing.stop()
            self._read_as_done(notes)
            self._contracted()
        watch.stop()
        kept = counted(self._url, self._schemas, self._plan.size)
        drifted = runner.status(self._installation.urls.database_url)
        self._demand("drift, and tenants with old names", (drifted.drifted, drifted.keeping), ((), ()))
        return judged(
            self._plan.seed, before, kept, notes, self._failures, url=self._url, sold_at=self._sold_at(),
            killed=killed, carried_s=carried_s, lock_s=watch.longest_s, locked=watch.longest,
            is_timed=self._plan.is_timed,
        )  # fmt: skip

    def _built(self) -> Before:
        """Make it, with a schema that is empty, one without some of its tables, and one that cannot be carried over."""
        size, more = self._plan.size, self._plan.tenants
        with psycopg.connect(self._url, autocommit=True) as connection:
            build(connection, more, size)
            connection.execute(f"CREATE SCHEMA user_{more + 1}".encode())
            add_tenant(connection, f"user_{more + 2}", size)
            connection.execute(
                f"DROP TABLE user_{more + 2}.vinted_job_stats, user_{more + 2}.marketplace_tasks".encode()
            )
            connection.execute(IN_THE_WAY.encode())
        return counted(self._url, self._schemas, size)

    def _undone(self) -> None:
        """Begin with one tenant, and take that back while the old program goes on there."""
        url = self._installation.urls.database_url
        runner.shared_and_template(url)
        engine = runner.engine_of(url)
        expand(engine, "user_1", within_ms=LOCK_MS)
        self._demand("taken back", undo_all(url).migrated, ("user_1",))

    def _killed(self) -> bool:
        """Kill a run with -9 at an instant of the seed's choice; return whether it had ended before.

        The instant is so many pages of rows and a moment later, so that a fast machine is not done before the last.
        """
        process, pages = self._start("--parallel", "2", "--rows", "250", err=subprocess.PIPE), 0
        assert process.stderr
        wanted = self._random.randrange(self._plan.pages)
        with (self._folder / "migrate.log").open("a") as log:
            while pages < wanted and (line := process.stderr.readline()):
                log.write(line)
                pages += "carried over" in line
        try:
            process.wait(self._random.uniform(0.0, KILL_AFTER_S))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode != -signal.SIGKILL

    def _carried(self) -> float:
        """Run to the end: the poisoned tenant is named and nobody else, and once it is healed it follows."""
        begun_s = time.monotonic()
        code, said = self._run("--parallel", "2")
        named = [(each["schema"], "job_timeline" in each["reason"]) for each in said["failed"]]
        self._demand("exit code, and who was named", (code, named), (1, [(POISONED, True)]))
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"DROP TABLE {POISONED}.job_timeline".encode())
        code, said = self._run("--parallel", "2")
        self._demand("healed", (code, said["migrated"]), (0, [POISONED]))
        return time.monotonic() - begun_s

    def _contracted(self) -> None:
        """Be refused while it was written a moment ago; then take the old names away beside who works."""
        code, said = self._run("--contract")
        refused = sum(each["reason"].startswith("An old program wrote") for each in said["failed"])
        self._demand("refused contracts", (code, refused), (1, self._plan.tenants + 1))
        code, said = self._run("--contract", "--unused-h", "0")
        self._demand("contracts", (code, len(said["migrated"])), (0, self._plan.tenants + 1))

    def _read_as_done(self, notes: Notes) -> None:
        """Wait until the old program's own statements say that its jobs are done, and its batches count them."""
        reader, until_s = OldWriter(self._url, notes), time.monotonic() + DONE_WITHIN_S
        left = set(notes.left)
        off = list(self._schemas)
        while (left or off) and time.monotonic() < until_s:
            left, off = _unfinished(reader, left), self._batches_off(reader)
            time.sleep(LOOK_EVERY_S)
        reader.close()
        self._demand("batches that do not show what became of their jobs", off, [])

    def _batches_off(self, reader: OldWriter) -> list[str]:
        off = list[str]()
        for schema in self._schemas:
            reader.use(schema)
            off.extend(reader.batches_off())
        return off

    def _sold_at(self) -> Mapping[str, set[str]]:
        found = {place: set[str]() for place in DIRECT}
        for entry in read_ledger(self._folder / LEDGER):
            if entry.marketplace in found and entry.listing_id:
                found[entry.marketplace].add(entry.listing_id)
        return found

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Run StoFlow over it, with every tenant's accounts on the marketplaces that need no browser."""
        prepare(self._installation)
        write_whole(self._installation.media.root / PHOTO, draw(Subject("coat", "navy", "A coat")))
        with ExitStack() as stack:
            http = DirectClient()
            stack.callback(http.close)
            children = stack.enter_context(Children(self._variables, logs=self._folder))
            port = free_port()
            sandbox = f"http://{LOCALHOST}:{port}"
            ledger = str(self._folder / LEDGER)
            children.start("sandbox", "sandbox", "--port", str(port), "--speed", str(SPEED), "--ledger", ledger)
            wait_until(lambda: is_ready(http, sandbox, SANDBOX_READY), "the sandbox")
            settings = self._installation.settings
            vault = Vault(secret_keys(settings.secret_keys, settings.home))
            tenants = [TenantId(number) for number in range(1, self._plan.tenants + 1)]
            connections = Connections(self._installation.database, vault)
            connect_sellers(connections, http, sandbox, tenants, DIRECT, by_plugin=frozenset())
            variables = marketplace_variables(sandbox)
            children.start("orchestrator", "orchestrator", **variables)
            children.start("worker", "worker", "--processes", "1", **variables)
            yield

    def _run(self, *arguments: str) -> tuple[int, Mapping[str, Any]]:
        process = self._start(*arguments, "--json")
        said, _ = process.communicate()
        return process.returncode, json.loads(said)

    def _start(self, *arguments: str, err: int | None = None) -> "subprocess.Popen[str]":
        with (self._folder / "migrate.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "stoflow", "migrate", *arguments],
                env={**environ, **self._variables},
                stdout=subprocess.PIPE,
                stderr=log if err is None else err,
                text=True,
            )

    def _demand(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self._failures.append(f"{what}: {found}, not {wanted}")


def _unfinished(reader: OldWriter, jobs: set[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return those that the old program reads as not ended."""
    left = set[tuple[str, int]]()
    for schema, job in jobs:
        reader.use(schema)
        if reader.read(job) in {"pending", "running", "paused"}:
            left.add((schema, job))
    return left
