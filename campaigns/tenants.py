"""`python -m campaigns.tenants`: thousands of tenants, what each of them costs, and PostgreSQL killed under them."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from campaigns.chaos import end_on_sigterm
from campaigns.tenant_costs import Cost, compare, make_tenants, say
from campaigns.tenant_server import READY_WITHIN_S, Dump, database_figures, dump, is_at_work, kill_and_wait
from stoflow.domain.ids import TenantId
from stoflow.migrations import runner
from stoflow.settings import load
from stoflow.storage.database.session import Database
from stoflow.storage.servers.embedded import FOLDER, servers

DEARER_AT_MOST = 1.5


@dataclass(frozen=True, slots=True)
class Report:
    """`begun` is what the first tenants cost when they were made. `few` and `many` were measured in turn at the end,
    so that what else the machine does then is in both: in a fresh database of the same server, and in the full one.
    """

    tenants: int
    begun: Cost
    few: Cost
    many: Cost
    relations: float
    database_mib: float
    files: int
    made_in_s: float
    ready_after_kill_s: float | None
    works: bool
    dump: Dump

    @property
    def dearer(self) -> float:
        return self.many.tenant_ms / self.few.tenant_ms

    @property
    def failures(self) -> Sequence[str]:
        return list(self._failures())

    def _failures(self) -> Iterator[str]:
        if self.ready_after_kill_s is None:
            yield f"PostgreSQL was not ready {READY_WITHIN_S:.0f} s after its kill"
        if not self.works:
            yield "after the kill the last tenant could not be worked with"
        if self.dump.failure:
            yield f"pg_dump failed: {self.dump.failure}"
        if self.dearer > DEARER_AT_MOST:
            yield f"a further tenant costs {self.dearer:.2f} times what the tenth does, at most {DEARER_AT_MOST} wanted"


def main() -> int:
    """Return 0 where everything demanded held, 1 otherwise."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m campaigns.tenants", description=__doc__)
    parser.add_argument("--tenants", type=int, default=3_000, help="3,000; 100 are made in a minute")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tenants-"))
    say(f"Logs are in {folder}.")
    report = campaign(folder, arguments.tenants)
    document = json.dumps({**asdict(report), "dearer": report.dearer, "failures": report.failures}, indent=2)
    print(document if arguments.json else worded(report))
    if report.failures:
        (folder / "report.json").write_text(document)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def campaign(folder: Path, tenants: int) -> Report:
    """Make that many tenants, kill PostgreSQL, and dump all of it with the settings of docker-compose.yml."""
    home = load(None, home=folder / "home").home
    with servers(home) as urls:
        runner.migrate(urls.database_url)
        database = Database(urls.database_url)
        begun_s = time.monotonic()
        begun = make_tenants(database, tenants)
        made_in_s = time.monotonic() - begun_s
        few, many = compare(database, urls.database_url)
        figures = database_figures(database)
        files = sum(path.is_file() for path in (home / FOLDER / "postgresql" / "base").rglob("*"))
        say(f"PostgreSQL has {files} files, and is killed.")
        ready_s = kill_and_wait(home, database)
        works = is_at_work(database, TenantId(tenants))
        database.close()
    say("pg_dump begins.")
    return Report(
        tenants, begun, few, many, **figures, files=files, made_in_s=made_in_s, ready_after_kill_s=ready_s, works=works,
        dump=dump(home),
    )  # fmt: skip


def worded(report: Report) -> str:
    """Return the report as a person reads it."""
    costs = {"the first, as they were made": report.begun, "few, in turn": report.few, "many, in turn": report.many}
    lines = [f"{report.tenants} tenants: {report.relations:,} relations, {report.files:,} files, made in"]
    lines[0] += f" {report.made_in_s:.0f} s; {report.database_mib:,} MiB"
    for name, cost in costs.items():
        ddl_ms = cost.tenant_ms - cost.reading_ms
        lines.append(
            f"  {name:<30} a tenant {cost.tenant_ms:6.1f} ms: the template read in {cost.reading_ms:5.1f} ms,"
            f" made by PostgreSQL in {ddl_ms:6.1f} ms"
        )
    lines.append(f"a further tenant costs {report.dearer:.2f} times as much as the tenth")
    ready = "never" if report.ready_after_kill_s is None else f"{report.ready_after_kill_s:.1f} s"
    lines.append(f"ready again after kill -9 of PostgreSQL: {ready}; the last tenant works: {report.works}")
    lines.append(f"pg_dump with the settings of docker-compose.yml: {report.dump.seconds:.0f} s")
    return "\n".join([*lines, "", "RED: " + "; ".join(report.failures) if report.failures else "GREEN"])


if __name__ == "__main__":
    sys.exit(main())
