"""What stands there before anything is done: the files of an empty tenant, and what telling the commands costs."""

import os
import subprocess
import sys
from dataclasses import dataclass
from statistics import median

from benchmarks.machine import machine
from stoflow.migrations import runner
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.tenants import create_tenant

# It tells itself what it held: what the system says of a child's peak begins with that of who started it.
HELP = """
import sys
from stoflow.__main__ import main
sys.argv[1:] = ["--help"]
try:
    main()
finally:
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""
HELP_TIMES = 5
HELP_AT_MOST_S = 0.25
HELP_AT_MOST_MIB = 45.0
KIB_IN_MIB = 1024

# A table, its TOAST and that one's index, each index and each sequence are a file.
FILES = """
WITH own AS (SELECT oid, reltoastrelid FROM pg_class WHERE relnamespace = %(schema)s::regnamespace),
     told AS (SELECT oid FROM own UNION SELECT reltoastrelid FROM own WHERE reltoastrelid <> 0),
     every AS (SELECT oid FROM told UNION SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM told))
SELECT count(pg_relation_filepath(oid)) AS files, sum(pg_relation_size(oid)) / 1048576.0 AS mib,
  (SELECT count(*) FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace) AS constraints,
  (SELECT count(*) FROM pg_attribute WHERE attrelid IN (SELECT oid FROM every)) AS attributes
FROM every
"""


@dataclass(frozen=True, slots=True)
class EmptyTenant:
    """Files on disk, their size, and two of the catalogue's tables that grow with each tenant."""

    files: int
    mib: float
    constraint_rows: int
    attribute_rows: int


@dataclass(frozen=True, slots=True)
class Help:
    """The median of `stoflow --help`: CPU of user and system, and the most it held."""

    cpu_s: float
    rss_mib: float
    within_bound: bool


def measure_empty_tenant() -> EmptyTenant:
    """Make one tenant in a fresh installation and look at what PostgreSQL has of it."""
    with machine() as place:
        runner.migrate(place.urls.database_url)
        database = Database(place.urls.database_url, pool_size=1)
        schema = schema_name(create_tenant(database, "mia@example.com"))
        with database.records() as connection:
            row = connection.execute(FILES, {"schema": schema}).fetchone()
        database.close()
    assert row is not None
    return EmptyTenant(row["files"], float(row["mib"]), row["constraints"], row["attributes"])


def measure_help(times: int = HELP_TIMES) -> Help:
    """Ask for the list of commands, each time a new process."""
    asked = [_help() for _ in range(times)]
    cpu_s, rss_mib = (median(one[place] for one in asked) for place in (0, 1))
    return Help(cpu_s, rss_mib, cpu_s <= HELP_AT_MOST_S and rss_mib <= HELP_AT_MOST_MIB)


def _help() -> tuple[float, float]:
    process = subprocess.Popen(
        [sys.executable, "-c", HELP], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"`stoflow --help` ended with {process.returncode}: {said}"
        raise RuntimeError(message)
    return used.ru_utime + used.ru_stime, int(said) / KIB_IN_MIB
