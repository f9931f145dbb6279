#!/usr/bin/env bash
# better-queue 3.8.12 (npm): the retry of an older task takes the place of the newer one of the same id, and the
# failures of an id are counted for as long as the process runs.
#
# Expected: tasks have an id so that of two changes of one article the newer one counts: "by default, if tasks have
#           the same ID they replace the previous task". "You can set tasks to retry `maxRetries` times if they fail."
# Happens:  a task that fails is pushed again as if it were new. A newer one of the same id that was pushed while it
#           ran is then "the previous task": it is replaced by the older, its ticket says "finished", and the new
#           price is sent never. With a `retryDelay` the newer one may be sent meanwhile; then the old price is sent
#           after it, and stays. And what is counted against `maxRetries` is not forgotten when the task succeeds: of
#           an article that is changed all day, one failure at a time, the third failure is final where three
#           retries were asked for, and so is each third one after it.
# Seen on 2026-11-30; the price 18.00 is pushed while 20.00 is under way, which fails once; then an article is changed
# six times, and each change fails at its first try, with `maxRetries: 3`:
#   at once            sent: 20.00, 20.00; both tickets finished
#   retryDelay 50      sent: 20.00, 18.00, 20.00; both tickets finished
#   six changes        finished, finished, failed, finished, finished, failed
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" better-queue@3.8.12 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import Queue from "better-queue";

/** How a task ends: once, as its ticket says. */
const end = (ticket) => Promise.race(["finish", "failed"].map((name) => once(ticket, name).then(() => name)));

/** The prices that are sent where the newer one is pushed while the older one, which fails once, is under way. */
async function sent(options) {
  const prices = [];
  const queue = new Queue(
    async ({ price }, done) => {
      prices.push(price);
      await wait(100);
      if (prices.length === 1) done(new Error("503"));
      else done(null);
    },
    { maxRetries: 5, ...options },
  );
  const first = end(queue.push({ id: "A-17", price: "20.00" }));
  await wait(50);
  const ends = await Promise.all([first, end(queue.push({ id: "A-17", price: "18.00" }))]);
  await wait(300);
  assert.deepEqual(ends, ["finish", "finish"], "changed: the tickets");
  return prices.join(", ");
}

/** How six changes of an article end, one after the other, of which each fails at its first try. */
async function changes() {
  const tries = {};
  const queue = new Queue(
    ({ price }, done) => {
      tries[price] = (tries[price] ?? 0) + 1;
      if (tries[price] === 1) done(new Error("503"));
      else done(null);
    },
    { maxRetries: 3 },
  );
  const ends = [];
  for (let price = 20; price > 14; price -= 1) ends.push(await end(queue.push({ id: "A-17", price })));
  return ends.map((each) => ({ finish: "finished", failed: "failed" })[each]).join(", ");
}

for (const [name, options, expected] of [
  ["at once", {}, "20.00, 20.00"],
  ["retryDelay 50", { retryDelay: 50 }, "20.00, 18.00, 20.00"],
]) {
  const prices = await sent(options);
  console.log(`${name.padEnd(18)} sent: ${prices}; both tickets finished`);
  assert.equal(prices, expected, `changed: ${name}`);
}
const ends = await changes();
console.log(`six changes        ${ends}`);
assert.equal(ends, "finished, finished, failed, finished, finished, failed", "changed: six changes");
NODE
node see.mjs
