#!/usr/bin/env bash
# async-scheduler 1.4.4 (npm): a newer task that takes the place of one that runs costs the last one of the queue.
#
# Expected: of two tasks with one mutex `KEEP_THIS` of the newer one is to "reject the other one", and `RESOLVE_THIS` to
#           let it "resolve using this task"; all others are run. "Newly enqueued tasks do not affect already
#           running ones." `new Scheduler(2)` runs two at once.
# Happens:  one that runs is taken out of the queue as well. When it ends it looks for itself there, finds nothing, and
#           takes out what stands at -1: the last one, whatever it is. That is never run, and its promise is neither
#           kept nor broken. Whoever sends only the newest price of an article so loses the price of another. The
#           one that runs is carried out, too, though its promise says that it was cancelled. And a free place is not
#           looked for when a task comes while another one runs: the second of two waits for the end of the first.
# Seen on 2026-11-30; one at a time, each 0.2 s: A-17 for 10, B-4 for 5, then, while the first one runs, A-17 for 9,
# C-9 for 7 and D-1 for 3:
#   KEEP_OTHER      sent: A-17 10, B-4 5, C-9 7, D-1 3            unanswered: none
#   KEEP_THIS       sent: A-17 10, B-4 5, A-17 9, C-9 7           unanswered: D-1 3
#   RESOLVE_THIS    sent: A-17 10, B-4 5, A-17 9, C-9 7           unanswered: D-1 3
#   two at a time, both enqueued at once                          at most 2 at once
#   two at a time, the second one 50 ms later                     at most 1 at once
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" async-scheduler@1.4.4 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import { Scheduler, TaskCollisionStrategy } from "async-scheduler";

/** What is sent of five prices, and which of them are never answered. */
async function sent(strategy) {
  const scheduler = new Scheduler(1);
  const done = [];
  const unanswered = new Set();
  const send = (price, options) => {
    unanswered.add(price);
    const execute = async () => {
      await wait(200);
      done.push(price);
    };
    const answered = () => unanswered.delete(price);
    scheduler.enqueue({ priority: 1, execute, ...options }).then(answered, answered);
  };
  send("A-17 10", { mutex: 17 });
  send("B-4 5");
  await wait(50);
  send("A-17 9", { mutex: 17, onTaskCollision: () => TaskCollisionStrategy[strategy] });
  send("C-9 7");
  send("D-1 3");
  await wait(3000);
  return [done.join(", "), [...unanswered].join(", ") || "none"];
}

async function mostAtOnce(laterMs) {
  const scheduler = new Scheduler(2);
  let [now, most] = [0, 0];
  const execute = async () => {
    now += 1;
    most = Math.max(most, now);
    await wait(300);
    now -= 1;
  };
  const first = scheduler.enqueue(execute);
  if (laterMs) await wait(laterMs);
  await Promise.all([first, scheduler.enqueue(execute)]);
  return most;
}

for (const [strategy, ...expected] of [
  ["KEEP_OTHER", "A-17 10, B-4 5, C-9 7, D-1 3", "none"],
  ["KEEP_THIS", "A-17 10, B-4 5, A-17 9, C-9 7", "D-1 3"],
  ["RESOLVE_THIS", "A-17 10, B-4 5, A-17 9, C-9 7", "D-1 3"],
]) {
  const seen = await sent(strategy);
  console.log(`${strategy.padEnd(15)} ${`sent: ${seen[0]}`.padEnd(45)} unanswered: ${seen[1]}`);
  assert.deepEqual(seen, expected, `changed: ${strategy}`);
}
for (const [name, laterMs, expected] of [
  ["two at a time, both enqueued at once", 0, 2],
  ["two at a time, the second one 50 ms later", 50, 1],
]) {
  const most = await mostAtOnce(laterMs);
  console.log(`${name.padEnd(61)} at most ${most} at once`);
  assert.equal(most, expected, `changed: ${name}`);
}
NODE
node see.mjs
