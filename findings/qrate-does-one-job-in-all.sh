#!/usr/bin/env bash
# qrate 1.2.4 (npm): at "one every two seconds" one job is done, ever; at "five per second" 25 are in less than one.
#
# Expected: `rateLimit` is "the maximum number workers per second you want the queue to start": 0.5 is "one every two
#           seconds", 5 "five per second", which is to keep calls "below the API provider's quota".
# Happens:  each second the places are set to `rateLimit`, and a job needs a whole one: half a place is never enough.
#           The first job is done, all others wait for good, without an error, and 1.5 is one. And each time that the
#           queue becomes empty a timer of its own is set that fills the places a second later, if the queue is empty
#           then: after five single orders it is filled five times, and whoever comes between has five each time. Its
#           README speaks of the timer only to say how it is ended.
# Seen on 2026-11-30; four jobs, for seven seconds; then five jobs one by one in 0.2 s, and a second later five times
# five within 0.2 s:
#   rateLimit 1       4 of 4 are done
#   rateLimit 0.5     1 of 4 is done
#   rateLimit 5       25 are begun within 0.4 s
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" qrate@1.2.4 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import qrate from "qrate";

/** How many of four jobs are done in seven seconds. */
async function doneOfFour(rateLimit) {
  let done = 0;
  const queue = qrate((job, whenDone) => {
    done += 1;
    whenDone();
  }, 1, rateLimit);
  for (const job of [1, 2, 3, 4]) queue.push(job);
  await wait(7000);
  return done;
}

/** How many jobs are begun at most in 0.4 s. */
async function mostOfMany(rateLimit) {
  const begun = [];
  const queue = qrate((job, whenDone) => {
    begun.push(Date.now());
    whenDone();
  }, 100, rateLimit);
  const from = Date.now();
  for (let times = 0; times < 5; times += 1) {
    queue.push("one order");
    await wait(40);
  }
  await wait(1005 - (Date.now() - from));
  for (let times = 0; times < 5; times += 1) {
    for (let job = 0; job < 5; job += 1) queue.push("one of five");
    await wait(40);
  }
  await wait(1000);
  return Math.max(...begun.map((first) => begun.filter((at) => at >= first && at < first + 400).length));
}

const [one, half] = await Promise.all([doneOfFour(1), doneOfFour(0.5)]);
console.log(`rateLimit 1       ${one} of 4 are done`);
console.log(`rateLimit 0.5     ${half} of 4 is done`);
const most = await mostOfMany(5);
console.log(`rateLimit 5       ${most} are begun within 0.4 s`);
assert.deepEqual([one, half], [4, 1], "changed: one every two seconds");
assert.ok(most > 10, "changed: five per second");
process.exit(0);
NODE
node see.mjs
