#!/usr/bin/env bash
# plainjob 0.0.14 (npm): a job that has waited longer than `timeout` is given to a second worker while the first one runs it.
#
# Expected: `timeout`, half an hour by itself, is how long a job may run before it counts as left by a worker that died, and is queued again.
# Happens:  it is counted from the moment at which the job was due, not from the one at which it was begun: no such moment is kept. After
#           a night without workers, or behind a backlog of more than half an hour, each job is "timed out" as soon as it is begun, and
#           at the next maintenance, of which there is one a minute, whoever is idle runs it as well. Listings are made twice just when
#           there is the most to do. And a job of a cron line is run at once when the line is first given, whatever it says.
# Seen on 2026-11-29 with libsql 0.5.29, which stands in for better-sqlite3 and needs no compiler; a timeout of 3 s, jobs of 1.5 s, two workers:
#   begun when it was due     1 run
#   begun 4 s after           2 runs
#   "0 0 25 12 *"             1 run, in November
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" plainjob@0.0.14 libsql@0.5.29 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import Database from "libsql";
import { better, defineQueue, defineWorker, JobStatus } from "plainjob";

const TIMEOUT_MS = 3000;
const logger = { debug() {}, info() {}, error() {} };

/** How often a job runs whose two workers begin to work `late` milliseconds after it was due, and a cron line's if one is given. */
async function runs(late, add) {
  const queue = defineQueue({
    connection: better(new Database(":memory:")),
    timeout: TIMEOUT_MS,
    maintenanceInterval: 100,
    logger,
  });
  add(queue);
  await wait(late);
  let begun = 0;
  const run = async () => {
    begun += 1;
    await wait(TIMEOUT_MS / 2);
  };
  const workers = [1, 2].map(() => defineWorker("list", run, { queue, pollIntervall: 50, logger }));
  const working = workers.map((worker) => worker.start());
  while (queue.countJobs({ status: JobStatus.Done }) === 0) await wait(50);
  await Promise.all(workers.map((worker) => worker.stop()));
  await Promise.all(working);
  queue.close();
  return begun;
}

const once = (queue) => queue.add("list", { sku: "A-17" });
const timely = await runs(0, once);
console.log(`begun when it was due     ${timely} run`);
const late = await runs(TIMEOUT_MS + 1000, once);
console.log(`begun 4 s after           ${late} runs`);
const away = new Date().getMonth() === 11 ? "0 0 25 6 *" : "0 0 25 12 *";
const christmas = await runs(0, (queue) => queue.schedule("list", { cron: away }));
console.log(`"${away}"             ${christmas} run, in ${new Date().toLocaleString("en", { month: "long" })}`);
assert.deepEqual([timely, late, christmas], [1, 2, 1], "changed");
NODE
node see.mjs
