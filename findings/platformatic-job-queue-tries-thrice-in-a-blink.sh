#!/usr/bin/env bash
# @platformatic/job-queue 0.5.0 (npm): its "exponential backoff" is three tries within milliseconds, and a result that JSON cannot hold is three listings.
#
# Expected: "Automatic Retries - Configurable retry attempts with exponential backoff": the second try some time after the first, the third
#           longer after the second. A job whose handler has returned is done.
# Happens:  a failed job is put back into the queue and taken out again at once. No delay can be given, and a gateway that is
#           away for a second has used up all tries. The result is serialised in the same `try` as the handler is called: one with a BigInt in
#           it, as ids are read that are too long for a number, counts as a failure of the handler, which is called again. Each call was
#           right, and the job has failed. For the next hour its id is a duplicate, so that nobody can ask for it again.
# Seen on 2026-11-29 with MemoryStorage, three tries being the default; those for files, PostgreSQL and Redis know no delay either:
#   502 at each call             3 calls, the last less than 100 ms after the first, failed
#   { listing: 1n }              3 calls, the last less than 100 ms after the first, failed
#   { listing: "1" }             1 call, completed
#   502, asked for once more     duplicate
# Needs Node 22.19 or newer; it was seen with 20.20.2 as well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @platformatic/job-queue@0.5.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { MemoryStorage, Queue } from "@platformatic/job-queue";

const AT_ONCE_MS = 100;
const HANDLERS = {
  "502 at each call": () => {
    throw new Error("502");
  },
  "{ listing: 1n }": () => ({ listing: 1n }),
  '{ listing: "1" }': () => ({ listing: "1" }),
};

const queue = new Queue({ storage: new MemoryStorage() });
const calls = Object.fromEntries(Object.keys(HANDLERS).map((id) => [id, []]));
queue.execute(async (job) => {
  calls[job.id].push(performance.now());
  return HANDLERS[job.id]();
});
const ended = [];
const allEnded = new Promise((resolve) => {
  for (const event of ["completed", "failed"]) {
    queue.on(event, () => ended.push(event) === Object.keys(HANDLERS).length && resolve());
  }
});
await queue.start();
for (const id of Object.keys(HANDLERS)) await queue.enqueue(id, {});
await allEnded;

const seen = {};
for (const [id, at] of Object.entries(calls)) {
  const isAtOnce = at.at(-1) - at[0] < AT_ONCE_MS;
  const { state } = await queue.getStatus(id);
  seen[id] = [at.length, isAtOnce, state];
  const when = at.length > 1 ? `, the last ${isAtOnce ? "less" : "more"} than ${AT_ONCE_MS} ms after the first` : "";
  console.log(`${id.padEnd(28)} ${at.length} call${at.length > 1 ? "s" : ""}${when}, ${state}`);
}
const again = await queue.enqueue("502 at each call", {});
console.log(`${"502, asked for once more".padEnd(28)} ${again.status}`);
await queue.stop();
assert.deepEqual(seen["502 at each call"], [3, true, "failed"], "changed");
assert.deepEqual(seen["{ listing: 1n }"], [3, true, "failed"], "changed");
assert.deepEqual(seen['{ listing: "1" }'], [1, true, "completed"]);
assert.equal(again.status, "duplicate", "changed");
NODE
node see.mjs
